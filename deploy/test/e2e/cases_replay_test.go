package e2e_test

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestReplayTakesDatesWithoutSeparators: 20260101 is a day, not seconds since 1970.
func TestReplayTakesDatesWithoutSeparators(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	days := func(form string) string {
		return "day,x\n" + repeated(400, func(i int) string {
			return fmt.Sprintf("%s,%d\n", first.AddDate(0, 0, i/10).Format(form), i%9)
		})
	}
	reference := filepath.Join(dir, "reference.json")
	command(t, 0, "reference", "--csv="+file(t, dir, "rows.csv", days("20060102")), "--ignore=day", "--model.name=m", "--reference.output="+reference)
	for _, form := range []string{"20060102", "20060102150405", time.DateOnly, time.RFC3339} {
		metrics := filepath.Join(dir, form)
		command(t, 0, "replay", "--csv="+file(t, dir, "rows.csv", days(form)), "--time=day", "--reference.file="+reference, "--step=1h", "--output.step=1h", "--window.predictions=100", "--output.openmetrics="+metrics, quick)
		from, to := times(t, metrics)
		if last := first.AddDate(0, 0, 39); from.Before(first) || from.After(first.Add(2*time.Hour)) || to.Before(last) || to.After(last.Add(2*time.Hour)) {
			t.Errorf("days as %s: samples from %v to %v", form, from, to)
		}
	}
}

// times are those of the first and of the last sample in a file of samples over time.
func times(t *testing.T, path string) (first, last time.Time) {
	t.Helper()
	text, err := os.ReadFile(path) // #nosec G304 -- our own
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		words := strings.Fields(line)
		seconds, err := strconv.ParseFloat(words[len(words)-1], 64)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		at := time.Unix(int64(seconds), 0).UTC()
		if first.IsZero() || at.Before(first) {
			first = at
		}
		if at.After(last) {
			last = at
		}
	}
	return first, last
}

// TestReplayRefusesScoresThatAreNoProbabilities: the error names the range found.
func TestReplayRefusesScoresThatAreNoProbabilities(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	scores := func(of func(p float64) float64) string {
		return "x,p\n" + repeated(401, func(i int) string { return fmt.Sprintf("%d,%v\n", i%9, of(float64(i)/400)) })
	}
	reference := filepath.Join(dir, "reference.json")
	probabilities := file(t, dir, "rows.csv", scores(func(p float64) float64 { return p }))
	command(t, 0, "reference", "--csv="+probabilities, "--score=p", "--model.name=m", "--reference.output="+reference)
	command(t, 0, "replay", "--csv="+probabilities, "--score=p", "--reference.file="+reference, "--window.predictions=100", quick)
	for says, of := range map[string]func(p float64) float64{
		"the scores go from 0 to 100":    func(p float64) float64 { return 100 * p },
		"the scores go from -3 to 3":     func(p float64) float64 { return math.Round(600*p)/100 - 3 },
		"the scores go from -0.5 to 0.5": func(p float64) float64 { return p - .5 },
		"the scores go from 0 to 1.5":    func(p float64) float64 { return 1.5 * p },
	} {
		path := file(t, dir, "other.csv", scores(of))
		said := command(t, 1, "replay", "--csv="+path, "--score=p", "--reference.file="+reference)
		if !strings.Contains(said, `column "p": `+says+":") || !strings.Contains(said, "from 0 to 1") {
			t.Errorf("want %q, says %s", says, said)
		}
	}
}

// timeOn is what replay says of how long an alarm was on.
var timeOn = regexp.MustCompile(`\d+(\.\d+)? %`)

// TestTimeOnIsAShare: however often the clock of the rows goes back, an alarm is on
// for no more than all of the time that passed.
func TestTimeOnIsAShare(t *testing.T) {
	t.Parallel()
	from := time.Date(2026, 3, 31, 0, 0, 0, 0, time.UTC)
	for name, back := range map[string][]time.Duration{
		"never": nil, "30 days": {30 * 24 * time.Hour}, "an hour, twice": {time.Hour, time.Hour}, "a week and two minutes": {7 * 24 * time.Hour, 2 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, at := t.TempDir(), from
			log, reference := filepath.Join(dir, "predictions.db"), filepath.Join(dir, "reference.json")
			command(t, 0, "log", "init", "--predictions.log="+log)
			var rows strings.Builder
			rows.WriteString("BEGIN;")
			for part := range len(back) + 1 {
				for i := range 1200 {
					at = at.Add(time.Second)
					fmt.Fprintf(&rows, `INSERT INTO predictions (time, model, features, class) VALUES (%d, 'm', '{"x":%d}', '');`, at.UnixNano(), i%100+50*part)
				}
				if part < len(back) {
					at = at.Add(-back[part])
				}
			}
			execute(t, database(t, log, "rw"), rows.String()+"COMMIT;")
			base := "x\n" + repeated(3000, func(i int) string { return fmt.Sprintf("%d\n", i%100) })
			command(t, 0, "reference", "--csv="+file(t, dir, "base.csv", base), "--model.name=m", "--reference.output="+reference)
			path, err := binary()
			if err != nil {
				t.Fatal(err)
			}
			out, err := exec.CommandContext(t.Context(), path, "replay", "--predictions.log="+log, "--reference.file="+reference, "--window.predictions=500", quick).CombinedOutput() // #nosec G204 -- our own arguments
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			shares := timeOn.FindAllString(string(out), -1)
			if back != nil && len(shares) == 0 {
				t.Errorf("no share in\n%s", out)
			}
			for _, s := range shares {
				if x, err := strconv.ParseFloat(strings.TrimSuffix(s, " %"), 64); err != nil || x > 100 {
					t.Errorf("time on is %s\n%s", s, out)
				}
			}
		})
	}
}
