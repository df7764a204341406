package drift

// Rule is a set of rules of a [Detector].
type Rule uint8

const (
	// WindowRule is rule W, a test of the window.
	WindowRule Rule = 1 << iota
	// EvidenceRule is rule E, evidence gathered over any time.
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
