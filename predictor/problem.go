package predictor

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"unicode/utf8"
)

// problem is an error answer, application/problem+json.
//
// Nottingham, M.; Wilde, E.; Dalal, S. (2023). "Problem Details for HTTP APIs". RFC 9457.
type problem struct {
	Type      string  `json:"type"`
	Title     string  `json:"title"`
	Status    int     `json:"status"`
	Detail    string  `json:"detail"`
	RequestID string  `json:"request_id,omitempty"`
	Errors    []fault `json:"errors,omitempty"`
	Omitted   int     `json:"errors_omitted,omitempty"`

	reason     string // One of the reasons, for the counters.
	allow      string // The header Allow of a 405.
	retryAfter int    // Seconds; 0: no header.
}

// fault is one error in a request: the field, the row, a sentence that says what to do, and
// a reason that programs can compare.
type fault struct {
	Field  string `json:"field,omitempty"`
	Index  *int   `json:"index,omitempty"`
	Detail string `json:"detail"`
	Reason string `json:"reason"`
}

// newProblem describes a refusal. Detail must say what to do.
func newProblem(status int, reason, detail string) *problem {
	title := http.StatusText(status)
	if title == "" {
		title = "Client Closed Request"
	}
	return &problem{Type: "about:blank", Title: title, Status: status, Detail: detail, reason: reason}
}

// write sends the problem as the answer.
func (p *problem) write(w http.ResponseWriter) {
	if p.allow != "" {
		w.Header().Set("Allow", p.allow)
	}
	if p.retryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(p.retryAfter))
	}
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(p); err != nil {
		body.Reset() // Strings and integers always encode; an answer without a body is still an answer.
	}
	send(w, p.Status, mediaProblem, body.Bytes())
}

// faults collects the errors of one request. Beyond the limit it only counts them, so that a
// hostile body cannot cause an answer larger than itself.
type faults struct {
	list    []fault
	omitted int
	limit   int
}

// add notes a fault of one field. Index is the row in an array, -1 outside one.
func (f *faults) add(index int, field []byte, reason, detail string) {
	if len(f.list) >= f.limit {
		f.omitted++
		return
	}
	found := fault{Field: clip(field), Detail: detail, Reason: reason}
	if index >= 0 {
		found.Index = &index
	}
	f.list = append(f.list, found)
}

// any reports whether anything is wrong.
func (f *faults) any() bool {
	return len(f.list) > 0
}

// count is how many things are wrong.
func (f *faults) count() int {
	return len(f.list) + f.omitted
}

// problem returns the answer 400 that names all faults. What says what was not done.
func (f *faults) problem(what string) *problem {
	detail := f.list[0].Detail
	if n := f.count(); n > 1 {
		detail = strconv.Itoa(n) + " things are wrong, each named in errors; correct them and send the request again"
	}
	p := newProblem(http.StatusBadRequest, f.list[0].Reason, what+": "+detail)
	p.Errors, p.Omitted = f.list, f.omitted
	return p
}

// clip shortens a name from a request to at most 128 bytes.
func clip(name []byte) string {
	const limit = 128
	if len(name) <= limit {
		return string(name)
	}
	end := limit
	for !utf8.RuneStart(name[end]) {
		end--
	}
	return string(name[:end]) + "..."
}
