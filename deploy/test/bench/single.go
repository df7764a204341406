package main

import (
	"context"
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/drift-exporter/drift_exporter/predictor/simulate/load"
)

// single measures one client alone, which waits for one prediction. The floor is one fdatasync of
// the bytes of a record. A server whose log is a raw file, with the same client, shows how much
// of the wait is HTTP and waking up, and not the log.
func single(ctx context.Context, s settings) (*bench, error) {
	f, err := startFleet(ctx, s, diskLog, rawLog, noLog)
	if err != nil {
		return nil, err
	}
	syncing, end, err := fdatasyncs(s)
	if err != nil {
		return nil, errors.Join(err, f.close())
	}
	b := &bench{close: func() error { return errors.Join(f.close(), end()) }}
	for _, kind := range []string{diskLog, rawLog, noLog} {
		one, err := connect(ctx, f.servers[kind].address, 1, f.posts)
		if err != nil {
			return nil, err
		}
		f.clients = append(f.clients, one)
		b.probes = append(b.probes, func(ctx context.Context, out sample) error {
			_, err := one.ask(ctx, s.span)
			out[key(kind, 1)] = one.waits.Quantile(.5).Seconds()
			return err
		})
	}
	b.probes = append(b.probes, syncing)
	const beside = "one fdatasync of 400 bytes"
	b.rows = []row{
		{what: "one client, median wait", ours: key(diskLog, 1), floor: fdatasync, beside: beside, unit: duration, goal: atMost(1.5)},
		{what: "one client, median wait", ours: key(diskLog, 1), floor: key(rawLog, 1), beside: "a raw file with fdatasync", unit: duration},
		{what: "one client of a raw file, median wait", ours: key(rawLog, 1), floor: fdatasync, beside: beside, unit: duration},
		{what: "one client without a log, median wait", ours: key(noLog, 1), unit: duration},
	}
	return b, nil
}

// fdatasync is what fdatasyncs measures.
const fdatasync = "fdatasync"

// fdatasyncs returns a probe for the minimum time of a durable record. It is the median time of
// one pwrite of 400 bytes into a file that already has its size, with fdatasync. It also returns
// a function that ends the probe.
func fdatasyncs(s settings) (probe, func() error, error) {
	file, err := os.CreateTemp(s.dir, fdatasync)
	if err != nil {
		return nil, nil, err
	}
	const size, record = 4 << 20, 400
	if _, err := file.Write(make([]byte, size)); err != nil {
		return nil, nil, errors.Join(err, file.Close())
	}
	if err := file.Sync(); err != nil {
		return nil, nil, errors.Join(err, file.Close())
	}
	var offset int64
	bytes := make([]byte, record)
	syncs := load.NewLatencies()
	return func(_ context.Context, out sample) error {
		syncs.Reset()
		for start := time.Now(); time.Since(start) < s.span; offset = (offset + record) % (size - record) {
			began := time.Now()
			if _, err := file.WriteAt(bytes, offset); err != nil {
				return err
			}
			if err := unix.Fdatasync(int(file.Fd())); err != nil {
				return err
			}
			syncs.Add(time.Since(began))
		}
		out[fdatasync] = syncs.Quantile(.5).Seconds()
		return nil
	}, file.Close, nil
}
