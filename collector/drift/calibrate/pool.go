package main

import (
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"runtime"
	"sync"

	"golang.org/x/sync/errgroup"
)

// pool runs independent jobs on all processors.
type pool struct {
	seed     uint64
	progress io.Writer
}

// run calls job for 0 .. n-1. Each job has its own random numbers, which depend only on the seed,
// what and the job. The last jobs start first. By convention they are the longest.
func (p pool) run(what string, n int, job func(i int, r *rand.Rand) error) error {
	name := fnv.New64a()
	_, _ = name.Write([]byte(what)) // never fails
	var mu sync.Mutex
	done := 0
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i := n - 1; i >= 0; i-- {
		g.Go(func() error {
			if err := job(i, rand.New(rand.NewPCG(p.seed, name.Sum64()+uint64(i)))); err != nil {
				return fmt.Errorf("%s %d: %w", what, i, err)
			}
			mu.Lock()
			defer mu.Unlock()
			if done++; done == n || done*10/n > (done-1)*10/n {
				fmt.Fprintf(p.progress, "%s: %d of %d\n", what, done, n)
			}
			return nil
		})
	}
	return g.Wait()
}
