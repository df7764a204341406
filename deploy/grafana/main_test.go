package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

// TestDashboardsAreAsWritten compares the committed files with what is written
// now, and wants Grafana's own types to know every member of them.
func TestDashboardsAreAsWritten(t *testing.T) {
	t.Parallel()
	for _, d := range dashboards {
		want, err := render(d.build())
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join("dashboards", d.file))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("dashboards/%s is not what is written now: run make dashboards", d.file)
		}
		var read dashboard.Dashboard
		if err := json.Unmarshal(got, &read); err != nil {
			t.Errorf("%s: %v", d.file, err)
		}
		again, err := json.Marshal(read)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(tree(t, again), tree(t, got)) {
			t.Errorf("%s has members that Grafana does not know", d.file)
		}
	}
	files, err := filepath.Glob("dashboards/*.json")
	if err != nil || len(files) != len(dashboards) {
		t.Errorf("%d files for %d dashboards (%v): remove what is not written any more", len(files), len(dashboards), err)
	}
}

// TestPanelsSayWhatTheyShow wants of each panel what a reader needs who sees it
// for the first time, and that none covers another.
func TestPanelsSayWhatTheyShow(t *testing.T) {
	t.Parallel()
	var uids []string
	for _, d := range dashboards {
		board, err := d.build().Build()
		if err != nil {
			t.Fatal(err)
		}
		uids = append(uids, *board.Uid)
		for _, variable := range board.Templating.List[1:] {
			if variable.Datasource == nil || *variable.Datasource.Uid != "$datasource" {
				t.Errorf("%s: the variable %s does not ask the chosen data source", d.file, variable.Name)
			}
		}
		taken := map[[2]uint32]string{}
		for _, p := range board.Panels {
			if p.Panel == nil {
				continue // a row
			}
			title := *p.Panel.Title
			if p.Panel.Description == nil || *p.Panel.Description == "" || len(p.Panel.Targets) == 0 {
				t.Errorf("%s: the panel %s has no description or no query", d.file, title)
			}
			if p.Panel.FieldConfig == nil || p.Panel.FieldConfig.Defaults.NoValue == nil {
				t.Errorf("%s: the panel %s does not say when it has no data", d.file, title)
			}
			if p.Panel.Datasource == nil || *p.Panel.Datasource.Uid != "$datasource" {
				t.Errorf("%s: the panel %s does not ask the chosen data source", d.file, title)
			}
			at := p.Panel.GridPos
			for x := at.X; x < at.X+at.W; x++ {
				for y := at.Y; y < at.Y+at.H; y++ {
					if other, is := taken[[2]uint32{x, y}]; is {
						t.Fatalf("%s: the panel %s covers %s", d.file, title, other)
					}
					taken[[2]uint32{x, y}] = title
				}
			}
			if at.X+at.W > 24 {
				t.Errorf("%s: the panel %s leaves the grid", d.file, title)
			}
		}
	}
	// Links lead to a dashboard that there is.
	for _, d := range dashboards {
		content, err := render(d.build())
		if err != nil {
			t.Fatal(err)
		}
		for _, link := range strings.Split(string(content), `"/d/`)[1:] {
			if uid, _, _ := strings.Cut(link, "?"); !slices.Contains(uids, uid) {
				t.Errorf("%s links to the dashboard %q, which is not there", d.file, uid)
			}
		}
	}
}

// tree returns JSON without the order of its members.
func tree(t *testing.T, content []byte) (tree any) {
	t.Helper()
	if err := json.Unmarshal(content, &tree); err != nil {
		t.Fatal(err)
	}
	return tree
}
