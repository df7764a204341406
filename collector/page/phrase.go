package page

import (
	"slices"
	"strings"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/page/words"
)

// phrase is a text with numbers, times and links in it.
type phrase []piece

// piece is a part of a phrase. Text is what people read. If Metric is set, Value is the number as
// the metric exports it, and Text rounds it. If Time is set, the piece is a time. If Link is set,
// the piece is a link. Strong marks what matters most.
type piece struct {
	Text, Title string

	Metric, Value string
	// Feature is a label of the metric, unless it follows from the context of the phrase. Key and
	// Label are one more label, such as a bin.
	Feature, Key, Label string

	Time   string
	Link   string
	Strong bool
	// Foreign says that the text is a name chosen by a user. It may be in any script and of any
	// length.
	Foreign bool
}

// say makes a phrase from texts, pieces and phrases.
func say(parts ...any) phrase {
	var p phrase
	for _, part := range parts {
		switch part := part.(type) {
		case string:
			p = append(p, piece{Text: part})
		case piece:
			p = append(p, part)
		case phrase:
			p = append(p, part...)
		}
	}
	return p
}

// Plain returns the text of the phrase.
func (p phrase) Plain() string {
	var text strings.Builder
	for _, part := range p {
		text.WriteString(part.Text)
	}
	return text.String()
}

// with returns a number with one more label.
func (p piece) with(key, label string) piece {
	p.Key, p.Label = key, label
	return p
}

// sentence begins a phrase with a capital letter and ends it.
func sentence(p phrase) phrase {
	if len(p) == 0 {
		return nil
	}
	p = slices.Clone(p)
	p[0].Text = words.Capital(p[0].Text)
	return append(p, piece{Text: ". "})
}

func strong(text string) piece { return piece{Text: text, Strong: true} }

// name returns the name of a model, a feature or a bin.
func name(text string) piece { return piece{Text: words.Plain(text), Foreign: true} }

func linked(p piece, link string) piece {
	p.Link = link
	return p
}

// number returns a number that a metric exports, with its text.
func number(metric string, value float64, text string) piece {
	return piece{Text: text, Metric: metric, Value: words.Exact(value)}
}

func count(metric string, n int64) piece { return number(metric, float64(n), words.Count(n)) }

func percent(metric string, share float64) piece { return number(metric, share, words.Percent(share)) }

// when returns a time as it is written at now. ago is how long before now it was.
func when(t, now time.Time) piece {
	return piece{Text: words.Moment(t, now), Title: words.Clock(t), Time: t.UTC().Format(time.RFC3339Nano)}
}

func ago(t, now time.Time) piece {
	return piece{Text: words.Ago(t, now), Title: words.Clock(t), Time: t.UTC().Format(time.RFC3339Nano)}
}

// list joins phrases with commas, and the last one with "and".
func list(all []phrase) phrase {
	var p phrase
	for i, one := range all {
		switch {
		case i > 0 && i == len(all)-1:
			p = append(p, piece{Text: " and "})
		case i > 0:
			p = append(p, piece{Text: ", "})
		}
		p = append(p, one...)
	}
	return p
}
