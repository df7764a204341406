package raise

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func TestARequestLastsUntilItsEndHoweverOftenItIsMade(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	first, err := Put(folder, Raise{Run: "a1", Model: "loans", Sample: .3, Until: now.Add(time.Hour)}, now)
	if err != nil {
		t.Fatal(err)
	}
	later := now.Add(30 * time.Minute)
	again, err := Put(folder, Raise{Run: "a1", Model: "loans", Sample: .9, Until: later.Add(time.Hour)}, later)
	if err != nil || again != first {
		t.Errorf("repeated: %+v, %v; want %+v", again, err, first)
	}
	if _, err := Put(folder, Raise{Run: "b2", Model: "shop", Sample: .5, Until: later.Add(time.Hour)}, later); err != nil {
		t.Fatal(err)
	}
	for at, want := range map[time.Time]int{later: 2, first.Until.Add(-1): 2, first.Until: 1, later.Add(time.Hour): 0} {
		if all, err := Read(folder, at); err != nil || len(all) != want {
			t.Errorf("at %s: %+v, %v; want %d", at, all, err, want)
		}
	}
	if _, err := Put(folder, Raise{Run: "c3", Model: "shop", Sample: .5, Until: later.Add(2 * time.Hour)}, first.Until); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(Path(folder, "a1")); !os.IsNotExist(err) {
		t.Errorf("the request that has ended is still there: %v", err)
	}
	if entries, err := os.ReadDir(folder); err != nil || len(entries) != 2 {
		t.Errorf("%v, %v", entries, err)
	}
}

func TestWrongRequestsAreSaidAndTheOthersCount(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":     "EOF",
		"null": `run is "", which does not fit`,
		"[]":   "cannot unmarshal",
		`{"run":"b","model":"m","sample":1,"until":"2026-03-01T13:00:00Z"}`:                `run is "b", which does not fit the name of the file`,
		`{"run":"x","sample":1,"until":"2026-03-01T13:00:00Z"}`:                            "model is missing",
		`{"run":"x","model":"m","until":"2026-03-01T13:00:00Z"}`:                           "sample is 0; it is above 0",
		`{"run":"x","model":"m","sample":1.1,"until":"2026-03-01T13:00:00Z"}`:              "sample is 1.1",
		`{"run":"x","model":"m","sample":1}`:                                               "until is missing",
		`{"run":"x","model":"m","sample":1,"until":"2027-03-01T13:00:00Z"}`:                "more than 90 days ahead",
		`{"run":"x","model":"m","sample":1,"until":"soon"}`:                                "parsing time",
		`{"run":"x","model":"m","sample":1,"until":"2026-03-01T13:00:00Z","forever":true}`: `unknown field "forever"`,
		strings.Repeat(" ", largest+1):                                                     "at most 65536 bytes",
	} {
		folder := t.TempDir()
		if _, err := Put(folder, Raise{Run: "good", Model: "m", Sample: .2, Until: now.Add(time.Hour)}, now); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(Path(folder, "x"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		all, err := Read(folder, now)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), Path(folder, "x")) || len(all) != 1 {
			t.Errorf("%.80q: %+v, %v; want %q", text, all, err, want)
		}
	}
	for _, r := range []Raise{{Run: "../x", Model: "m", Sample: 1, Until: now}, {Run: "x", Model: "m", Sample: 2, Until: now}} {
		if _, err := Put(t.TempDir(), r, now); err == nil {
			t.Errorf("%+v was written", r)
		}
	}
	if _, err := Put(filepath.Join(t.TempDir(), "none"), Raise{Run: "x", Model: "m", Sample: 1, Until: now}, now); err == nil || !strings.Contains(err.Error(), "it is that of review.raise") {
		t.Errorf("without a folder: %v", err)
	}
}

func TestARequestReplacesAnUnreadableOneOfItsRun(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := os.WriteFile(Path(folder, "x"), []byte(`{"run":`), 0o600); err != nil {
		t.Fatal(err)
	}
	want := Raise{Run: "x", Model: "m", Sample: .2, Until: now.Add(time.Hour)}
	if _, err := Put(folder, want, now); err != nil {
		t.Fatal(err)
	}
	if all, err := Read(folder, now); err != nil || len(all) != 1 || all[0] != want {
		t.Errorf("%+v, %v", all, err)
	}
}
