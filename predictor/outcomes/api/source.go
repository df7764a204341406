package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/outcomes"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

const (
	// sinceMark stands for the time of the last pass in the URL.
	sinceMark = "{since}"
	// sincePart is the part of the source that stores that time.
	sincePart = "since"
	// mostRecords is the maximum number of records on a page. They are in memory together.
	mostRecords = 5000
	// mostPages is the maximum number of pages of a pass. It ends a pass whose pages never end.
	mostPages = 100_000
)

// page is the cursor of a page: what was on it when it was last read.
type page struct {
	URL  string `json:"url"`
	ETag string `json:"etag,omitempty"`
	// Next is the URL of the next page, "" if there is none.
	Next string `json:"next,omitempty"`
	// Records are the hashes of the records on the page.
	Records []string `json:"records,omitempty"`
	// Former are the hashes of the records that were on it before this pass. They may now be on a
	// later page.
	Former []string `json:"former,omitempty"`
}

// known returns the hashes of all records that are recognised on this page.
func (p *page) known() []string { return slices.Concat(p.Records, p.Former) }

// reader is an HTTP interface that is being read.
type reader struct {
	*source
	client *client
	sink   *outcomes.Sink
	since  time.Time        // of the pass before, zero for none
	pages  map[string]*page // by part
	taken  map[string]int   // how many pages have a record, by its hash
}

// Run implements outcomes.Source.
func (s *source) Run(ctx context.Context, sink *outcomes.Sink) error {
	client, err := newClient(s)
	if err != nil {
		return err
	}
	defer client.http.CloseIdleConnections()
	r := &reader{source: s, client: client, sink: sink, pages: map[string]*page{}, taken: map[string]int{}}
	texts, err := sink.Cursors(ctx)
	if err != nil {
		return err
	}
	for part, text := range texts {
		if part == sincePart {
			err = json.Unmarshal([]byte(text), &r.since)
		} else {
			p := &page{}
			err = json.Unmarshal([]byte(text), p)
			r.replace(part, p)
		}
		if err != nil {
			return fmt.Errorf("read the cursor %s: %w", part, err)
		}
	}
	return s.schedule.Passes(ctx, sink, r.pass)
}

// replace notes what is on a page now. A nil page no longer exists.
func (r *reader) replace(part string, p *page) {
	if old := r.pages[part]; old != nil {
		for _, hash := range old.known() {
			if r.taken[hash]--; r.taken[hash] == 0 {
				delete(r.taken, hash)
			}
		}
	}
	delete(r.pages, part)
	if p != nil {
		r.pages[part] = p
		for _, hash := range p.known() {
			r.taken[hash]++
		}
	}
}

// pass reads all pages.
func (r *reader) pass(ctx context.Context) error {
	began := time.Now().UTC()
	from := r.since
	if !from.IsZero() {
		from = from.Add(-r.overlap)
	}
	first := strings.ReplaceAll(r.url, sinceMark, url.QueryEscape(from.Format(time.RFC3339)))
	visited := map[string]bool{}
	for at := first; at != ""; {
		part := partOf(at)
		if visited[part] || len(visited) == mostPages {
			return fmt.Errorf("the pages go round in circles: page %d is one that was there before", len(visited)+1)
		}
		visited[part] = true
		p, records, err := r.fetch(ctx, at, part)
		if err != nil {
			return fmt.Errorf("page %d: %w", len(visited), err)
		}
		if p != nil {
			if err := r.put(ctx, part, p, records); err != nil {
				return err
			}
		}
		at = r.pages[part].Next
	}
	// Pages that no longer exist need not be remembered.
	b := outcomes.Batch{Cursors: map[string]string{}}
	settled := map[string]*page{}
	for part, p := range r.pages {
		switch {
		case !visited[part]:
			b.Cursors[part], settled[part] = "", nil
		case len(p.Former) > 0:
			now := *p
			now.Former = nil
			text, err := json.Marshal(now)
			if err != nil {
				return err
			}
			b.Cursors[part], settled[part] = string(text), &now
		}
	}
	if strings.Contains(r.url, sinceMark) {
		text, err := json.Marshal(began)
		if err != nil {
			return err
		}
		b.Cursors[sincePart] = string(text)
	}
	if len(b.Cursors) > 0 {
		if err := r.sink.Put(ctx, b); err != nil {
			return err
		}
	}
	for part, p := range settled {
		r.replace(part, p)
	}
	r.since = began
	return nil
}

// partOf returns the part of the source that stores a page.
func partOf(url string) string {
	sum := sha256.Sum256([]byte(url))
	return "page-" + hex.EncodeToString(sum[:8])
}

// fetch requests a page. It returns nil if the page has not changed.
func (r *reader) fetch(ctx context.Context, at, part string) (*page, []outcomes.Record, error) {
	etag := ""
	if known := r.pages[part]; known != nil {
		etag = known.ETag
	}
	a, err := r.client.get(ctx, at, etag)
	if err != nil || a == nil {
		return nil, nil, err
	}
	list, next, err := r.read(a.body)
	if err != nil {
		return nil, nil, err
	}
	if r.link {
		next = a.link
	}
	p := &page{URL: at, ETag: a.etag}
	if p.Next, err = r.nextURL(at, next); err != nil {
		return nil, nil, err
	}
	records := make([]outcomes.Record, len(list))
	for i, text := range list {
		records[i] = outcomes.ParseJSON(text)
		if object := records[i].Value; object != nil { // the same in whatever order its keys come
			if text, err = json.Marshal(object); err != nil {
				return nil, nil, err
			}
		}
		sum := sha256.Sum256(text)
		p.Records = append(p.Records, hex.EncodeToString(sum[:10]))
	}
	return p, records, nil
}

// read takes the records and the next page out of an answer. It leaves the records as they are, so
// that one that is wrong is set aside by itself. NaN and Infinity are null.
func (r *reader) read(body []byte) (list []json.RawMessage, next string, err error) {
	if !json.Valid(body) {
		if body = value.FiniteJSON(body); !json.Valid(body) {
			return nil, "", errors.New("the answer is not JSON")
		}
	}
	at, err := find(body, r.records)
	if err != nil {
		return nil, "", err
	}
	switch kind := kindOf(at); {
	case r.records == nil && kind == '{':
		return nil, "", fmt.Errorf("the answer is an object; say with records where its list of records is, such as records: $.items")
	case kind == 'n':
		return nil, "", fmt.Errorf("the answer has nothing at records: is it an error?")
	case kind != '[':
		return nil, "", fmt.Errorf("there is no list at records")
	}
	err = each(at, func(_ string, record json.RawMessage) error {
		if len(list) == mostRecords {
			return fmt.Errorf("it has more than %d records, the most that are read at once: ask for smaller pages in the URL", mostRecords)
		}
		list = append(list, record)
		return nil
	})
	if err != nil || r.next == nil {
		return list, "", err
	}
	text, err := find(body, r.next)
	if err != nil {
		return nil, "", err
	}
	switch kindOf(text) {
	case 'n', 't', 'f':
		return list, "", nil
	case '"':
		err := json.Unmarshal(text, &next)
		return list, next, err
	case '{', '[':
		return nil, "", fmt.Errorf("page.next is not a text")
	}
	return list, string(text), nil
}

// nextURL returns the URL of the next page, "" if there is none. It must be on the same host, so
// that no other host receives the secret.
func (r *reader) nextURL(at, next string) (string, error) {
	if next == "" {
		return "", nil
	}
	u, err := url.Parse(at)
	if err != nil {
		return "", err
	}
	if r.parameter != "" {
		query := u.Query()
		query.Set(r.parameter, next)
		u.RawQuery = query.Encode()
		return u.String(), nil
	}
	to, err := u.Parse(next)
	if err != nil {
		return "", fmt.Errorf("the next page is no URL: %w; if it is a token, name its parameter in page.parameter", err)
	}
	if to.Scheme != u.Scheme || to.Host != u.Host {
		return "", fmt.Errorf("the next page is on another host, %s: it is not asked, because it would get the secret", to.Host)
	}
	return to.String(), nil
}
