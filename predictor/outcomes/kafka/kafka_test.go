package kafka

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"github.com/drift-exporter/drift_exporter/predictor/outcomes"
	"github.com/drift-exporter/drift_exporter/predictor/outcomes/sourcetest"
)

// place is a log with 50 predictions, and brokers.
type place struct {
	log, folder string
	topic       string
	brokers     []string
	client      *kgo.Client
	admin       *kadm.Client
	said        bytes.Buffer // what was logged
}

func newPlace(t *testing.T, client []kgo.Opt, options ...kfake.Opt) *place {
	t.Helper()
	cluster, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(2)}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	p := &place{folder: t.TempDir(), topic: "loan_status", log: sourcetest.Log(t, 50, nil), brokers: cluster.ListenAddrs()}
	p.connect(t, client...)
	return p
}

// connect makes a new client, which reads the current state of the topic.
func (p *place) connect(t *testing.T, options ...kgo.Opt) {
	t.Helper()
	client, err := kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(p.brokers...), kgo.RecordPartitioner(kgo.ManualPartitioner())}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	p.client, p.admin = client, kadm.NewClient(client)
}

func TestMain(m *testing.M) {
	lookEvery = 300 * time.Millisecond
	os.Exit(m.Run())
}

func (p *place) create(t *testing.T, partitions int32, options map[string]*string) {
	t.Helper()
	if _, err := p.admin.CreateTopic(t.Context(), partitions, 1, options, p.topic); err != nil {
		t.Fatal(err)
	}
}

// send sends values to a partition. "" is a tombstone.
func (p *place) send(t *testing.T, partition int32, values ...string) {
	t.Helper()
	for _, v := range values {
		r := &kgo.Record{Topic: p.topic, Partition: partition, Key: []byte("k"), Value: []byte(v)}
		if v == "" {
			r.Value = nil
		}
		if err := p.client.ProduceSync(t.Context(), r).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
}

// read reads the topic to its end, like a new process.
func (p *place) read(t *testing.T, keys string) (string, error) {
	t.Helper()
	text := fmt.Sprintf("sources:\n- name: events\n  record: {outcome: $.final}\n  kafka: {brokers: [%s], topic: %s%s}\n", strings.Join(p.brokers, ", "), p.topic, keys)
	return sourcetest.Reading{Log: p.log, Kind: Kind, Config: text, Path: filepath.Join(p.folder, "outcomes.yml"), Pending: 100, Logger: slog.New(slog.NewTextHandler(&p.said, nil))}.Run(t)
}

func (p *place) says(t *testing.T, keys, want string) {
	t.Helper()
	if got, err := p.read(t, keys); err != nil || !strings.HasPrefix(got, want) {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
}

func value(id, outcome int) string {
	return fmt.Sprintf(`{"prediction_id": %d, "final": %d}`, id, outcome)
}

func TestEachRecordIsReadOnceFromAllPartitions(t *testing.T) {
	t.Parallel()
	p := newPlace(t, nil)
	if _, err := p.read(t, ""); err == nil || !strings.Contains(err.Error(), "there is no topic") {
		t.Errorf("without the topic: %v", err)
	}
	p.create(t, 2, nil)
	p.says(t, "", "0 records")
	p.send(t, 0, value(0, 1), value(1, 0), "", "no JSON", value(0, 0), value(0, 1))
	p.send(t, 1, value(2, 1))
	p.says(t, "", "6 records: 5 accepted, 0 unchanged, 0 overruled, 0 wait for their prediction, 1 set aside")
	p.says(t, "", "0 records")
	p.send(t, 1, "", value(2, 0))
	p.says(t, "", "1 records: 1 accepted")
	// A partition that was added later is read from its beginning.
	if _, err := p.admin.CreatePartitions(t.Context(), 1, p.topic); err != nil {
		t.Fatal(err)
	}
	p.connect(t)
	p.send(t, 2, value(3, 1))
	p.says(t, "", "1 records: 1 accepted")
}

func TestReadingBeginsAtTheEndOnRequest(t *testing.T) {
	t.Parallel()
	p := newPlace(t, nil)
	p.create(t, 1, nil)
	p.send(t, 0, value(0, 1))
	p.says(t, ", start: latest", "0 records")
	p.send(t, 0, value(1, 1))
	p.says(t, ", start: latest", "1 records: 1 accepted")
}

func TestWhatWasDeletedIsSaid(t *testing.T) {
	t.Parallel()
	p := newPlace(t, nil)
	p.create(t, 1, nil)
	p.send(t, 0, value(0, 1))
	p.says(t, "", "1 records")
	p.send(t, 0, value(1, 1), value(2, 1), value(3, 1))
	var upTo kadm.Offsets
	upTo.AddOffset(p.topic, 0, 3, -1)
	if _, err := p.admin.DeleteRecords(t.Context(), upTo); err != nil {
		t.Fatal(err)
	}
	p.says(t, "", "1 records: 1 accepted")
	if !strings.Contains(p.said.String(), "records were deleted from the topic before they were read") {
		t.Errorf("said %s", p.said.String())
	}
	// The topic may have been replaced by another one with the same name.
	if _, err := p.admin.DeleteTopic(t.Context(), p.topic); err != nil {
		t.Fatal(err)
	}
	p.create(t, 1, nil)
	p.connect(t)
	p.send(t, 0, value(4, 1), value(5, 1), value(6, 1), value(7, 1), value(8, 1))
	p.says(t, "", "5 records: 5 accepted")
}

func TestBrokersAreReachedByTLSAndPassword(t *testing.T) {
	t.Parallel()
	authority, server := certificate(t)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(authority)
	p := newPlace(t, []kgo.Opt{kgo.DialTLSConfig(&tls.Config{RootCAs: pool}), kgo.SASL(scram.Auth{User: "admin", Pass: "pw"}.AsSha512Mechanism())},
		kfake.TLS(&tls.Config{Certificates: []tls.Certificate{server}}), kfake.EnableSASL(), kfake.Superuser("SCRAM-SHA-512", "admin", "pw"))
	for name, text := range map[string][]byte{"ca.pem": authority, "sasl": []byte("admin:pw\n"), "wrong": []byte("admin:other\n")} {
		if err := os.WriteFile(filepath.Join(p.folder, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p.create(t, 1, nil)
	p.send(t, 0, value(0, 1))
	p.says(t, ", tls: {ca_file: ca.pem}, sasl_file: sasl", "1 records: 1 accepted")
	if _, err := p.read(t, ", tls: {ca_file: ca.pem}, sasl_file: wrong"); err == nil || strings.Contains(err.Error(), "other") {
		t.Errorf("with a wrong password: %v", err)
	}
}

// certificate returns the certificate of an authority, and a certificate for 127.0.0.1. They are
// the same certificate.
func certificate(t *testing.T) (authority []byte, server tls.Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func TestWrongConfigurationsAreRefusedInWords(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"{}":                                   "brokers is missing",
		"{brokers: [x:1]}":                     "topic is missing",
		"{brokers: [x], topic: t}":             `broker "x" is not one such as kafka-1:9092`,
		"{brokers: [x:1], topic: t, start: 7}": "start 7 is not a text",
		"{brokers: [x:1], topic: t, sasl: plain}":        "sasl needs sasl_file",
		"{brokers: [x:1], topic: t, tls: {key_file: x}}": "cert_file and key_file belong together",
	} {
		_, err := outcomes.Parse([]byte("sources:\n- name: a\n  kafka: "+text), "outcomes.yml", []outcomes.Kind{Kind})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", text, err, want)
		}
	}
}
