// Command generate rebuilds the embedded loan model and its reference. It writes the generator's
// first 100,000 loans as a CSV and runs the train command of this module on them. `go generate
// ./predictor/model` runs it.
//
// The same sources give the same bytes. The seeds are fixed, and so is the CSV's time, which
// train uses as the time of the data.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/simulate"
)

func main() {
	if err := generate(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

// generate takes the module's directory, and the model file and the reference file that it
// writes, relative to this directory.
func generate(ctx context.Context, args []string) (err error) {
	if len(args) != 3 {
		return errors.New("usage: generate MODULE MODEL.json REFERENCE.json")
	}
	dir, err := os.MkdirTemp("", "loans")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	loans := filepath.Join(dir, "loans.csv")
	if err := write(loans); err != nil {
		return err
	}
	train := exec.CommandContext(ctx, "go", "run", ".", "train", // #nosec G204 G702 -- our own command line
		"--csv="+loans, "--outcome="+simulate.Outcome, "--seed=1",
		"--model.name=loan_refinance", "--model.version=1",
		"--model.output="+args[1], "--reference.output="+args[2])
	train.Dir, train.Stdout, train.Stderr = args[0], os.Stdout, os.Stderr
	return train.Run()
}

// write writes the loans, dated the day the population was made up.
func write(path string) error {
	f, err := os.Create(path) // #nosec G304 -- in a directory of our own
	if err != nil {
		return err
	}
	if err := errors.Join(simulate.WriteCSV(f, 1, 100_000), f.Close()); err != nil {
		return err
	}
	day := time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)
	return os.Chtimes(path, day, day)
}
