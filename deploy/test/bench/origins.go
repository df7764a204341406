package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/drift-exporter/drift_exporter/predictor/outcomes/sourcetest/servers"
)

func outcomeRecord(id int) []byte {
	return fmt.Appendf(nil, `{"prediction_id": %d, "outcome": %d}`, id, id%2)
}

// csvFile is a CSV.
type csvFile struct {
	path string
	n    int
}

func fromFiles(_ context.Context, dir string, n int) (origin, error) {
	return csvFile{filepath.Join(dir, "outcomes.csv"), n}, nil
}

func (o csvFile) entry() string { return "files: {path: " + o.path + ", settle: 0s}" }

func (o csvFile) fill(context.Context) error {
	var text strings.Builder
	text.WriteString("prediction_id,outcome\n")
	for id := range o.n {
		fmt.Fprintf(&text, "%d,%d\n", id, id%2)
	}
	return os.WriteFile(o.path, []byte(text.String()), 0o600)
}

func (o csvFile) read(context.Context) error {
	f, err := os.Open(o.path)
	if err != nil {
		return err
	}
	for r := csv.NewReader(bufio.NewReader(f)); ; {
		if _, err := r.Read(); errors.Is(err, io.EOF) {
			return f.Close()
		} else if err != nil {
			return errors.Join(err, f.Close())
		}
	}
}

func (csvFile) close() {}

// kafkaTopic is a topic of Apache Kafka.
type kafkaTopic struct {
	server *servers.Server
	n      int
}

func fromKafka(ctx context.Context, _ string, n int) (origin, error) {
	s, err := servers.Kafka(ctx)
	if err != nil {
		return nil, err
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(s.URL), kgo.DefaultProduceTopic("said"))
	if err != nil {
		return nil, err
	}
	defer client.Close()
	if _, err := kadm.NewClient(client).CreateTopic(ctx, 1, 1, nil, "said"); err != nil {
		return nil, err
	}
	all := make([]*kgo.Record, n)
	for id := range all {
		all[id] = &kgo.Record{Value: outcomeRecord(id)}
	}
	return &kafkaTopic{s, n}, client.ProduceSync(ctx, all...).FirstErr()
}

func (o *kafkaTopic) entry() string { return "kafka: {brokers: [" + o.server.URL + "], topic: said}" }

func (*kafkaTopic) fill(context.Context) error { return nil }

func (o *kafkaTopic) read(ctx context.Context) error {
	client, err := kgo.NewClient(kgo.SeedBrokers(o.server.URL), kgo.ConsumeTopics("said"))
	if err != nil {
		return err
	}
	defer client.Close()
	for got := 0; got < o.n; {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			return err
		}
		got += fetches.NumRecords()
	}
	return nil
}

func (o *kafkaTopic) close() { o.server.Stop() }

// rabbitQueue is a queue of RabbitMQ.
type rabbitQueue struct {
	server  *servers.Server
	channel *amqp.Channel
	url     string
	n       int
}

func fromRabbitMQ(ctx context.Context, dir string, n int) (origin, error) {
	s, err := servers.RabbitMQ(ctx)
	if err != nil {
		return nil, err
	}
	o := &rabbitQueue{server: s, url: filepath.Join(dir, "amqp"), n: n}
	connection, err := amqp.Dial(s.URL)
	if err != nil {
		return nil, err
	}
	if o.channel, err = connection.Channel(); err != nil {
		return nil, err
	}
	_, err = o.channel.QueueDeclare("said", true, false, false, false, nil)
	return o, errors.Join(err, os.WriteFile(o.url, []byte(s.URL), 0o600))
}

func (o *rabbitQueue) entry() string { return "rabbitmq: {url_file: " + o.url + ", queue: said}" }

func (o *rabbitQueue) fill(ctx context.Context) error {
	if _, err := o.channel.QueuePurge("said", false); err != nil {
		return err
	}
	for id := range o.n {
		if err := o.channel.PublishWithContext(ctx, "", "said", true, false, amqp.Publishing{Body: outcomeRecord(id), DeliveryMode: amqp.Persistent}); err != nil {
			return err
		}
	}
	for { // until the queue has them all
		q, err := o.channel.QueueDeclarePassive("said", true, false, false, false, nil)
		if err != nil || q.Messages >= o.n {
			return err
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func (o *rabbitQueue) read(ctx context.Context) error {
	if err := o.channel.Qos(200, 0, false); err != nil {
		return err
	}
	all, err := o.channel.ConsumeWithContext(ctx, "said", "floor", false, false, false, false, nil)
	if err != nil {
		return err
	}
	got := 0
	for d := range all {
		if got++; got%50 == 0 {
			if err := d.Ack(true); err != nil {
				return err
			}
		}
		if got == o.n {
			break
		}
	}
	return o.channel.Cancel("floor", false)
}

func (o *rabbitQueue) close() { o.server.Stop() }

// jsonPages is an HTTP interface with pages of 500 records.
type jsonPages struct {
	server *http.Server
	url    string
	n      int
}

func fromAPI(ctx context.Context, _ string, n int) (origin, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	o := &jsonPages{url: "http://" + l.Addr().String(), n: n}
	o.server = &http.Server{Handler: o, ReadHeaderTimeout: time.Minute}
	go func() { _ = o.server.Serve(l) }() // until it is closed
	return o, nil
}

// ServeHTTP answers with one page.
func (o *jsonPages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var page int
	if _, err := fmt.Sscanf(r.URL.Path, "/%d", &page); err != nil {
		http.NotFound(w, r)
		return
	}
	var items []json.RawMessage
	for id := 500 * page; id < min(500*page+500, o.n); id++ {
		items = append(items, outcomeRecord(id))
	}
	answer := map[string]any{"items": items}
	if 500*page+500 < o.n {
		answer["next"] = fmt.Sprintf("/%d", page+1)
	}
	_ = json.NewEncoder(w).Encode(answer) // the client will notice
}

func (o *jsonPages) entry() string {
	return "api: {url: \"" + o.url + "/0\", records: $.items, page: {next: $.next}, rate: 100000/s}"
}

func (*jsonPages) fill(context.Context) error { return nil }

func (o *jsonPages) read(ctx context.Context) error {
	for next := "/0"; next != ""; {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, o.url+next, http.NoBody)
		if err != nil {
			return err
		}
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			return err
		}
		var page struct {
			Items []map[string]any
			Next  string
		}
		if err := errors.Join(json.NewDecoder(answer.Body).Decode(&page), answer.Body.Close()); err != nil {
			return err
		}
		next = page.Next
	}
	return nil
}

func (o *jsonPages) close() { _ = o.server.Close() }
