package google_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"cloud.google.com/go/bigquery"
	"google.golang.org/api/googleapi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/drift-exporter/drift_exporter/predictor/google"
)

// answer is an answer of the REST interface; without a reason it has no list.
func answer(code int, reason, message string) error {
	e := &googleapi.Error{Code: code, Message: message}
	if reason != "" {
		e.Errors = []googleapi.ErrorItem{{Reason: reason, Message: message}}
	}
	return e
}

// The reasons and their statuses are those of BigQuery's documentation, "Error
// messages".
func TestErrorsHaveOneCauseWhicheverInterfaceReturnsThem(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		err  error
		want google.Cause
	}{
		{"nothing", nil, google.Unknown},
		{"an error of ours", errors.New("no"), google.Unknown},
		{"quota", answer(403, "quotaExceeded", ""), google.Quota},
		{"rate", answer(403, "rateLimitExceeded", ""), google.Quota},
		{"rate of jobs", answer(403, "jobRateLimitExceeded", ""), google.Quota},
		{"rate of a user", answer(403, "userRateLimitExceeded", ""), google.Quota},
		{"429", answer(429, "", ""), google.Quota},
		{"quota of a job", &bigquery.Error{Reason: "quotaExceeded"}, google.Quota},
		{"quota of appends", status.Error(codes.ResourceExhausted, ""), google.Quota},
		{"bytes billed", answer(400, "bytesBilledLimitExceeded", ""), google.TooExpensive},
		{"billing", answer(403, "billingNotEnabled", ""), google.NoBilling},
		{"large answer", answer(403, "responseTooLarge", ""), google.TooLarge},
		{"partition", answer(400, "invalidQuery", "without a filter that can be used for partition elimination"), google.NeedsPartition},
		{"partition of a job", &bigquery.Error{Reason: "invalidQuery", Message: "partition elimination"}, google.NeedsPartition},
		{"partition without a list", answer(400, "", "partition elimination"), google.NeedsPartition},
		{"credentials", errors.New("google: could not find default credentials."), google.NoCredentials},
		{"401", answer(401, "authError", ""), google.Unauthorized},
		{"unauthenticated", status.Error(codes.Unauthenticated, ""), google.Unauthorized},
		{"403", answer(403, "accessDenied", ""), google.Forbidden},
		{"403 for an unknown reason", answer(403, "other", ""), google.Forbidden},
		{"permission", status.Error(codes.PermissionDenied, ""), google.Forbidden},
		{"404", answer(404, "notFound", ""), google.NotFound},
		{"no stream", status.Error(codes.NotFound, ""), google.NotFound},
		{"409", answer(409, "duplicate", ""), google.Concurrent},
		{"412", answer(412, "conditionNotMet", ""), google.Concurrent},
		{"400", answer(400, "", ""), google.Invalid},
		{"query", answer(400, "invalidQuery", ""), google.Invalid},
		{"500", answer(500, "", ""), google.Unavailable},
		{"backend", answer(503, "backendError", ""), google.Unavailable},
		{"backend of a job", &bigquery.Error{Reason: "backendError"}, google.Unavailable},
		{"unavailable", status.Error(codes.Unavailable, ""), google.Unavailable},
		{"deadline", context.DeadlineExceeded, google.TimedOut},
		{"deadline of appends", status.Error(codes.DeadlineExceeded, ""), google.TimedOut},
		{"418", answer(418, "", ""), google.Unknown},
	} {
		if got := google.CauseOf(test.err); got != test.want {
			t.Errorf("%s: cause %d, want %d", test.name, got, test.want)
		}
		if test.err != nil {
			if got := google.CauseOf(fmt.Errorf("wrapped: %w", test.err)); got != test.want {
				t.Errorf("%s, wrapped: cause %d, want %d", test.name, got, test.want)
			}
		}
	}
}
