package rabbitmq

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/drift-exporter/drift_exporter/predictor/outcomes"
	"github.com/drift-exporter/drift_exporter/predictor/outcomes/sourcetest"
	"github.com/drift-exporter/drift_exporter/predictor/outcomes/sourcetest/servers"
)

func TestMain(m *testing.M) {
	lookEvery = 300 * time.Millisecond
	os.Exit(m.Run())
}

// place is a log with 20 predictions, and a queue.
type place struct {
	log, folder string
	channel     *amqp.Channel
}

func newPlace(t *testing.T, url string) *place {
	t.Helper()
	p := &place{folder: t.TempDir(), log: sourcetest.Log(t, 20, nil)}
	if err := os.WriteFile(filepath.Join(p.folder, "url"), []byte(url+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *place) connect(t *testing.T, url string) {
	t.Helper()
	connection, err := amqp.Dial(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close() })
	if p.channel, err = connection.Channel(); err != nil {
		t.Fatal(err)
	}
}

// config reads the queue with a small prefetch.
const config = "sources:\n- {name: bureau, rabbitmq: {url_file: url, queue: outcomes, prefetch: 10}}\n"

// read reads the queue until it is empty, like a new process.
func (p *place) read(t *testing.T) (string, error) {
	t.Helper()
	return sourcetest.Reading{Log: p.log, Kind: Kind, Config: config, Path: filepath.Join(p.folder, "outcomes.yml"), Pending: 100}.Run(t)
}

func (p *place) says(t *testing.T, want string) {
	t.Helper()
	if got, err := p.read(t); err != nil || !strings.HasPrefix(got, want) {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
}

func (p *place) send(t *testing.T, id, body string) {
	t.Helper()
	if err := p.channel.PublishWithContext(t.Context(), "", "outcomes", true, false, amqp.Publishing{MessageId: id, Body: []byte(body), DeliveryMode: amqp.Persistent}); err != nil {
		t.Fatal(err)
	}
}

// ready waits until the queue has n messages that are not delivered to anyone.
func (p *place) ready(t *testing.T, n int) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		q, err := p.channel.QueueDeclarePassive("outcomes", true, false, false, false, nil)
		if err != nil {
			t.Fatal(err)
		}
		if q.Messages == n {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d messages in the queue, want %d", q.Messages, n)
		}
	}
}

func value(id, outcome int) string {
	return fmt.Sprintf(`{"prediction_id": %d, "outcome": %d}`, id, outcome)
}

func TestMessagesAreAcknowledgedOnceTheyAreOnTheDisk(t *testing.T) {
	t.Parallel()
	url := servers.For(t, servers.RabbitMQ).URL
	p := newPlace(t, url)
	if _, err := p.read(t); err == nil || !strings.Contains(err.Error(), "look at the queue outcomes, which must be there") {
		t.Errorf("without the queue: %v", err)
	}
	p.connect(t, url)
	if _, err := p.channel.QueueDeclare("outcomes", true, false, false, false, nil); err != nil {
		t.Fatal(err)
	}
	p.says(t, "0 records")
	for i := range 15 { // more than the prefetch
		p.send(t, "", value(i, 1))
	}
	p.send(t, "", "no JSON")
	p.ready(t, 16)
	p.says(t, "16 records: 15 accepted, 0 unchanged, 0 overruled, 0 wait for their prediction, 1 set aside")
	p.ready(t, 0)

	// While the log cannot be written, the messages stay in the queue.
	if err := os.Rename(p.log, p.log+".away"); err != nil {
		t.Fatal(err)
	}
	p.send(t, "a", value(0, 0))
	p.send(t, "b", value(0, 1))
	p.ready(t, 2)
	if _, err := p.read(t); err == nil {
		t.Error("a log that is not there was written")
	}
	p.ready(t, 2)
	if err := os.Rename(p.log+".away", p.log); err != nil {
		t.Fatal(err)
	}
	p.says(t, "2 records: 2 accepted")

	// A message that is delivered again after its outcome was committed is recognised by its id.
	// Here another consumer has received it and given it back.
	p.send(t, "a", value(0, 0))
	p.ready(t, 1)
	d, found, err := p.channel.Get("outcomes", false)
	if err != nil || !found {
		t.Fatal(found, err)
	}
	if err := d.Nack(false, true); err != nil {
		t.Fatal(err)
	}
	p.ready(t, 1)
	p.says(t, "0 records")
	p.ready(t, 0)
}

func TestABrokerThatIsGoneIsSaid(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"amqp://guest:s3cret@127.0.0.1:1/": "connect to RabbitMQ at 127.0.0.1:1",
		"http://guest:s3cret@x":            "must hold one line such as amqps://",
	} {
		_, err := newPlace(t, url).read(t)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: error %v, want %q", url, err, want)
		}
	}
	for text, want := range map[string]string{
		"{}":                                   "url_file is missing",
		"{url_file: x}":                        "queue is missing",
		"{url_file: x, queue: q, prefetch: 0}": "write a whole number from 1 to 5000",
	} {
		_, err := outcomes.Parse([]byte("sources:\n- name: a\n  rabbitmq: "+text), "outcomes.yml", []outcomes.Kind{Kind})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", text, err, want)
		}
	}
}
