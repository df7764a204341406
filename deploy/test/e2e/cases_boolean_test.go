package e2e_test

import "testing"

// A boolean is the same value in every spelling: reference from a CSV, window in JSON.
func TestBooleansAreTheSameInEverySpelling(t *testing.T) {
	t.Parallel()
	none := quiet("owner", 0)
	runCases(t, []kindCase{
		{name: "pandas and json.dumps", recomputed: "owner:boolean", csv: cells("owner", 3000, each("True", "False")), window: objects("owner", 500, each("true", "false")), page: none},
		{name: "R and 1 and 0", recomputed: "owner:boolean", csv: cells("owner", 3000, each("TRUE", "FALSE")), window: objects("owner", 500, each("1", "0")), page: none},
		{name: "Java and texts", recomputed: "owner:boolean", csv: cells("owner", 3000, each("true", "false")), window: objects("owner", 500, each(`"True"`, `"FALSE"`)), page: none},
		{name: "floats", recomputed: "owner:boolean", csv: cells("owner", 3000, each("True", "False")), window: objects("owner", 500, each("1.0", "0.0", `"1"`, `"0.0"`)), page: none},
		{name: "gaps", recomputed: "owner:boolean", csv: cells("owner", 3000, each("True", "False", "")), window: objects("owner", 510, each("true", "false", "null")), page: quiet("owner", 1./3)},
		{name: "a mix with 0 and 1", recomputed: "owner:boolean", csv: cells("owner", 3000, each("true", "0", "1", "False")), window: objects("owner", 500, each("true", "false")), page: none},
		{name: "as categories", csv: cells("owner", 3000, each("True", "False")), flags: []string{"--categorical=owner"}, window: objects("owner", 500, each("true", "false")), page: none},
		{name: "a column of 0 and 1", csv: cells("owner", 3000, each("1", "0")), window: objects("owner", 500, each("true", "false", `"1"`, "0.0")), page: none},
		{name: "missing by name", recomputed: "owner:boolean", csv: cells("owner", 3000, each("TRUE", "FALSE", "NA")), flags: []string{"--missing=NA"}, window: objects("owner", 510, each("true", "false", `"NA"`)), page: quiet("owner", 1./3)},
		{name: "another text", recomputed: "owner:boolean", csv: cells("owner", 3000, each("True", "False")), window: objects("owner", 500, each(`"yes"`, `"no"`)), page: []sample{
			about("feature_unseen_ratio", 1, 1, "feature", "owner"), about("feature_kl_divergence", 1, 20, "feature", "owner"),
		}},
		{name: "an object", recomputed: "owner:boolean", csv: cells("owner", 3000, each("True", "False")), window: objects("owner", 500, each(`{"a":true}`, "true")), page: []sample{
			about("feature_invalid_ratio", .5, .5, "feature", "owner"), about("feature_missing_ratio", 0, 0, "feature", "owner"),
		}},
	})
}
