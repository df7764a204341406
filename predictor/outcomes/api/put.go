package api

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/drift-exporter/drift_exporter/predictor/outcomes"
)

// put adds the records that were on no page before. It writes them in parts, so that others need not
// wait long for the log. The page counts as read, with its ETag, once the last part is written. Until
// then each part remembers its own records, like a page, so that none is taken again.
func (r *reader) put(ctx context.Context, part string, p *page, records []outcomes.Record) error {
	if old := r.pages[part]; old != nil {
		p.Former = slices.DeleteFunc(old.known(), func(hash string) bool { return slices.Contains(p.Records, hash) })
	}
	hashes, records := r.fresh(p.Records, records)
	for len(records) > outcomes.BatchRecords {
		piece := &page{URL: p.URL, Records: hashes[:outcomes.BatchRecords]}
		if err := r.write(ctx, r.freePart(part), piece, records[:outcomes.BatchRecords]); err != nil {
			return err
		}
		hashes, records = hashes[outcomes.BatchRecords:], records[outcomes.BatchRecords:]
	}
	return r.write(ctx, part, p, records)
}

// fresh returns the records that were on no page before, with their hashes. If a page has the same
// record twice, the last one is taken: it says what came last.
func (r *reader) fresh(hashes []string, records []outcomes.Record) (freshHashes []string, fresh []outcomes.Record) {
	last := make(map[string]int, len(hashes))
	for i, hash := range hashes {
		last[hash] = i
	}
	for i, hash := range hashes {
		if r.taken[hash] == 0 && last[hash] == i {
			freshHashes, fresh = append(freshHashes, hash), append(fresh, records[i])
		}
	}
	return freshHashes, fresh
}

// freePart returns a part for some records of a page. It is not visited in a pass, so the end of the
// pass removes it.
func (r *reader) freePart(part string) string {
	for n := 1; ; n++ {
		if name := fmt.Sprintf("%s-%d", part, n); r.pages[name] == nil {
			return name
		}
	}
}

// write adds records to the log together with the page that has them.
func (r *reader) write(ctx context.Context, part string, p *page, records []outcomes.Record) error {
	text, err := json.Marshal(p)
	if err != nil {
		return err
	}
	if err := r.sink.Put(ctx, outcomes.Batch{Records: records, Cursors: map[string]string{part: string(text)}}); err != nil {
		return err
	}
	r.replace(part, p)
	return nil
}
