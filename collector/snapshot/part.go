package snapshot

// Part is a set of parts of a snapshot. A part covers the fields of one name in all models.
// Names, versions, types, references and Err belong to no part: every collector sees them.
type Part uint16

// The parts. PartClock is the snapshot's Time, which differs at every scrape.
const (
	PartClock Part = 1 << iota
	PartRows
	PartCounters
	PartDistributions
	PartPerformance
	PartOutcomes
	PartCoverage
	PartMatured
	PartEstimate
	PartRegression
	PartExpectedError
	PartAccuracy
	PartChallengers
	PartLoads
	PartEstimateLow
)

// Only returns a snapshot with the given parts; the others are empty. So a collector cannot
// use a part that it does not declare. 0.1 us a model.
func (s *Snapshot) Only(parts Part) *Snapshot {
	some := &Snapshot{Time: pick(parts, PartClock, s.Time), Err: s.Err, Models: make([]Model, len(s.Models)), Loads: pick(parts, PartLoads, s.Loads)}
	for i := range s.Models {
		m := &s.Models[i]
		some.Models[i] = Model{
			Name: m.Name, Version: m.Version, Type: m.Type, Reference: m.Reference,
			Rows:          pick(parts, PartRows, m.Rows),
			Counters:      pick(parts, PartCounters, m.Counters),
			Distributions: pick(parts, PartDistributions, m.Distributions),
			Performance:   pick(parts, PartPerformance, m.Performance),
			Outcomes:      pick(parts, PartOutcomes, m.Outcomes),
			Coverage:      pick(parts, PartCoverage, m.Coverage),
			Matured:       pick(parts, PartMatured, m.Matured),
			Estimate:      pick(parts, PartEstimate, m.Estimate),
			Regression:    pick(parts, PartRegression, m.Regression),
			ExpectedError: pick(parts, PartExpectedError, m.ExpectedError),
			Accuracy:      pick(parts, PartAccuracy, m.Accuracy),
			Challengers:   pick(parts, PartChallengers, m.Challengers),
			EstimateLow:   pick(parts, PartEstimateLow, m.EstimateLow),
		}
	}
	return some
}

func pick[T any](parts, part Part, value T) (picked T) {
	if parts&part != 0 {
		return value
	}
	return picked
}

// Same reports whether the given parts of two snapshots are surely the same: of the same
// models, with the same references, behind the same pointers. When it returns false they
// may still be equal.
func Same(a, b *Snapshot, parts Part) bool {
	a, b = a.Only(parts), b.Only(parts)
	if !a.Time.Equal(b.Time) || a.Loads != b.Loads || len(a.Models) != len(b.Models) {
		return false
	}
	for i := range a.Models {
		if a.Models[i] != b.Models[i] {
			return false
		}
	}
	return true
}
