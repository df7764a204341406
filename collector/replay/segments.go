package replay

import (
	"fmt"
	"strings"
)

// segments writes the slices whose accuracy fell, the largest drop first.
func (r *Report) segments(b *strings.Builder) {
	for _, result := range r.Results {
		if result.segments == 0 {
			continue
		}
		for _, m := range result.Models {
			if len(m.Segments) == 0 {
				fmt.Fprintf(b, "\nslices of %s%s: accuracy fell in none\n", title(m), r.with(result))
				continue
			}
			fmt.Fprintf(b, "\nslices of %s%s in which accuracy fell, as named last at %s\n", title(m), r.with(result), stamp(m.SegmentsAt))
			t := table{{"", "outcomes", "accuracy", "reference"}}
			for _, s := range m.Segments {
				reference := "-"
				if s.Reference != nil {
					reference = fmt.Sprintf("%.3f", *s.Reference)
				}
				t = append(t, []string{s.Name, thousands(s.Samples), fmt.Sprintf("%.3f", s.Accuracy.Value), reference})
			}
			b.WriteString(t.String())
		}
	}
}
