package config

import (
	"strings"

	"github.com/drift-exporter/drift_exporter/predictor/strictyaml"
)

// MaxName is the greatest number of characters in the name of a model or a feature.
const MaxName = strictyaml.MaxName

// Escape returns the part of the metric name model_feature_<name> that stands
// for a feature: every character outside [a-zA-Z0-9_] becomes an underscore.
// Different names can escape to the same text.
func Escape(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '_':
			return r
		}
		return '_'
	}, name)
}
