package command

import "fmt"

// either is a flag with two values, of which yes is true.
type either struct {
	value   *bool
	yes, no string
}

// Set implements kingpin.Value.
func (e either) Set(s string) error {
	if s != e.yes && s != e.no {
		return fmt.Errorf("%q is neither %s nor %s", s, e.yes, e.no)
	}
	*e.value = s == e.yes
	return nil
}

// String implements kingpin.Value.
func (e either) String() string {
	if *e.value {
		return e.yes
	}
	return e.no
}
