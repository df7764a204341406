package main

import (
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestTheMapOfTheCodeShowsEveryPackage compares the map in CONTRIBUTING.md, where
// a folder is indented below the one that holds it, with the packages.
func TestTheMapOfTheCodeShowsEveryPackage(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	_, drawn, _ := strings.Cut(string(text), "```\nmain.go")
	drawn, _, found := strings.Cut(drawn, "```\n")
	if !found {
		t.Fatal("CONTRIBUTING.md has no map that begins with main.go")
	}
	line := regexp.MustCompile(`^((?:  )*)([a-z][a-z0-9_/, ]*?)/?  `)
	var above []string
	shown := map[string]bool{}
	for l := range strings.Lines(drawn) {
		m := line.FindStringSubmatch(l)
		if m == nil {
			continue
		}
		depth := len(m[1]) / 2
		if depth > len(above) {
			t.Fatalf("%q is indented too far", l)
		}
		for name := range strings.SplitSeq(m[2], ", ") {
			folder := path.Join(append(slices.Clone(above[:depth]), name)...)
			if shown[folder] {
				t.Errorf("the map in CONTRIBUTING.md shows %s twice", folder)
			}
			shown[folder] = true
		}
		above = append(above[:depth], m[2])
	}
	for _, p := range slices.Sorted(maps.Keys(mapOf(arrows))) {
		if p != "" && !shown[p] {
			t.Errorf("the map in CONTRIBUTING.md does not show %s", p)
		}
	}
	for _, p := range slices.Sorted(maps.Keys(shown)) {
		if info, err := os.Stat(p); err != nil || !info.IsDir() {
			t.Errorf("the map in CONTRIBUTING.md shows %s, which is no folder", p)
		}
	}
}
