package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// reading measures how long a scrape takes to read 1000 new rows, before it writes its page, in
// logs of every size.
func reading(ctx context.Context, s settings) (_ *bench, err error) {
	bodies, err := loanBodies()
	if err != nil {
		return nil, err
	}
	sizes := []int{1e3, 1e4, 1e5, 1e6, 1e7}
	free, err := freeBytes(s.dir)
	switch {
	case err != nil:
		return nil, err
	case s.quick:
		sizes = sizes[:2]
	case free < largestLog:
		fmt.Fprintf(os.Stderr, "reading: the log of 1e7 rows is left out: %s has %d MB free, it takes %d\n", s.dir, free>>20, int64(largestLog)>>20)
		sizes = sizes[:4]
	}
	g := &grown{bench: &bench{}, settings: s}
	g.derive, g.close = g.fit, g.end
	g.begin("log")
	for _, size := range sizes {
		f, err := g.follow(ctx, fmt.Sprintf("reading-%d.db", size), size, 1, bodies, loanSpec())
		if err != nil {
			return nil, errors.Join(err, g.end())
		}
		f.bare = false
		g.add("reading 1000 new rows, log of "+powerOfTen(size), float64(size), f, 1000, 1000, 9, 0)
	}
	names := g.series[0].names
	for i := 0; i < len(g.rows); i += 2 { // between them is the memory
		g.rows[i].goal = atMost(1.3e-3)
	}
	g.finish()
	last := len(names) - 1
	g.rows = append(g.rows, row{
		what: "the same, log of " + powerOfTen(sizes[last]), ours: names[last], floor: names[0], beside: "log of " + powerOfTen(sizes[0]),
		unit: duration, goal: atMost(1.2),
	})
	return g.bench, nil
}

// largestLog is the size of the log of 1e7 rows in bytes, with a margin.
const largestLog = 6 << 30

// freeBytes returns the free space on a directory's disk.
func freeBytes(dir string) (int64, error) {
	var fs unix.Statfs_t
	if err := unix.Statfs(dir, &fs); err != nil {
		return 0, fmt.Errorf("see what %s has room for: %w", dir, err)
	}
	return int64(fs.Bavail) * fs.Bsize, nil // #nosec G115 -- no disk has 2^63 bytes
}

// powerOfTen writes 0 or a power of ten.
func powerOfTen(n int) string {
	if n == 0 {
		return "0"
	}
	digits := fmt.Sprint(n)
	return fmt.Sprintf("%se%d", strings.TrimRight(digits, "0"), len(digits)-len(strings.TrimRight(digits, "0")))
}
