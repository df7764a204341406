package reference

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
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

// threeLines is how anybody with numpy writes a reference; with pandas, df.income
// stands for the sample.
const threeLines = `
import json, sys, numpy as np
income = np.round(np.random.default_rng(1).lognormal(11, .5, 5000), -2)

counts, edges = np.histogram(income, bins=np.unique(np.quantile(income, np.linspace(0, 1, 201))))
feature = {"name": "income", "type": "numeric", "edges": edges[1:-1].tolist(), "count": counts.tolist()}
json.dump({"schema": 1, "model": "my_model", "rows": len(income), "features": [feature]}, open(sys.argv[1], "w"))
`

func TestThreeLinesOfNumPyWriteAReference(t *testing.T) {
	t.Parallel()
	if out, err := exec.CommandContext(t.Context(), "python3", "-c", "import numpy").CombinedOutput(); err != nil {
		t.Skipf("python3 has no numpy: %v\n%s", err, out)
	}
	path := filepath.Join(t.TempDir(), "reference.json")
	if out, err := exec.CommandContext(t.Context(), "python3", "-c", threeLines, path).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	r, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if r.Model != "my_model" || r.Rows != 5000 || r.Features[0].Rows() != 5000 {
		t.Errorf("%s has %d rows, and %d in its feature", r.Model, r.Rows, r.Features[0].Rows())
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := validate(t, compiledSchema(t), file); err != nil {
		t.Error(err)
	}
}
