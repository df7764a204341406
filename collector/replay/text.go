package replay

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// stamp writes a time in UTC, to the second.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") }

// thousands writes a number with commas.
func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for at := len(s) - 3; at > 0 && s[at-1] != '-'; at -= 3 {
		s = s[:at] + "," + s[at:]
	}
	return s
}

// round writes a duration with its two largest units: 45s, 1m30s, 2h5m, 3d4h.
func round(d time.Duration) string {
	if d < time.Second {
		return d.Round(time.Millisecond).String()
	}
	units := []struct {
		name string
		long time.Duration
	}{{"d", 24 * time.Hour}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}}
	for i, big := range units[:3] {
		small := units[i+1]
		if r := d.Round(small.long); r >= big.long {
			text := fmt.Sprint(int64(r/big.long), big.name)
			if rest := r % big.long / small.long; rest > 0 {
				text += fmt.Sprint(int64(rest), small.name)
			}
			return text
		}
	}
	return fmt.Sprint(int64(d.Round(time.Second)/time.Second), "s")
}

// short cuts a text to this many characters.
func short(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}

// table is lines of cells.
type table [][]string

// String returns the lines, indented. Columns are as wide as their cells. The first column is
// aligned to the left, the others to the right.
func (t table) String() string { return t.write(false) }

// list is String with all columns aligned to the left.
func (t table) list() string { return t.write(true) }

func (t table) write(left bool) string {
	var widths []int
	for _, line := range t {
		for i, cell := range line {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], len([]rune(cell)))
		}
	}
	var b strings.Builder
	for _, line := range t {
		cells := make([]string, len(line))
		for i, cell := range line {
			space := strings.Repeat(" ", widths[i]-len([]rune(cell)))
			if cells[i] = space + cell; i == 0 || left {
				cells[i] = cell + space
			}
		}
		b.WriteString(strings.TrimRight("  "+strings.Join(cells, "  "), " ") + "\n")
	}
	return b.String()
}
