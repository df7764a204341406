package outcomes

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
)

// ListSources writes how good each source is and when it was last read.
// tolerances has that of each source.
func ListSources(ctx context.Context, path, only string, tolerances map[string]float64, w io.Writer) (err error) {
	reader := sqlite.NewReader(path)
	defer func() { err = errors.Join(err, reader.Close()) }()
	read, err := reader.SourcesRead(ctx)
	if err != nil {
		return err
	}
	q, err := readQuality(ctx, reader, tolerances)
	if err != nil {
		return err
	}
	names := maps.Clone(read)
	for _, name := range q.names {
		names[name] = read[name]
	}
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "SOURCE\tLAST BATCH\tSTATEMENTS\tCONFIDENCE\tESTIMATED ACCURACY\tAGREES WITH WHAT COUNTS")
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if only != "" && name != only {
			continue
		}
		last := "-"
		if names[name] > 0 {
			last = time.Unix(0, names[name]).UTC().Format(time.RFC3339)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\n", name, last, q.line(slices.Index(q.names, name)))
	}
	q.listPairs(t, only)
	q.listNumbers(t, only)
	return t.Flush()
}

// listPairs writes how often pairs of sources agree on classes.
func (q *quality) listPairs(t io.Writer, only string) {
	fmt.Fprintln(t, "\nPAIR\tBOTH SPOKE\tAGREE\tCOHEN'S KAPPA")
	for _, pair := range slices.SortedFunc(maps.Keys(q.pairs), comparePairs) {
		p := q.pairs[pair]
		if q.numbers[pair] != nil && p.Both == 0 || !q.hasOne(pair, only) {
			continue
		}
		fmt.Fprintf(t, "%s\t%d\t%s\t%s\n", q.pairName(pair), p.Both, share(p.Same, p.Both), decimals(p.Kappa, p.HasKappa))
	}
}

// listNumbers writes how near the numbers of pairs of sources are, if there are any.
func (q *quality) listNumbers(t io.Writer, only string) {
	if len(q.numbers) == 0 {
		return
	}
	fmt.Fprintln(t, "\nPAIR OF NUMBERS\tBOTH SPOKE\tWITHIN TOLERANCE\tMEAN ABSOLUTE DIFFERENCE\tCONCORDANCE")
	for _, pair := range slices.SortedFunc(maps.Keys(q.numbers), comparePairs) {
		if !q.hasOne(pair, only) {
			continue
		}
		n := q.numbers[pair]
		concordance, ok := n.Concordance()
		difference := "-"
		if d, ok := n.Difference(); ok {
			difference = fmt.Sprintf("%.4g", d)
		}
		fmt.Fprintf(t, "%s\t%d\t%s\t%s\t%s\n", q.pairName(pair), n.Both, share(n.Within, n.Both), difference, decimals(concordance, ok))
	}
}

func comparePairs(a, b [2]int) int { return slices.Compare(a[:], b[:]) }

func (q *quality) pairName(pair [2]int) string { return q.names[pair[0]] + ", " + q.names[pair[1]] }

// hasOne reports whether a pair has the only source that is asked for. "" are all.
func (q *quality) hasOne(pair [2]int, only string) bool {
	return only == "" || only == q.names[pair[0]] || only == q.names[pair[1]]
}

// decimals formats a number, if it is known.
func decimals(x float64, known bool) string {
	if !known {
		return "-"
	}
	return fmt.Sprintf("%.3f", x)
}

// line formats what is known about a source, for a table.
func (q *quality) line(i int) string {
	if i < 0 {
		return "0\t-\t-\t-"
	}
	estimated := decimals(q.estimated[i], !math.IsNaN(q.estimated[i]))
	return fmt.Sprintf("%d\t%.3f\t%s\t%s", q.statements[i], q.claimed[i], estimated, share(q.agreed[i], q.compared[i]))
}

// share formats a ratio with its count.
func share(part, whole int) string {
	if whole == 0 {
		return "-"
	}
	return fmt.Sprintf("%.3f of %d", float64(part)/float64(whole), whole)
}
