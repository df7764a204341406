package database

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// mark is a value of the watermark: a time or a number.
type mark struct {
	time   time.Time
	number int64
}

// compare is below 0 when m is before other.
func (m mark) compare(other mark) int {
	return cmp.Or(cmp.Compare(m.number, other.number), m.time.Compare(other.time))
}

// forms are those of times in SQLite.
var forms = []string{"2006-01-02 15:04:05.999999999", "2006-01-02T15:04:05.999999999", time.RFC3339Nano, "2006-01-02 15:04:05.999999999-07:00", "2006-01-02"}

// markOf is the watermark of a row.
func (s *source) markOf(v any) (mark, error) {
	if text, ok := v.([]byte); ok {
		v = string(text)
	}
	switch v := v.(type) {
	case time.Time:
		if !s.numbers {
			return mark{time: v.UTC()}, nil
		}
	case int64:
		if s.numbers {
			return mark{number: v}, nil
		}
	case string:
		if s.numbers {
			if n, err := strconv.ParseInt(v, 10, 64); err == nil {
				return mark{number: n}, nil
			}
			break
		}
		for _, form := range forms {
			if at, err := time.Parse(form, v); err == nil {
				return mark{time: at.UTC()}, nil
			}
		}
	case nil:
		return mark{}, fmt.Errorf("a row has no value in the watermark %s; have the query leave such rows out", s.watermark)
	}
	kind := "time"
	if s.numbers {
		kind = "whole number"
	}
	return mark{}, fmt.Errorf("the watermark %s is %.40v, which is no %s; name a column that rises in watermark, and its watermark_type (time or number)", s.watermark, v, kind)
}

// parameter is the mark as the driver compares it. Times in SQLite are texts, of which
// the one without a zone comes before all others of that time.
func (s *source) parameter(m mark) any {
	switch {
	case s.numbers:
		return m.number
	case s.driver == sqlite:
		return m.time.UTC().Format(forms[0])
	}
	return m.time.UTC()
}

// cursor is how far the query has been read.
type cursor struct {
	Time   time.Time `json:"time,omitzero"`
	Number int64     `json:"number,omitempty"`
	// Ties are the rows with just this watermark that have been read.
	Ties []string `json:"ties,omitempty"`
}

// part is the part of the source that has the cursor: there is one only.
const part = "watermark"

func (s *source) parseCursor(text string) (c cursor, found bool, err error) {
	if text == "" {
		return cursor{Time: s.start}, false, nil
	}
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		return c, false, fmt.Errorf("read the cursor: %w", err)
	}
	if c.Time.IsZero() != s.numbers {
		return c, false, fmt.Errorf("the log has read this source by another type of watermark; give the source another name")
	}
	return c, true, nil
}

func (c *cursor) mark() mark { return mark{time: c.Time, number: c.Number} }
