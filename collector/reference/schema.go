package reference

import (
	_ "embed"
	"slices"
)

//go:embed reference.schema.json
var schema []byte

// Schema returns the JSON Schema (draft 2020-12) of the reference file. What a
// schema cannot say, such as that edges ascend, Parse checks.
func Schema() []byte { return slices.Clone(schema) }
