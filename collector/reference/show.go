package reference

import "io"

// Show prints the reference as a table for people.
func (r *Reference) Show(w io.Writer) error { return r.Encode(w) }
