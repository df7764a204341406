// Package build_test checks how the project is built and what is shipped with it.
package build_test

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/template"

	"go.yaml.in/yaml/v3"
)

// build is how a binary is built, as the Makefile or as .promu.yml has it.
type build struct {
	Package  string
	Binary   string
	CGO      bool
	Flags    []string
	Tags     []string
	LDFlags  []string
	Platform []string // of a release
}

// The values that both put into the version.
var versions = map[string]string{
	"Version": "1.2.3", "Revision": "r", "Branch": "b", "User": "u", "Host": "h", "Date": "d",
}

// promuBuild returns what promu would do in the folder.
func promuBuild(folder string) (*build, error) {
	data, err := os.ReadFile(filepath.Join(folder, ".promu.yml"))
	if err != nil {
		return nil, err
	}
	var file struct {
		Go struct {
			Version string
			CGO     bool `yaml:"cgo"`
		}
		Repository struct{ Path string }
		Build      struct {
			Binaries []struct{ Name string }
			Tags     struct{ All []string }
			Flags    string
			LDFlags  string `yaml:"ldflags"`
		}
		Tarball    struct{ Files []string }
		Crossbuild struct{ Platforms []string }
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	decoder.KnownFields(true)
	if err := decoder.Decode(&file); err != nil {
		return nil, fmt.Errorf("read .promu.yml: %w", err)
	}
	if len(file.Build.Binaries) != 1 {
		return nil, fmt.Errorf("read .promu.yml: %d binaries, want 1", len(file.Build.Binaries))
	}
	parsed, err := template.New("ldflags").Funcs(template.FuncMap{
		"user": func() string { return versions["User"] },
		"host": func() string { return versions["Host"] },
		"date": func(string) string { return versions["Date"] },
	}).Parse(file.Build.LDFlags)
	if err != nil {
		return nil, fmt.Errorf("read ldflags of .promu.yml: %w", err)
	}
	var ldflags strings.Builder
	if err := parsed.Execute(&ldflags, versions); err != nil {
		return nil, fmt.Errorf("fill in ldflags of .promu.yml: %w", err)
	}
	for _, name := range file.Tarball.Files {
		if _, err := os.Stat(filepath.Join(folder, name)); err != nil {
			return nil, fmt.Errorf("file of the tarball: %w", err)
		}
	}
	return &build{
		Package:  file.Repository.Path + " with Go " + file.Go.Version,
		Binary:   file.Build.Binaries[0].Name,
		CGO:      file.Go.CGO,
		Flags:    strings.Fields(file.Build.Flags),
		Tags:     file.Build.Tags.All,
		LDFlags:  strings.Fields(ldflags.String()),
		Platform: file.Crossbuild.Platforms,
	}, nil
}

// makeBuild returns what make would do in the folder, by asking make.
func makeBuild(t *testing.T, folder string) (*build, error) {
	t.Helper()
	module, err := os.ReadFile(filepath.Join(folder, "go.mod"))
	if err != nil {
		return nil, err
	}
	b := &build{}
	for line := range strings.Lines(string(module)) {
		switch fields := strings.Fields(line); {
		case len(fields) == 2 && fields[0] == "module":
			b.Package = fields[1]
		case len(fields) == 2 && fields[0] == "go":
			b.Package += " with Go " + strings.Join(strings.Split(fields[1], ".")[:2], ".")
		}
	}
	commands, err := goBuilds(t, folder, "build")
	if err != nil {
		return nil, err
	}
	if len(commands) != 1 {
		return nil, fmt.Errorf("make build runs go build %d times, want once", len(commands))
	}
	if err := b.read(commands[0]); err != nil {
		return nil, err
	}
	commands, err = goBuilds(t, folder, "crossbuild")
	if err != nil {
		return nil, err
	}
	for _, command := range commands {
		platform := &build{}
		if err := platform.read(command); err != nil {
			return nil, err
		}
		environment := assignments(command)
		system, machine := environment["GOOS"], environment["GOARCH"]
		b.Platform = append(b.Platform, system+"/"+machine)
		if want := ".build/" + system + "-" + machine + "/" + b.Binary; platform.Binary != want {
			return nil, fmt.Errorf("make crossbuild makes %s, want %s", platform.Binary, want)
		}
		platform.Package, platform.Binary, platform.Platform = b.Package, b.Binary, b.Platform
		if d := difference(b, platform); d != "" {
			return nil, fmt.Errorf("make build and make crossbuild differ: %s", d)
		}
	}
	return b, nil
}

// goBuilds returns the go build commands that make would run for a target and
// variables, in words.
func goBuilds(t *testing.T, folder string, arguments ...string) ([][]string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "make", append([]string{"--no-print-directory", "-n",
		"VERSION=" + versions["Version"], "REVISION=" + versions["Revision"], "BRANCH=" + versions["Branch"],
		"BUILD_USER=" + versions["User"] + "@" + versions["Host"], "BUILD_DATE=" + versions["Date"], "GO=go"}, arguments...)...)
	cmd.Dir = folder
	out, err := cmd.CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("make -n %s (is make installed?): %w\n%s", arguments, err, out)
	}
	var commands [][]string
	for line := range strings.Lines(string(out)) {
		if words := shellWords(line); slices.Contains(words, "go") && slices.Contains(words, "build") {
			commands = append(commands, words)
		}
	}
	return commands, nil
}

// read takes the parts of a go build command.
func (b *build) read(words []string) error {
	b.CGO = assignments(words)["CGO_ENABLED"] == "1"
	rest := words[slices.Index(words, "build")+1:]
	for len(rest) > 0 {
		switch word := rest[0]; {
		case (word == "-tags" || word == "-ldflags" || word == "-o") && len(rest) > 1:
			switch word {
			case "-tags":
				b.Tags = strings.Split(rest[1], ",")
			case "-ldflags":
				b.LDFlags = strings.Fields(rest[1])
			case "-o":
				b.Binary = rest[1]
			}
			rest = rest[2:]
		case strings.HasPrefix(word, "-"):
			b.Flags = append(b.Flags, word)
			rest = rest[1:]
		case word == "." && len(rest) == 1:
			return nil
		default:
			return fmt.Errorf("unexpected %q in %q", word, words)
		}
	}
	return fmt.Errorf("no package in %q", words)
}

// assignments returns the environment in front of a command.
func assignments(words []string) map[string]string {
	environment := map[string]string{}
	for _, word := range words {
		name, value, found := strings.Cut(word, "=")
		if !found || strings.HasPrefix(word, "-") {
			break
		}
		environment[name] = value
	}
	return environment
}

// shellWords splits a command line at blanks outside quotes and drops the quotes.
func shellWords(line string) []string {
	var words []string
	var word strings.Builder
	var quote rune
	inWord := false
	for _, c := range line {
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote, inWord = c, true
		case quote == 0 && strings.ContainsRune(" \t\n", c):
			if inWord {
				words = append(words, word.String())
			}
			word.Reset()
			inWord = false
		default:
			word.WriteRune(c)
			inWord = true
		}
	}
	return words
}

// difference says in what two builds differ, and is empty when they are the same.
func difference(a, b *build) string {
	rows := map[string][2]string{
		"module and Go version": {a.Package, b.Package},
		"binary":                {a.Binary, b.Binary},
		"cgo":                   {fmt.Sprint(a.CGO), fmt.Sprint(b.CGO)},
		"flags":                 {fmt.Sprint(a.Flags), fmt.Sprint(b.Flags)},
		"tags":                  {fmt.Sprint(a.Tags), fmt.Sprint(b.Tags)},
		"ldflags":               {fmt.Sprint(a.LDFlags), fmt.Sprint(b.LDFlags)},
		"platforms":             {fmt.Sprint(a.Platform), fmt.Sprint(b.Platform)},
	}
	var found []string
	for _, what := range slices.Sorted(maps.Keys(rows)) {
		if row := rows[what]; row[0] != row[1] {
			found = append(found, fmt.Sprintf("%s: %s and %s", what, row[0], row[1]))
		}
	}
	return strings.Join(found, "\n")
}

// compare says in what the Makefile and .promu.yml of a folder differ.
func compare(t *testing.T, folder string) (string, error) {
	t.Helper()
	promu, err := promuBuild(folder)
	if err != nil {
		return "", err
	}
	makefile, err := makeBuild(t, folder)
	if err != nil {
		return "", err
	}
	return difference(makefile, promu), nil
}

func TestMakefileAndPromuBuildTheSame(t *testing.T) {
	t.Parallel()
	found, err := compare(t, "../../..")
	if err != nil {
		t.Fatal(err)
	}
	if found != "" {
		t.Errorf("Makefile and .promu.yml differ in:\n%s", found)
	}
}

func TestDifferenceBetweenMakefileAndPromuIsFound(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, file, old, new string }{
		{"tag left out in make", "Makefile", "netgo,osusergo,", "netgo,"},
		{"tag left out in promu", ".promu.yml", "            - osusergo\n", ""},
		{"dynamic in make", "Makefile", "-extldflags '-static'", ""},
		{"dynamic in promu", ".promu.yml", "        -extldflags '-static'\n", ""},
		{"no branch in make", "Makefile", "-X $(PACKAGE).Branch=$(BRANCH)", ""},
		{"other version variable in promu", ".promu.yml", "version.Revision={{.Revision}}", "version.Revision={{.Version}}"},
		{"flag left out in make", "Makefile", "-trimpath ", ""},
		{"flag left out in promu", ".promu.yml", "-trimpath ", ""},
		{"no cgo in make", "Makefile", "CGO_ENABLED=1", "CGO_ENABLED=0"},
		{"no cgo in promu", ".promu.yml", "cgo: true", "cgo: false"},
		{"other Go in promu", ".promu.yml", "version: 1.26", "version: 1.25"},
		{"other module in promu", ".promu.yml", "path: github.com/", "path: example.com/"},
		{"other binary in promu", ".promu.yml", "name: drift_exporter", "name: exporter"},
		{"other binary in make", "Makefile", "BINARY    := drift_exporter", "BINARY    := exporter"},
		{"platform left out in make", "Makefile", "linux/amd64 linux/arm64", "linux/amd64"},
		{"platform more in promu", ".promu.yml", "        - linux/arm64\n", "        - linux/arm64\n        - linux/riscv64\n"},
		{"missing file in the tarball", ".promu.yml", "        - NOTICE", "        - NOTES"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			for _, name := range []string{"Makefile", ".promu.yml", "VERSION", "go.mod", "LICENSE", "NOTICE"} {
				data, err := os.ReadFile(filepath.Join("../../..", name))
				if err != nil {
					t.Fatal(err)
				}
				if name == tt.file {
					if !bytes.Contains(data, []byte(tt.old)) {
						t.Fatalf("%s has no %q to change", name, tt.old)
					}
					data = bytes.Replace(data, []byte(tt.old), []byte(tt.new), 1)
				}
				if err := os.WriteFile(filepath.Join(folder, name), data, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if found, err := compare(t, folder); err == nil && found == "" {
				t.Error("the difference was not found")
			}
		})
	}
}

func TestTagsOfTheCallerComeOnTop(t *testing.T) {
	t.Parallel()
	tags := func(arguments ...string) []string {
		commands, err := goBuilds(t, "../../..", append([]string{"build"}, arguments...)...)
		if err != nil {
			t.Fatal(err)
		}
		b := &build{}
		if err := b.read(commands[0]); err != nil {
			t.Fatal(err)
		}
		return b.Tags
	}
	if got, want := tags("TAGS=nobigquery"), append(tags(), "nobigquery"); !slices.Equal(got, want) {
		t.Errorf("make build TAGS=nobigquery builds with %q, want %q", got, want)
	}
}

func TestVersionHasItsChanges(t *testing.T) {
	t.Parallel()
	version, err := os.ReadFile("../../../VERSION")
	if err != nil {
		t.Fatal(err)
	}
	changes, err := os.ReadFile("../../../CHANGELOG.md")
	if err != nil {
		t.Fatal(err)
	}
	heading := "\n## " + strings.TrimSpace(string(version)) + " / "
	if !strings.Contains(string(changes), heading) {
		t.Errorf("CHANGELOG.md has no heading %q", strings.TrimSpace(heading))
	}
}
