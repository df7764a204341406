package bigquery

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"

	"cloud.google.com/go/bigquery"
)

// volatile finds conditions whose meaning changes with time.
var volatile = regexp.MustCompile(`(?i)\b(CURRENT_(DATE|DATETIME|TIME|TIMESTAMP)|RAND|SESSION_USER)\b`)

// state identifies the queries and the table's content, so that an unchanged table is not queried
// again. It is "" if metadata do not show all changes. This is so for the tables behind a view or
// an external table, for a condition with CURRENT_DATE, and for rows in the streaming buffer.
func (p *plan) state(m *bigquery.TableMetadata) string {
	if m.Type != bigquery.RegularTable || m.StreamingBuffer != nil || volatile.MatchString(p.table.Where) {
		return ""
	}
	h := sha256.New()
	t := p.table
	fmt.Fprintf(h, "schema 2 %q %q %d %d %d\n", fullName(t), m.ETag, m.LastModifiedTime.UnixNano(), m.NumRows, m.CreationTime.UnixNano())
	fmt.Fprintf(h, "%q %q %q %q %q\n", t.Where, t.Score, t.Prediction, t.Outcome, t.Positive)
	fmt.Fprintf(h, "%q %q\n", t.Model, t.Version)
	fmt.Fprintf(h, "%v %q %q %q %q\n", p.threshold, p.missing.Texts(), t.Numeric, t.Categorical, t.Ignore)
	if t.Type != "" {
		fmt.Fprintf(h, "type %q\n", t.Type)
	}
	if t.Base != nil {
		fmt.Fprintf(h, "%q\n", t.Base.Hash)
	}
	for i := range p.features {
		fmt.Fprintf(h, "%q %q\n", p.features[i].name, p.features[i].kind)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
