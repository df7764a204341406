package tick

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// Names of counters of a record that are not in the log's own counters: sums over the rows with a
// score, the number of rows that were predicted positive, and of those that are shadows of others.
// KindName has the others.
const (
	Scored     = ledgerPrefix + "scored"
	Confidence = ledgerPrefix + "confidence"
	Variance   = ledgerPrefix + "variance"
	Positive   = ledgerPrefix + "positive"
	Shadows    = ledgerPrefix + "shadows"
)

// KindPrefix begins the names that KindName returns.
const KindPrefix = "kind/"

// KindName is the name of the number of rows with a class of the reference.
func KindName(class int) string { return KindPrefix + strconv.Itoa(class) }

// DependsOnScheme reports whether a counter is about the classes and scores of a reference. The others
// are the log's own.
func DependsOnScheme(name string) bool {
	return strings.HasPrefix(name, KindPrefix) || strings.HasPrefix(name, ledgerPrefix)
}

const ledgerPrefix = "ledger/"

// CounterNames returns counters as sums by name, without those that are 0. AddCounter is the
// reverse.
func CounterNames(c *predictionlog.Counters) map[string]int64 {
	sums := map[string]int64{}
	for _, g := range countersByGroup {
		g.write(c, func(key string, n int64) {
			if n != 0 {
				sums[g.name+"/"+key] = n
			}
		})
	}
	return sums
}

// AddCounter adds a sum to the counter that has the name. It reports false for a name that is no
// counter of the log.
func AddCounter(c *predictionlog.Counters, name string, n int64) bool {
	group, key, _ := strings.Cut(name, "/")
	for _, g := range countersByGroup {
		if g.name == group {
			return g.add(c, key, n)
		}
	}
	return false
}

// group is a kind of counters, and how its names are written and read.
type group struct {
	name  string
	write func(c *predictionlog.Counters, yield func(key string, n int64))
	add   func(c *predictionlog.Counters, key string, n int64) bool
}

var countersByGroup = []group{
	texts("class", func(c *predictionlog.Counters) map[string]int64 { return c.Classes }),
	texts("error", func(c *predictionlog.Counters) map[string]int64 { return c.Errors }),
	texts("corrects", func(c *predictionlog.Counters) map[string]int64 { return c.Corrections }),
	buckets("latency", func(c *predictionlog.Counters) *predictionlog.Histogram { return &c.Latency }),
	buckets("score", func(c *predictionlog.Counters) *predictionlog.Histogram { return &c.Scores }),
	buckets("delay", func(c *predictionlog.Counters) *predictionlog.Histogram { return &c.Delays }),
	{
		"pair",
		func(c *predictionlog.Counters, yield func(string, int64)) {
			for pair, n := range c.Feedback {
				yield(pairName(pair), n)
			}
		},
		func(c *predictionlog.Counters, key string, n int64) bool {
			pair, ok := pairOf(key)
			if ok {
				c.Feedback[pair] += n
			}
			return ok
		},
	},
	{
		"invalid",
		func(c *predictionlog.Counters, yield func(string, int64)) { yield("", c.Invalid) },
		func(c *predictionlog.Counters, key string, n int64) bool {
			c.Invalid += n
			return key == ""
		},
	},
}

// texts are counters by text.
func texts(name string, of func(*predictionlog.Counters) map[string]int64) group {
	return group{
		name,
		func(c *predictionlog.Counters, yield func(string, int64)) {
			for key, n := range maps.All(of(c)) {
				yield(key, n)
			}
		},
		func(c *predictionlog.Counters, key string, n int64) bool {
			of(c)[key] += n
			return true
		},
	}
}

// buckets are a histogram: by number of the bucket, and its sum.
func buckets(name string, of func(*predictionlog.Counters) *predictionlog.Histogram) group {
	return group{
		name,
		func(c *predictionlog.Counters, yield func(string, int64)) {
			for i, n := range of(c).Counts {
				yield(strconv.Itoa(i), n)
			}
			yield("sum", of(c).Sum)
		},
		func(c *predictionlog.Counters, key string, n int64) bool {
			h := of(c)
			if key == "sum" {
				h.Sum += n
				return true
			}
			i, err := strconv.Atoi(key)
			if err != nil || i < 0 || i >= len(h.Counts) {
				return false
			}
			h.Counts[i] += n
			return true
		},
	}
}

// pairName puts the length of the first class before both, because a class may hold any character.
func pairName(p predictionlog.ClassPair) string {
	return fmt.Sprintf("%d/%s/%s", len(p.Predicted), p.Predicted, p.Actual)
}

func pairOf(key string) (p predictionlog.ClassPair, ok bool) {
	length, rest, _ := strings.Cut(key, "/")
	n, err := strconv.Atoi(length)
	if err != nil || n < 0 || n >= len(rest) || rest[n] != '/' {
		return p, false
	}
	return predictionlog.ClassPair{Predicted: rest[:n], Actual: rest[n+1:]}, true
}

// sorted returns sums as a record has them.
func sorted(sums map[string]int64) (names []string, values []int64) {
	names = slices.Sorted(maps.Keys(sums))
	values = make([]int64, len(names))
	for i, name := range names {
		values[i] = sums[name]
	}
	return names, values
}
