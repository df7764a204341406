package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
)

// reading is what 1000 new rows take a scrape before it writes its page, in logs
// of every size.
func reading(ctx context.Context, s settings) (_ *bench, err error) {
	bodies, err := loanBodies()
	if err != nil {
		return nil, err
	}
	sizes := []int{1e3, 1e4, 1e5, 1e6, 1e7}
	if s.quick {
		sizes = []int{1e3, 1e4}
	}
	b := &bench{}
	var followers []*follower
	var paths []string
	b.close = func() error {
		var errs []error
		for i, f := range followers {
			errs = append(errs, f.close())
			for _, suffix := range []string{"", "-wal", "-shm"} {
				if err := os.Remove(paths[i] + suffix); !errors.Is(err, os.ErrNotExist) {
					errs = append(errs, err)
				}
			}
		}
		return errors.Join(errs...)
	}
	for i, size := range sizes {
		path, err := makeLog(ctx, s.dir, fmt.Sprintf("reading-%d.db", size), size, 1, bodies)
		if err != nil {
			return nil, errors.Join(err, b.close())
		}
		f := follow(path, size, loanSpec())
		followers, paths = append(followers, f), append(paths, path)
		name := fmt.Sprint(size)
		b.probes = append(b.probes, func(ctx context.Context, out sample) (err error) {
			out[name], err = f.fresh(ctx, 1000, 1000, 9)
			return err
		})
		r := row{what: "reading 1000 new rows, log of " + power(size), ours: name, unit: duration, goal: atMost(1.3e-3)}
		b.rows = append(b.rows, r)
		if i == len(sizes)-1 {
			b.rows = append(b.rows, row{
				what: "the same, log of " + power(size), ours: name, floor: fmt.Sprint(sizes[0]), beside: "log of " + power(sizes[0]),
				unit: duration, goal: atMost(1.2),
			})
		}
	}
	return b, nil
}

// power writes a power of ten.
func power(n int) string {
	digits := fmt.Sprint(n)
	return fmt.Sprintf("%se%d", strings.TrimRight(digits, "0"), len(digits)-len(strings.TrimRight(digits, "0")))
}
