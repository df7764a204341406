package sqlite

import (
	"context"
	"testing"
	"time"
)

// Care contains functions of package care. That package imports this one, so the external tests
// set them (see care_test.go).
var Care struct {
	Check  func(ctx context.Context, path string) (problems []string, setBack int64, err error)
	Prune  func(ctx context.Context, path string, age time.Duration) (deleted, held int64, report string, err error)
	Erase  func(ctx context.Context, path, requestID string) (int64, error)
	Init   func(ctx context.Context, path string) error
	Forget func(ctx context.Context, path, destination string) error
}

// sound fails the test unless a log has the expected number of problems.
func sound(t testing.TB, path string, expected int) {
	t.Helper()
	if problems, _, err := Care.Check(t.Context(), path); err != nil || len(problems) != expected {
		t.Errorf("check: %v %v", err, problems)
	}
}
