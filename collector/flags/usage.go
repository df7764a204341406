package flags

import "errors"

// ErrUsage marks the errors of the command line.
var ErrUsage = errors.New("see --help")
