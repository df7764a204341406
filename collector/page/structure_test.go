package page

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/drift-exporter/drift_exporter/predictor/value"
)

var update = flag.Bool("update", false, "write the structure of the pages to testdata")

// The structure of a page is its elements with their classes and roles, and the commands of its
// pictures without their numbers. Neighbours that are alike are counted.
func TestPagesHaveTheirStructure(t *testing.T) {
	t.Parallel()
	for name, site := range map[string]struct {
		Options

		target string
	}{
		"model":      {options(loan(t)), "/drift"},
		"feature":    {options(loan(t)), "/drift?feature=income"},
		"several":    {options(drifting(t)), "/drift"},
		"regression": {options(ofType(t, value.Regression, 20)), "/drift"},
		"classes":    {options(ofType(t, value.Multiclass, 0)), "/drift"},
		"failed":     {options(failed(t)), "/drift"},
		"picture":    {options(loan(t)), "/drift.svg?feature=purpose"},
	} {
		root, err := html.Parse(ask(t, site.Options, site.target).Body)
		if err != nil {
			t.Fatal(err)
		}
		got, golden := strings.Join(outline(root, ""), "\n")+"\n", filepath.Join("testdata", name+".structure")
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(filepath.Clean(golden))
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("the structure of %s differs from byte %d on; look at the page, then run go test ./collector/page -run Structure -update", golden, differsAt(got, string(want)))
		}
	}
}

var (
	held    = regexp.MustCompile(`^(class|role|scope|data-metric|data-head|text-anchor)$`)
	numbers = regexp.MustCompile(`[-0-9. ]+`)
)

// outline returns the lines of an element and of what is in it.
func outline(n *html.Node, indent string) (lines []string) {
	if n.Type == html.ElementNode {
		line := indent + n.Data
		for _, a := range n.Attr {
			switch {
			case held.MatchString(a.Key):
				line += " " + a.Key + "=" + a.Val
			case a.Key == "d":
				line += " " + repeated(numbers.ReplaceAllString(a.Val, ""))
			}
		}
		lines, indent = append(lines, line), indent+" "
	}
	var before []string
	times := 1
	flush := func() {
		if len(before) > 0 && times > 1 {
			before[0] += fmt.Sprintf(" x %d", times)
		}
		lines = append(lines, before...)
		times = 1
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		inner := outline(c, indent)
		if len(inner) == 0 {
			continue
		}
		if strings.Join(inner, "\n") == strings.Join(before, "\n") {
			times++
			continue
		}
		flush()
		before = inner
	}
	flush()
	return lines
}

// repeated shortens the commands of a picture: how many rectangles or lines there are.
func repeated(commands string) string {
	if n := strings.Count(commands, "Mhvhz"); n > 0 && n*len("Mhvhz") == len(commands) {
		return fmt.Sprintf("%d rectangles", n)
	}
	if n := strings.Count(commands, "L"); n > 2 {
		return fmt.Sprintf("%.2s and %d lines", commands, n)
	}
	return commands
}
