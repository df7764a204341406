package bigquery

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"cloud.google.com/go/bigquery/storage/apiv1/storagepb"
	"github.com/googleapis/gax-go/v2/apierror"
	"google.golang.org/api/googleapi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/drift-exporter/drift_exporter/predictor/ship"
)

// explain says what an error of BigQuery is and what to do about it.
func (s *Sink) explain(err error) error {
	var known *ship.Failure
	switch {
	case err == nil, errors.As(err, &known), errors.Is(err, ship.ErrRefused):
		return err
	}
	fail := func(reason string, temporary bool, advice string) error {
		if advice != "" {
			err = fmt.Errorf("%w; %s", err, advice)
		}
		return &ship.Failure{Reason: reason, Temporary: temporary, Err: err}
	}
	permission := fmt.Sprintf("grant the service account the roles BigQuery Data Editor on the dataset %s and BigQuery Job User on the project %s", s.options.Dataset, s.options.Project)
	missing := fmt.Sprintf("make the dataset first, where its data may be: bq mk --dataset --location=EU %s:%s; grant the service account the role BigQuery Data Editor on it; and check --bigquery.project and --bigquery.dataset", s.options.Project, s.options.Dataset)
	if answer, ok := errors.AsType[*googleapi.Error](err); ok {
		switch code := answer.Code; {
		case quotaExceeded(answer):
			return fail(ship.Quota, true, "a quota or rate limit of the project is used up: see IAM & Admin, Quotas")
		case code == http.StatusUnauthorized || code == http.StatusForbidden:
			return fail(ship.Permission, false, permission)
		case code == http.StatusNotFound:
			return fail(ship.NotFound, false, missing)
		case code == http.StatusPreconditionFailed || code == http.StatusConflict:
			return fail(ship.Unavailable, true, "") // another changed the table at the same moment
		case code >= http.StatusInternalServerError:
			return fail(ship.Unavailable, true, "")
		}
		return fail(ship.Other, false, "")
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fail(ship.Unavailable, true, "")
	}
	switch status.Code(err) {
	case codes.PermissionDenied, codes.Unauthenticated:
		return fail(ship.Permission, false, permission)
	case codes.NotFound:
		return fail(ship.NotFound, false, missing)
	case codes.ResourceExhausted:
		return fail(ship.Quota, true, "a quota of the Storage Write API is used up: see IAM & Admin, Quotas")
	case codes.Unavailable, codes.Aborted, codes.DeadlineExceeded, codes.Internal, codes.Canceled:
		return fail(ship.Unavailable, true, "")
	}
	if strings.Contains(err.Error(), "could not find default credentials") {
		return fail(ship.Permission, false, "name a service account by GOOGLE_APPLICATION_CREDENTIALS, use Workload Identity, or run gcloud auth application-default login")
	}
	return fail(ship.Other, true, "")
}

// quotaExceeded reports whether an answer speaks of a quota, which BigQuery does
// with 403 and a reason.
func quotaExceeded(answer *googleapi.Error) bool {
	for _, e := range answer.Errors {
		switch e.Reason {
		case "quotaExceeded", "rateLimitExceeded", "userRateLimitExceeded":
			return true
		}
	}
	return answer.Code == http.StatusTooManyRequests
}

// appendFailed is explain for an append: there, some errors have another meaning.
func (s *Sink) appendFailed(err error) error {
	switch status.Code(err) {
	case codes.InvalidArgument:
		if storageCode(err) == storagepb.StorageError_SCHEMA_MISMATCH_EXTRA_FIELDS {
			// It takes BigQuery some minutes to show a new column to writers.
			return &ship.Failure{Reason: ship.Schema, Temporary: true, Err: err}
		}
		return fmt.Errorf("%w: %w", ship.ErrRefused, err)
	case codes.AlreadyExists, codes.OutOfRange, codes.FailedPrecondition, codes.NotFound:
		// The stream is not where we think, or gone: Settle finds out.
		return &ship.Failure{Reason: ship.Unavailable, Temporary: true, Err: err}
	}
	return s.explain(err)
}

// storageCode returns the Storage Write API's own code, when an error has one.
func storageCode(err error) storagepb.StorageError_StorageErrorCode {
	if answer, ok := errors.AsType[*apierror.APIError](err); ok {
		storage := &storagepb.StorageError{}
		if answer.Details().ExtractProtoMessage(storage) == nil {
			return storage.GetCode()
		}
	}
	return storagepb.StorageError_STORAGE_ERROR_CODE_UNSPECIFIED
}
