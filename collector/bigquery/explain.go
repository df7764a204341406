package bigquery

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"cloud.google.com/go/bigquery"
	"google.golang.org/api/googleapi"

	"github.com/drift-exporter/drift_exporter/collector/reference"
)

// explain adds to an error of BigQuery what to grant or to mend.
func explain(err error, t reference.Table, project string) error {
	code, reason, text := 0, "", ""
	var answered *googleapi.Error
	var failed *bigquery.Error
	switch {
	case errors.As(err, &answered):
		code, text = answered.Code, answered.Message
		if len(answered.Errors) > 0 {
			reason = answered.Errors[0].Reason
		}
	case errors.As(err, &failed):
		reason, text = failed.Reason, failed.Message
	}
	how := ""
	switch {
	case reason == "bytesBilledLimitExceeded":
		how = "the query would cost more than --bigquery.maximum-bytes-billed allows: name fewer features, narrow it with where on the table's partition, or raise the bound"
	case reason == "billingNotEnabled":
		how = fmt.Sprintf("enable billing for project %s", project)
	case reason == "responseTooLarge":
		how = "the answer is larger than BigQuery returns: name fewer features, or take fewer rows with where"
	case strings.Contains(text, "partition elimination"):
		how = fmt.Sprintf("%s takes only queries with a condition on the column that it is partitioned by: set where (--bigquery.where) on that column, such as day >= '2026-01-01'", fullName(t))
	case reason == "quotaExceeded" || reason == "rateLimitExceeded" || reason == "jobRateLimitExceeded" || code == http.StatusTooManyRequests:
		how = fmt.Sprintf("a quota of project %s is used up: raise it in the console under IAM, Quotas, or ask less often with a longer --reference.refresh-interval", project)
	case code == http.StatusUnauthorized:
		how = "the credentials are refused: check which application-default credentials the process has, and whether they have expired"
	case code == http.StatusForbidden || reason == "accessDenied":
		how = fmt.Sprintf("grant the account of this process roles/bigquery.jobUser on project %s and roles/bigquery.dataViewer on dataset %s.%s; or the dataset does not exist", project, t.Project, t.Dataset)
	case code == http.StatusNotFound || reason == "notFound":
		how = fmt.Sprintf("check the names of project, dataset and table (%s), and whether --bigquery.location is that of the dataset", fullName(t))
	case reason == "invalidQuery" || code == http.StatusBadRequest:
		how = "BigQuery does not take the query: mind where, whose columns and syntax it names, or the definition of the view"
	case code >= http.StatusInternalServerError || reason == "backendError" || reason == "internalError":
		how = "BigQuery is not well: this is tried again"
	case errors.Is(err, context.DeadlineExceeded):
		how = "there was no answer in time: is BigQuery within reach from here (a proxy, a firewall, Private Google Access)?"
	default:
		return err
	}
	return fmt.Errorf("%s (%w)", how, oneLine{err})
}

// oneLine is an error whose text is on one line and not endless: BigQuery quotes
// the query in some.
type oneLine struct{ error }

const longestError = 500

func (e oneLine) Error() string {
	s := strings.Join(strings.Fields(e.error.Error()), " ")
	if len(s) > longestError {
		return strings.ToValidUTF8(s[:longestError], "") + "..."
	}
	return s
}

// Unwrap returns the error itself.
func (e oneLine) Unwrap() error { return e.error }
