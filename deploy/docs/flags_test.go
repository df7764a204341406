package docs_test

import (
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kingpin/v2"
	"github.com/prometheus/common/promslog"
	promslogflag "github.com/prometheus/common/promslog/flag"

	"github.com/drift-exporter/drift_exporter/collector/command"
)

const flagsHead = `# Commands and flags

A command line is ` + "`drift_exporter [COMMAND] [FLAGS]`" + `; without a command it is the exporter. Durations are written ` + "`90d`," + `
` + "`1h30m` or `0.5s`" + `. A flag shown as ` + "`--[no-]NAME`" + ` is a switch. No secret is ever a flag: TLS and passwords are in
` + "`--web.config.file`" + `, and BigQuery uses Google's application-default credentials.

## Every command

`

// application is the command line as main builds it.
func application() *kingpin.ApplicationModel {
	app := kingpin.New("drift_exporter", "")
	app.HelpFlag.Short('h')
	app.Version("")
	promslogflag.AddFlags(app, &promslog.Config{})
	command.Add(app, &command.Environment{Stdout: io.Discard, Stderr: io.Discard})
	return app.Model()
}

// leaves returns the commands that can be run, those of a group one by one.
func leaves(group *kingpin.CmdGroupModel, inherited []*kingpin.FlagModel) (all []*kingpin.CmdModel) {
	for _, c := range group.Commands {
		own := *c
		own.FlagGroupModel = &kingpin.FlagGroupModel{Flags: slices.Concat(inherited, c.Flags)}
		if len(c.Commands) == 0 {
			all = append(all, &own)
		} else {
			all = append(all, leaves(c.CmdGroupModel, own.Flags)...)
		}
	}
	return all
}

// TestFlagsPageIsWhatTheCommandLineTakes writes FLAGS.md from the commands and
// their flags.
func TestFlagsPageIsWhatTheCommandLineTakes(t *testing.T) {
	t.Parallel()
	app := application()
	var page strings.Builder
	page.WriteString(generated + flagsHead)
	for _, f := range visible(app.Flags) {
		page.WriteString(item(f))
	}
	commands := leaves(app.CmdGroupModel, nil)
	if len(commands) < 14 { // an empty list would pass
		t.Fatalf("only %d commands", len(commands))
	}
	described := map[string]string{} // which command describes a flag, by its text
	for _, c := range commands {
		title := c.FullCommand
		if c.Default {
			title += " (default)"
		}
		fmt.Fprintf(&page, "\n## %s\n\n%s\n", title, wrapped(c.Help, ""))
		own, shared := "", map[string]string{}
		for _, f := range visible(c.Flags) {
			text := item(f)
			if first, seen := described[text]; seen {
				shared[first] += "`--" + f.Name + "` "
				continue
			}
			described[text] = c.FullCommand
			own += text
		}
		if own != "" {
			page.WriteString("\n" + own)
		}
		for _, first := range slices.Sorted(maps.Keys(shared)) {
			fmt.Fprintf(&page, "\nAs in `%s`:\n%s\n", first, wrapped(shared[first], ""))
		}
	}
	held(t, "FLAGS.md", page.String())
}

func visible(flags []*kingpin.FlagModel) []*kingpin.FlagModel {
	return slices.DeleteFunc(slices.Clone(flags), func(f *kingpin.FlagModel) bool { return f.Hidden })
}

// item is a flag as one item of a list.
func item(f *kingpin.FlagModel) string {
	name := "--" + f.Name
	switch {
	case f.IsBoolFlag():
		name = "--[no-]" + f.Name
	case f.PlaceHolder != "":
		name += "=" + f.PlaceHolder
	case len(f.Default) > 0:
		name += "=" + strings.Join(f.Default, ",")
	default:
		name += "=..."
	}
	help := f.Help
	if f.IsBoolFlag() && slices.Equal(f.Default, []string{"true"}) {
		help += " On by default."
	}
	if f.Required {
		help += " Required."
	}
	if f.Envar != "" {
		help += " Environment: `" + f.Envar + "`."
	}
	return "- " + strings.TrimPrefix(wrapped("`"+name+"`: "+help, "  "), "  ") + "\n"
}

// TestCommandLinesOfDocumentsAreTaken finds a flag or a command that a document,
// a unit or a manifest uses and the program does not have.
func TestCommandLinesOfDocumentsAreTaken(t *testing.T) {
	t.Parallel()
	app := application()
	known := map[string]map[string]bool{"": {}} // flags by command
	any := known[""]
	for _, f := range app.Flags {
		any[f.Name], any["no-"+f.Name] = true, true
	}
	for _, c := range leaves(app.CmdGroupModel, app.Flags) {
		flags := map[string]bool{}
		for _, f := range c.Flags {
			flags[f.Name], flags["no-"+f.Name] = true, true
			any[f.Name], any["no-"+f.Name] = true, true
		}
		known[c.FullCommand] = flags
		if c.Default {
			known["default"] = flags
		}
	}
	line := regexp.MustCompile(`(?:^|[\s(` + "`" + `])(?:\./)?drift_exporter((?: +[^\s` + "`" + `|&;#)]+)*)`)
	flag := regexp.MustCompile(`^--([a-z][a-z0-9.-]*)`)
	dotted := regexp.MustCompile(`(?:^|[\s('"` + "`" + `])--((?:no-)?[a-z]+\.[a-z][a-z0-9._-]*[a-z0-9])`)
	lines := 0
	for _, path := range documents(t) {
		text := strings.ReplaceAll(read(t, path), "\\\n", " ")
		for _, match := range line.FindAllStringSubmatch(text, -1) {
			words := strings.Fields(match[1])
			name, flags := "default", known["default"]
			for n := min(2, len(words)); n > 0; n-- {
				if f, ok := known[strings.Join(words[:n], " ")]; ok {
					name, flags = strings.Join(words[:n], " "), f
					break
				}
			}
			for _, w := range words {
				if f := flag.FindStringSubmatch(w); f != nil {
					lines++
					if !flags[f[1]] && !any[f[1]] || name != "default" && !flags[f[1]] {
						t.Errorf("%s: drift_exporter%s: the command %s has no flag --%s", path, match[1], name, f[1])
					}
				}
			}
		}
		for _, f := range dotted.FindAllStringSubmatch(text, -1) {
			if !any[f[1]] && !slices.Contains(othersFlags, f[1]) {
				t.Errorf("%s names a flag --%s, which no command has", path, f[1])
			}
		}
	}
	if lines < 30 {
		t.Errorf("only %d flags of command lines were found", lines)
	}
}

// othersFlags are flags with a dot of programs that are not ours.
var othersFlags = []string{"storage.tsdb.path", "storage.tsdb.retention.time", "storage.path"}

// documents are the files that a reader takes command lines from.
func documents(t *testing.T) (paths []string) {
	t.Helper()
	for _, pattern := range []string{
		"*.md", "collector/*/*.md", "predictor/*/*.md", "predictor/*/*/*.md", "deploy/*.md", "deploy/*/*.md", "deploy/*/*/*.md", "deploy/compose.yaml",
		"deploy/kubernetes/*.yaml", "deploy/systemd/*.service", "deploy/helm/*/templates/*.yaml", "deploy/helm/*/values.yaml", "deploy/prometheus/rules/*.yml",
	} {
		found, err := filepath.Glob(filepath.Join("../..", pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range found {
			paths = append(paths, strings.TrimPrefix(filepath.ToSlash(path), "../../"))
		}
	}
	if len(paths) < 40 {
		t.Fatalf("only %d documents", len(paths))
	}
	return paths
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("../..", path))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
