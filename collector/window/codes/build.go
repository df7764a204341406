package codes

import (
	"debug/elf"
	"sync"
)

// build returns what names this build of the program: the note that Go's linker leaves
// in it, a hash of all that went into it. Two builds may read values differently. It
// reports false where there is none, as with -ldflags=-buildid= .
var build = sync.OnceValues(func() (string, bool) {
	program, err := elf.Open("/proc/self/exe")
	if err != nil {
		return "", false
	}
	defer func() { _ = program.Close() }() // it was only read
	note := program.Section(".note.go.buildid")
	if note == nil {
		return "", false
	}
	data, err := note.Data()
	const head = 16 // the sizes of name and text, the type, and the name "Go\0\0"
	return string(data), err == nil && len(data) > head
})
