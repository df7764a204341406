package replay

import (
	"fmt"
	"slices"
	"strings"
)

// compare writes the results of several settings side by side: first the totals, then each
// distribution.
func (r *Report) compare(b *strings.Builder) {
	var t table
	for _, result := range r.Results {
		t = append(t, []string{short(result.Setting, nameWidth), result.Flags})
	}
	fmt.Fprintf(b, "\n%s", t.list())
	for _, m := range r.models() {
		fmt.Fprintf(b, "\n%s, %s predictions\n", title(m), thousands(m.Rows))
		if none := m.unwatched(); none != "" {
			fmt.Fprintf(b, "  %s\n", none)
			continue
		}
		b.WriteString(r.altogether(m).String())
		for _, t := range r.sideBySide(m) {
			b.WriteString("\n" + t.String())
		}
	}
	fmt.Fprintf(b, "\n%s\n", r.legend())
}

// models lists the models that occur in any setting.
func (r *Report) models() []*Model {
	all := &Result{}
	for _, result := range r.Results {
		for _, m := range result.Models {
			seen := all.model(m.Name, m.Version)
			if seen.Rows = max(seen.Rows, m.Rows); len(seen.Distributions) < len(m.Distributions) {
				seen.Distributions = m.Distributions
			}
		}
	}
	return all.Models
}

// altogether returns a table with a line for each setting.
func (r *Report) altogether(m *Model) table {
	head := []string{"", "alarms", "a week", "time on"}
	if !r.ChangeAt.IsZero() {
		head = append(head, "false", "first since change", "delay", "cleared in")
	} else {
		head = append(head, "first alarm", "cleared in")
	}
	t := table{head}
	for _, result := range r.Results {
		of := result.model(m.Name, m.Version)
		t = append(t, append([]string{short(result.Setting, nameWidth)}, r.row(result, of.together(result.Passed))...))
	}
	return t
}

// sideBySide returns tables with a line for each distribution and a column for each setting.
// There are several tables if one would be wider than 100 characters.
func (r *Report) sideBySide(m *Model) []table {
	const abreast = (100 - 2 - nameWidth) / (2 + settingWidth)
	var tables []table
	for results := range slices.Chunk(r.Results, abreast) {
		head := []string{""}
		for _, result := range results {
			head = append(head, short(result.Setting, settingWidth))
		}
		t := table{head}
		for _, d := range m.Distributions {
			line := []string{short(d.Name, nameWidth)}
			for _, result := range results {
				line = append(line, r.cell(result.model(m.Name, m.Version), d.Name))
			}
			t = append(t, line)
		}
		tables = append(tables, t)
	}
	return tables
}

// cell is the result of one setting for one distribution.
func (r *Report) cell(m *Model, name string) string {
	at := slices.IndexFunc(m.Distributions, func(d *Distribution) bool { return d.Name == name })
	if at < 0 {
		return "not watched"
	}
	before, since := m.Distributions[at].around(r.ChangeAt)
	if r.ChangeAt.IsZero() {
		return fmt.Sprint(len(since))
	}
	cell := "-"
	if len(since) > 0 {
		cell = since[0].delay(r.ChangeAt)
	}
	if len(before) > 0 {
		cell += fmt.Sprintf(" (%d false)", len(before))
	}
	return cell
}

// legend explains the cells.
func (r *Report) legend() string {
	if r.ChangeAt.IsZero() {
		return "The lower table counts the alarms of each distribution."
	}
	return "The lower table has the delay of the first alarm since the change, and how many came before."
}
