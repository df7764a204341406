package command

import "fmt"

// warn prints what a person should know, a line each.
func (e *Environment) warn(notes []string) error {
	for _, note := range notes {
		if _, err := fmt.Fprintf(e.Stderr, "warning: %s\n", note); err != nil {
			return err
		}
	}
	return nil
}
