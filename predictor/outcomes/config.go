package outcomes

import (
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/strictyaml"
)

// Config is a checked configuration.
type Config struct {
	// Agreement says that sources can outvote each other, see sqlite.EvidenceOptions.
	Agreement bool
	// Pending limits the outcomes that wait for their prediction. Rejected limits the records
	// that were set aside.
	Pending, Rejected Bound
	Sources           []SourceConfig
}

// DefaultPending is the maximum number of outcomes that wait for their prediction, unless the
// configuration says otherwise.
const DefaultPending = 100_000

// Bound says how many rows are kept, and for how long.
type Bound struct {
	Limit  int64
	Expire time.Duration
}

// SourceConfig is the configuration of one source.
type SourceConfig struct {
	// Name is 1 to 64 letters, digits, points, hyphens and underscores.
	Name string
	// Kind is the name of the source's Kind.
	Kind string
	// Own is that of its Kind.
	Own     bool
	Mapping Mapping
	Source  Source
	// Text is the entry as it was written. Position is its file and line.
	Text, Position string
}

// Load reads and checks the file at path. Its sources must be of the available kinds.
func Load(path string, available []Kind) (*Config, error) {
	data, err := strictyaml.ReadFile(path, "write it, deploy/docs/OUTCOMES.md says how")
	if err != nil {
		return nil, err
	}
	return Parse(data, path, available)
}

// Parse checks the configuration in data. Errors name the path. Relative paths in the
// configuration start at the folder of path.
func Parse(data []byte, path string, available []Kind) (*Config, error) {
	d := strictyaml.Decoder{Path: path}
	root, err := d.Document(data, "list the sources of outcomes under sources")
	if err != nil {
		return nil, err
	}
	top := d.Map(root, "the configuration", "resolve", "pending", "rejected", "sources")
	c := &Config{
		Agreement: top.OneOf("resolve", "confidence", "agreement") == "agreement",
		Pending:   bound(top, "pending"),
		Rejected:  bound(top, "rejected"),
	}
	top.Require("sources", "list the sources of outcomes under it")
	if top.Err != nil {
		return nil, top.Err
	}
	entries, err := d.List(top.Value("sources"), "sources", "list at least one source")
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		s, err := parseSource(d, entry, available)
		if err != nil {
			return nil, err
		}
		for _, other := range c.Sources {
			if other.Name == s.Name {
				return nil, d.Errorf(entry, "source %q is already there at %s; rename one", s.Name, other.Position)
			}
			if other.Own && s.Own && other.Kind == s.Kind {
				return nil, d.Errorf(entry, "source %q is a second one of the kind %s beside the one at %s; remove one", s.Name, s.Kind, other.Position)
			}
		}
		c.Sources = append(c.Sources, s)
	}
	return c, nil
}

// bound reads the entry "pending" or "rejected".
func bound(top *strictyaml.Map, key string) Bound {
	b := Bound{Limit: DefaultPending, Expire: 90 * 24 * time.Hour}
	n := top.Value(key)
	if n == nil {
		return b
	}
	m := top.Map(n, key, "limit", "expire")
	b.Limit = m.Integer("limit", b.Limit, 1, 10_000_000)
	b.Expire = m.Duration("expire", b.Expire, time.Minute, 10*365*24*time.Hour)
	top.Err = m.Err
	return b
}
