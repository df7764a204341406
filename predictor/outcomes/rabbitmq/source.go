package rabbitmq

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
	"go.yaml.in/yaml/v3"

	"github.com/drift-exporter/drift_exporter/predictor/outcomes"
	"github.com/drift-exporter/drift_exporter/predictor/strictyaml"
)

// lookEvery is the time between two checks of the length of the queue.
var lookEvery = 5 * time.Second

const (
	// gather is how long a batch waits for further messages.
	gather = 100 * time.Millisecond
	// connectTime is the maximum time to connect.
	connectTime = 30 * time.Second
)

// source is one queue.
type source struct {
	urlFile  string
	queue    string
	prefetch int
}

// Kind is the kind of source with the key "rabbitmq".
var Kind = outcomes.Kind{Name: "rabbitmq", Parse: parse}

func parse(d strictyaml.Decoder, n *yaml.Node) (outcomes.Source, error) {
	m := d.Map(n, "rabbitmq", "url_file", "queue", "prefetch")
	m.Require("url_file", "name a file that holds amqps://USER:PASSWORD@HOST/VHOST")
	m.Require("queue", "name the queue, which must be there")
	s := &source{urlFile: m.File("url_file"), queue: m.Name("queue"), prefetch: int(m.Integer("prefetch", 200, 1, 5000))}
	return s, m.Err
}

// reader is a queue that is being read.
type reader struct {
	*source
	channel   *amqp.Channel
	sink      *outcomes.Sink
	committed []string // ids of the newest messages in the log: their acknowledgement may be lost
}

// part is the part of the source that has the cursor. There is only one part.
const part = "committed"

// Run implements outcomes.Source.
func (s *source) Run(ctx context.Context, sink *outcomes.Sink) (err error) {
	r := &reader{source: s, sink: sink}
	texts, err := sink.Cursors(ctx)
	if err == nil && texts[part] != "" {
		err = json.Unmarshal([]byte(texts[part]), &r.committed)
	}
	if err != nil {
		return fmt.Errorf("read the cursor: %w", err)
	}
	connection, err := s.connect()
	if err != nil {
		return err
	}
	// A lost connection is already closed.
	defer func() { _ = connection.Close() }()
	if r.channel, err = connection.Channel(); err != nil {
		return fmt.Errorf("connect to RabbitMQ: %w", err)
	}
	if err := r.channel.Qos(s.prefetch, 0, false); err != nil {
		return fmt.Errorf("set the prefetch: %w", err)
	}
	if _, err := r.look(); err != nil {
		return err
	}
	deliveries, err := r.channel.ConsumeWithContext(ctx, s.queue, "drift_exporter", false, false, false, false, nil)
	if err != nil {
		return fmt.Errorf("read the queue %s: %w", s.queue, err)
	}
	closed := connection.NotifyClose(make(chan *amqp.Error, 1))
	return r.consume(ctx, deliveries, closed)
}

// connect connects to the broker that is named in the file.
func (s *source) connect() (*amqp.Connection, error) {
	secret, err := outcomes.Secret(s.urlFile)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(secret)
	if err != nil || u.Scheme != "amqp" && u.Scheme != "amqps" || u.Host == "" {
		return nil, fmt.Errorf("url_file %s must hold one line such as amqps://USER:PASSWORD@HOST/VHOST", s.urlFile)
	}
	connection, err := amqp.DialConfig(secret, amqp.Config{
		Heartbeat: 10 * time.Second, Locale: "en_US",
		Dial: func(network, address string) (net.Conn, error) {
			return amqp.DefaultDial(connectTime)(network, address)
		},
		Properties: amqp.Table{"connection_name": "drift_exporter"},
	})
	if err != nil {
		return nil, fmt.Errorf("connect to RabbitMQ at %s: %w", u.Host, err)
	}
	return connection, nil
}

// look returns how many messages of the queue are delivered to nobody.
func (r *reader) look() (ready int, err error) {
	q, err := r.channel.QueueDeclarePassive(r.queue, false, false, false, false, nil)
	if err != nil {
		return 0, fmt.Errorf("look at the queue %s, which must be there: %w", r.queue, err)
	}
	return q.Messages, nil
}

// consume takes messages until ctx ends or the connection is lost.
func (r *reader) consume(ctx context.Context, deliveries <-chan amqp.Delivery, closed <-chan *amqp.Error) error {
	looks := time.NewTicker(lookEvery)
	defer looks.Stop()
	done, err := r.step(ctx, nil, deliveries)
	for !done && err == nil {
		var first []amqp.Delivery
		select {
		case <-ctx.Done():
			return nil
		case d, open := <-deliveries:
			if !open {
				return lost(ctx, closed)
			}
			first = []amqp.Delivery{d}
		case <-looks.C:
		}
		done, err = r.step(ctx, first, deliveries)
	}
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// step takes the messages that are delivered, after first, and says how many are left. Before it
// takes them, those count as left, because the broker counts only what it has not delivered. If it
// had none left, all have been read.
func (r *reader) step(ctx context.Context, first []amqp.Delivery, deliveries <-chan amqp.Delivery) (done bool, err error) {
	at := time.Now()
	ready, err := r.look()
	if err != nil {
		return false, err
	}
	all := r.more(ctx, first, deliveries)
	if len(all) == r.prefetch { // nothing more is delivered, so the broker counts all others
		if ready, err = r.look(); err != nil {
			return false, err
		}
	}
	r.sink.Behind(int64(ready + len(all)))
	for some := range slices.Chunk(all, outcomes.BatchRecords) {
		if err := r.take(ctx, some); err != nil {
			return false, err
		}
	}
	r.sink.Behind(int64(ready))
	if ready > 0 || ctx.Err() != nil {
		return false, nil
	}
	return r.sink.Current(at)
}

// lost says why there are no more messages.
func lost(ctx context.Context, closed <-chan *amqp.Error) error {
	if ctx.Err() != nil {
		return nil
	}
	select {
	case err := <-closed:
		if err != nil {
			return fmt.Errorf("the connection to RabbitMQ was lost: %w", err)
		}
	default:
	}
	return errors.New("RabbitMQ sends no more: the queue was deleted")
}

// more returns messages together with those that were delivered, or are within a moment. With as many
// as the prefetch it has all that are delivered.
func (r *reader) more(ctx context.Context, all []amqp.Delivery, deliveries <-chan amqp.Delivery) []amqp.Delivery {
	timer := time.NewTimer(gather)
	defer timer.Stop()
	for waits := true; len(all) < r.prefetch; {
		select {
		case d, open := <-deliveries:
			if !open {
				return all
			}
			all = append(all, d)
			continue
		default:
		}
		if !waits {
			return all
		}
		select {
		case d, open := <-deliveries:
			if !open {
				return all
			}
			all = append(all, d)
		case <-timer.C:
			waits = false
		case <-ctx.Done():
			waits = false
		}
	}
	return all
}

// take adds the outcomes of messages and then acknowledges the messages.
func (r *reader) take(ctx context.Context, all []amqp.Delivery) error {
	b := outcomes.Batch{Durable: true}
	committed := slices.Clone(r.committed)
	for _, d := range all {
		if d.MessageId != "" {
			if d.Redelivered && slices.Contains(committed, d.MessageId) {
				continue
			}
			committed = append(committed, d.MessageId)
		}
		b.Records = append(b.Records, outcomes.ParseJSON(d.Body))
	}
	// At most this many messages can be waiting for their acknowledgement.
	if most := 2 * r.prefetch; len(committed) > most {
		committed = committed[len(committed)-most:]
	}
	text, err := json.Marshal(committed)
	if err != nil {
		return err
	}
	b.Cursors = map[string]string{part: string(text)}
	if err := r.sink.Put(ctx, b); err != nil {
		return err
	}
	r.committed = committed
	if err := all[len(all)-1].Ack(true); err != nil {
		return fmt.Errorf("acknowledge messages: %w", err)
	}
	return nil
}
