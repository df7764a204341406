package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/drift-exporter/drift_exporter/deploy/test/process"
)

const fileColumns = 50

// files measures how long reference and replay take for a file, and how long pandas takes to read
// it.
func files(ctx context.Context, s settings) (*bench, error) {
	rows := 200_000
	if s.quick {
		rows = 2000
	}
	what := fmt.Sprintf("%d rows of %d numbers", rows, fileColumns)
	const reads = "pandas.read_csv"
	b := &bench{rows: []row{
		{what: "reference --csv, " + what, ours: "reference", floor: "pandas", beside: reads, unit: duration, goal: atMost(1)},
		{what: "replay --csv, " + what, ours: "replay", floor: "pandas", beside: reads, unit: duration, goal: atMost(1.5)},
		{what: "the same of reference, processor time of all cores", ours: "reference processor", floor: "pandas processor", beside: "the same of " + reads, unit: duration},
		{what: "the same of replay", ours: "replay processor", floor: "pandas processor", beside: "the same of " + reads, unit: duration},
		{what: "reference --parquet, the same rows", ours: "parquet", floor: "reference", beside: "reference --csv", unit: duration, goal: atMost(1)},
		{what: "reference --csv, 10 times the rows", ours: "reference", floor: "tenth", beside: "a tenth of the rows", unit: duration, goal: atMost(10)},
		{what: "peak memory of reference --csv", ours: "reference memory", unit: mebibytes, goal: atMost(100 << 20)},
		{what: "peak memory of replay --csv", ours: "replay memory", unit: mebibytes, goal: atMost(100 << 20)},
		{what: "peak memory of reference --parquet", ours: "parquet memory", unit: mebibytes, goal: atMost(100 << 20)},
		{what: "peak memory of replay --parquet", ours: "replay of Parquet memory", unit: mebibytes, goal: atMost(100 << 20)},
	}}
	if out, err := exec.CommandContext(ctx, "python3", "-c", "import pandas, pyarrow").CombinedOutput(); err != nil {
		return b, notRun{fmt.Sprintf("python3 cannot import pandas and pyarrow (%v%.0s)", err, out)}
	}
	path := func(name string) string { return filepath.Join(s.dir, name) }
	if err := errors.Join(makeCSV(path("rows.csv"), rows, 0), makeCSV(path("tenth.csv"), rows/10, 0)); err != nil {
		return nil, err
	}
	if _, err := run1(exec.CommandContext(ctx, "python3", "-c", "import sys, pandas; pandas.read_csv(sys.argv[1]).to_parquet(sys.argv[2])", path("rows.csv"), path("rows.parquet"))); err != nil { // #nosec G204 -- our own
		return nil, err
	}
	reference := func(flag, file string) *exec.Cmd {
		return exec.CommandContext(ctx, s.binary, "reference", "--"+flag+"="+path(file), "--model.name=m", "--reference.output="+path("reference.json")) // #nosec G204 -- our own
	}
	b.probes = []probe{
		timed("reference", func() *exec.Cmd { return reference("csv", "rows.csv") }),
		timed("pandas", func() *exec.Cmd {
			return exec.CommandContext(ctx, "python3", "-c", readCSV, path("rows.csv")) // #nosec G204 -- our own
		}),
		timed("replay", func() *exec.Cmd { return replayOf(ctx, s, "csv", path("rows.csv"), path("reference.json")) }),
		timed("parquet", func() *exec.Cmd { return reference("parquet", "rows.parquet") }),
		timed("replay of Parquet", func() *exec.Cmd { return replayOf(ctx, s, "parquet", path("rows.parquet"), path("reference.json")) }),
		timed("tenth", func() *exec.Cmd { return reference("csv", "tenth.csv") }),
	}
	// The first round of replay needs a reference, in whatever order the probes run.
	_, err := run1(reference("csv", "rows.csv"))
	return b, err
}

// readCSV prints how long pandas takes to read a file, and its processor time, without the start of
// Python.
const readCSV = `import sys, time, pandas
begin, used = time.time(), time.process_time(); pandas.read_csv(sys.argv[1]); print(time.time() - begin, time.process_time() - used)`

// replayOf replays a file.
func replayOf(ctx context.Context, s settings, flag, file, reference string) *exec.Cmd {
	return exec.CommandContext(ctx, s.binary, "replay", "--"+flag+"="+file, "--reference.file="+reference) // #nosec G204 -- our own
}

// ran is what a program used.
type ran struct {
	seconds, processor float64
	peak               float64 // bytes
	output             string
}

// run1 runs a program to its end.
func run1(cmd *exec.Cmd) (ran, error) {
	var said limited
	var out bytes.Buffer
	cmd.Stderr, cmd.Stdout = &said, &out
	begin := time.Now()
	if err := cmd.Start(); err != nil {
		return ran{}, err
	}
	ended, peak := make(chan struct{}), make(chan float64)
	go func() { peak <- watchPeak(cmd.Process.Pid, ended) }()
	err := cmd.Wait()
	close(ended)
	r := ran{seconds: time.Since(begin).Seconds(), peak: <-peak, output: out.String()}
	r.processor = (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
	if err != nil {
		lines := strings.Split(strings.TrimSpace(string(said.text)), "\n")
		return r, fmt.Errorf("%s: %w: %s", filepath.Base(cmd.Path), err, lines[len(lines)-1])
	}
	return r, nil
}

// watchPeak returns the peak memory of a process, looked up every few milliseconds until it has
// ended. Its resource usage does not serve: it counts the memory of the process that started it.
func watchPeak(pid int, ended <-chan struct{}) (peak float64) {
	looks := time.NewTicker(3 * time.Millisecond)
	defer looks.Stop()
	for {
		select {
		case <-ended:
			return peak
		case <-looks.C:
			if held, err := process.PeakBytes(pid); err == nil {
				peak = max(peak, held)
			}
		}
	}
}

// limited keeps the end of what is written to it.
type limited struct{ text []byte }

func (l *limited) Write(b []byte) (int, error) {
	l.text = append(l.text, b...)
	l.text = l.text[max(0, len(l.text)-1000):]
	return len(b), nil
}

// timed is a probe that runs a program. If the program prints only two numbers, these are its time
// and its processor time in seconds.
func timed(name string, cmd func() *exec.Cmd) probe {
	return func(_ context.Context, out sample) error {
		r, err := run1(cmd())
		if err != nil {
			return err
		}
		out[name], out[name+" processor"], out[name+" memory"] = r.seconds, r.processor, r.peak
		var seconds, processor float64
		if n, err := fmt.Sscanf(r.output, "%g %g\n", &seconds, &processor); err == nil && n == 2 {
			out[name], out[name+" processor"] = seconds, processor
		}
		return nil
	}
}

// makeCSV writes made-up numbers. Some are whole and some repeat. The first ten columns are moved
// by shift standard deviations.
func makeCSV(path string, rows int, shift float64) (err error) {
	f, err := os.Create(path) // #nosec G304 -- our own
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriterSize(f, 1<<20)
	for i := range fileColumns {
		if _, err := io.WriteString(w, map[bool]string{true: ",", false: ""}[i > 0]+"x"+strconv.Itoa(i)); err != nil {
			return err
		}
	}
	random := rand.New(rand.NewPCG(1, uint64(math.Float64bits(shift)))) // #nosec G404 -- repeatable, no secret
	var line []byte
	for range rows {
		line = append(line, '\n')
		if _, err := w.Write(line); err != nil {
			return err
		}
		line = line[:0]
		for i := range fileColumns {
			x := random.NormFloat64()
			if i < 10 {
				x += shift
			}
			switch i % 5 {
			case 3:
				x = math.Round(1e5*math.Exp(x)) / 100
			case 4:
				x = math.Round(100 * x)
			default:
				x = math.Round(1e6*10*x) / 1e6
			}
			if i > 0 {
				line = append(line, ',')
			}
			line = strconv.AppendFloat(line, x, 'f', -1, 64)
		}
	}
	if _, err := w.Write(append(line, '\n')); err != nil {
		return err
	}
	return w.Flush()
}
