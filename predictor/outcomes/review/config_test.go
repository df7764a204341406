package review

import (
	"strings"
	"testing"

	"github.com/drift-exporter/drift_exporter/predictor/outcomes"
)

func TestConfigurationsAreReadStrictly(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"{name: a, review: {}}": "",
		"{name: a, review: {queue: uncertain, sample: 1, second_review: 0, model: m, limit: 5, identity: {header: X-User, proxies: [10.0.0.0/8, '::1', 127.0.0.1]}}}": "",
		"{name: a, outcome: {classes: [low, high, none]}, review: {}}": "",
		"{name: a, review: }":                                                     "review must be a mapping",
		"{name: a, review: {queue: best}}":                                        `queue "best" is none of random, uncertain`,
		"{name: a, review: {sample: 0}}":                                          "sample is 0; write a number above 0",
		"{name: a, review: {sample: 1.5}}":                                        "write a number from 0 to 1",
		"{name: a, review: {second_review: -1}}":                                  "write a number from 0 to 1",
		"{name: a, review: {reviewers: 3}}":                                       `unknown key "reviewers"`,
		"{name: a, outcome: {tolerance: 5}, review: {answer: number}}":            "a tolerance is for numbers only; write type: regression",
		"{name: a, outcome: {type: regression, tolerance: -1}, review: {}}":       "write a number from 0 to 1e+15",
		"{name: a, outcome: {type: regression, tolerance: NaN}, review: {}}":      "write a number from 0 to 1e+15",
		"{name: a, review: {tolerance: 5}}":                                       "tolerance",
		"{name: a, review: {answer: text}}":                                       `answer "text" is none of class, number`,
		"{name: a, review: {reservation: 1s}}":                                    "write a duration from 10s",
		"{name: a, review: {undo: 2h}}":                                           "write a duration from 0s to 1h",
		"{name: a, review: {limit: 0}}":                                           "write a whole number from 1",
		"{name: a, review: {identity: {}}}":                                       "header is missing; name the header",
		"{name: a, review: {identity: {header: X-User}}}":                         "proxies is missing; list the addresses",
		"{name: a, review: {identity: {header: 'X User', proxies: [127.0.0.1]}}}": `header "X User" is not a name of a header`,
		"{name: a, review: {identity: {header: X-User, proxies: []}}}":            "proxies is empty",
		"{name: a, review: {identity: {header: X-User, proxies: [localhost]}}}":   `"localhost", which is not an address`,
		"{name: a, review: {raise: {folder: raises, at_most: 0.3}}}":              "",
		"{name: a, review: {raise: raises}}":                                      "raise must be a mapping",
		"{name: a, review: {raise: {}}}":                                          "folder is missing; write the path",
		"{name: a, review: {raise: {folder: f, at_most: 2}}}":                     "write a number from 0 to 1",
		"{name: a, review: {sample: 0.6, raise: {folder: f}}}":                    "at_most is 0.5, less than sample, which is 0.6",
		"{name: a, match: request_id, review: {}}":                                "match does not go with review",
		"{name: a, record: {prediction_id: x}, review: {}}":                       "record does not go with review",
		"{name: a, outcome: {field: x}, review: {}}":                              "outcome.field does not go with review",
		"{name: a, outcome: {classes: [a, b], map: {a: b}}, review: {}}":          `outcome.map has no text that means "a"`,
		"{name: a, review: {}}\n- {name: b, review: {}}":                          `source "b" is a second one of the kind review`,
	} {
		_, err := outcomes.Parse([]byte("sources:\n- "+text), "x.yml", []outcomes.Kind{Kind})
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: error %v, want %q", text, err, want)
		}
	}
}
