package kafka

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"github.com/drift-exporter/drift_exporter/predictor/outcomes/sourcetest"
	"github.com/drift-exporter/drift_exporter/predictor/outcomes/sourcetest/servers"
)

// TestApacheKafka reads topics of Apache Kafka's own broker. One broker serves all its parts.
func TestApacheKafka(t *testing.T) {
	t.Parallel()
	broker := servers.For(t, servers.Kafka)
	t.Run("TLS and SASL", func(t *testing.T) {
		t.Parallel()
		authority, err := os.ReadFile(filepath.Join(broker.Folder, servers.Authority))
		if err != nil {
			t.Fatal(err)
		}
		p := placeAt(t, broker.Secure, authority)
		p.topic = "secure"
		p.create(t, 1, nil)
		p.send(t, 0, value(0, 1))
		for _, sasl := range []string{"", ", sasl: scram-sha-256", ", sasl: plain"} {
			p.log = sourcetest.Log(t, 5, nil)
			p.says(t, ", tls: {ca_file: ca.pem}, sasl_file: sasl"+sasl, "1 records: 1 accepted")
		}
		for keys, want := range map[string]string{
			", tls: {ca_file: ca.pem}, sasl_file: wrong":              "SASL_AUTHENTICATION_FAILED",
			", tls: {ca_file: ca.pem}, sasl_file: wrong, sasl: plain": "SASL_AUTHENTICATION_FAILED",
			", tls: {}, sasl_file: sasl":                              "certificate",
		} {
			if _, err := p.read(t, keys); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "n0t-it") {
				t.Errorf("%s: error %v, want %q", keys, err, want)
			}
		}
	})
	t.Run("transactions", func(t *testing.T) { testTransactions(t, broker) })
	t.Run("compaction", func(t *testing.T) { testCompaction(t, broker) })
	t.Run("partitions", func(t *testing.T) {
		t.Parallel()
		p := placeAt(t, broker.URL, nil)
		p.topic = "growing"
		p.create(t, 2, nil)
		p.send(t, 0, value(0, 1), value(1, 1))
		p.send(t, 1, value(2, 1))
		p.says(t, "", "3 records: 3 accepted")
		if _, err := p.admin.CreatePartitions(t.Context(), 1, p.topic); err != nil {
			t.Fatal(err)
		}
		p.connect(t)
		p.send(t, 2, value(3, 1))
		p.send(t, 0, "{broken")
		p.says(t, "", "2 records: 1 accepted, 0 unchanged, 0 overruled, 0 wait for their prediction, 1 set aside")
		if _, err := p.admin.DeleteTopic(t.Context(), p.topic); err != nil {
			t.Fatal(err)
		}
		p.create(t, 1, nil) // of the same name, and not the same
		p.connect(t)
		p.send(t, 0, value(4, 1))
		p.says(t, "", "1 records: 1 accepted")
	})
}

// placeAt is newPlace for an Apache Kafka broker. With an authority it uses TLS and a password.
func placeAt(t *testing.T, address string, authority []byte) *place {
	t.Helper()
	p := &place{folder: t.TempDir(), log: sourcetest.Log(t, 50, nil), brokers: []string{address}, said: bytes.Buffer{}}
	if authority == nil {
		p.connect(t)
		return p
	}
	for name, text := range map[string]string{"ca.pem": string(authority), "sasl": servers.KafkaUser + ":" + servers.KafkaPassword, "wrong": servers.KafkaUser + ":n0t-it"} {
		if err := os.WriteFile(filepath.Join(p.folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(authority)
	p.connect(t, kgo.DialTLSConfig(&tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}),
		kgo.SASL(scram.Auth{User: servers.KafkaUser, Pass: servers.KafkaPassword}.AsSha512Mechanism()))
	return p
}

// testTransactions reads only what was committed, and passes over the markers of transactions.
func testTransactions(t *testing.T, broker *servers.Server) {
	t.Parallel()
	p := placeAt(t, broker.URL, nil)
	p.topic = "transactions"
	p.create(t, 1, nil)
	writer, err := kgo.NewClient(kgo.SeedBrokers(broker.URL), kgo.TransactionalID("writer"), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	write := func(end kgo.TransactionEndTry, all ...string) {
		t.Helper()
		if err := writer.BeginTransaction(); err != nil {
			t.Fatal(err)
		}
		for _, v := range all {
			if err := writer.ProduceSync(t.Context(), &kgo.Record{Topic: p.topic, Value: []byte(v)}).FirstErr(); err != nil {
				t.Fatal(err)
			}
		}
		if err := writer.EndTransaction(t.Context(), end); err != nil {
			t.Fatal(err)
		}
	}
	write(kgo.TryCommit, value(0, 1), value(1, 0))
	write(kgo.TryAbort, value(0, 0), value(2, 0), value(3, 0))
	write(kgo.TryCommit, value(4, 1))
	write(kgo.TryAbort, value(4, 0)) // the topic ends with what was undone, and its marker
	p.says(t, "", "3 records: 3 accepted")
	p.says(t, "", "0 records")
	// What is not committed yet is not read, nor anything behind it.
	if err := writer.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	if err := writer.ProduceSync(t.Context(), &kgo.Record{Topic: p.topic, Value: []byte(value(5, 1))}).FirstErr(); err != nil {
		t.Fatal(err)
	}
	p.send(t, 0, value(6, 1))
	p.says(t, "", "0 records")
	if err := writer.EndTransaction(t.Context(), kgo.TryCommit); err != nil {
		t.Fatal(err)
	}
	p.says(t, "", "2 records: 2 accepted")
}

// testCompaction reads a topic after the broker has compacted it: offsets are missing, and
// tombstones are no outcomes.
func testCompaction(t *testing.T, broker *servers.Server) {
	t.Parallel()
	p := placeAt(t, broker.URL, nil)
	p.topic = "compacted"
	text := func(s string) *string { return &s }
	p.create(t, 1, map[string]*string{"cleanup.policy": text("compact"), "min.cleanable.dirty.ratio": text("0.0001"), "segment.ms": text("200"), "delete.retention.ms": text("60000"), "max.compaction.lag.ms": text("500")})
	keyed := func(key, v string) {
		t.Helper()
		r := &kgo.Record{Topic: p.topic, Key: []byte(key), Value: []byte(v)}
		if v == "" {
			r.Value = nil
		}
		if err := p.client.ProduceSync(t.Context(), r).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 10 {
		keyed("a", value(0, i%2))
	}
	keyed("b", value(1, 1))
	keyed("gone", value(2, 1))
	keyed("gone", "")
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(100 * time.Millisecond) {
		keyed("c", value(3, 1)) // the cleaner takes only segments that are no longer written
		if p.count(t) < 8 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the broker has not compacted the topic: %d records are left", p.count(t))
		}
	}
	got, err := p.read(t, "")
	if err != nil || !strings.Contains(got, "0 set aside") || strings.Contains(got, "0 accepted") {
		t.Errorf("%q, %v", got, err)
	}
	p.says(t, "", "0 records")
	keyed("d", "") // a topic that ends with a tombstone
	p.says(t, "", "0 records")
}

// count returns how many records a new client reads.
func (p *place) count(t *testing.T) (n int) {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(p.brokers...), kgo.ConsumeTopics(p.topic))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	ends, err := kadm.NewClient(client).ListEndOffsets(t.Context(), p.topic)
	if err != nil {
		t.Fatal(err)
	}
	end, _ := ends.Lookup(p.topic, 0)
	for last := int64(-1); last < end.Offset-1; {
		fetches := client.PollFetches(t.Context())
		if err := fetches.Err(); err != nil {
			t.Fatal(fmt.Errorf("count the records: %w", err))
		}
		fetches.EachRecord(func(r *kgo.Record) { n, last = n+1, r.Offset })
	}
	return n
}
