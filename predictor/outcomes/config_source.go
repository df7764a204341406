package outcomes

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/drift-exporter/drift_exporter/predictor/strictyaml"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

var sourceName = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)

// CheckSourceName returns an error if name is not allowed as the name of a source.
func CheckSourceName(name string) error {
	if !sourceName.MatchString(name) {
		return &badName{name}
	}
	return nil
}

type badName struct{ name string }

// Error implements error.
func (e *badName) Error() string {
	return "the name of a source has 1 to 64 letters, digits, points, hyphens and underscores, not " + quote(e.name)
}

// parseSource reads one entry of the list of sources.
func parseSource(d strictyaml.Decoder, n *yaml.Node, available []Kind) (s SourceConfig, err error) {
	m := d.Map(n, "a source", append([]string{"name", "confidence", "match", "outcome", "record"}, kinds...)...)
	m.Require("name", "write a name, which identifies the source in the log")
	s.Name = m.Name("name")
	if m.Err == nil {
		if err := CheckSourceName(s.Name); err != nil {
			m.Wrong("name", "%w", err)
		}
	}
	s.Mapping = parseMapping(m)
	if m.Err != nil {
		return s, m.Err
	}
	var found []string
	for _, kind := range kinds {
		if m.Has(kind) {
			found = append(found, kind)
		}
	}
	var have []string
	for _, kind := range available {
		have = append(have, kind.Name)
	}
	switch {
	case len(found) == 0:
		return s, d.Errorf(n, "source %q does not say where its records are; write one of %s", s.Name, strings.Join(have, ", "))
	case len(found) > 1:
		return s, d.Errorf(n, "source %q has both %s and %s; make two sources of it", s.Name, found[0], found[1])
	}
	s.Kind, s.Position = found[0], d.Position(n)
	at := slices.IndexFunc(available, func(k Kind) bool { return k.Name == s.Kind })
	if at < 0 {
		return s, d.Errorf(n, "source %q: this drift_exporter has no sources of the kind %s; it has %s", s.Name, s.Kind, strings.Join(have, ", "))
	}
	if s.Own = available[at].Own; s.Own {
		if err := noRecords(m, s.Kind); err != nil {
			return s, err
		}
		s.Mapping.acceptAnswers(m)
		if m.Err != nil {
			return s, m.Err
		}
	}
	if s.Source, err = available[at].Parse(d, m.Value(s.Kind)); err != nil {
		return s, err
	}
	text, err := yaml.Marshal(n)
	s.Text = string(text)
	return s, err
}

// noRecords refuses the keys that say how records look, for a kind whose records have a form of
// their own.
func noRecords(m *strictyaml.Map, kind string) error {
	for _, key := range []string{"record", "match"} {
		if m.Has(key) {
			m.Wrong(key, "%s does not go with %s; remove it", key, kind)
		}
	}
	if n := m.Value("outcome"); n != nil && m.Map(n, "outcome", outcomeKeys...).Has("field") {
		m.Wrong("outcome", "outcome.field does not go with %s; remove it", kind)
	}
	return m.Err
}

// outcomeKeys are the keys of outcome.
var outcomeKeys = []string{"field", "map", "classes", "type", "tolerance"}

// acceptAnswers lets a map accept the outcomes themselves beside their texts.
func (mapping *Mapping) acceptAnswers(m *strictyaml.Map) {
	if mapping.known == nil {
		return
	}
	for _, a := range mapping.answers {
		text := value.Category(a.Outcome)
		means, there := mapping.known[text]
		switch {
		case !there:
			mapping.known[text] = a.Outcome
		case value.Category(a.Word) == text && means != a.Outcome:
			m.Wrong("outcome", "outcome.map has no text that means %q; add one", a.Outcome)
		}
	}
}

// parseMapping reads how a record becomes an outcome.
func parseMapping(m *strictyaml.Map) Mapping {
	mapping := Mapping{
		Confidence: m.Number("confidence", 1, 0, 1),
		outcome:    Field{"outcome"}, confidence: Field{"confidence"}, observedAt: Field{"observed_at"},
		classes: value.NewClassReader(nil),
	}
	if mapping.Confidence == 0 {
		m.Wrong("confidence", "confidence is 0; write a number above 0 and at most 1")
	}
	match := m.OneOf("match", "prediction_id", "request_id")
	if n := m.Value("record"); n != nil {
		mapping.parseRecord(m, n)
	}
	if n := m.Value("outcome"); n != nil {
		mapping.parseOutcome(m, n)
	}
	switch {
	case mapping.predictionID == nil && mapping.requestID == nil && match == "prediction_id":
		mapping.predictionID = Field{match}
	case mapping.predictionID == nil && mapping.requestID == nil:
		mapping.requestID = Field{match}
	case match == "prediction_id" && mapping.predictionID == nil && m.Has("match"), match == "request_id" && mapping.requestID == nil:
		m.Wrong("match", "match is %s, which record does not name; add it to record, or remove match", match)
	}
	return mapping
}

// parseRecord reads where the values are in a record.
func (mapping *Mapping) parseRecord(m *strictyaml.Map, n *yaml.Node) {
	r := m.Map(n, "record", "prediction_id", "request_id", "outcome", "confidence", "observed_at", "observed_at_unit", "time_zone")
	for key, f := range map[string]*Field{
		"prediction_id": &mapping.predictionID, "request_id": &mapping.requestID, "outcome": &mapping.outcome,
		"confidence": &mapping.confidence, "observed_at": &mapping.observedAt,
	} {
		if r.Has(key) {
			*f = fieldOf(r, key)
		}
	}
	mapping.unit = units[r.OneOf("observed_at_unit", append([]string{""}, slices.Sorted(maps.Keys(units))...)...)]
	if zone := r.Text("time_zone", ""); zone != "" {
		location, err := time.LoadLocation(zone)
		if err != nil {
			r.Wrong("time_zone", "time_zone %q is unknown: %w; write a name such as UTC or Europe/Berlin", zone, err)
		}
		mapping.zone = location
	}
	if r.Err == nil && r.Has("outcome") && m.Has("outcome") {
		if o := m.Map(m.Value("outcome"), "outcome", outcomeKeys...); o.Has("field") {
			r.Wrong("outcome", "the place of the outcome stands here and under outcome; remove one")
		}
	}
	if m.Err == nil {
		m.Err = r.Err
	}
}

var units = map[string]time.Duration{"s": time.Second, "ms": time.Millisecond, "us": time.Microsecond, "ns": time.Nanosecond}

// fieldOf reads where one value is.
func fieldOf(m *strictyaml.Map, key string) Field {
	text := m.Text(key, "")
	if m.Err != nil {
		return nil
	}
	f, err := ParseField(text)
	if err != nil {
		m.Wrong(key, "%s %w", key, err)
	}
	return f
}

// parseOutcome reads where the outcome is and what its texts mean.
func (mapping *Mapping) parseOutcome(m *strictyaml.Map, n *yaml.Node) {
	o := m.Map(n, "outcome", outcomeKeys...)
	if o.Has("field") {
		mapping.outcome = fieldOf(o, "field")
	}
	if v := o.Value("map"); v != nil {
		mapping.known, mapping.answers, o.Err = parseMap(o.Decoder, v)
	}
	mapping.number = o.OneOf("type", "", string(value.Binary), string(value.Multiclass), string(value.Regression)) == string(value.Regression)
	if mapping.number && o.Has("classes") {
		o.Wrong("classes", "a regression has no classes; remove them, or write another type")
	}
	mapping.tolerance = o.Number("tolerance", 0, 0, 1e15)
	if !mapping.number && o.Has("tolerance") {
		o.Wrong("tolerance", "a tolerance is for numbers only; write type: regression, or remove it")
	}
	for text, outcome := range mapping.known {
		if _, ok := value.OutcomeNumber(outcome); mapping.number && !ok {
			o.Wrong("map", "the map makes %q an outcome %q, which is not a number, as a regression needs", text, outcome)
			break
		}
	}
	if classes := o.Texts("classes", "list the classes of the model, or leave the key out"); classes != nil {
		known := make([]value.Class, len(classes))
		for i, text := range classes {
			known[i].Text = text
		}
		if len(classes) < 2 {
			o.Wrong("classes", "classes has one entry; list all classes of the model")
		}
		mapping.classes = value.NewClosedClassReader(known)
		for _, outcome := range mapping.known {
			if _, ok := mapping.classes.Actual(outcome); !ok {
				o.Wrong("map", "the map makes an outcome %q, which is none of the classes", outcome)
			}
		}
		mapping.nameClasses(classes)
	}
	for i, a := range mapping.answers {
		if class, ok := mapping.classes.Actual(a.Outcome); ok {
			mapping.answers[i].Outcome = class
		}
	}
	if m.Err == nil {
		m.Err = o.Err
	}
}

// nameClasses makes the classes the answers, with the words that the map has for them.
func (mapping *Mapping) nameClasses(classes []string) {
	words := map[string]string{}
	for _, a := range mapping.answers {
		if class, ok := mapping.classes.Actual(a.Outcome); ok {
			words[class] = a.Word
		}
	}
	mapping.answers = nil
	for _, text := range classes {
		class, _ := mapping.classes.Actual(text)
		mapping.answers = append(mapping.answers, Answer{class, cmp.Or(words[class], text)})
	}
}

// parseMap reads what texts mean. Numbers and booleans need no quotes here, because they are read
// in the same way as outcomes.
func parseMap(d strictyaml.Decoder, n *yaml.Node) (known map[string]string, answers []Answer, err error) {
	if n.Kind != yaml.MappingNode || len(n.Content) == 0 {
		return nil, nil, d.Errorf(n, "map must say what the texts of outcomes mean, such as {paid: 1, default: 0}")
	}
	known = map[string]string{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		from, to := n.Content[i], n.Content[i+1]
		if from.Kind != yaml.ScalarNode || to.Kind != yaml.ScalarNode || to.ShortTag() == "!!null" || strings.TrimSpace(to.Value) == "" {
			return nil, nil, d.Errorf(from, "map must say what the texts of outcomes mean, such as {paid: 1, default: 0}")
		}
		text := value.Category(from.Value)
		if _, again := known[text]; again {
			return nil, nil, d.Errorf(from, "map has %q twice; remove one", text)
		}
		known[text] = to.Value
		if !slices.ContainsFunc(answers, func(a Answer) bool { return a.Outcome == to.Value }) {
			answers = append(answers, Answer{to.Value, from.Value})
		}
	}
	return known, answers, nil
}

// NewSourceConfig returns a source for use without a configuration file. columns has the same
// keys as "record" in the file, and also the place of the outcome. means is the same as
// "outcome.map". The result has no Source.
func NewSourceConfig(name string, confidence float64, columns, means map[string]string) (SourceConfig, error) {
	entry := map[string]any{"name": name, "confidence": confidence}
	if len(columns) > 0 {
		entry["record"] = columns
	}
	if len(means) > 0 {
		entry["outcome"] = map[string]any{"map": means}
	}
	if columns["request_id"] != "" && columns["prediction_id"] == "" {
		entry["match"] = "request_id"
	}
	n := &yaml.Node{}
	if err := n.Encode(entry); err != nil {
		return SourceConfig{}, err
	}
	m := strictyaml.Decoder{Path: "command line"}.Map(n, "the command line", "name", "confidence", "record", "outcome", "match")
	s := SourceConfig{Name: m.Name("name"), Kind: "import", Mapping: parseMapping(m)}
	if m.Err == nil {
		m.Err = CheckSourceName(s.Name)
	}
	return s, m.Err
}
