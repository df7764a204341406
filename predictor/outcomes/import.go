package outcomes

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
)

// ImportOptions are what Import needs.
type ImportOptions struct {
	// LogPath is the prediction log.
	LogPath string
	// Source is read once, to its end.
	Source SourceConfig
	// Agreement and PendingLimit have the same meaning as in Config.
	Agreement    bool
	PendingLimit int64
	// Logger receives what an operator must know.
	Logger *slog.Logger
}

// Import reads a source once and writes what happened to its records.
func Import(ctx context.Context, o ImportOptions, w io.Writer) (err error) {
	log, err := sqlite.NewEvidence(o.LogPath, sqlite.EvidenceOptions{Agreement: o.Agreement, PendingLimit: o.PendingLimit})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	if err := log.Open(ctx); err != nil { // before the lock, which is a file next to the log
		return err
	}
	lock, err := log.LockSource(o.Source.Name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	sink := &Sink{Logger: o.Logger, name: o.Source.Name, kind: "import", mapping: &o.Source.Mapping, log: log, metrics: newMetrics(), once: true}
	err = o.Source.Source.Run(ctx, sink)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil && sink.records == 0 {
		return err
	}
	_, said := fmt.Fprint(w, report(sink.records, sink.late, sink.total))
	return errors.Join(err, said)
}

// report says what happened to records.
func report(records, late int, r predictionlog.Received) string {
	var text strings.Builder
	fmt.Fprintf(&text, "%d records: %d accepted, %d unchanged, %d overruled, %d wait for their prediction", records, r.Accepted, r.Unchanged, r.Overruled, r.Pending)
	if late > 0 {
		fmt.Fprintf(&text, ", %d came late", late)
	}
	rejected := 0
	for _, n := range r.Rejected {
		rejected += n
	}
	fmt.Fprintf(&text, ", %d set aside\n", rejected)
	for _, reason := range slices.Sorted(maps.Keys(r.Rejected)) {
		fmt.Fprintf(&text, "  %d %s: %s\n", r.Rejected[reason], reason, Explain(reason))
	}
	return text.String()
}

// explanations say what a reason means and what to do.
var explanations = map[string]string{
	predictionlog.RejectedNotParsed:   "not a JSON object, or a row of another number of columns, with a quote that is open, or not UTF-8",
	predictionlog.RejectedNoKey:       "names no prediction: name its field under record.prediction_id or record.request_id",
	predictionlog.RejectedBadKey:      "a prediction id is a whole number from 0, a request id at most 128 printable ASCII characters",
	predictionlog.RejectedNoOutcome:   "has no outcome: name its field under outcome.field",
	predictionlog.RejectedUnmapped:    "its outcome is not in outcome.map or outcome.classes: add it there, and run `outcomes rejected --retry`",
	predictionlog.RejectedConfidence:  "its confidence is not a number above 0 and at most 1",
	predictionlog.RejectedObservedAt:  "observed_at is no time by RFC 3339: set record.time_zone, or record.observed_at_unit if it is a number",
	predictionlog.RejectedTooEarly:    "it was observed before the prediction was made: compare the clocks, or the ids",
	predictionlog.RejectedDeleted:     "the prediction is no longer in the log: keep predictions longer with --predictions.retention.time",
	predictionlog.RejectedOtherLog:    "the prediction is in another log, which its request id names",
	predictionlog.RejectedDisagree:    "prediction id and request id name two predictions",
	predictionlog.RejectedExpired:     "no prediction came within pending.expire",
	predictionlog.RejectedPendingFull: "pending.limit outcomes wait already: is the key of the records that of the predictions?",
}

// Explain says what one of predictionlog.RejectedReasons means and what to do.
func Explain(reason string) string { return explanations[reason] }
