// Command grafana writes the dashboards for Grafana, one JSON file each, into
// the folder dashboards next to it. They are committed; a test compares them.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

// dashboards lists them all, by the name of the file.
var dashboards = []struct {
	file  string
	build func() *dashboard.DashboardBuilder
}{
	{"models.json", models},
	{"features.json", features},
	{"performance.json", performance},
	{"decisions.json", decisions},
	{"operations.json", operations},
}

func main() {
	folder := "deploy/grafana/dashboards"
	for _, d := range dashboards {
		content, err := render(d.build())
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, d.file), content, 0o644) // #nosec G306 -- Grafana reads it as another user
		}
		if err != nil {
			fmt.Fprintf(os.Stderr, "write %s: %v\n", d.file, err)
			os.Exit(1)
		}
	}
}

// render returns a dashboard as Grafana imports it.
func render(b *dashboard.DashboardBuilder) ([]byte, error) {
	d, err := b.Build()
	if err != nil {
		return nil, err
	}
	content, err := json.MarshalIndent(d, "", "  ")
	return append(content, '\n'), err
}
