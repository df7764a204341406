package reference

import (
	"bytes"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

func compiledSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("reference.schema.json", document); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile("reference.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

func validate(t *testing.T, schema *jsonschema.Schema, file []byte) error {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(file))
	if err != nil {
		return err
	}
	return schema.Validate(v)
}

func TestSchemaAcceptsWhatEncodeWrites(t *testing.T) {
	t.Parallel()
	schema := compiledSchema(t)
	for _, r := range []*Reference{Default(), built(t), parseText(t, smallest)} {
		var file bytes.Buffer
		if err := r.Encode(&file); err != nil {
			t.Fatal(err)
		}
		if err := validate(t, schema, file.Bytes()); err != nil {
			t.Errorf("%s: %v", r.Source, err)
		}
	}
	if err := validate(t, schema, []byte(smallest)); err != nil {
		t.Error(err)
	}
}

func TestSchemaRefusesBadFiles(t *testing.T) {
	t.Parallel()
	schema := compiledSchema(t)
	refused := 0
	for _, c := range badFiles {
		if !c.schema {
			continue
		}
		refused++
		if err := validate(t, schema, []byte(c.text)); err == nil {
			t.Errorf("%s is accepted", c.name)
		}
	}
	t.Logf("%d of %d bad files; the others are not JSON, or wrong in ways a schema cannot say", refused, len(badFiles))
}
