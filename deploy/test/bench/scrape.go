package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"time"

	"github.com/drift-exporter/drift_exporter/deploy/test/process"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/sqlite"
	"github.com/drift-exporter/drift_exporter/predictor/simulate/load"
)

// A request like the ones that Prometheus sends: compressed, over one connection.
var scrapeRequest = load.Get("/metrics", "gzip")

// page is a server of pages, and a connection to it.
type page struct {
	*child
	conn *load.Conn
}

func startPage(ctx context.Context, kind, path string) (*page, error) {
	c, err := startChild(ctx, kind, path)
	if err != nil {
		return nil, err
	}
	conn, err := load.Dial(ctx, c.address)
	if err != nil {
		return nil, errors.Join(err, c.stop())
	}
	return &page{c, conn}, nil
}

func (p *page) close() error { return errors.Join(p.conn.Close(), p.stop()) }

// fetch returns a page, valid until the next one.
func (p *page) fetch(request []byte) ([]byte, error) {
	status, body, err := p.conn.Ask(request)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("status %d: %.300s", status, body)
	}
	return body, err
}

// waits returns the median wait for a page in seconds, over some scrapes. prepare runs before
// each scrape.
func (p *page) waits(scrapes int, prepare func() error) (float64, error) {
	var took spread
	for range scrapes {
		if err := prepare(); err != nil {
			return 0, err
		}
		began := time.Now()
		if _, err := p.fetch(scrapeRequest); err != nil {
			return 0, err
		}
		took = append(took, time.Since(began).Seconds())
	}
	return took.median(), nil
}

// scraping measures a whole scrape of the embedded model. The floor is client_golang with the
// same number of series, which never change.
func scraping(ctx context.Context, s settings) (_ *bench, err error) {
	bodies, err := loanBodies()
	if err != nil {
		return nil, err
	}
	path := filepath.Join(s.dir, "scrape.db")
	var closing []func() error
	closeAll := func() error {
		var errs []error
		for _, c := range slices.Backward(closing) {
			errs = append(errs, c())
		}
		return errors.Join(errs...)
	}
	// writing returns a function that writes a thousand rows to a log.
	writing := func(path string) (func() error, error) {
		writer, err := sqlite.OpenWriter(ctx, path, sqlite.WriterOptions{})
		if err != nil {
			return nil, err
		}
		closing = append(closing, writer.Close)
		written := 0
		return func() error {
			batch := make([]predictionlog.Prediction, 1000)
			for i := range batch {
				b := &bodies[i%len(bodies)]
				batch[i] = predictionlog.Prediction{
					RequestID: fmt.Sprintf("%036d", written+i), Model: loanModel, Version: "1", Features: b.features,
					Score: b.score, Class: b.class, Latency: 50 * time.Microsecond,
				}
			}
			written += len(batch)
			_, err := writer.Append(ctx, batch)
			return err
		}, nil
	}
	write, err := writing(path)
	if err != nil {
		return nil, err
	}
	// The floor has no log. But rows are written to one before each request to it, too. This
	// takes ten milliseconds, in which the processor and the server lose their caches.
	elsewhere, err := writing(filepath.Join(s.dir, "scrape-elsewhere.db"))
	if err != nil {
		return nil, errors.Join(err, closeAll())
	}
	ours, err := startPage(ctx, watching+":1000", path)
	if err != nil {
		return nil, errors.Join(err, closeAll())
	}
	closing = append(closing, ours.close)
	series, err := settled(ours, write)
	if err != nil {
		return nil, errors.Join(err, closeAll())
	}
	floor, err := startPage(ctx, fmt.Sprintf("%s:%d", constants, series), "-")
	if err != nil {
		return nil, errors.Join(err, closeAll())
	}
	closing = append(closing, floor.close)
	nothing := func() error { return nil }
	probeOf := func(name string, p *page, scrapes int, prepare func() error) probe {
		return func(_ context.Context, out sample) (err error) {
			out[name], err = p.waits(scrapes, prepare)
			return err
		}
	}
	beside := fmt.Sprintf("client_golang, %d constant series", series)
	return &bench{
		probes: []probe{
			probeOf("idle", ours, 100, nothing), probeOf("constant", floor, 100, nothing),
			probeOf("busy", ours, 20, write), probeOf("constant after a write", floor, 20, elsewhere),
		},
		rows: []row{
			{what: "scrape with 1000 new rows, gzip", ours: "busy", floor: "constant after a write", beside: beside + ", 1000 rows written elsewhere", unit: duration, goal: atMost(1.5)},
			{what: "scrape without new rows, gzip", ours: "idle", floor: "constant", beside: beside, unit: duration, goal: atMost(1.1)},
		},
		close: closeAll,
	}, nil
}

// settled returns the number of series on a page of full windows. It waits until the null
// distributions are drawn that an exporter draws at its start. They take about 10 ms each and
// half of the cores, and would distort the measurements.
func settled(p *page, write func() error) (series int, err error) {
	for range 3 {
		if err := write(); err != nil {
			return 0, err
		}
	}
	if _, err := p.fetch(load.Get("/metrics", "")); err != nil {
		return 0, err
	}
	for last := -1.0; ; {
		time.Sleep(time.Second)
		used, err := process.CPUSeconds(p.cmd.Process.Pid)
		if err != nil {
			return 0, err
		}
		if last >= 0 && used-last < .05 {
			break
		}
		last = used
	}
	body, err := p.fetch(load.Get("/metrics", ""))
	for line := range bytes.Lines(body) {
		if line[0] != '#' {
			series++
		}
	}
	return series, err
}
