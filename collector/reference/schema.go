package reference

import (
	_ "embed"
	"slices"
)

//go:embed reference.schema.json
var schema []byte

// Schema returns the JSON Schema (draft 2020-12) of the reference file. Parse also checks what a
// schema cannot express, for example that edges ascend.
func Schema() []byte { return slices.Clone(schema) }
