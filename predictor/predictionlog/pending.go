package predictionlog

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

var ErrUnavailable = errors.New("the prediction log cannot be written")

type WriterOptions struct {
	RetentionTime time.Duration
	RetentionSize int64
	Lookback      int64
	Now           func() time.Time
	Logger        *slog.Logger
	OnCommit      func(rows int, took time.Duration, err error)
}
type Writer struct{}

func OpenWriter(ctx context.Context, path string, o WriterOptions) (*Writer, error) {
	return nil, ErrUnavailable
}
func (w *Writer) Append(ctx context.Context, batch []Prediction) ([]Record, error) {
	return nil, ErrUnavailable
}
func (w *Writer) AppendFeedback(ctx context.Context, f Feedback) (Accepted, error) {
	return Accepted{}, ErrUnavailable
}
func (w *Writer) EnsureView(ctx context.Context, model string, features []string) (string, error) {
	return "", ErrUnavailable
}
func (w *Writer) Refuse(model, version, reason string) {}
func (w *Writer) Ready() error                         { return ErrUnavailable }
func (w *Writer) Close() error                         { return ErrUnavailable }

type Reader struct{}

func NewReader(path string) *Reader { return nil }
func (r *Reader) Close() error      { return ErrUnavailable }

type State struct {
	LogID                 string
	HighWater, TotalsUpTo UpTo
	Size                  int64
}

func (r *Reader) State(ctx context.Context) (State, error) { return State{}, ErrUnavailable }

type Totals struct {
	UpTo     UpTo
	Counters map[Key]*Counters
}

func (r *Reader) Totals(ctx context.Context, atLeast UpTo) (Totals, error) {
	return Totals{}, ErrUnavailable
}
func (r *Reader) Predictions(ctx context.Context, after, upTo int64, yield func(*Row) error) error {
	return ErrUnavailable
}
func (r *Reader) Feedback(ctx context.Context, after, upTo int64, yield func(*FeedbackRow) error) error {
	return ErrUnavailable
}
func (r *Reader) Errors(ctx context.Context, after, upTo int64, yield func(*ErrorRow) error) error {
	return ErrUnavailable
}

type Report struct{}

func (r Report) String() string { return "" }
func (r Report) Err() error     { return ErrUnavailable }

func InvalidFeatures(features []byte) bool                   { return false }
func Init(ctx context.Context, path string) error            { return ErrUnavailable }
func Schema() string                                         { return "" }
func Check(ctx context.Context, path string) (Report, error) { return Report{}, ErrUnavailable }
func Prune(ctx context.Context, path string, age time.Duration) (int64, error) {
	return 0, ErrUnavailable
}
func Erase(ctx context.Context, path, requestID string) (int64, error) { return 0, ErrUnavailable }
