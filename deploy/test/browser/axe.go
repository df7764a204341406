package browser

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// The version of axe-core, and the SHA-256 of its axe.min.js.
const (
	axeVersion  = "4.14.1"
	axeChecksum = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"
)

var errNoNPM = errors.New("no npm to fetch axe-core with: apt-get install npm")

// axe is the source of axe-core, fetched once from the registry of npm.
var axe = sync.OnceValues(func() (source string, err error) {
	npm, err := exec.LookPath("npm")
	if err != nil {
		return "", errNoNPM
	}
	dir, err := os.MkdirTemp("", "drift_exporter-axe-")
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	install := exec.CommandContext(context.Background(), npm, "install", "--prefix", dir, "--ignore-scripts", "--no-audit", "--no-fund", "--silent", "axe-core@"+axeVersion) // #nosec G204 -- our own arguments
	if out, err := install.CombinedOutput(); err != nil {
		return "", fmt.Errorf("npm install axe-core: %w\n%s", err, out)
	}
	text, err := os.ReadFile(filepath.Join(dir, "node_modules", "axe-core", "axe.min.js")) // #nosec G304 -- a folder of ours, and its sum is checked
	if err != nil {
		return "", err
	}
	if sum := sha256.Sum256(text); hex.EncodeToString(sum[:]) != axeChecksum {
		return "", fmt.Errorf("axe-core %s has the SHA-256 %x, want %s", axeVersion, sum, axeChecksum)
	}
	return string(text), nil
})

// violation is a rule of axe-core that a page breaks.
type violation struct {
	ID     string `json:"id"`
	Impact string `json:"impact"`
	Help   string `json:"help"`
	Nodes  []struct {
		HTML    string `json:"html"`
		Summary string `json:"failureSummary"`
	} `json:"nodes"`
}

// Axe returns what keeps some people from using the page, by the rules of axe-core for
// WCAG 2.2 AA and its best practices. Without npm the test skips.
func (p *Page) Axe(t testing.TB) (broken []string) {
	t.Helper()
	source, err := axe()
	if errors.Is(err, errNoNPM) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	Eval[int](t, p, source+"; 0")
	found := Eval[[]violation](t, p, `axe.run(document).then(r => r.violations)`)
	for _, v := range found {
		where := make([]string, 0, len(v.Nodes))
		for _, n := range v.Nodes {
			where = append(where, fmt.Sprintf("%.200s (%s)", n.HTML, strings.Join(strings.Fields(n.Summary), " ")))
		}
		broken = append(broken, fmt.Sprintf("%s (%s): %s\n    %s", v.ID, v.Impact, v.Help, strings.Join(where[:min(3, len(where))], "\n    ")))
	}
	return broken
}
