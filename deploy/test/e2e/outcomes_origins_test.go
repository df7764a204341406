package e2e_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"cloud.google.com/go/bigquery"
	amqp "github.com/rabbitmq/amqp091-go"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/drift-exporter/drift_exporter/predictor/google"
	"github.com/drift-exporter/drift_exporter/predictor/google/emulator"
	"github.com/drift-exporter/drift_exporter/predictor/outcomes/sourcetest/servers"
)

// asJSON returns a record as a JSON object.
func (s said) asJSON() []byte {
	return fmt.Appendf(nil, `{"loan": %d, "status": %q, "updated_at": %q}`, s.prediction, s.status, s.at.Format(time.RFC3339))
}

// patiently calls f until it succeeds: the server may be starting again.
func patiently(ctx context.Context, f func() error) error {
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(100 * time.Millisecond) {
		err := f()
		if err == nil || ctx.Err() != nil || time.Now().After(deadline) {
			return err
		}
	}
}

// secretFile writes a file that holds one secret.
func secretFile(t *testing.T, secret string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// again starts a killed server.
func again(ctx context.Context, s *servers.Server) error {
	s.Kill()
	return s.Start(ctx)
}

// table is a table of a database with one row for each record.
type table struct {
	db             *sql.DB
	server         *servers.Server // nil: SQLite
	driver, secret string
}

func newTable(t *testing.T, s *servers.Server, name, driver, dsn, statement string) *table {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
	return &table{db: db, server: s, driver: name, secret: "dsn_file: " + secretFile(t, dsn)}
}

func fromPostgres(t *testing.T) origin {
	s := servers.For(t, servers.Postgres)
	return newTable(t, s, "postgres", "pgx", s.URL, "CREATE TABLE said (k int PRIMARY KEY, loan int, status text, updated_at timestamptz)")
}

func fromMariaDB(t *testing.T) origin {
	s := servers.For(t, servers.MariaDB)
	return newTable(t, s, "mysql", "mysql", s.URL, "CREATE TABLE said (k int PRIMARY KEY, loan int, status text, updated_at datetime)")
}

func fromSQLite(t *testing.T) origin {
	path := filepath.Join(t.TempDir(), "loans.db")
	o := newTable(t, nil, "sqlite", "sqlite3", "file:"+path+"?_journal_mode=WAL&_busy_timeout=10000", "CREATE TABLE said (k int PRIMARY KEY, loan int, status text, updated_at text)")
	o.secret = "dsn: " + path
	return o
}

func (o *table) entry() string {
	return "sql: {driver: " + o.driver + ", " + o.secret + ", interval: 1s, query: \"SELECT loan, status, updated_at FROM said WHERE updated_at >= :since ORDER BY updated_at\"}"
}

func (o *table) send(ctx context.Context, from, to int) error {
	for ; from < to; from += 250 {
		var rows []string
		for k := from; k < min(from+250, to); k++ {
			rows = append(rows, o.row(k))
		}
		// A killed server may have committed rows without saying so.
		insert := map[string]string{"postgres": "INSERT INTO said VALUES %s ON CONFLICT DO NOTHING", "mysql": "INSERT IGNORE INTO said VALUES %s", "sqlite": "INSERT OR IGNORE INTO said VALUES %s"}[o.driver]
		if err := patiently(ctx, func() error {
			_, err := o.db.ExecContext(ctx, fmt.Sprintf(insert, strings.Join(rows, ",")))
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}

// row returns the values of a record.
func (o *table) row(k int) string {
	s := statement(k)
	form := "2006-01-02 15:04:05Z07:00"
	if o.driver == "mysql" {
		form = "2006-01-02 15:04:05"
	}
	return fmt.Sprintf("(%d, %d, '%s', '%s')", k, s.prediction, s.status, s.at.Format(form))
}

func (o *table) kill(ctx context.Context) error {
	if o.server == nil {
		return nil
	}
	return again(ctx, o.server)
}

func (o *table) env() []string { return nil }

// topic is a topic of Apache Kafka with three partitions.
type topic struct {
	server *servers.Server
	client *kgo.Client
}

func fromKafka(t *testing.T) origin {
	o := &topic{server: servers.For(t, servers.Kafka)}
	client, err := kgo.NewClient(kgo.SeedBrokers(o.server.URL), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.DefaultProduceTopic("said"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	o.client = client
	if _, err := kadm.NewClient(client).CreateTopic(t.Context(), 3, 1, nil, "said"); err != nil {
		t.Fatal(err)
	}
	return o
}

func (o *topic) entry() string { return "kafka: {brokers: [" + o.server.URL + "], topic: said}" }

// send is idempotent: the client repeats what a killed broker has not acknowledged.
func (o *topic) send(ctx context.Context, from, to int) error {
	var all []*kgo.Record
	for k := from; k < to; k++ {
		s := statement(k)
		all = append(all, &kgo.Record{Partition: int32(s.prediction % 3), Value: s.asJSON()})
	}
	return o.client.ProduceSync(ctx, all...).FirstErr()
}

func (o *topic) kill(ctx context.Context) error { return again(ctx, o.server) }
func (o *topic) env() []string                  { return nil }

// queue is a durable queue of RabbitMQ.
type queue struct {
	server  *servers.Server
	secret  string
	channel *amqp.Channel
}

func fromRabbitMQ(t *testing.T) origin {
	o := &queue{server: servers.For(t, servers.RabbitMQ)}
	o.secret = secretFile(t, o.server.URL)
	t.Cleanup(o.disconnect)
	if err := o.connect(); err != nil {
		t.Fatal(err)
	}
	return o
}

func (o *queue) connect() error {
	if o.channel != nil && !o.channel.IsClosed() {
		return nil
	}
	connection, err := amqp.Dial(o.server.URL)
	if err != nil {
		return err
	}
	if o.channel, err = connection.Channel(); err != nil {
		return err
	}
	if err := o.channel.Confirm(false); err != nil {
		return err
	}
	_, err = o.channel.QueueDeclare("said", true, false, false, false, nil)
	return err
}

func (o *queue) disconnect() { _ = o.channel.Close() }

func (o *queue) entry() string { return "rabbitmq: {url_file: " + o.secret + ", queue: said}" }

// send publishes records and waits for the confirmations. What the broker has not confirmed before
// it was killed is published again, with the same message id.
func (o *queue) send(ctx context.Context, from, to int) error {
	for ; from < to; from += 100 {
		if err := patiently(ctx, func() error {
			if err := o.connect(); err != nil {
				return err
			}
			var waiting []*amqp.DeferredConfirmation
			for k := from; k < min(from+100, to); k++ {
				c, err := o.channel.PublishWithDeferredConfirmWithContext(ctx, "", "said", true, false,
					amqp.Publishing{MessageId: strconv.Itoa(k), Body: statement(k).asJSON(), DeliveryMode: amqp.Persistent})
				if err != nil {
					return err
				}
				waiting = append(waiting, c)
			}
			for _, c := range waiting {
				within, cancel := context.WithTimeout(ctx, 10*time.Second)
				ok, err := c.WaitContext(within)
				cancel()
				if err != nil || !ok {
					_ = o.channel.Close()
					return errors.Join(errors.New("a message was not confirmed"), err)
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

func (o *queue) kill(ctx context.Context) error { return again(ctx, o.server) }
func (o *queue) env() []string                  { return nil }

// folder is a folder with files of two formats. Every file grows, and is renamed in between.
type folder string

func fromFiles(t *testing.T) origin { return folder(t.TempDir()) }

func (o folder) entry() string {
	return "files: {path: " + string(o) + ", interval: 1s, settle: 1s}"
}

func (o folder) send(_ context.Context, from, to int) error {
	names := []string{"a.csv", "b.csv", "c.jsonl"}
	// Both records of a prediction are in the same file.
	for i, name := range names {
		var text strings.Builder
		path, moved := filepath.Join(string(o), name), filepath.Join(string(o), "moved-"+name)
		if from/(to-from)%2 == 0 {
			path, moved = moved, path
		}
		switch err := os.Rename(path, moved); {
		case err != nil && from > 0:
			return err
		case from == 0 && i < 2:
			text.WriteString("loan,status,updated_at\n")
		}
		for k := from; k < to; k++ {
			s := statement(k)
			switch {
			case k/10%3 != i:
			case i < 2:
				fmt.Fprintf(&text, "%d,%s,%s\n", s.prediction, s.status, s.at.Format(time.RFC3339))
			default:
				text.Write(append(s.asJSON(), '\n'))
			}
		}
		f, err := os.OpenFile(moved, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600) // #nosec G304 -- our own
		if err != nil {
			return err
		}
		if _, err := f.WriteString(text.String()); err != nil {
			return err
		}
		if err := f.Close(); err != nil {
			return err
		}
	}
	time.Sleep(50 * time.Millisecond) // so that files are read before they are whole
	return nil
}

func (folder) kill(context.Context) error { return nil }
func (folder) env() []string              { return nil }

// warehouse is a table of an emulator of BigQuery.
type warehouse struct {
	t        *testing.T
	dir      string
	mu       sync.Mutex
	emulator *emulator.Emulator
}

func fromBigQuery(t *testing.T) origin {
	o := &warehouse{t: t, dir: t.TempDir()}
	o.emulator = emulator.Start(t, o.dir)
	err := o.run(t.Context(), "CREATE SCHEMA `test-project.truth`")
	if err == nil {
		err = o.run(t.Context(), "CREATE TABLE `test-project.truth.said` (k INT64, loan INT64, status STRING, updated_at TIMESTAMP)")
	}
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// run runs one statement. The emulator does not go away meanwhile.
func (o *warehouse) run(ctx context.Context, text string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	client, err := bigquery.NewClient(ctx, "test-project", o.emulator.ClientOptions()...)
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }()
	job, err := client.Query(text).Run(ctx)
	if err != nil {
		return err
	}
	status, err := job.Wait(ctx)
	if err != nil {
		return err
	}
	return status.Err()
}

func (o *warehouse) entry() string {
	return "bigquery: {project: test-project, interval: 1s, query: \"SELECT loan, status, updated_at FROM `test-project.truth.said` WHERE updated_at >= @since ORDER BY updated_at\"}"
}

func (o *warehouse) send(ctx context.Context, from, to int) error {
	for ; from < to; from += 1000 {
		var rows []string
		for k := from; k < min(from+1000, to); k++ {
			s := statement(k)
			rows = append(rows, fmt.Sprintf("(%d, %d, '%s', TIMESTAMP '%s')", k, s.prediction, s.status, s.at.Format("2006-01-02 15:04:05+00:00")))
		}
		if err := o.run(ctx, "INSERT INTO `test-project.truth.said` (k, loan, status, updated_at) VALUES "+strings.Join(rows, ",")); err != nil {
			return err
		}
	}
	return nil
}

func (o *warehouse) kill(context.Context) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.emulator.Kill()
	o.emulator = emulator.Start(o.t, o.dir)
	return nil
}

func (o *warehouse) env() []string { return []string{google.RESTEmulator + "=" + o.emulator.REST} }

// pages is an HTTP interface with pages of records.
type pages struct {
	mu      sync.Mutex
	records int
	address string
	server  *http.Server
}

func fromAPI(t *testing.T) origin {
	o := &pages{}
	if err := o.serve(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = o.server.Close() })
	return o
}

func (o *pages) serve(ctx context.Context) error {
	if o.address == "" {
		o.address = "127.0.0.1:0"
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", o.address)
	if err != nil {
		return err
	}
	o.address = l.Addr().String()
	o.server = &http.Server{Handler: o, ReadHeaderTimeout: time.Minute}
	go func() { _ = o.server.Serve(l) }() // it ends when it is killed
	return nil
}

// ServeHTTP answers with a page of 500 records.
func (o *pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	page, err := strconv.Atoi(r.URL.Query().Get("page"))
	if err != nil {
		page = 0
	}
	o.mu.Lock()
	n := o.records
	o.mu.Unlock()
	answer := map[string]any{}
	var items []json.RawMessage
	for k := 500 * page; k < min(500*page+500, n); k++ {
		items = append(items, statement(k).asJSON())
	}
	answer["items"] = items
	if n > 500*page+500 {
		answer["next"] = fmt.Sprintf("/?page=%d", page+1)
	}
	_ = json.NewEncoder(w).Encode(answer)
}

func (o *pages) entry() string {
	return "api: {url: \"http://" + o.address + "/?page=0\", records: $.items, page: {next: $.next}, rate: 1000/s, interval: 1s}"
}

func (o *pages) send(_ context.Context, _, to int) error {
	o.mu.Lock()
	o.records = to
	o.mu.Unlock()
	time.Sleep(50 * time.Millisecond) // so that pages are read before they are whole
	return nil
}

func (o *pages) kill(ctx context.Context) error {
	if err := o.server.Close(); err != nil {
		return err
	}
	return patiently(ctx, func() error { return o.serve(ctx) })
}

func (o *pages) env() []string { return nil }
