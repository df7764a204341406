package google

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"cloud.google.com/go/bigquery"
	"google.golang.org/api/googleapi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Cause is what an error of BigQuery comes from, whichever interface returned it.
type Cause int

// The causes. What to do about one depends on what was asked: the callers say it.
const (
	Unknown        Cause = iota // none of the below
	Quota                       // a quota or rate limit is used up
	TooExpensive                // the query would cost more than it may
	NoBilling                   // the project has no billing account
	TooLarge                    // the answer is larger than BigQuery returns
	NeedsPartition              // the table takes only queries with a condition on its partition
	NoCredentials               // there are no application-default credentials
	Unauthorized                // the credentials are refused
	Forbidden                   // the account has no right to do it
	NotFound                    // project, dataset or table does not exist
	Concurrent                  // another changed the same at the same moment
	Invalid                     // the request or its SQL is wrong
	Unavailable                 // BigQuery or the way to it fails: the same may succeed later
	TimedOut                    // there was no answer in time
)

// reasons are what answers of the REST interface and failed jobs give beside a
// status; they say more than that.
var reasons = map[string]Cause{
	"quotaExceeded": Quota, "rateLimitExceeded": Quota, "jobRateLimitExceeded": Quota, "userRateLimitExceeded": Quota,
	"bytesBilledLimitExceeded": TooExpensive, "billingNotEnabled": NoBilling, "responseTooLarge": TooLarge,
	"accessDenied": Forbidden, "notFound": NotFound, "invalidQuery": Invalid,
	"backendError": Unavailable, "internalError": Unavailable,
}

var statuses = map[int]Cause{
	http.StatusTooManyRequests: Quota, http.StatusUnauthorized: Unauthorized, http.StatusForbidden: Forbidden, http.StatusNotFound: NotFound,
	http.StatusPreconditionFailed: Concurrent, http.StatusConflict: Concurrent, http.StatusBadRequest: Invalid,
}

var rpcs = map[codes.Code]Cause{
	codes.PermissionDenied: Forbidden, codes.Unauthenticated: Unauthorized, codes.NotFound: NotFound,
	codes.ResourceExhausted: Quota, codes.DeadlineExceeded: TimedOut, codes.InvalidArgument: Invalid,
	codes.Unavailable: Unavailable, codes.Aborted: Unavailable, codes.Internal: Unavailable, codes.Canceled: Unavailable,
}

// CauseOf returns the cause of an error of the REST interface, of a job or of the
// Storage Write API. A reason that is known counts before the status; a status of
// 500 and above is Unavailable.
func CauseOf(err error) Cause {
	if answer, ok := errors.AsType[*googleapi.Error](err); ok {
		return causeOfAnswer(answer)
	}
	if job, ok := errors.AsType[*bigquery.Error](err); ok {
		return causeOfReason(job.Reason, job.Message)
	}
	switch {
	case err == nil:
		return Unknown
	case errors.Is(err, context.DeadlineExceeded):
		return TimedOut
	case strings.Contains(err.Error(), "could not find default credentials"):
		return NoCredentials
	}
	return rpcs[status.Code(err)]
}

// causeOfReason returns the cause that a reason and a message name. For a missing
// condition on the partition the reason is that of any wrong query.
func causeOfReason(reason, message string) Cause {
	if strings.Contains(message, "partition elimination") {
		return NeedsPartition
	}
	return reasons[reason]
}

func causeOfAnswer(answer *googleapi.Error) Cause {
	if cause := causeOfReason("", answer.Message); cause != Unknown {
		return cause
	}
	for _, e := range answer.Errors {
		if cause := reasons[e.Reason]; cause != Unknown {
			return cause
		}
	}
	if answer.Code >= http.StatusInternalServerError {
		return Unavailable
	}
	return statuses[answer.Code]
}

// HasStatus reports whether an error is an answer of the REST interface with that
// status.
func HasStatus(err error, status int) bool {
	answer, ok := errors.AsType[*googleapi.Error](err)
	return ok && answer.Code == status
}
