package main

import (
	"context"
	"fmt"
	"path/filepath"
)

// durable measures predictions a second, without a rate limit. The same clients use four servers:
// the predictor as it is, one whose log keeps nothing, one whose log is a raw file, and a server
// that does not even decode the request.
func durable(ctx context.Context, s settings) (*bench, error) {
	fleet, err := startFleet(ctx, s, diskLog, noLog, rawLog, bare)
	if err != nil {
		return nil, err
	}
	b := &bench{close: fleet.close}
	for _, n := range []int{16, 64, 256} {
		for _, kind := range []string{diskLog, noLog, rawLog, bare} {
			if err := fleet.rate(ctx, b, s, kind, n); err != nil {
				return nil, err
			}
		}
	}
	for _, line := range []struct {
		floor, beside string
		goals         [3]goal
	}{
		{noLog, "the same handler without a log", [3]goal{atLeast(.33), atLeast(.55), atLeast(.62)}},
		{bare, "net/http that decodes nothing", [3]goal{}},
		{rawLog, "a raw file with fdatasync", [3]goal{atLeast(.90), atLeast(.90), atLeast(.90)}},
	} {
		for i, n := range []int{16, 64, 256} {
			b.rows = append(b.rows, row{
				what: fmt.Sprintf("durable /predict, %d clients", n),
				ours: key(diskLog, n), floor: key(line.floor, n), beside: line.beside, unit: perSecond, goal: line.goals[i],
			})
		}
	}
	return b, nil
}

func key(kind string, clients int) string { return fmt.Sprintf("%s %d", kind, clients) }

// fleet contains servers of several kinds, and their clients.
type fleet struct {
	servers map[string]*child
	clients []*clients
	posts   [][]byte
}

// startFleet starts a server of each kind.
func startFleet(ctx context.Context, s settings, kinds ...string) (*fleet, error) {
	bodies, err := loans()
	if err != nil {
		return nil, err
	}
	f := &fleet{servers: map[string]*child{}, posts: posts(bodies)}
	for _, kind := range kinds {
		if f.servers[kind], err = startChild(ctx, kind, filepath.Join(s.dir, kind+".db")); err != nil {
			return nil, fmt.Errorf("start %s: %w", kind, err)
		}
	}
	return f, nil
}

// rate adds a probe that measures how many predictions a second n clients get.
func (f *fleet) rate(ctx context.Context, b *bench, s settings, kind string, n int) error {
	c, err := connect(ctx, f.servers[kind].address, n, f.posts)
	if err != nil {
		return err
	}
	f.clients = append(f.clients, c)
	b.probes = append(b.probes, func(ctx context.Context, out sample) (err error) {
		out[key(kind, n)], err = c.ask(ctx, s.span)
		return err
	})
	return nil
}

func (f *fleet) close() error {
	for _, c := range f.clients {
		_ = c.close() // nothing is lost
	}
	var all []*child
	for _, c := range f.servers {
		all = append(all, c)
	}
	return stopAll(all...)
}
