package exporter

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// webConfig asks for TLS and for "a scrape's password" from the user prometheus.
const webConfig = `
tls_server_config:
  cert_file: cert.pem
  key_file: key.pem
basic_auth_users:
  prometheus: $2a$04$N6ROpo.HO675/3jCcvmsZ.vT4HXhCe9PvPgRYmXXY46jZt/DSPHVS
rate_limit:
  interval: 1h
  burst: 10
`

// writeWebConfig writes webConfig, with a new certificate for the loopback
// address, and returns its path and the certificates that a client must trust.
func writeWebConfig(t *testing.T) (string, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(time.Hour),
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	public := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate})
	dir := t.TempDir()
	for name, data := range map[string][]byte{
		"cert.pem": public,
		"key.pem":  pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}),
		"web.yml":  []byte(webConfig),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(public)
	return filepath.Join(dir, "web.yml"), pool
}

func TestTLSAndBasicAuthentication(t *testing.T) {
	t.Parallel()
	config, pool := writeWebConfig(t)
	o := options(fake{collect: func(_ context.Context, _ []string, ch chan<- prometheus.Metric) { ch <- gauge("drift_up", 1) }})
	o.Web = flags(config, "127.0.0.1:0", "127.0.0.1:0")
	r := run(t, o)
	client := &http.Client{Transport: &http.Transport{
		TLSClientConfig:   &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS13},
		ForceAttemptHTTP2: true,
	}}
	defer client.CloseIdleConnections()
	for _, address := range r.addresses {
		url := "https://" + address
		for _, user := range []string{"", "prometheus:wrong", "somebody:a scrape's password"} {
			for _, path := range []string{"/metrics", "/-/healthy"} {
				if status, _, body := get(t, client, url+path, user); status != 401 {
					t.Errorf("%s as %q: status %d, body:\n%s", path, user, status, body)
				}
			}
		}
		// The seventh to tenth request: each took one token of the rate limit.
		for range 4 {
			if status, _, body := get(t, client, url+"/metrics", "prometheus:a scrape's password"); status != 200 || !strings.Contains(body, "drift_up 1") {
				t.Errorf("status %d, body:\n%s", status, body)
			}
		}
		if status, _, _ := get(t, client, url+"/metrics", "prometheus:a scrape's password"); status != 429 {
			t.Errorf("status %d above the rate limit", status)
		}
		if status, _, _ := get(t, client, "http://"+address+"/metrics", ""); status != 400 {
			t.Errorf("status %d without TLS", status)
		}
	}
	r.stop(t)
}
