package replay

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// recorder collects metrics at one moment after the other and writes them as OpenMetrics with
// timestamps [1]. It writes one family after the other, and within a family one metric after the
// other, without interleaving. `promtool tsdb create-blocks-from openmetrics` makes blocks from
// the result.
//
// [1] "OpenMetrics, a cloud-native, highly scalable metrics protocol". Version 1.0.0, 2020,
// https://prometheus.io/docs/specs/om/open_metrics_spec/.
type recorder struct {
	spool    *spool
	families map[string]*family
	last     int64 // the moment of the newest samples, ms since 1970
	key      []byte
}

// family is a family of metrics and its lines so far.
type family struct {
	help, kind string
	metrics    map[string]*metric
	order      []*metric // in which they were first seen
}

// metric is everything with the same labels: the beginnings of its lines, up to the values, and
// the lines.
type metric struct {
	spooled

	lines []string
}

func newRecorder(folder string) (*recorder, error) {
	s, err := newSpool(folder)
	if err != nil {
		return nil, err
	}
	return &recorder{spool: s, families: map[string]*family{}, last: math.MinInt64}, nil
}

func (r *recorder) close() error { return r.spool.close() }

// add adds the metrics of a collector at a moment. A moment that is not after the last one is
// left out, for example if the clock was set back. In Prometheus, time only goes forward.
func (r *recorder) add(at time.Time, c prometheus.Collector) error {
	if at.UnixMilli() <= r.last {
		return nil
	}
	r.last = at.UnixMilli()
	registry := prometheus.NewRegistry()
	if err := registry.Register(c); err != nil {
		return fmt.Errorf("gather metrics: %w", err)
	}
	families, err := registry.Gather()
	if err != nil {
		return fmt.Errorf("gather metrics: %w", err)
	}
	stamp := strconv.FormatFloat(float64(r.last)/1000, 'f', -1, 64)
	for _, f := range families {
		if err := r.addFamily(f, stamp); err != nil {
			return err
		}
	}
	return nil
}

// addFamily adds the metrics of one moment.
func (r *recorder) addFamily(from *dto.MetricFamily, stamp string) error {
	name := from.GetName()
	f := r.families[name]
	if f == nil {
		f = &family{help: from.GetHelp(), kind: strings.ToLower(from.GetType().String()), metrics: map[string]*metric{}}
		r.families[name] = f
	}
	for _, m := range from.GetMetric() {
		r.key = appendLabels(r.key[:0], m.GetLabel())
		to := f.metrics[string(r.key)]
		if to == nil {
			to = &metric{lines: beginnings(name, string(r.key), m)}
			f.metrics[string(r.key)] = to
			f.order = append(f.order, to)
		}
		to.add(m, stamp)
		if err := r.spool.grown(&to.spooled); err != nil {
			return err
		}
	}
	return nil
}

// add appends the lines of one moment.
func (m *metric) add(from *dto.Metric, stamp string) {
	line := func(i int, value float64) {
		m.tail = append(m.tail, m.lines[i]...)
		m.tail = appendNumber(m.tail, value)
		m.tail = append(m.tail, ' ')
		m.tail = append(m.tail, stamp...)
		m.tail = append(m.tail, '\n')
	}
	h := from.GetHistogram()
	if h == nil {
		line(0, from.GetGauge().GetValue()+from.GetCounter().GetValue())
		return
	}
	buckets := h.GetBucket()
	for i, b := range buckets {
		line(i, float64(b.GetCumulativeCount()))
	}
	line(len(buckets), float64(h.GetSampleCount())) // +Inf
	line(len(buckets)+1, float64(h.GetSampleCount()))
	line(len(buckets)+2, h.GetSampleSum())
}

// beginnings returns the beginnings of a metric's lines, in the order of add.
func beginnings(name, labels string, m *dto.Metric) []string {
	begin := func(suffix, more string) string {
		all := strings.TrimPrefix(labels+more, ",")
		if all != "" {
			all = "{" + all + "}"
		}
		return name + suffix + all + " "
	}
	h := m.GetHistogram()
	if h == nil {
		return []string{begin("", "")}
	}
	var lines []string
	for _, b := range h.GetBucket() {
		bound := string(appendNumber(nil, b.GetUpperBound()))
		if !strings.ContainsAny(bound, ".eI") {
			bound += ".0" // the one way to write it
		}
		lines = append(lines, begin("_bucket", `,le="`+bound+`"`))
	}
	return append(lines, begin("_bucket", `,le="+Inf"`), begin("_count", ""), begin("_sum", ""))
}

// escape escapes label values and help texts.
var escape = strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)

// appendLabels appends label pairs, separated by commas.
func appendLabels(to []byte, labels []*dto.LabelPair) []byte {
	for i, l := range labels {
		if i > 0 {
			to = append(to, ',')
		}
		to = append(to, l.GetName()...)
		to = append(to, `="`...)
		to = append(to, escape.Replace(l.GetValue())...)
		to = append(to, '"')
	}
	return to
}

func appendNumber(to []byte, x float64) []byte {
	if math.IsInf(x, 1) {
		return append(to, "+Inf"...)
	}
	if x == math.Trunc(x) && math.Abs(x) < 1<<53 {
		return strconv.AppendInt(to, int64(x), 10)
	}
	return strconv.AppendFloat(to, x, 'g', -1, 64)
}

// write writes everything that was added.
func (r *recorder) write(w io.Writer) error {
	out := bufio.NewWriterSize(w, 1<<20)
	for _, name := range slices.Sorted(maps.Keys(r.families)) {
		f := r.families[name]
		base := name
		if f.kind == "counter" {
			base = strings.TrimSuffix(name, "_total")
		}
		fmt.Fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", base, escape.Replace(f.help), base, f.kind)
		for _, m := range f.order {
			if err := r.spool.copy(out, &m.spooled); err != nil {
				return fmt.Errorf("write metrics: %w", err)
			}
		}
	}
	fmt.Fprintln(out, "# EOF")
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write metrics: %w", err)
	}
	return nil
}
