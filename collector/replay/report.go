package replay

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// Report is the result of a replay.
type Report struct {
	about

	Step     time.Duration
	ChangeAt time.Time
	// Interrupted says that the replay was stopped before the end.
	Interrupted bool
	// Results has one entry for each setting.
	Results []*Result
	// Courses are the courses of the models in blocks of BlockRows predictions. They are empty
	// unless they were requested.
	Courses   []Course
	BlockRows int
}

// The maximum width of a distribution's name and of a setting's name in a table of 100 columns.
const (
	nameWidth    = 25
	settingWidth = 16
)

// Print writes the report for people. It is at most 100 characters wide unless names are longer.
func (r *Report) Print(w io.Writer) error {
	var b strings.Builder
	r.head(&b)
	if len(r.Results) == 1 {
		for _, m := range r.Results[0].Models {
			r.model(&b, r.Results[0], m)
		}
	} else {
		r.compare(&b)
	}
	r.correlations(&b)
	r.decisions(&b)
	r.segments(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

// head prints what was replayed.
func (r *Report) head(b *strings.Builder) {
	fmt.Fprintf(b, "%s: %s predictions from %s to %s UTC (%s),\nscraped every %s of the log's time", r.name, thousands(r.rows), stamp(r.first), stamp(r.last), round(r.last.Sub(r.first)), r.Step)
	if !r.ChangeAt.IsZero() {
		fmt.Fprintf(b, "; alarms before the change at %s are false", stamp(r.ChangeAt))
	}
	fmt.Fprintln(b)
	if !r.Interrupted {
		return
	}
	for _, result := range r.Results {
		reached := "before the first scrape"
		if result.Scrapes > 0 {
			reached = "at " + stamp(result.To)
		}
		fmt.Fprintf(b, "stopped %s%s: what follows is what was found so far\n", reached, r.with(result))
	}
}

// with names a setting if there are several.
func (r *Report) with(result *Result) string {
	if len(r.Results) == 1 {
		return ""
	}
	return " with " + result.Setting
}

// model writes the table of one model and version.
func (r *Report) model(b *strings.Builder, result *Result, m *Model) {
	fmt.Fprintf(b, "\n%s, %s predictions\n", title(m), thousands(m.Rows))
	if none := m.unwatched(); none != "" {
		fmt.Fprintf(b, "  %s\n", none)
		return
	}
	head := []string{"", "alarms", "a week", "time on", "first alarm", "cleared in"}
	if !r.ChangeAt.IsZero() {
		head = []string{"", "alarms", "a week", "time on", "false", "first since change", "delay", "cleared in"}
	}
	t := table{head}
	for _, d := range m.Distributions {
		t = append(t, append([]string{short(d.Name, nameWidth)}, r.row(result, d)...))
	}
	if len(m.Distributions) > 1 {
		t = append(t, append([]string{"together"}, r.row(result, m.together(result.Passed))...))
	}
	b.WriteString(t.String())
}

// unwatched says why a model has no distributions. It is empty if the model has some.
func (m *Model) unwatched() string {
	switch {
	case len(m.Distributions) > 0:
		return ""
	case m.Rows == 0:
		return "no predictions"
	default:
		return "no reference serves this version: it is not watched"
	}
}

func title(m *Model) string {
	if m.Version == "" {
		return m.Name
	}
	return m.Name + " " + m.Version
}

// row returns the results for a distribution.
func (r *Report) row(result *Result, d *Distribution) []string {
	span := result.span(r.Step)
	cells := []string{
		fmt.Sprint(len(d.Alarms)),
		weekly(len(d.Alarms), span),
		fmt.Sprintf("%.1f %%", 100*float64(d.On)/float64(span)),
	}
	before, since := d.around(r.ChangeAt)
	if !r.ChangeAt.IsZero() {
		cells = append(cells, fmt.Sprint(len(before)))
	}
	if len(since) == 0 {
		since = []Alarm{{}}
	}
	first := since[0]
	cells = append(cells, first.begin())
	if !r.ChangeAt.IsZero() {
		cells = append(cells, first.delay(r.ChangeAt))
	}
	return append(cells, first.cleared())
}

// weekly formats a number of alarms a week. A period of less than a day says nothing about weeks.
func weekly(alarms int, span time.Duration) string {
	if span < 24*time.Hour {
		return "-"
	}
	return fmt.Sprintf("%.2f", float64(alarms)/(span.Hours()/(7*24)))
}

func (a Alarm) begin() string {
	if a.On.IsZero() {
		return "-"
	}
	return stamp(a.On)
}

func (a Alarm) delay(change time.Time) string {
	if a.On.IsZero() {
		return "-"
	}
	return round(a.On.Sub(change))
}

func (a Alarm) cleared() string {
	switch {
	case a.On.IsZero():
		return "-"
	case a.Off.IsZero():
		return "still on"
	default:
		return round(a.Ended - a.Began)
	}
}

// together treats all distributions of a model as one. It has all their alarms, and the time
// during which at least one was on. passed is the total time.
func (m *Model) together(passed time.Duration) *Distribution {
	all := &Distribution{}
	for _, d := range m.Distributions {
		all.Alarms = append(all.Alarms, d.Alarms...)
	}
	slices.SortStableFunc(all.Alarms, func(a, b Alarm) int { return cmp.Compare(a.Began, b.Began) })
	until := time.Duration(0)
	for _, a := range all.Alarms {
		end := a.Ended
		if a.Off.IsZero() {
			end = passed
		}
		if begin := max(a.Began, until); end > begin {
			all.On += end - begin
			until = end
		}
	}
	return all
}
