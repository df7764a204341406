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

	"github.com/drift-exporter/drift_exporter/predictor/outcomes/agreement"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
)

// qualityRows is the number of the newest rows of evidence that are read.
const qualityRows = 200_000

// quality says how good each source is.
type quality struct {
	names      []string
	statements []int     // predictions of which each source said something
	claimed    []float64 // the mean of its confidences
	// compared counts a source's predictions for which another source also has an outcome, or for
	// which another outcome counts. agreed counts those of them for which the source has the
	// outcome that counts.
	compared, agreed []int
	pairs            map[[2]int]agreement.Pair
	estimated        []float64 // accuracy by overlaps alone, NaN when it cannot be estimated
}

// readQuality reads what the sources say about the newest predictions.
func readQuality(ctx context.Context, reader *sqlite.Reader) (*quality, error) {
	type thing struct {
		counts string
		said   map[string]string
	}
	things := map[int64]*thing{}
	claimed, spoke := map[string]float64{}, map[string]int{}
	err := reader.Statements(ctx, qualityRows, func(s predictionlog.Statement) error {
		t := things[s.PredictionID]
		if t == nil {
			t = &thing{counts: s.Counts, said: map[string]string{}}
			things[s.PredictionID] = t
		}
		t.said[s.Source] = s.Outcome
		claimed[s.Source] += s.Confidence
		spoke[s.Source]++
		return nil
	})
	if err != nil {
		return nil, err
	}
	q := &quality{names: slices.Sorted(maps.Keys(spoke)), pairs: map[[2]int]agreement.Pair{}}
	n := len(q.names)
	q.statements, q.compared, q.agreed = make([]int, n), make([]int, n), make([]int, n)
	q.claimed, q.estimated = make([]float64, n), make([]float64, n)
	var all []agreement.Said
	for _, id := range slices.Sorted(maps.Keys(things)) {
		t := things[id]
		said := make(agreement.Said, n)
		for i, name := range q.names {
			said[i] = t.said[name]
			if said[i] == "" || t.counts == "" {
				continue
			}
			if len(t.said) > 1 || said[i] != t.counts {
				q.compared[i]++
				if said[i] == t.counts {
					q.agreed[i]++
				}
			}
		}
		all = append(all, said)
	}
	estimate, known := agreement.DawidSkene(all)
	for i, name := range q.names {
		q.statements[i], q.claimed[i], q.estimated[i] = spoke[name], claimed[name]/float64(spoke[name]), math.NaN()
		if known {
			q.estimated[i] = estimate.Accuracy[i]
		}
		for j := range i {
			q.pairs[[2]int{j, i}] = agreement.Compare(all, j, i)
		}
	}
	return q, nil
}

// ratio returns how often a source agrees with the outcome that counts. ok is false if that is
// unknown.
func (q *quality) ratio(i int) (ratio float64, ok bool) {
	if q.compared[i] == 0 {
		return 0, false
	}
	return float64(q.agreed[i]) / float64(q.compared[i]), true
}

// ListSources writes how good each source is and when it was last read.
func ListSources(ctx context.Context, path, only string, w io.Writer) (err error) {
	reader := sqlite.NewReader(path)
	defer func() { err = errors.Join(err, reader.Close()) }()
	read, err := reader.SourcesRead(ctx)
	if err != nil {
		return err
	}
	q, err := readQuality(ctx, reader)
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
	fmt.Fprintln(t)
	fmt.Fprintln(t, "PAIR\tBOTH SPOKE\tAGREE\tCOHEN'S KAPPA")
	for _, pair := range slices.SortedFunc(maps.Keys(q.pairs), func(a, b [2]int) int { return slices.Compare(a[:], b[:]) }) {
		p := q.pairs[pair]
		if a, b := q.names[pair[0]], q.names[pair[1]]; only == "" || only == a || only == b {
			kappa := "-"
			if p.HasKappa {
				kappa = fmt.Sprintf("%.3f", p.Kappa)
			}
			fmt.Fprintf(t, "%s, %s\t%d\t%s\t%s\n", a, b, p.Both, share(p.Same, p.Both), kappa)
		}
	}
	return t.Flush()
}

// line formats what is known about a source, for a table.
func (q *quality) line(i int) string {
	if i < 0 {
		return "0\t-\t-\t-"
	}
	estimated := "-"
	if !math.IsNaN(q.estimated[i]) {
		estimated = fmt.Sprintf("%.3f", q.estimated[i])
	}
	return fmt.Sprintf("%d\t%.3f\t%s\t%s", q.statements[i], q.claimed[i], estimated, share(q.agreed[i], q.compared[i]))
}

// share formats a ratio with its count.
func share(part, whole int) string {
	if whole == 0 {
		return "-"
	}
	return fmt.Sprintf("%.3f of %d", float64(part)/float64(whole), whole)
}
