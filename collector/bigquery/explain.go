package bigquery

import (
	"fmt"
	"strings"

	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/predictor/google"
)

// explain adds to an error of BigQuery what to grant or repair.
func explain(err error, t reference.Table, project string) error {
	how := advice(google.CauseOf(err), t, project)
	if how == "" {
		return err
	}
	return fmt.Errorf("%s (%w)", how, oneLine{err})
}

// advice says what to do about a cause. It is empty if nothing is known.
func advice(cause google.Cause, t reference.Table, project string) string {
	switch cause {
	case google.TooExpensive:
		return "the query would cost more than --bigquery.maximum-bytes-billed allows: name fewer features, narrow it with where on the table's partition, or raise the bound"
	case google.NoBilling:
		return fmt.Sprintf("enable billing for project %s", project)
	case google.TooLarge:
		return "the answer is larger than BigQuery returns: name fewer features, or take fewer rows with where"
	case google.NeedsPartition:
		return fmt.Sprintf("%s takes only queries with a condition on the column that it is partitioned by: set where (--bigquery.where) on that column, such as day >= '2026-01-01'", fullName(t))
	case google.Quota:
		return fmt.Sprintf("a quota of project %s is used up: raise it in the console under IAM, Quotas, or ask less often with a longer --reference.refresh-interval", project)
	case google.Unauthorized, google.NoCredentials:
		return "the credentials are refused: check which application-default credentials the process has, and whether they have expired"
	case google.Forbidden:
		return fmt.Sprintf("grant the account of this process roles/bigquery.jobUser on project %s and roles/bigquery.dataViewer on dataset %s.%s; or the dataset does not exist", project, t.Project, t.Dataset)
	case google.NotFound:
		return fmt.Sprintf("check the names of project, dataset and table (%s), and whether --bigquery.location is that of the dataset", fullName(t))
	case google.Invalid:
		return "BigQuery refuses the query: check where (its columns and its syntax), or the definition of the view"
	case google.Unavailable, google.Concurrent:
		return "BigQuery returned a server error; the next refresh asks again"
	case google.TimedOut:
		return "there was no answer in time: is BigQuery within reach from here (a proxy, a firewall, Private Google Access)?"
	case google.Unknown:
	}
	return ""
}

// oneLine is an error whose text is on one line and of limited length. Some errors of BigQuery
// quote the whole query.
type oneLine struct{ error }

const longestError = 500

func (e oneLine) Error() string {
	s := strings.Join(strings.Fields(e.error.Error()), " ")
	if len(s) > longestError {
		return strings.ToValidUTF8(s[:longestError], "") + "..."
	}
	return s
}

// Unwrap returns the wrapped error.
func (e oneLine) Unwrap() error { return e.error }
