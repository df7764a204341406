// Package raise holds requests to review more predictions of a model for a while: files in a
// folder, one for each request. A responder writes them. The reviews read them, and never write.
// A request ends by itself, or when its file is removed.
package raise

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/rows"
)

// Raise is a request to review more.
type Raise struct {
	// Run identifies the request.
	Run   string `json:"run"`
	Model string `json:"model"`
	// Sample is the probability with which a prediction is drawn, above 0 and at most 1.
	Sample float64 `json:"sample"`
	// Until is when the request ends.
	Until time.Time `json:"until"`
}

// Longest is how far in the future the end of a request can be.
const Longest = 90 * 24 * time.Hour

const (
	prefix = "raise-"
	suffix = ".json"
	// largest is the maximum size of a file, in bytes.
	largest = 64 << 10
)

var runName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

func (r *Raise) check(now time.Time) error {
	switch {
	case !runName.MatchString(r.Run):
		return fmt.Errorf("run is %q; it has 1 to 64 letters, digits, hyphens and underscores", r.Run)
	case r.Model == "":
		return errors.New("model is missing")
	case !(r.Sample > 0 && r.Sample <= 1):
		return fmt.Errorf("sample is %v; it is above 0 and at most 1", r.Sample)
	case r.Until.IsZero():
		return errors.New("until is missing")
	case r.Until.Sub(now) > Longest:
		return fmt.Errorf("until is %s, which is more than %d days ahead", r.Until.UTC().Format(time.RFC3339), Longest/(24*time.Hour))
	}
	return nil
}

// Path returns the file of a run's request.
func Path(folder, run string) string { return filepath.Join(folder, prefix+run+suffix) }

// Put writes a request, unless there is one of the same run: then it returns that one. It removes
// the requests that have ended. The folder must exist.
func Put(folder string, r Raise, now time.Time) (Raise, error) {
	if err := r.check(now); err != nil {
		return r, err
	}
	path := Path(folder, r.Run)
	if before, err := load(path, now); err == nil && before.Model == r.Model {
		return before, nil
	}
	err := rows.WriteFile(path, func(w io.Writer) error { return json.NewEncoder(w).Encode(r) })
	if errors.Is(err, fs.ErrNotExist) {
		return r, fmt.Errorf("the folder %s is not there; it is that of review.raise in the configuration of the outcomes process, which makes it: %w", folder, err)
	}
	if err != nil {
		return r, fmt.Errorf("write the request to review more: %w", err)
	}
	tidy(folder, now)
	return r, nil
}

// tidy removes the requests that have ended. What cannot be removed has no effect.
func tidy(folder string, now time.Time) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return
	}
	for _, e := range entries {
		path := filepath.Join(folder, e.Name())
		if r, err := load(path, now); isRequest(e) && err == nil && !now.Before(r.Until) {
			_ = os.Remove(path)
		}
	}
}

// Read returns the requests that have not ended, in the order of their files' names. Its error is
// about files that are no requests; the others count all the same.
func Read(folder string, now time.Time) (all []Raise, err error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("look for requests to review more: %w", err)
	}
	var wrong []error
	for _, e := range entries {
		if !isRequest(e) {
			continue
		}
		path := filepath.Join(folder, e.Name())
		r, err := load(path, now)
		switch {
		case errors.Is(err, fs.ErrNotExist): // it was removed meanwhile
		case err != nil:
			wrong = append(wrong, fmt.Errorf("%s is no request to review more: %w; correct it or remove it", path, err))
		case now.Before(r.Until):
			all = append(all, r)
		}
	}
	return all, errors.Join(wrong...)
}

func isRequest(e fs.DirEntry) bool {
	return strings.HasPrefix(e.Name(), prefix) && strings.HasSuffix(e.Name(), suffix)
}

func load(path string, now time.Time) (r Raise, err error) {
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() || info.Size() > largest {
		return r, cmp.Or(err, fmt.Errorf("it is not a file of at most %d bytes", largest))
	}
	text, err := os.ReadFile(filepath.Clean(path))
	if err != nil {
		return r, err
	}
	in := json.NewDecoder(strings.NewReader(string(text)))
	in.DisallowUnknownFields()
	if err := in.Decode(&r); err != nil {
		return r, err
	}
	if prefix+r.Run+suffix != filepath.Base(path) {
		return r, fmt.Errorf("run is %q, which does not fit the name of the file", r.Run)
	}
	return r, r.check(now)
}
