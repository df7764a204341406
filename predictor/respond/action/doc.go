// Package action has the steps of playbooks that reach other systems: a program, an HTTP request,
// a notification, the people who review.
package action

import "github.com/drift-exporter/drift_exporter/predictor/respond"

// Kinds returns the kinds of steps of this package.
func Kinds() []respond.Kind {
	return []respond.Kind{
		{Name: "exec", Parse: parseExec},
		{Name: "http", Parse: parseHTTP},
		{Name: "notify", Parse: parseNotify},
		{Name: "review_more", Parse: parseReviewMore},
	}
}
