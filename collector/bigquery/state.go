package bigquery

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"

	"cloud.google.com/go/bigquery"
)

// volatile finds conditions that mean something else tomorrow.
var volatile = regexp.MustCompile(`(?i)\b(CURRENT_(DATE|DATETIME|TIME|TIMESTAMP)|RAND|SESSION_USER)\b`)

// state identifies what was asked and what the table held, so that an unchanged
// table need not be asked again. It is "" where metadata cannot tell: behind a
// view or an external table other tables change; a condition with CURRENT_DATE
// changes by itself; rows in the streaming buffer are there before they show.
func (p *plan) state(m *bigquery.TableMetadata) string {
	if m.Type != bigquery.RegularTable || m.StreamingBuffer != nil || volatile.MatchString(p.table.Where) {
		return ""
	}
	h := sha256.New()
	t := p.table
	fmt.Fprintf(h, "%q %q %d %d %d\n", fullName(t), m.ETag, m.LastModifiedTime.UnixNano(), m.NumRows, m.CreationTime.UnixNano())
	fmt.Fprintf(h, "%q %q %q %q %q\n", t.Where, t.Score, t.Prediction, t.Outcome, t.Positive)
	fmt.Fprintf(h, "%q %q\n", t.Model, t.Version)
	if t.Base != nil {
		fmt.Fprintf(h, "%q\n", t.Base.Hash)
	}
	for i := range p.features {
		fmt.Fprintf(h, "%q %q\n", p.features[i].name, p.features[i].kind)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
