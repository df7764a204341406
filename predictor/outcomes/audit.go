package outcomes

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
)

// AuditFormats are the formats of Audit's rows. "none" writes no rows.
var AuditFormats = []string{"none", "csv", "jsonl"}

// AuditOptions say what to audit.
type AuditOptions struct {
	LogPath string
	// Format is one of AuditFormats.
	Format string
	// Contains is a hash that was noted earlier. The chain must contain it. It may be empty.
	Contains string
}

// ErrAudit says that reviews were changed, or that some are missing.
var ErrAudit = errors.New("the chain of reviews is broken")

// audited is the result of an audit.
type audited struct {
	rows, erased, unauthenticated, withdrawn int
	last                                     string // hash
	problems                                 []string
}

// mostProblems is how many problems an audit names.
const mostProblems = 20

// Audit checks the chain of reviews. It writes the rows to rows and then the result to result. The
// error wraps ErrAudit if a row was changed or is missing.
//
// An erased review keeps its hashes, so the chain stays complete. Whether its text was another one
// can no longer be found out. Rows that are missing at the end are found only with Contains.
func Audit(ctx context.Context, o AuditOptions, rows, result io.Writer) (err error) {
	reader := sqlite.NewReader(o.LogPath)
	defer func() { err = errors.Join(err, reader.Close()) }()
	if _, err := reader.State(ctx); err != nil {
		return err
	}
	write, flush := auditWriter(o.Format, rows)
	var a audited
	found := o.Contains == ""
	err = reader.CheckedReviews(ctx, math.MaxInt64, func(r *predictionlog.ReviewRow, intact bool) error {
		a.add(r, intact)
		found = found || r.Hash == o.Contains
		return write(r)
	})
	if err = errors.Join(err, flush()); err != nil {
		return err
	}
	if !found {
		a.problem("no row has the hash %s: the row was changed, or it and all later ones are missing", o.Contains)
	}
	if _, err := io.WriteString(result, a.String()); err != nil {
		return err
	}
	if len(a.problems) > 0 {
		return ErrAudit
	}
	return nil
}

// add checks one row.
func (a *audited) add(r *predictionlog.ReviewRow, intact bool) {
	if r.Previous != a.last {
		a.problem("row %d does not follow the row before it: one was changed or is missing", r.Seq)
	}
	if !intact {
		a.problem("row %d was changed: its hash is another", r.Seq)
	}
	a.rows++
	a.last = r.Hash
	switch {
	case r.Erased():
		a.erased++
	case r.Outcome == "":
		a.withdrawn++
	}
	if predictionlog.IsUnauthenticated(r.Reviewer) {
		a.unauthenticated++
	}
}

func (a *audited) problem(format string, args ...any) {
	a.problems = append(a.problems, fmt.Sprintf(format, args...))
}

// String returns the result as lines of text.
func (a *audited) String() string {
	var s strings.Builder
	fmt.Fprintf(&s, "%d reviews: %d withdrawn, %d erased, %d of reviewers that nobody has checked\n", a.rows, a.withdrawn, a.erased, a.unauthenticated)
	for _, p := range a.problems[:min(len(a.problems), mostProblems)] {
		fmt.Fprintln(&s, p)
	}
	if n := len(a.problems) - mostProblems; n > 0 {
		fmt.Fprintf(&s, "and %d problems more\n", n)
	}
	if len(a.problems) == 0 {
		fmt.Fprintln(&s, "the chain is complete")
	}
	if a.last != "" {
		fmt.Fprintln(&s, "last hash", a.last)
	}
	return s.String()
}

// auditRow is a review as it is exported.
type auditRow struct {
	Seq           int64   `json:"seq"`
	Time          string  `json:"time"`
	TimeNS        int64   `json:"time_ns"`
	PredictionID  int64   `json:"prediction_id"`
	Reviewer      string  `json:"reviewer"`
	Authenticated bool    `json:"authenticated"`
	Says          string  `json:"says"`
	Outcome       string  `json:"outcome"`
	Probability   float64 `json:"probability,omitempty"`
	Note          string  `json:"note"`
	Previous      string  `json:"previous"`
	Hash          string  `json:"hash"`
}

// auditWriter returns functions that write rows in a format, and that end it.
func auditWriter(format string, w io.Writer) (write func(*predictionlog.ReviewRow) error, flush func() error) {
	lines, table := json.NewEncoder(w), csv.NewWriter(w)
	lines.SetEscapeHTML(false)
	switch format {
	case "jsonl":
		return func(r *predictionlog.ReviewRow) error { return lines.Encode(exported(r)) }, func() error { return nil }
	case "csv":
		head := []string{"seq", "time", "time_ns", "prediction_id", "reviewer", "authenticated", "says", "outcome", "probability", "note", "previous", "hash"}
		began := table.Write(head)
		write = func(r *predictionlog.ReviewRow) error {
			e, probability := exported(r), ""
			if e.Probability > 0 {
				probability = strconv.FormatFloat(e.Probability, 'g', -1, 64)
			}
			return table.Write([]string{
				strconv.FormatInt(e.Seq, 10), e.Time, strconv.FormatInt(e.TimeNS, 10), strconv.FormatInt(e.PredictionID, 10), e.Reviewer,
				strconv.FormatBool(e.Authenticated), e.Says, e.Outcome, probability, e.Note, e.Previous, e.Hash,
			})
		}
		return write, func() error {
			table.Flush()
			return errors.Join(began, table.Error())
		}
	}
	return func(*predictionlog.ReviewRow) error { return nil }, func() error { return nil }
}

// exported says of a review what it is, and whether its reviewer was checked.
func exported(r *predictionlog.ReviewRow) auditRow {
	e := auditRow{
		Seq: r.Seq, Time: written(r.Time), TimeNS: r.Time, PredictionID: r.PredictionID, Reviewer: r.Reviewer, Says: "outcome",
		Authenticated: r.Reviewer != "" && !predictionlog.IsUnauthenticated(r.Reviewer),
		Outcome:       r.Outcome, Probability: r.Probability, Note: r.Note, Previous: r.Previous, Hash: r.Hash,
	}
	switch {
	case r.Erased():
		e.Says = "erased"
	case r.Outcome == "":
		e.Says = "withdrawn"
	}
	return e
}
