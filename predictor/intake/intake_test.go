package intake

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// churn answers a probability, plan one of three classes, rent a value.
const configuration = `
models:
  - {name: churn, version: "3", answer: probability, features: [age, plan]}
  - {name: plan, upstream: plan-v2, answer: probabilities, classes: [free, pro, team]}
  - {name: rent, answer: value}
  - {name: both, answer: probability, output: score, class: label, classes: ["no", "yes"]}
  - {name: kind, answer: label}
`

func parsed(t testing.TB, text string) *Config {
	t.Helper()
	c, err := Parse([]byte(text), "upstream.yml")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func exchange(p Protocol, model, request, answer string) *Exchange {
	e := &Exchange{Protocol: p, Model: model, Request: Body{Data: []byte(request)}, Answer: Body{Data: []byte(answer)}}
	for _, b := range []*Body{&e.Request, &e.Answer} {
		if media, data, ok := strings.Cut(string(b.Data), "|"); ok {
			b.Media, b.Data = media, []byte(data)
		}
	}
	return e
}

func TestExchangesBecomePredictions(t *testing.T) {
	t.Parallel()
	c := parsed(t, configuration)
	for name, test := range map[string]struct {
		e    *Exchange
		want string
	}{
		"v2, one tensor": {
			exchange(V2, "churn", `{"id":"7","inputs":[{"name":"x","shape":[2,2],"datatype":"FP64","data":[41,1,22.50,2]}]}`,
				`{"model_name":"churn","outputs":[{"name":"p","shape":[2],"datatype":"FP64","data":[0.5,0.25]}]}`),
			`churn 3 {"age":41,"plan":1} 0.5 1; churn 3 {"age":22.50,"plan":2} 0.25 0`,
		},
		"v2, named tensors and nested data": {
			exchange(V2, "plan-v2", `{"inputs":[{"name":"age","shape":[2,1],"datatype":"INT64","data":[[41],[22]]},{"name":"city","shape":[2],"datatype":"BYTES","data":["Rome","\u00e9\""]}]}`,
				`{"model_version":"9","outputs":[{"name":"p","shape":[2,3],"datatype":"FP32","data":[[0.1,0.2,0.7],[0.5,0.25,0.25]]}]}`),
			`plan 9 {"age":41,"city":"Rome"} 0.7 team; plan 9 {"age":22,"city":"\u00e9\""} 0.5 free`,
		},
		"v2, class from an output": {
			exchange(V2, "both", `{"inputs":[{"name":"age","shape":[1],"datatype":"INT64","data":[41]}]}`,
				`{"outputs":[{"name":"label","shape":[1],"datatype":"BYTES","data":["yes"]},{"name":"score","shape":[1,1],"datatype":"FP32","data":[0.4]},{"name":"log","shape":[1],"datatype":"FP32","data":[1]}]}`),
			`both  {"age":41} 0.4 yes`,
		},
		"v1, arrays":  {exchange(V1, "churn", `{"instances": [[41, "pro"], [null, NaN]]}`, `{"predictions": [1, 0.0]}`), `churn 3 {"age":41,"plan":"pro"} 1 1; churn 3 {"age":null,"plan":null} 0 0`},
		"v1, objects": {exchange(V1, "churn", `{"instances": [{"plan":"pro","age":41,"other":[1]}]}`, `{"predictions": [[0.75]]}`), `churn 3 {"plan":"pro","age":41} 0.75 1`},
		"v1, objects with changing keys": {
			exchange(V1, "rent", `{"instances": [{"a":1,"b":2},{"a":3,"c":4},{"a":5}]}`, `{"predictions": [-1.5, 2, 3e2]}`),
			`rent  {"a":1,"b":2} -1.5 ; rent  {"a":3,"c":4} 2 ; rent  {"a":5} 300 `,
		},
		"mlflow split":              {exchange(MLflow, "rent", `{"dataframe_split":{"index":[0],"columns":["a","b"],"data":[[1,true]]}}`, `{"predictions": [7]}`), `rent  {"a":1,"b":true} 7 `},
		"mlflow unnamed":            {exchange(MLflow, "churn", `{"dataframe_split":{"columns":[0,1],"data":[[1,2]]}}`, `{"predictions": [0.5]}`), `churn 3 {"age":1,"plan":2} 0.5 1`},
		"mlflow records":            {exchange(MLflow, "kind", `{"dataframe_records":[{"a":1},{"a":2}]}`, `{"predictions": ["cat", 1.0]}`), `kind  {"a":1} NaN cat; kind  {"a":2} NaN 1`},
		"mlflow inputs":             {exchange(MLflow, "rent", `{"inputs":{"a":[1,2],"b":["x","y"]}}`, `{"predictions": [7, 8]}`), `rent  {"a":1,"b":"x"} 7 ; rent  {"a":2,"b":"y"} 8 `},
		"mlflow csv":                {exchange(MLflow, "rent", "text/csv; charset=utf-8|a,b c\n1,x\n,007\n", `{"predictions": [7, 8]}`), `rent  {"a":1,"b c":"x"} 7 ; rent  {"a":null,"b c":"007"} 8 `},
		"mlflow frame":              {exchange(MLflow, "both", `{"instances":[{"a":1}]}`, `{"predictions": [{"score":0.9,"label":"no"}]}`), `both  {"a":1} 0.9 no`},
		"sagemaker csv":             {exchange(SageMaker, "churn", "text/csv|41,pro\n22,free\n", "text/csv|0.9\n0.1\n"), `churn 3 {"age":41,"plan":"pro"} 0.9 1; churn 3 {"age":22,"plan":"free"} 0.1 0`},
		"sagemaker one line":        {exchange(SageMaker, "churn", "text/csv|41,pro\n22,free", "text/csv|0.9,0.1"), `churn 3 {"age":41,"plan":"pro"} 0.9 1; churn 3 {"age":22,"plan":"free"} 0.1 0`},
		"sagemaker linear learner":  {exchange(SageMaker, "both", `{"instances":[{"features":{"a":1}}]}`, `{"predictions":[{"score":0.9,"label":1}]}`), `both  {"a":1} 0.9 1`},
		"sagemaker lines":           {exchange(SageMaker, "churn", "application/jsonlines|{\"features\":[1,2]}\n{\"features\":[3,4]}\n", "application/jsonlines|0.5\n0.25"), `churn 3 {"age":1,"plan":2} 0.5 1; churn 3 {"age":3,"plan":4} 0.25 0`},
		"sagemaker array":           {exchange(SageMaker, "churn", `[1,2]`, `[0.5]`), `churn 3 {"age":1,"plan":2} 0.5 1`},
		"sagemaker probabilities":   {exchange(SageMaker, "plan-v2", `[{"a":1}]`, `[0.2,0.5,0.3]`), `plan  {"a":1} 0.5 pro`},
		"seldon ndarray":            {exchange(Seldon, "plan-v2", `{"data":{"names":["a","b"],"ndarray":[[1,2]]}}`, `{"data":{"names":["f","p","t"],"ndarray":[[0.2,0.5,0.3]]},"meta":{}}`), `plan  {"a":1,"b":2} 0.5 pro`},
		"seldon tensor":             {exchange(Seldon, "rent", `{"data":{"names":["a","b"],"tensor":{"shape":[2,2],"values":[1,2,3,4]}}}`, `{"data":{"tensor":{"shape":[2,1],"values":[5,6]}}}`), `rent  {"a":1,"b":2} 5 ; rent  {"a":3,"b":4} 6 `},
		"one value is one feature":  {exchange(V1, "rent", `{"instances": [{"\u0061":1}]}`, `{"predictions": [1]}`), `rent  {"a":1} 1 `},
		"the probability in a text": {exchange(SageMaker, "churn", `[[1,2]]`, `text/html; charset=utf-8|["0.5"]`), `churn 3 {"age":1,"plan":2} 0.5 1`},
	} {
		got, err := c.Predictions(test.e)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var all []string
		for _, p := range got {
			all = append(all, fmt.Sprintf("%s %s %s %v %s", p.Model, p.Version, p.Features, p.Score, p.Class))
		}
		if have := strings.Join(all, "; "); have != test.want {
			t.Errorf("%s:\ngot  %s\nwant %s", name, have, test.want)
		}
	}
}

func TestWhatCannotBeMappedHasItsSentence(t *testing.T) {
	t.Parallel()
	c := parsed(t, configuration)
	good := `{"predictions": [0.5]}`
	for name, test := range map[string]struct {
		e            *Exchange
		reason, want string
	}{
		"unknown model":       {exchange(V1, "other", `{}`, good), ReasonModel, `no model with upstream: "other"; add it`},
		"no name, many":       {exchange(MLflow, "", `{}`, good), ReasonModel, "names no model, and the configuration has 5"},
		"not JSON":            {exchange(V1, "churn", `{"instances"`, good), ReasonRequest, "the request is not JSON"},
		"empty":               {exchange(V1, "churn", ``, good), ReasonRequest, "the request is not JSON"},
		"latin-1":             {exchange(V1, "churn", "{\"instances\":[\"\xe9\"]}", good), ReasonRequest, "not JSON in UTF-8"},
		"no instances":        {exchange(V1, "churn", `{"inputs":{"x":[1]}}`, good), ReasonRequest, "has no instances"},
		"instances no array":  {exchange(V1, "churn", `{"instances":{"a":1}}`, good), ReasonRequest, "are not an array"},
		"no rows":             {exchange(V1, "churn", `{"instances":[]}`, good), ReasonRequest, "has no rows"},
		"no names":            {exchange(V1, "rent", `{"instances":[[1,2]]}`, good), ReasonColumns, "2 columns without names: list them"},
		"other width":         {exchange(V1, "churn", `{"instances":[[1,2],[1,2,3]]}`, good), ReasonColumns, "row 1 of the request has 3 columns"},
		"other names":         {exchange(V1, "churn", `{"instances":[{"x":1}]}`, good), ReasonColumns, "none of the features of the configuration"},
		"nested":              {exchange(V1, "churn", `{"instances":[[[1],2]]}`, good), ReasonFeature, `feature "age" of row 0 is an array`},
		"empty name":          {exchange(V1, "rent", `{"instances":[{"":1}]}`, good), ReasonFeature, "has an empty name"},
		"key twice":           {exchange(V1, "rent", `{"instances":[{"a":1,"a":2}]}`, good), ReasonRequest, `has "a" twice`},
		"empty row":           {exchange(V1, "rent", `{"instances":[{}]}`, good), ReasonRequest, "is an empty object"},
		"protobuf":            {exchange(V1, "churn", "application/x-protobuf|x", good), ReasonMedia, `"application/x-protobuf" are not read`},
		"csv of v1":           {exchange(V1, "churn", "text/csv|1,2", good), ReasonMedia, "text/csv"},
		"no inputs":           {exchange(V2, "churn", `{}`, good), ReasonRequest, "are not an array of tensors"},
		"zero inputs":         {exchange(V2, "churn", `{"inputs":[]}`, good), ReasonRequest, "there is no input"},
		"tensor unnamed":      {exchange(V2, "churn", `{"inputs":[{"shape":[1],"data":[1]}]}`, good), ReasonRequest, "has no name"},
		"no shape":            {exchange(V2, "churn", `{"inputs":[{"name":"x","data":[1]}]}`, good), ReasonRequest, `"x" has no shape`},
		"negative shape":      {exchange(V2, "churn", `{"inputs":[{"name":"x","shape":[-1],"data":[1]}]}`, good), ReasonRequest, `"x" has no shape`},
		"shape and data":      {exchange(V2, "churn", `{"inputs":[{"name":"x","shape":[1,3],"data":[1]}]}`, good), ReasonRequest, `"x" has 1 values, and its shape another`},
		"huge shape":          {exchange(V2, "churn", `{"inputs":[{"name":"x","shape":[1,1000000000,1000000000,1000000000],"data":[1]}]}`, good), ReasonRequest, "its shape another"},
		"other rows":          {exchange(V2, "churn", `{"inputs":[{"name":"x","shape":[1],"data":[1]},{"name":"y","shape":[2],"data":[1,2]}]}`, good), ReasonRequest, `"y" has 2 rows, and "x" has 1`},
		"binary tensor":       {exchange(V2, "churn", `{"inputs":[{"name":"x","shape":[1],"parameters":{"binary_data_size":8}}]}`, good), ReasonBinary, "is binary"},
		"no form of mlflow":   {exchange(MLflow, "rent", `{"foo":1}`, good), ReasonRequest, "none of dataframe_split"},
		"column twice":        {exchange(MLflow, "rent", `{"dataframe_split":{"columns":["a","a"],"data":[[1,2]]}}`, good), ReasonColumns, `"a" is there twice`},
		"short row":           {exchange(MLflow, "rent", `{"dataframe_split":{"columns":["a","b"],"data":[[1]]}}`, good), ReasonColumns, "has 1 values for 2 columns"},
		"uneven inputs":       {exchange(MLflow, "rent", `{"inputs":{"a":[1,2],"b":[1]}}`, good), ReasonRequest, `"b" has 1 rows, and "a" has 2`},
		"ragged csv":          {exchange(MLflow, "rent", "text/csv|a,b\n1\n", good), ReasonRequest, "is no CSV"},
		"csv header twice":    {exchange(MLflow, "rent", "text/csv|a,a\n1,2\n", good), ReasonColumns, `"a" is there twice`},
		"libsvm":              {exchange(SageMaker, "churn", "text/libsvm|1:2", good), ReasonMedia, "text/libsvm"},
		"too many rows":       {exchange(V1, "churn", `{"instances":[`+strings.Repeat("[1,2],", MaxRows)+`[1,2]]}`, good), ReasonRows, "more than 10000 rows"},
		"answer not JSON":     {exchange(V1, "churn", `{"instances":[[1,2]]}`, `<html>`), ReasonAnswer, "the answer is not JSON"},
		"answer of text":      {exchange(V1, "churn", `{"instances":[[1,2]]}`, `text/plain|0.5`), ReasonMedia, "text/plain"},
		"no predictions":      {exchange(V1, "churn", `{"instances":[[1,2]]}`, `{"outputs":[1]}`), ReasonAnswer, "no array of predictions"},
		"other count":         {exchange(V1, "churn", `{"instances":[[1,2]]}`, `{"predictions":[0.1,0.2]}`), ReasonRowCount, "1 rows, and the answer 2"},
		"no probability":      {exchange(V1, "churn", `{"instances":[[1,2]]}`, `{"predictions":[1.5]}`), ReasonAnswer, "answer 0 is 1.5, which is not a probability"},
		"NaN":                 {exchange(V1, "churn", `{"instances":[[1,2]]}`, `{"predictions":[NaN]}`), ReasonAnswer, "is null, which is not a finite number"},
		"infinite":            {exchange(V1, "rent", `{"instances":[{"a":1}]}`, `{"predictions":[1e999]}`), ReasonAnswer, "not a finite number"},
		"two of three":        {exchange(V1, "plan-v2", `{"instances":[{"a":1}]}`, `{"predictions":[[0.5,0.5]]}`), ReasonAnswer, "and classes lists 3"},
		"label is null":       {exchange(V1, "kind", `{"instances":[{"a":1}]}`, `{"predictions":[null]}`), ReasonAnswer, "which is not a class"},
		"several fields":      {exchange(V1, "rent", `{"instances":[{"a":1}]}`, `{"predictions":[{"x":1,"y":2}]}`), ReasonAnswer, "has the fields x, y: name the one that counts under output"},
		"no such field":       {exchange(V1, "both", `{"instances":[{"a":1}]}`, `{"predictions":[{"x":1}]}`), ReasonAnswer, "the configuration names others"},
		"class is missing":    {exchange(V1, "both", `{"instances":[{"a":1}]}`, `{"predictions":[0.5]}`), ReasonAnswer, "remove class"},
		"several outputs":     {exchange(V2, "rent", `{"inputs":[{"name":"x","shape":[1],"data":[1]}]}`, `{"outputs":[{"name":"a","shape":[1],"data":[1]},{"name":"b","shape":[1],"data":[1]}]}`), ReasonAnswer, "has the outputs a, b: name"},
		"csv without columns": {exchange(SageMaker, "both", `[{"a":1}]`, "text/csv|1,2"), ReasonAnswer, `output: "score" is none of them: write its number`},
	} {
		got, err := c.Predictions(test.e)
		u, ok := errors.AsType[*Unmapped](err)
		if !ok || u.Reason != test.reason || !strings.Contains(u.Detail, test.want) {
			t.Errorf("%s: %v %v, want %s: %s", name, got, err, test.reason, test.want)
		}
	}
}

func TestBadConfigurationsHaveTheirSentence(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                   "the configuration is empty; list the models",
		"models: []":                         "models is empty; list at least one model",
		"model: x":                           `unknown key "model"`,
		"models: [{name: a}]":                "answer is missing; write probability",
		"models: [{answer: label}]":          "name is missing; write the model's name",
		"models: [{name: a, answer: score}]": `answer "score" is none of probability`,
		"models: [{name: a, answer: probabilities}]":                                "probabilities need the classes",
		"models: [{name: a, answer: probability, classes: [a]}]":                    "classes lists 1",
		"models: [{name: a, answer: value, classes: [a, b]}]":                       "classes are for answer: probability",
		"models: [{name: a, answer: label, threshold: 0.5}]":                        "threshold is for answer: probability",
		"models: [{name: a, answer: probability, threshold: 2}]":                    "write a number from 0 to 1",
		"models: [{name: a, answer: probability, class: x}]":                        "name the other under output",
		"models: [{name: a, answer: label, class: x}]":                              "remove the key",
		"models: [{name: a, answer: label, features: [x, x]}]":                      `feature "x" is empty or there twice`,
		"models: [{name: a, answer: label, features: [1]}]":                         "put it in quotes",
		"models: [{name: a, answer: label}, {name: b, upstream: a, answer: value}]": `upstream "a" is there twice`,
	} {
		if _, err := Parse([]byte(text), "upstream.yml"); err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "upstream.yml:") {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestOnlyRequestsForPredictionsMatch(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"v2 POST /v2/models/m/infer":              "m,",
		"v2 POST /v2/models/m/versions/3/infer":   "m,3",
		"v2 POST /v2/models/a%20b/infer":          "a b,",
		"v2 GET /v2/models/m/infer":               "",
		"v2 POST /v2/models/m":                    "",
		"v2 POST /v2/models//infer":               "",
		"v2 POST /v1/models/m:predict":            "",
		"v1 POST /v1/models/m:predict":            "m,",
		"v1 POST /v1/models/m/versions/2:predict": "m,2",
		"v1 POST /v1/models/m:explain":            "",
		"mlflow POST /invocations":                ",",
		"sagemaker POST /invocations":             ",",
		"sagemaker GET /ping":                     "",
	} {
		f := strings.Fields(path)
		got := ""
		if model, version, ok := Protocol(f[0]).Match(f[1], f[2]); ok {
			got = model + "," + version
		}
		if got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}

// Whatever the bodies are, nothing panics, and what is logged is an object of scalars.
func FuzzPredictions(f *testing.F) {
	c := parsed(f, configuration)
	protocols := []Protocol{V2, V1, MLflow, SageMaker, Seldon}
	for i := range protocols {
		f.Add(uint8(i), uint8(i), `{"instances":[[1,"a"],{"b":null}],"inputs":[{"name":"x","shape":[1,2],"data":[[1,2]]}]}`, `{"predictions":[0.5,{"score":1}],"outputs":[{"name":"x","shape":[1],"data":[1]}]}`)
		f.Add(uint8(i), uint8(i), "text/csv|a,b\n1,\"x\"", "text/csv|0.5")
		f.Add(uint8(i), uint8(i), `{"dataframe_split":{"columns":["a"],"data":[[NaN]]},"data":{"names":["a"],"tensor":{"shape":[1],"values":[1]}}}`, `[1]`)
	}
	f.Fuzz(func(t *testing.T, p, m uint8, request, answer string) {
		model := c.Models[int(m)%len(c.Models)]
		got, err := c.Predictions(exchange(protocols[int(p)%len(protocols)], model.Upstream, request, answer))
		if err != nil {
			if u, ok := errors.AsType[*Unmapped](err); !ok || u.Detail == "" {
				t.Fatal(err)
			}
			return
		}
		for _, row := range got {
			var object map[string]json.RawMessage
			if err := json.Unmarshal(row.Features, &object); err != nil || len(object) == 0 {
				t.Fatalf("features %s: %v", row.Features, err)
			}
			for name, v := range object {
				if v[0] == '{' || v[0] == '[' || name == "" {
					t.Fatalf("features %s", row.Features)
				}
			}
			if row.Class == "" && model.Answer != Value || row.Score != row.Score && model.Answer != Label {
				t.Fatalf("%+v", row)
			}
		}
	})
}
