package rows

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// mostCores limits the memory, because every core has its own blocks.
const mostCores = 8

func cores() int { return min(runtime.GOMAXPROCS(0), mostCores) }

// each calls work with 0 to n-1, with as many calls at a time as there are cores.
func each(n int, work func(i int)) {
	var next atomic.Int64
	var group sync.WaitGroup
	for range min(n, cores()) {
		group.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				work(i)
			}
		})
	}
	group.Wait()
}

// eachColumn calls work for each of the columns in Pass.Each. It returns the error of the first
// column that has one.
func eachColumn(p *Pass, work func(i int) error) error {
	wrong := make([]error, len(p.Each))
	each(len(p.Each), func(i int) { wrong[i] = work(i) })
	for _, err := range wrong {
		if err != nil {
			return err
		}
	}
	return nil
}
