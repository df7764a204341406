package strictyaml

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxName is the greatest number of characters in a name.
const MaxName = 128

// CheckName returns an error unless a text can be a label value as it stands.
func CheckName(name string) error {
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
