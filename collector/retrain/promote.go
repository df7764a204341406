package retrain

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/model"
	"github.com/drift-exporter/drift_exporter/predictor/respond"
	"github.com/drift-exporter/drift_exporter/predictor/rows"
	"github.com/drift-exporter/drift_exporter/predictor/strictyaml"
)

// swap replaces the files of the served model and has programs read them.
type swap struct {
	model, reference string   // files
	reload           []string // addresses of POST /-/reload
}

// parseSwap reads the keys that promote and roll_back share.
func parseSwap(d decoder, n node, what string, further ...string) (s swap, m *strictyaml.Map) {
	m = d.Map(n, what, append([]string{"model_file", "reference_file", "reload"}, further...)...)
	m.Require("model_file", "write the path of the served model")
	m.Require("reference_file", "write the path of the served model's reference")
	s = swap{model: m.Text("model_file", ""), reference: m.Text("reference_file", ""), reload: addresses(m)}
	return s, m
}

// addresses reads the key reload.
func addresses(m *strictyaml.Map) []string {
	all := m.Texts("reload", "list addresses such as http://127.0.0.1:5000/-/reload, or leave it out")
	for _, address := range all {
		if m.Err == nil && !strings.HasPrefix(address, "http://") && !strings.HasPrefix(address, "https://") {
			m.Wrong("reload", "reload has %q; write addresses that begin with http:// or https://", address)
		}
	}
	return all
}

// pair is a model and its reference, as the contents of their files.
type pair struct{ model, reference []byte }

// put replaces the reference, then the model, and then has programs read them. Until the model is
// replaced, the former version is served and judged by the new reference's version alone, which has
// no predictions yet. If a program refuses the new files, the former ones are put back.
func (s *swap) put(ctx context.Context, next, former pair) error {
	if err := s.replace(next); err != nil {
		return err
	}
	err := s.readAgain(ctx)
	if _, is := errors.AsType[*refusedError](err); !is {
		return err
	}
	if back := s.replace(former); back != nil {
		return errors.Join(err, fmt.Errorf("put the former files back: %w", back))
	}
	return errors.Join(fmt.Errorf("%w; the former files are in place again", err), s.readAgain(ctx))
}

// replace replaces both files. Both are on the disk before the first is replaced: a disk that is
// full leaves the former ones.
func (s *swap) replace(p pair) error {
	const staged = ".next"
	files := []struct {
		path string
		data []byte
	}{{s.reference, p.reference}, {s.model, p.model}}
	for _, f := range files {
		err := rows.WriteFile(f.path+staged, func(w io.Writer) error {
			_, err := w.Write(f.data)
			return err
		})
		if err != nil {
			_ = os.Remove(s.reference + staged) // it may be there, and is no longer needed
			return fmt.Errorf("replace %s: %w; nothing was replaced", f.path, err)
		}
	}
	for _, f := range files {
		if err := os.Rename(f.path+staged, f.path); err != nil {
			return fmt.Errorf("replace %s: %w", f.path, err)
		}
	}
	return nil
}

// readAgain has all programs read the files.
func (s *swap) readAgain(ctx context.Context) error {
	for _, address := range s.reload {
		if err := reload(ctx, address); err != nil {
			return fmt.Errorf("the files are replaced, but not read: %w", err)
		}
	}
	return nil
}

// refusedError is the answer of a program that does not read a file.
type refusedError struct{ address, status, text string }

// Error implements error.
func (e *refusedError) Error() string {
	return fmt.Sprintf("%s was answered with %s: %s", e.address, e.status, e.text)
}

// reloadRetry is the time between two attempts to reach a program.
const reloadRetry = time.Second

// reload has a program read its files. While the program cannot be reached, it tries again until
// ctx ends: the program may be starting.
func reload(ctx context.Context, address string) error {
	for {
		err := reloadOnce(ctx, address)
		if _, refused := errors.AsType[*refusedError](err); err == nil || refused {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(reloadRetry):
		}
	}
}

func reloadOnce(ctx context.Context, address string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, http.NoBody)
	if err != nil {
		return fmt.Errorf("make the request: %w", err)
	}
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("reload: %w", err)
	}
	text, err := io.ReadAll(io.LimitReader(answer.Body, 4096))
	if err := errors.Join(err, answer.Body.Close()); err != nil {
		return fmt.Errorf("read the answer of %s: %w", address, err)
	}
	if answer.StatusCode/100 != 2 {
		return &refusedError{address, answer.Status, strings.TrimSpace(string(text))}
	}
	return nil
}

// swapped is the evidence of a swap.
type swapped struct {
	From      string   `json:"from_version"`
	To        string   `json:"to_version"`
	Model     string   `json:"model_file"`
	Reference string   `json:"reference_file"`
	Reloaded  []string `json:"reloaded"`
}

func (s *swapped) text() string {
	return fmt.Sprintf("version %s took the place of version %s", s.To, s.From)
}

// promote is the step promote. It serves the candidate, and keeps the former files in the folder
// of the run.
type promote struct{ swap }

func parsePromote(d decoder, n node) (respond.Step, error) {
	s, m := parseSwap(d, n, "promote")
	return &promote{s}, m.Err
}

// Plan implements respond.Step.
func (p *promote) Plan(*respond.Job) string {
	return fmt.Sprintf("replace %s and %s with the candidate", p.model, p.reference)
}

// Run implements respond.Step.
func (p *promote) Run(ctx context.Context, j *respond.Job) (respond.Result, error) {
	candidate, to, err := loadCandidate(j, "promote")
	if err != nil {
		return respond.Result{}, err
	}
	reference, err := os.ReadFile(filepath.Join(j.Folder, candidateReference))
	if err != nil {
		return respond.Result{}, fmt.Errorf("there is no reference of the candidate: %w", err)
	}
	if to.Name != j.Model {
		return respond.Result{}, fmt.Errorf("the candidate is for model %q, the alert is about %q", to.Name, j.Model)
	}
	from, err := p.keep(j, to)
	if err != nil {
		return respond.Result{}, err
	}
	former, err := readPair(j.Folder, previousModel, previousReference)
	if err != nil {
		return respond.Result{}, err
	}
	if err := p.put(ctx, pair{candidate, reference}, former); err != nil {
		return respond.Result{}, err
	}
	done := swapped{From: from, To: to.Version, Model: p.model, Reference: p.reference, Reloaded: p.reload}
	return respond.Result{Evidence: done, Text: done.text()}, nil
}

// readPair reads a model and its reference in the folder of a run.
func readPair(folder, modelName, referenceName string) (p pair, err error) {
	for _, f := range []struct {
		name string
		data *[]byte
	}{{modelName, &p.model}, {referenceName, &p.reference}} {
		if *f.data, err = os.ReadFile(filepath.Join(folder, f.name)); err != nil { // #nosec G304 -- in the folder of a run
			return p, fmt.Errorf("read what can be put back: %w", err)
		}
	}
	return p, nil
}

// keep copies the served files into the folder of the run, unless an earlier attempt has. It
// returns their version.
func (p *promote) keep(j *respond.Job, candidate *model.Model) (version string, err error) {
	kept := filepath.Join(j.Folder, previousModel)
	if _, m, err := readModel(kept); err == nil {
		return m.Version, nil
	}
	data, m, err := readModel(p.model)
	if err != nil {
		return "", err
	}
	if m.Name != candidate.Name {
		return "", fmt.Errorf("%s is model %q, the candidate is for %q", p.model, m.Name, candidate.Name)
	}
	reference, err := os.ReadFile(filepath.Clean(p.reference))
	if err != nil {
		return "", fmt.Errorf("read the served model's reference: %w", err)
	}
	for _, f := range []struct {
		name string
		data []byte
	}{{previousReference, reference}, {previousModel, data}} {
		err := rows.WriteFile(filepath.Join(j.Folder, f.name), func(w io.Writer) error {
			_, err := io.Copy(w, bytes.NewReader(f.data))
			return err
		})
		if err != nil {
			return "", fmt.Errorf("keep the served files: %w", err)
		}
	}
	return m.Version, nil
}

// readModel reads a model file and checks it.
func readModel(path string) ([]byte, *model.Model, error) {
	data, err := os.ReadFile(filepath.Clean(path))
	if err != nil {
		return nil, nil, fmt.Errorf("read model: %w", err)
	}
	m, err := model.Parse(data)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	return data, m, nil
}
