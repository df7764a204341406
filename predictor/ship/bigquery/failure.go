package bigquery

import (
	"errors"
	"fmt"

	"cloud.google.com/go/bigquery/storage/apiv1/storagepb"
	"github.com/googleapis/gax-go/v2/apierror"
	"google.golang.org/api/googleapi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/drift-exporter/drift_exporter/predictor/google"
	"github.com/drift-exporter/drift_exporter/predictor/ship"
)

// explain says what an error of BigQuery means and what to do about it.
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
	switch google.CauseOf(err) {
	case google.Quota:
		return fail(ship.Quota, true, "a quota or rate limit of the project is used up: see IAM & Admin, Quotas")
	case google.Forbidden, google.Unauthorized:
		return fail(ship.Permission, false, fmt.Sprintf("grant the service account the roles BigQuery Data Editor on the dataset %s and BigQuery Job User on the project %s", s.options.Dataset, s.options.Project))
	case google.NoCredentials:
		return fail(ship.Permission, false, "name a service account by GOOGLE_APPLICATION_CREDENTIALS, use Workload Identity, or run gcloud auth application-default login")
	case google.NotFound:
		return fail(ship.NotFound, false, fmt.Sprintf("make the dataset first, where its data may be: bq mk --dataset --location=EU %s:%s; "+
			"grant the service account the role BigQuery Data Editor on it; and check --bigquery.project and --bigquery.dataset", s.options.Project, s.options.Dataset))
	case google.NoBilling:
		return fail(ship.Permission, false, fmt.Sprintf("enable billing for project %s", s.options.Project))
	case google.Unavailable, google.TimedOut, google.Concurrent:
		return fail(ship.Unavailable, true, "")
	case google.Invalid, google.TooExpensive, google.TooLarge, google.NeedsPartition:
		return fail(ship.Other, false, "")
	}
	// An unknown answer of BigQuery will be repeated if the request is repeated.
	_, answered := errors.AsType[*googleapi.Error](err)
	return fail(ship.Other, !answered, "")
}

// appendFailed is explain for an append, where some errors have another meaning.
func (s *Sink) appendFailed(err error) error {
	switch status.Code(err) {
	case codes.InvalidArgument:
		if storageCode(err) == storagepb.StorageError_SCHEMA_MISMATCH_EXTRA_FIELDS {
			// BigQuery needs some minutes before writers can use a new column.
			return &ship.Failure{Reason: ship.Schema, Temporary: true, Err: err}
		}
		return fmt.Errorf("%w: %w", ship.ErrRefused, err)
	case codes.AlreadyExists, codes.OutOfRange, codes.FailedPrecondition, codes.NotFound:
		// The stream has another offset than expected, or it is gone. Settle finds out.
		return &ship.Failure{Reason: ship.Unavailable, Temporary: true, Err: err}
	}
	return s.explain(err)
}

// storageCode returns the error code of the Storage Write API, if the error has one.
func storageCode(err error) storagepb.StorageError_StorageErrorCode {
	if answer, ok := errors.AsType[*apierror.APIError](err); ok {
		storage := &storagepb.StorageError{}
		if answer.Details().ExtractProtoMessage(storage) == nil {
			return storage.GetCode()
		}
	}
	return storagepb.StorageError_STORAGE_ERROR_CODE_UNSPECIFIED
}
