package kafka

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"
	"go.yaml.in/yaml/v3"

	"github.com/drift-exporter/drift_exporter/predictor/outcomes"
	"github.com/drift-exporter/drift_exporter/predictor/strictyaml"
)

// source is one topic.
type source struct {
	brokers   []string
	topic     string
	latest    bool // begin at the end the first time
	mechanism string
	saslFile  string
	tls       *tlsFiles // nil: no TLS
}

// tlsFiles are the files that TLS needs in addition to the authorities that the system trusts.
type tlsFiles struct{ ca, cert, key, serverName string }

// Kind is the kind of source with the key "kafka".
var Kind = outcomes.Kind{Name: "kafka", Parse: parse}

// topicName matches what Kafka takes for the name of a topic.
var topicName = regexp.MustCompile(`^[A-Za-z0-9._-]{1,249}$`)

func parse(d strictyaml.Decoder, n *yaml.Node) (outcomes.Source, error) {
	m := d.Map(n, "kafka", "brokers", "topic", "start", "tls", "sasl", "sasl_file")
	m.Require("brokers", "list brokers such as [kafka-1:9092, kafka-2:9092]")
	m.Require("topic", "name the topic")
	s := &source{
		brokers: m.Texts("brokers", "list brokers such as [kafka-1:9092]"), topic: m.Name("topic"),
		latest:    m.OneOf("start", "earliest", "latest") == "latest",
		mechanism: m.OneOf("sasl", "scram-sha-512", "scram-sha-256", "plain"), saslFile: m.File("sasl_file"),
	}
	for _, broker := range s.brokers {
		_, port, err := net.SplitHostPort(broker)
		if n, bad := strconv.ParseUint(port, 10, 16); err != nil || bad != nil || n == 0 {
			m.Wrong("brokers", "broker %q is not one such as kafka-1:9092", broker)
		}
	}
	if m.Err == nil && !topicName.MatchString(s.topic) {
		m.Wrong("topic", "topic %q is not a name of a topic, which has 1 to 249 letters, digits, points, hyphens and underscores", s.topic)
	}
	if m.Has("sasl") && s.saslFile == "" {
		m.Wrong("sasl", "sasl needs sasl_file, a file with one line USER:PASSWORD")
	}
	if v := m.Value("tls"); v != nil {
		t := d.Map(v, "tls", "ca_file", "cert_file", "key_file", "server_name")
		s.tls = &tlsFiles{ca: t.File("ca_file"), cert: t.File("cert_file"), key: t.File("key_file"), serverName: t.Text("server_name", "")}
		if (s.tls.cert == "") != (s.tls.key == "") {
			t.Wrong("cert_file", "cert_file and key_file belong together; write both or none")
		}
		m.Err = t.Err
	}
	return s, m.Err
}

// options returns the options of the client.
func (s *source) options() ([]kgo.Opt, error) {
	options := []kgo.Opt{kgo.SeedBrokers(s.brokers...), kgo.ClientID("drift_exporter")}
	if s.tls != nil {
		c, err := s.tls.config()
		if err != nil {
			return nil, err
		}
		options = append(options, kgo.DialTLSConfig(c))
	}
	if s.saslFile != "" {
		mechanism, err := s.authentication()
		if err != nil {
			return nil, err
		}
		options = append(options, kgo.SASL(mechanism))
	}
	return options, nil
}

func (s *source) authentication() (sasl.Mechanism, error) {
	secret, err := outcomes.Secret(s.saslFile)
	if err != nil {
		return nil, err
	}
	user, password, found := strings.Cut(secret, ":")
	if !found {
		return nil, fmt.Errorf("sasl_file %s must hold one line USER:PASSWORD", s.saslFile)
	}
	switch s.mechanism {
	case "plain":
		return plain.Auth{User: user, Pass: password}.AsMechanism(), nil
	case "scram-sha-256":
		return scram.Auth{User: user, Pass: password}.AsSha256Mechanism(), nil
	}
	return scram.Auth{User: user, Pass: password}.AsSha512Mechanism(), nil
}

func (t *tlsFiles) config() (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: t.serverName}
	if t.ca != "" {
		pem, err := os.ReadFile(filepath.Clean(t.ca))
		if err != nil {
			return nil, fmt.Errorf("read tls.ca_file: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, errors.New("tls.ca_file holds no certificate in PEM form")
		}
	}
	if t.cert != "" {
		pair, err := tls.LoadX509KeyPair(t.cert, t.key)
		if err != nil {
			return nil, fmt.Errorf("read tls.cert_file and tls.key_file: %w", err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}
