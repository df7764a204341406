package servers

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// KafkaUser and KafkaPassword are known to the secure address of Kafka, by SCRAM and by PLAIN.
const (
	KafkaUser     = "reader"
	KafkaPassword = "s3cret"
)

// Authority is the name of the file, in the folder of a Kafka broker, with the certificate that
// has signed its own.
const Authority = "ca.pem"

// jars returns the class path of Apache Kafka, which `make kafka` fetches from Maven.
func jars() (string, error) {
	folder := os.Getenv("KAFKA_JARS")
	if folder == "" {
		root, err := os.Getwd() // of the package that is tested
		for err == nil && root != "/" {
			if _, missing := os.Stat(filepath.Join(root, "go.mod")); missing == nil {
				break
			}
			root = filepath.Dir(root)
		}
		folder = filepath.Join(root, ".build", "kafka")
	}
	if found, err := filepath.Glob(filepath.Join(folder, "kafka_2.13-*.jar")); err != nil || len(found) == 0 {
		return "", &MissingError{"Apache Kafka (run `make kafka`, or name the folder with its jars in KAFKA_JARS)"}
	}
	return filepath.Join(folder, "*"), nil
}

// Kafka starts one broker of Apache Kafka, which is also its controller. It listens on URL without
// TLS, and on Secure with TLS and SASL.
func Kafka(ctx context.Context) (*Server, error) {
	classes, err := jars()
	if err != nil {
		return nil, err
	}
	java, err := program("java", "default-jre-headless")
	if err != nil {
		return nil, err
	}
	s, port, err := newServer(ctx, "kafka")
	if err != nil {
		return nil, err
	}
	others, err := freePorts(ctx)
	if err != nil {
		return nil, err
	}
	if err := writeCertificate(s.Folder); err != nil {
		return nil, err
	}
	config := filepath.Join(s.Folder, "server.properties")
	if err := os.WriteFile(config, []byte(kafkaProperties(s.Folder, port, others[0], others[1])), 0o600); err != nil {
		return nil, err
	}
	// A small heap and the first compiler only: a start takes 3 s instead of 8 s of processor time.
	small := []string{java, "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", classes}
	users := []string{}
	for _, mechanism := range []string{"SCRAM-SHA-256", "SCRAM-SHA-512"} {
		users = append(users, "--add-scram", fmt.Sprintf("%s=[name=%s,password=%s]", mechanism, KafkaUser, KafkaPassword))
	}
	format := append(append(slices.Clip(small), "kafka.tools.StorageTool", "format", "-t", "abcdefghijklmnopqrstuv", "-c", config), users...)
	if err := s.prepare(ctx, format...); err != nil {
		return nil, err
	}
	s.URL, s.Secure = fmt.Sprintf("127.0.0.1:%d", port), fmt.Sprintf("127.0.0.1:%d", others[0])
	s.line = append(slices.Clip(small), "kafka.Kafka", config)
	s.answers = func(ctx context.Context) error {
		client, err := kgo.NewClient(kgo.SeedBrokers(s.URL))
		if err != nil {
			return err
		}
		defer client.Close()
		return client.Ping(ctx)
	}
	return s, s.Start(ctx)
}

// kafkaProperties is the configuration of the broker. Segments are small and the cleaner does not
// wait, so that a test sees a topic that was compacted.
func kafkaProperties(folder string, plain, secure, controller int) string {
	return strings.Join([]string{
		"process.roles=broker,controller", "node.id=1",
		fmt.Sprintf("controller.quorum.voters=1@127.0.0.1:%d", controller),
		fmt.Sprintf("listeners=PLAINTEXT://127.0.0.1:%d,SASL_SSL://127.0.0.1:%d,CONTROLLER://127.0.0.1:%d", plain, secure, controller),
		"controller.listener.names=CONTROLLER",
		"listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT",
		"log.dirs=" + filepath.Join(folder, "data"),
		"offsets.topic.replication.factor=1", "transaction.state.log.replication.factor=1", "transaction.state.log.min.isr=1",
		"offsets.topic.num.partitions=1", "transaction.state.log.num.partitions=1", "share.coordinator.state.topic.replication.factor=1",
		"auto.create.topics.enable=false", "log.cleaner.backoff.ms=200", "log.retention.check.interval.ms=200", "log.initial.task.delay.ms=100",
		"log.cleaner.dedupe.buffer.size=4194304", "num.recovery.threads.per.data.dir=1",
		"ssl.keystore.type=PEM", "ssl.keystore.location=" + filepath.Join(folder, "server.pem"),
		"sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
		fmt.Sprintf(`listener.name.sasl_ssl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_%s="%s";`, KafkaUser, KafkaPassword),
		`listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;`,
		`listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;`,
		"",
	}, "\n")
}

// writeCertificate writes a certificate for 127.0.0.1, which signs itself, and its key.
func writeCertificate(folder string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "kafka"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	if err := os.WriteFile(filepath.Join(folder, Authority), certificate, 0o600); err != nil {
		return err
	}
	both := append(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), certificate...)
	return os.WriteFile(filepath.Join(folder, "server.pem"), both, 0o600)
}
