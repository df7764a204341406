package watermark

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// Mark is a value of the watermark: a time or a number.
type Mark struct {
	Time   time.Time
	Number int64
}

// compare returns a number below 0 if m is before other.
func (m Mark) compare(other Mark) int {
	return cmp.Or(cmp.Compare(m.Number, other.Number), m.Time.Compare(other.Time))
}

// forms are the formats of times in SQLite.
var forms = []string{"2006-01-02 15:04:05.999999999", "2006-01-02T15:04:05.999999999", time.RFC3339Nano, "2006-01-02 15:04:05.999999999Z07:00", "2006-01-02 15:04:05.999999999-07", "2006-01-02"}

// markOf returns the watermark of a row.
func (o *Options) markOf(v any) (Mark, error) {
	if text, ok := v.([]byte); ok {
		v = string(text)
	}
	switch v := v.(type) {
	case time.Time:
		if !o.Numbers {
			return Mark{Time: v.UTC()}, nil
		}
	case int64:
		if o.Numbers {
			return Mark{Number: v}, nil
		}
	case string:
		if o.Numbers {
			if n, err := strconv.ParseInt(v, 10, 64); err == nil {
				return Mark{Number: n}, nil
			}
			break
		}
		for _, form := range forms {
			if at, err := time.Parse(form, v); err == nil {
				return Mark{Time: at.UTC()}, nil
			}
		}
	case nil:
		return Mark{}, fmt.Errorf("a row has no value in the watermark %s; have the query leave such rows out", o.Column)
	}
	kind := "time"
	if o.Numbers {
		kind = "whole number"
	}
	return Mark{}, fmt.Errorf("the watermark %s is %.40v, which is no %s; name a column that rises in watermark, and its watermark_type (time or number)", o.Column, v, kind)
}

// cursor is how far the query has been read.
type cursor struct {
	Time   time.Time `json:"time,omitzero"`
	Number int64     `json:"number,omitempty"`
	// Ties are the rows with exactly this watermark that have been read.
	Ties []string `json:"ties,omitempty"`
}

// part is the part of the source that has the cursor. There is only one part.
const part = "watermark"

func (o *Options) parseCursor(text string) (c cursor, err error) {
	if text == "" {
		return cursor{Time: o.Start}, nil
	}
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		return c, fmt.Errorf("read the cursor: %w", err)
	}
	if c.Time.IsZero() != o.Numbers {
		return c, fmt.Errorf("the log has read this source by another type of watermark; give the source another name")
	}
	return c, nil
}

func (c *cursor) mark() Mark { return Mark{Time: c.Time, Number: c.Number} }
