package main

import (
	"errors"
	"os"
	"runtime/pprof"
)

// profiled runs do, and writes a processor profile and an allocation profile to two files. If a
// name is empty, that profile is left out.
func profiled(cpu, heap string, do func() error) (err error) {
	write := func(name string, to func(*os.File) error) error {
		if name == "" {
			return nil
		}
		f, err := os.Create(name) // #nosec G304 -- the operator names it
		if err != nil {
			return err
		}
		return errors.Join(to(f), f.Close())
	}
	if cpu == "" {
		return errors.Join(do(), write(heap, func(f *os.File) error { return pprof.Lookup("allocs").WriteTo(f, 0) }))
	}
	return errors.Join(
		write(cpu, func(f *os.File) error {
			if err := pprof.StartCPUProfile(f); err != nil {
				return err
			}
			defer pprof.StopCPUProfile()
			return do()
		}),
		write(heap, func(f *os.File) error { return pprof.Lookup("allocs").WriteTo(f, 0) }),
	)
}
