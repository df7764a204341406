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

type Report struct{}

func (r Report) String() string { return "" }
func (r Report) Err() error     { return ErrUnavailable }

func Init(ctx context.Context, path string) error            { return ErrUnavailable }
func Check(ctx context.Context, path string) (Report, error) { return Report{}, ErrUnavailable }
func Prune(ctx context.Context, path string, age time.Duration) (int64, error) {
	return 0, ErrUnavailable
}
func Erase(ctx context.Context, path, requestID string) (int64, error) { return 0, ErrUnavailable }
