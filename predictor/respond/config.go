package respond

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/drift-exporter/drift_exporter/predictor/strictyaml"
)

// maxSteps is the maximum number of steps of a playbook.
const maxSteps = 50

// Config is a checked configuration.
type Config struct {
	Playbooks []Playbook
	// Cooldown is the least time between the end of a model's run and the next start.
	Cooldown time.Duration
}

// Playbook says what to do about some alerts.
type Playbook struct {
	Name string
	// Alerts are the names of rules. Match are further labels that an alert must have.
	Alerts []string
	Match  map[string]string
	// DryRun says that no step runs: the audit file shows what would have been done.
	DryRun bool
	// Within is how long a run waits for approval.
	Within time.Duration
	Steps  []StepConfig
	// Text is the playbook as it was written.
	Text string
}

// sum returns the SHA-256 of the playbook as it was written.
func (p *Playbook) sum() string {
	sum := sha256.Sum256([]byte(p.Text))
	return hex.EncodeToString(sum[:])
}

// StepConfig is a step of a playbook.
type StepConfig struct {
	Kind string
	// Approve says that a person must approve before the step runs.
	Approve bool
	// Optional says that the run goes on if the step finds nothing to do.
	Optional bool
	// Timeout ends the step.
	Timeout time.Duration
	Step    Step
}

// Load reads and checks the file at path. Its steps must be of the available kinds.
func Load(path string, available []Kind) (*Config, error) {
	data, err := strictyaml.ReadFile(path, "write it, deploy/docs/RESPOND.md says how")
	if err != nil {
		return nil, err
	}
	return Parse(data, path, available)
}

// Parse checks the configuration in data. Errors name the path.
func Parse(data []byte, path string, available []Kind) (*Config, error) {
	d := strictyaml.Decoder{Path: path}
	root, err := d.Document(data, "list the playbooks under playbooks")
	if err != nil {
		return nil, err
	}
	top := d.Map(root, "the configuration", "dry_run", "cooldown", "playbooks")
	c := &Config{Cooldown: top.Duration("cooldown", time.Hour, 0, 365*24*time.Hour)}
	dry := dryRun(top, true)
	top.Require("playbooks", "list the playbooks under it")
	if top.Err != nil {
		return nil, top.Err
	}
	entries, err := d.List(top.Value("playbooks"), "playbooks", "list at least one playbook")
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		p, err := parsePlaybook(d, entry, available, dry)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(c.Playbooks, func(other Playbook) bool { return other.Name == p.Name }) {
			return nil, d.Errorf(entry, "playbook %q is there twice; rename one", p.Name)
		}
		c.Playbooks = append(c.Playbooks, p)
	}
	return c, nil
}

// dryRun reads the key dry_run.
func dryRun(m *strictyaml.Map, absent bool) bool {
	if !m.Has("dry_run") {
		return absent
	}
	return m.Flag("dry_run")
}

var playbookName = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)

func parsePlaybook(d strictyaml.Decoder, n *yaml.Node, available []Kind, dry bool) (p Playbook, err error) {
	m := d.Map(n, "a playbook", "name", "alerts", "match", "dry_run", "approve_within", "steps")
	m.Require("name", "write a name, which the audit file and the metrics use")
	p.Name = m.Name("name")
	if m.Err == nil && !playbookName.MatchString(p.Name) {
		m.Wrong("name", "name %q: a playbook's name has 1 to 64 letters, digits, points, hyphens and underscores", p.Name)
	}
	m.Require("alerts", "list the names of the alerts that start the playbook")
	p.Alerts = m.Texts("alerts", "list at least one name of an alert")
	p.DryRun = dryRun(m, dry)
	p.Within = m.Duration("approve_within", 24*time.Hour, time.Minute, 90*24*time.Hour)
	m.Require("steps", "list the steps")
	if m.Err != nil {
		return p, m.Err
	}
	if p.Match, err = parseMatch(m); err != nil {
		return p, err
	}
	steps, err := d.List(m.Value("steps"), "steps", "list at least one step")
	if err != nil {
		return p, err
	}
	if len(steps) > maxSteps {
		return p, d.Errorf(m.Value("steps"), "playbook %q has %d steps; at most %d are allowed", p.Name, len(steps), maxSteps)
	}
	for _, step := range steps {
		s, err := parseStep(d, step, available)
		if err != nil {
			return p, err
		}
		p.Steps = append(p.Steps, s)
	}
	text, err := yaml.Marshal(n)
	p.Text = string(text)
	return p, err
}

// parseMatch reads labels and their values.
func parseMatch(m *strictyaml.Map) (map[string]string, error) {
	n := m.Value("match")
	if n == nil {
		return nil, nil
	}
	if n.Kind != yaml.MappingNode {
		return nil, m.Errorf(n, "match must be a mapping of labels to values, such as severity: page")
	}
	match := map[string]string{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		label := n.Content[i].Value
		if _, again := match[label]; again {
			return nil, m.Errorf(n.Content[i], "match has the label %q twice; remove one", label)
		}
		value, err := m.Decoder.Text(n.Content[i+1], "match "+label)
		if err != nil {
			return nil, err
		}
		match[label] = value
	}
	return match, nil
}

func parseStep(d strictyaml.Decoder, n *yaml.Node, available []Kind) (s StepConfig, err error) {
	var names []string
	for _, k := range available {
		names = append(names, k.Name)
	}
	m := d.Map(n, "a step", append([]string{"approve", "optional", "timeout"}, names...)...)
	if m.Has("approve") {
		if who := m.Text("approve", ""); m.Err == nil && who != "person" {
			m.Wrong("approve", "approve is %q; write person, or leave it out", who)
		}
		s.Approve = true
	}
	s.Optional = m.Flag("optional")
	s.Timeout = m.Duration("timeout", 10*time.Minute, time.Second, 90*24*time.Hour)
	if m.Err != nil {
		return s, m.Err
	}
	var found []Kind
	for _, k := range available {
		if m.Has(k.Name) {
			found = append(found, k)
		}
	}
	switch len(found) {
	case 0:
		return s, d.Errorf(n, "the step does not say what to do; write one of %s", strings.Join(names, ", "))
	case 1:
	default:
		return s, d.Errorf(n, "the step has both %s and %s; make two steps of it", found[0].Name, found[1].Name)
	}
	s.Kind = found[0].Name
	s.Step, err = found[0].Parse(d, m.Value(s.Kind))
	if patient, ok := s.Step.(Patient); ok && !m.Has("timeout") {
		s.Timeout = patient.Timeout()
	}
	return s, err
}

// playbook returns the first playbook for an alert, or nil.
func (c *Config) playbook(a *Alert) *Playbook {
	for i := range c.Playbooks {
		if p := &c.Playbooks[i]; slices.Contains(p.Alerts, a.Name()) && matches(p.Match, a.Labels) {
			return p
		}
	}
	return nil
}

func matches(want, have map[string]string) bool {
	for label, value := range want {
		if have[label] != value {
			return false
		}
	}
	return true
}

// named returns a playbook by its name, or nil.
func (c *Config) named(name string) *Playbook {
	for i := range c.Playbooks {
		if c.Playbooks[i].Name == name {
			return &c.Playbooks[i]
		}
	}
	return nil
}
