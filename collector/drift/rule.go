package drift

// Rule is a set of the rules by which a [Detector] raises an alarm.
type Rule uint8

const (
	// WindowRule is the window rule: a test of the window.
	WindowRule Rule = 1 << iota
	// EvidenceRule is the evidence rule: evidence added up over any length of time.
	EvidenceRule
)

// String names the rules: "none", "window", "evidence" or "window, evidence".
func (r Rule) String() string {
	switch r {
	case WindowRule:
		return "window"
	case EvidenceRule:
		return "evidence"
	case WindowRule | EvidenceRule:
		return "window, evidence"
	default:
		return "none"
	}
}
