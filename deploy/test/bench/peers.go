package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
)

//go:embed peers.py
var peersScript []byte

// peerPackages are the packages that each virtual environment gets from PyPI.
var peerPackages = map[string][]string{
	"evidently": {"evidently==0.7.14", "pandas<3"},
	"nannyml":   {"nannyml==0.13.1", "statsmodels==0.15.0"}, // which it imports and does not require
}

// peers measures how long other programs take for the same two files, compared with reference and
// replay. It runs once, because some take a minute.
func peers(ctx context.Context, s settings) (*bench, error) {
	rows := 200_000
	if s.quick {
		rows = 2000
	}
	before, after, script := filepath.Join(s.dir, "before.csv"), filepath.Join(s.dir, "after.csv"), filepath.Join(s.dir, "peers.py")
	if err := errors.Join(makeCSV(before, rows, 0), makeCSV(after, rows, .3), os.WriteFile(script, peersScript, 0o600)); err != nil {
		return nil, err
	}
	b := &bench{}
	measured := sample{}
	if err := ourDrift(ctx, s, before, after, measured); err != nil {
		return nil, err
	}
	for _, peer := range []struct{ name, environment string }{
		{"pandas", "evidently"}, {"scipy", "evidently"}, {"evidently", "evidently"}, {"evidently kl_div", "evidently"}, {"nannyml", "nannyml"},
	} {
		b.rows = append(b.rows, peerRows(ctx, s, peer.name, peer.environment, []string{script, peer.name, before, after}, measured)...)
	}
	done := false
	b.probes = []probe{func(_ context.Context, out sample) error {
		if !done {
			done = true
			maps.Copy(out, measured)
		}
		return nil
	}}
	return b, nil
}

// ourDrift measures reference and replay.
func ourDrift(ctx context.Context, s settings, before, after string, out sample) error {
	reference := filepath.Join(s.dir, "reference.json")
	first, err := run1(exec.CommandContext(ctx, s.binary, "reference", "--csv="+before, "--model.name=m", "--reference.output="+reference)) // #nosec G204 -- our own
	if err != nil {
		return err
	}
	second, err := run1(replayOf(ctx, s, "csv", after, reference))
	out["ours"], out["ours memory"] = first.seconds+second.seconds, max(first.peak, second.peak)
	out["ours processor"] = first.processor + second.processor
	return err
}

// peerRows measures one peer and returns its lines.
func peerRows(ctx context.Context, s settings, name, environment string, args []string, out sample) []row {
	what := "reference and replay, against " + name
	python, err := peerPython(ctx, s, environment)
	var used ran
	if err == nil {
		used, err = run1(exec.CommandContext(ctx, python, args...)) // #nosec G204 -- our own
	}
	var said struct {
		Version     string
		Read, Drift float64
		Processor   float64
	}
	if err == nil {
		err = json.Unmarshal([]byte(used.output), &said)
	}
	if err != nil {
		return []row{{what: what, ours: "no " + name, unit: duration, notRun: fmt.Sprintf("%s: %.200v", name, err)}}
	}
	out[name], out[name+" memory"], out[name+" processor"] = said.Read+said.Drift, used.peak, said.Processor
	beside := fmt.Sprintf("%s: reading %s, drift %s", said.Version, duration(said.Read), duration(said.Drift))
	return []row{
		{what: what, ours: "ours", floor: name, beside: beside, unit: duration},
		{what: "processor time, against " + name, ours: "ours processor", floor: name + " processor", beside: said.Version, unit: duration},
		{what: "peak memory, against " + name, ours: "ours memory", floor: name + " memory", beside: said.Version, unit: mebibytes},
	}
}

// peerPython returns the Python of a virtual environment. It makes the environment if it does not
// exist.
func peerPython(ctx context.Context, s settings, environment string) (string, error) {
	dir := filepath.Join(s.peers, environment)
	python := filepath.Join(dir, "bin", "python3")
	if _, err := os.Stat(python); err == nil {
		return python, nil
	}
	if _, err := run1(exec.CommandContext(ctx, "python3", "-m", "venv", dir)); err != nil { // #nosec G204 -- our own
		return "", errors.Join(err, os.RemoveAll(dir))
	}
	install := append([]string{"-m", "pip", "install", "--quiet"}, peerPackages[environment]...)
	if _, err := run1(exec.CommandContext(ctx, python, install...)); err != nil { // #nosec G204 -- our own
		return "", errors.Join(err, os.RemoveAll(dir))
	}
	return python, nil
}
