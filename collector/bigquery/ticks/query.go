package ticks

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"strings"
	"time"

	"cloud.google.com/go/bigquery"
	"google.golang.org/api/iterator"

	"github.com/drift-exporter/drift_exporter/predictor/google"
	"github.com/drift-exporter/drift_exporter/predictor/tick"
)

//go:embed sql/*.sql
var files embed.FS

// effective is tick.Effective in SQL, of the column TICK. @lateness is in microseconds.
const effective = `GREATEST(CASE
      WHEN TICK > TIMESTAMP_ADD(shipped_at, INTERVAL 60 SECOND)
        THEN TIMESTAMP_MICROS(UNIX_MICROS(shipped_at) - MOD(UNIX_MICROS(shipped_at), 15000000))
      WHEN UNIX_MICROS(shipped_at) > UNIX_MICROS(TICK) + 15000000 + @lateness
        THEN TIMESTAMP_MICROS(UNIX_MICROS(shipped_at) - @lateness - MOD(UNIX_MICROS(shipped_at) - @lateness, 15000000))
      ELSE TICK
    END, IFNULL(TIMESTAMP_MICROS(UNIX_MICROS(closed) - MOD(UNIX_MICROS(closed), 15000000)), TIMESTAMP_SECONDS(0)))`

// schemeKey is foreignKey in SQL.
const schemeKey = `CONCAT(scheme, '/', CAST(CHAR_LENGTH(model) AS STRING), '/', model, '/', version)`

// exact says in SQL that a row has what its log had, as far as it is counted: the shipper has
// changed nothing, or only how the features are written.
const exact = `(altered IS NULL OR altered IN ('features are not JSON', 'features were refused as JSON', 'features have NaN or Infinity, which is null here'))`

// text returns the text of a query.
func (r *Reader) text(name string) string {
	file, err := files.ReadFile("sql/" + name + ".sql")
	if err != nil { // A query without a file cannot be built.
		panic(err)
	}
	now := "CURRENT_TIMESTAMP()"
	if r.options.Now != nil {
		now = "@now"
	}
	of := func(column string) string { return strings.ReplaceAll(effective, "TICK", column) }
	return strings.NewReplacer(
		"{dataset}", r.options.Project+"."+r.options.Dataset, "{effective}", of("tick"), "{effective_prediction}", of("predicted_tick"), "{now}", now,
		"{scheme_key}", schemeKey, "{exact}", exact,
	).Replace(string(file))
}

// pageRows is the number of rows of an answer that are held in memory, as JSON and decoded.
const pageRows = 1000

// errEnough ends the reading of an answer.
var errEnough = errors.New("the rest is not needed")

// ask runs a query, and calls take with each of its rows. The time in take does not count.
func (r *Reader) ask(ctx context.Context, name string, parameters []bigquery.QueryParameter, take func(*fields) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	timer := time.AfterFunc(r.options.Timeout, func() { cancel(context.DeadlineExceeded) })
	defer timer.Stop()
	err := r.run(ctx, name, parameters, func(f *fields) error {
		timer.Stop()
		defer timer.Reset(r.options.Timeout)
		return take(f)
	})
	switch {
	case err == nil || errors.Is(err, errEnough):
		return nil
	case errors.Is(err, tick.ErrAwaited):
		return err // it is no failure of the query
	case errors.Is(context.Cause(ctx), context.DeadlineExceeded):
		err = fmt.Errorf("no answer within %v: %w", r.options.Timeout, context.DeadlineExceeded)
	}
	reason := reasonOf(err)
	r.mu.Lock()
	r.stats.Failures[reason]++
	r.mu.Unlock()
	return fmt.Errorf("read %s of %s.%s: %w", name, r.options.Project, r.options.Dataset, r.explain(err))
}

func (r *Reader) run(ctx context.Context, name string, parameters []bigquery.QueryParameter, take func(*fields) error) error {
	client, err := r.connect()
	if err != nil {
		return err
	}
	q := client.Query(r.text(name))
	q.Parameters = parameters
	q.Labels = map[string]string{"application": "drift_exporter", "purpose": "fleet_" + name}
	q.MaxBytesBilled = r.options.MaximumBytes
	q.JobTimeout = r.options.Timeout
	q.DisableQueryCache = true
	foreseen, err := r.check(ctx, name, q)
	if err != nil {
		return err
	}
	job, err := q.Run(ctx)
	if err != nil {
		return err
	}
	rows, err := job.Read(ctx)
	r.count(ctx, job, foreseen)
	if err != nil {
		return err
	}
	rows.PageInfo().MaxSize = pageRows
	for {
		var row []bigquery.Value
		err := rows.Next(&row)
		if errors.Is(err, iterator.Done) {
			return nil
		}
		if err != nil {
			return err
		}
		f := &fields{row: row}
		if err := take(f); err != nil {
			return err
		}
		if f.err != nil {
			return f.err
		}
	}
}

// check lets BigQuery check the query without running it, and refuses one that is too expensive. It
// returns how many bytes the query would process.
func (r *Reader) check(ctx context.Context, name string, q *bigquery.Query) (bytes int64, err error) {
	q.DryRun = true
	job, err := q.Run(ctx)
	q.DryRun = false
	if err != nil {
		return 0, err
	}
	if status := job.LastStatus(); status != nil && status.Statistics != nil {
		bytes = status.Statistics.TotalBytesProcessed
	}
	r.options.Logger.Debug("query of BigQuery checked", "query", name, "bytes", bytes)
	if bound := r.options.MaximumBytes; bound > 0 && bytes > bound {
		return bytes, &budgetError{fmt.Sprintf("the query would process %d bytes, more than --bigquery.maximum-bytes-billed=%d allows: raise it, or shorten --bigquery.lookback or --bigquery.label-lookback", bytes, bound)}
	}
	if bound := r.options.DailyBytes; bound > 0 {
		if used := r.Stats().Today; used+bytes > bound {
			return bytes, &budgetError{fmt.Sprintf("the queries of today have cost %d bytes, and the next would process %d, together more than --bigquery.daily-bytes=%d allows: "+
				"the next day begins at 00:00 UTC; raise it, or ask less often with a longer --bigquery.interval", used, bytes, bound)}
		}
	}
	return bytes, nil
}

const (
	// leastBilled is what BigQuery bills at least for each table of a query.
	leastBilled = 10 << 20
	statusTime  = 10 * time.Second
)

// count adds what a query has cost, whether or not its answer could be read. BigQuery knows that when
// the query is done, and not yet when it accepts it. If it does not answer, what was foreseen counts.
func (r *Reader) count(ctx context.Context, job *bigquery.Job, foreseen int64) {
	ctx, cancel := context.WithTimeout(ctx, statusTime)
	defer cancel()
	processed, billed := foreseen, max(foreseen, leastBilled)
	if status, err := job.Status(ctx); err == nil && status.Done() && status.Statistics != nil {
		processed, billed = status.Statistics.TotalBytesProcessed, 0
		if details, ok := status.Statistics.Details.(*bigquery.QueryStatistics); ok {
			billed = details.TotalBytesBilled
		}
	}
	if billed == 0 && processed > 0 {
		billed = max(processed, leastBilled)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if day := today(); day != r.day {
		r.day, r.stats.Today = day, 0
	}
	r.stats.Queries++
	r.stats.Bytes += processed
	r.stats.Billed += billed
	r.stats.Today += billed
}

// span returns the parameters for the ticks from from and before until: rows that count to these
// were shipped neither longer before than a tick may lie ahead, nor later than the lateness.
func (r *Reader) span(from, until int64) []bigquery.QueryParameter {
	return append(r.before(until),
		bigquery.QueryParameter{Name: "from", Value: timestamp(from)},
		bigquery.QueryParameter{Name: "shipped_from", Value: timestamp(from - int64(tick.Ahead))})
}

// before returns the parameters for the ticks before until.
func (r *Reader) before(until int64) []bigquery.QueryParameter {
	return []bigquery.QueryParameter{
		{Name: "until", Value: timestamp(until)},
		{Name: "shipped_until", Value: timestamp(until + int64(r.options.Lateness))},
		{Name: "lateness", Value: r.options.Lateness.Microseconds()},
	}
}

func timestamp(ns int64) time.Time { return time.Unix(0, ns).UTC() }

// budgetError is a query that was not run because of what it would cost.
type budgetError struct{ why string }

func (e *budgetError) Error() string { return e.why }

// The reasons of failures.
const (
	Budget      = "budget"      // the query would process more bytes than are allowed
	Quota       = "quota"       // a quota or rate limit of the project is used up
	Permission  = "permission"  // the account may not do it, or there is none
	NotFound    = "not_found"   // the project, the dataset or its tables do not exist
	Unavailable = "unavailable" // there is no answer, or it says to ask again
	Other       = "other"
)

// Reasons are all of them.
var Reasons = []string{Budget, Quota, Permission, NotFound, Unavailable, Other}

func reasonOf(err error) string {
	if _, ok := errors.AsType[*budgetError](err); ok {
		return Budget
	}
	switch google.CauseOf(err) {
	case google.TooExpensive:
		return Budget
	case google.Quota:
		return Quota
	case google.Unauthorized, google.NoCredentials, google.Forbidden, google.NoBilling:
		return Permission
	case google.NotFound:
		return NotFound
	case google.Unavailable, google.TimedOut, google.Concurrent:
		return Unavailable
	case google.Unknown, google.Invalid, google.TooLarge, google.NeedsPartition:
	}
	return Other
}

// explain adds to an error what to grant or repair.
func (r *Reader) explain(err error) error {
	data := r.options.Project + "." + r.options.Dataset
	var how string
	switch google.CauseOf(err) {
	case google.TooExpensive:
		how = "raise --bigquery.maximum-bytes-billed, or shorten --bigquery.lookback or --bigquery.label-lookback"
	case google.NoBilling:
		how = "enable billing for project " + r.options.Payer
	case google.Quota:
		how = fmt.Sprintf("a quota of project %s is used up: raise it in the console under IAM, Quotas, or ask less often with a longer --bigquery.interval", r.options.Payer)
	case google.Unauthorized, google.NoCredentials:
		how = "give the exporter application-default credentials that are valid: Workload Identity, the machine's service account, or GOOGLE_APPLICATION_CREDENTIALS"
	case google.Forbidden:
		how = fmt.Sprintf("grant the account of this process roles/bigquery.jobUser on project %s and roles/bigquery.dataViewer on dataset %s; or the dataset does not exist", r.options.Payer, data)
	case google.NotFound:
		how = fmt.Sprintf("check --predictions.bigquery=%s and --bigquery.location; its tables are made by the first `drift_exporter ship --ship.ticks` of a replica", data)
	case google.Unavailable, google.Concurrent, google.TimedOut:
		how = "there was no answer in time, or BigQuery returned a server error; the next reading asks again"
	case google.Unknown, google.Invalid, google.TooLarge, google.NeedsPartition:
		return err
	}
	return fmt.Errorf("%s (%w)", how, err)
}
