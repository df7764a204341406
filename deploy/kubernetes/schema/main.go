// Command schema writes the JSON Schemas of the kinds of Kubernetes and of
// custom resource definitions to a folder, one file a kind, named as
//
//	kubeconform -schema-location 'FOLDER/{{.ResourceKind}}{{.KindSuffix}}.json'
//
// looks for them. They come from files of Go modules: api/openapi-spec/swagger.json
// of k8s.io/kubernetes, and the operator's definitions. No kind allows a field
// that its definition does not name.
//
//	schema -o FOLDER SWAGGER.json [DEFINITION.yaml]...
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"
)

func main() {
	out := flag.String("o", "schemas", "folder to write to")
	flag.Parse()
	if err := run(*out, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "schema:", err)
		os.Exit(1)
	}
}

func run(out string, paths []string) error {
	if len(paths) == 0 {
		return errors.New("name swagger.json of k8s.io/kubernetes")
	}
	if err := os.MkdirAll(out, 0o750); err != nil {
		return err
	}
	schemas, err := builtin(paths[0])
	if err != nil {
		return fmt.Errorf("read %s: %w", paths[0], err)
	}
	for _, path := range paths[1:] {
		custom, err := custom(path)
		if err != nil {
			return fmt.Errorf("read %s: %w", path, err)
		}
		maps.Copy(schemas, custom)
	}
	for name, schema := range schemas {
		data, err := json.Marshal(schema)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(out, name), data, 0o600); err != nil {
			return err
		}
	}
	fmt.Println(len(schemas), "schemas in", out)
	return nil
}

// fileName is how kubeconform calls the schema of a kind.
func fileName(group, version, kind string) string {
	group, _, _ = strings.Cut(group, ".")
	name := kind
	if group != "" {
		name += "-" + group
	}
	return strings.ToLower(name + "-" + version + ".json")
}

type object = map[string]any

// builtin returns the schemas of the kinds that Kubernetes itself has, each with
// the definitions it refers to.
func builtin(path string) (map[string]object, error) {
	data, err := os.ReadFile(path) //nolint:gosec // G304: whoever runs it names the file
	if err != nil {
		return nil, err
	}
	var file struct {
		Definitions map[string]object
	}
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, err
	}
	for _, definition := range file.Definitions {
		closed(definition)
	}
	// The server takes cpu: 1 as well as cpu: "1".
	file.Definitions["io.k8s.apimachinery.pkg.api.resource.Quantity"] = object{"type": []string{"string", "number"}}
	file.Definitions["io.k8s.apimachinery.pkg.util.intstr.IntOrString"] = object{"type": []string{"string", "integer"}}
	schemas := map[string]object{}
	for name, definition := range file.Definitions {
		kinds, _ := definition["x-kubernetes-group-version-kind"].([]any)
		if len(kinds) != 1 {
			continue // a part of a kind, or an option of many
		}
		kind, _ := kinds[0].(object)
		needed := object{}
		collect(file.Definitions, name, needed)
		text := func(key string) string { s, _ := kind[key].(string); return s }
		schemas[fileName(text("group"), text("version"), text("kind"))] = object{"$ref": "#/definitions/" + name, "definitions": needed}
	}
	return schemas, nil
}

// collect adds the named definition, and all that it refers to, to needed.
func collect(all map[string]object, name string, needed object) {
	if _, done := needed[name]; done {
		return
	}
	needed[name] = all[name]
	walk(all[name], func(o object) {
		if ref, ok := o["$ref"].(string); ok {
			collect(all, strings.TrimPrefix(ref, "#/definitions/"), needed)
		}
	})
}

// custom returns the schemas of a custom resource definition, one a version.
func custom(path string) (map[string]object, error) {
	data, err := os.ReadFile(path) //nolint:gosec // G304: whoever runs it names the file
	if err != nil {
		return nil, err
	}
	var file struct {
		Spec struct {
			Group    string
			Names    struct{ Kind string }
			Versions []struct {
				Name   string
				Schema struct {
					OpenAPIV3Schema object `yaml:"openAPIV3Schema"`
				}
			}
		}
	}
	if err := yaml.Unmarshal(data, &file); err != nil {
		return nil, err
	}
	schemas := map[string]object{}
	for _, version := range file.Spec.Versions {
		schema := version.Schema.OpenAPIV3Schema
		if schema == nil {
			return nil, errors.New("it is no custom resource definition with a schema")
		}
		closed(schema)
		// Not in the definition, but in every object.
		if properties, ok := schema["properties"].(object); ok {
			properties["metadata"] = object{"type": "object"}
		}
		schemas[fileName(file.Spec.Group, version.Name, file.Spec.Names.Kind)] = schema
	}
	return schemas, nil
}

// closed forbids fields without a name in an object schema and all below it.
func closed(schema object) {
	walk(schema, func(o object) {
		_, named := o["properties"].(object)
		_, open := o["additionalProperties"]
		if keep, _ := o["x-kubernetes-preserve-unknown-fields"].(bool); named && !open && !keep {
			o["additionalProperties"] = false
		}
	})
}

// walk calls f with every object in a schema. A field may have the name of a
// keyword; what it holds is a schema all the same.
func walk(value any, f func(object)) {
	switch v := value.(type) {
	case object:
		f(v)
		for _, inner := range v {
			walk(inner, f)
		}
	case []any:
		for _, inner := range v {
			walk(inner, f)
		}
	}
}
