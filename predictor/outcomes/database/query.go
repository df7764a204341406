package database

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// query is an SQL text with the parameters of the driver in it.
type query struct {
	text     string
	uses     []string // the value of each parameter
	snapshot bool     // it asks for the oldest transaction that runs
}

// The parameters that a query can have.
const (
	since    = "since"
	snapshot = "snapshot"
)

// parseQuery replaces :since and :snapshot with the parameters of the driver. It leaves string
// literals, quoted names and comments unchanged.
func parseQuery(text, driver string) (q query, err error) {
	var out strings.Builder
	numbers := map[string]int{}
	for i := 0; i < len(text); {
		end := skipped(text[i:])
		if end == 0 && text[i] == ':' && !strings.HasPrefix(text[i:], "::") && (i == 0 || text[i-1] != ':') {
			name := wordAt(text[i+1:])
			if name == since || name == snapshot && driver == postgres {
				out.WriteString(q.parameter(name, driver, numbers))
				i += 1 + len(name)
				continue
			}
			if name != "" {
				return q, fmt.Errorf("the query has a parameter :%s; it can have :since, and in PostgreSQL :snapshot", name)
			}
		}
		end = max(end, 1)
		out.WriteString(text[i : i+end])
		i += end
	}
	q.text = strings.TrimRight(strings.TrimSpace(out.String()), ";")
	if len(q.uses) == 0 || !slices.Contains(q.uses, since) {
		return q, errors.New("the query has no :since, by which it returns what is new; write WHERE updated_at >= :since")
	}
	return q, nil
}

// parameter notes a parameter and returns how the driver writes it.
func (q *query) parameter(name, driver string, numbers map[string]int) string {
	q.snapshot = q.snapshot || name == snapshot
	if driver != postgres {
		q.uses = append(q.uses, name)
		return "?"
	}
	if numbers[name] == 0 {
		q.uses = append(q.uses, name)
		numbers[name] = len(q.uses)
	}
	return "$" + strconv.Itoa(numbers[name])
}

// skipped returns the length of the string literal, quoted name or comment that begins here, or
// 0.
func skipped(text string) int {
	for _, q := range []struct{ open, end string }{{"'", "'"}, {`"`, `"`}, {"`", "`"}, {"--", "\n"}, {"/*", "*/"}} {
		if !strings.HasPrefix(text, q.open) {
			continue
		}
		at := strings.Index(text[len(q.open):], q.end)
		if at < 0 {
			return len(text)
		}
		return len(q.open) + at + len(q.end)
	}
	return 0
}

// wordAt returns the word at the start of a text.
func wordAt(text string) string {
	end := strings.IndexFunc(text, func(r rune) bool { return r != '_' && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') })
	if end < 0 {
		end = len(text)
	}
	return text[:end]
}
