package config

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxName is the greatest number of characters in the name of a model or a feature.
const MaxName = 128

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

func checkName(name string) error {
	if name == "" {
		return errors.New("is empty; write a name")
	}
	if n := utf8.RuneCountInString(name); n > MaxName {
		return fmt.Errorf("has %d characters; at most %d are allowed", n, MaxName)
	}
	if strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return fmt.Errorf("%q has characters that cannot be printed; remove them", name)
	}
	return nil
}
