package predictionlog

import "strings"

// Review is what one person says about a prediction.
type Review struct {
	PredictionID int64
	// Reviewer is who says it. It is not empty.
	Reviewer string
	// Outcome is what they say. Empty, it withdraws what they said before.
	Outcome string
	// Probability is that of the prediction being drawn for a review, 0 if it was not drawn but
	// chosen.
	Probability float64
	Note        string
}

// unauthenticated begins the names of reviewers that nobody has checked.
const unauthenticated = "unauthenticated:"

// UnauthenticatedReviewer returns the reviewer of a name that nobody has checked.
func UnauthenticatedReviewer(name string) string { return unauthenticated + name }

// IsUnauthenticated reports whether nobody has checked who a reviewer is.
func IsUnauthenticated(reviewer string) bool { return strings.HasPrefix(reviewer, unauthenticated) }

// Erased reports whether only the hashes of a review are left.
func (r *ReviewRow) Erased() bool { return r.Reviewer == "" && r.Outcome == "" && r.Note == "" }
