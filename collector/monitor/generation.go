package monitor

import (
	"slices"
	"sync"

	"github.com/drift-exporter/drift_exporter/collector/reference"
	"github.com/drift-exporter/drift_exporter/collector/window"
)

// generation is everything that a reload replaces. A scrape works on one
// generation from its beginning to its end.
type generation struct {
	specs  []window.Spec
	source Source
	made   familyCache // families made by earlier scrapes of its snapshots
	users  sync.WaitGroup
}

// generation opens a source for the specs.
func (o *Options) generation(specs []window.Spec) (*generation, error) {
	s, err := o.Open(o, specs)
	if err != nil {
		return nil, err
	}
	return &generation{specs: specs, source: s}, nil
}

// acquire returns the current generation, which stays open until release, or nil when
// the monitor is closed.
func (m *Monitor) acquire() *generation {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.current != nil {
		m.current.users.Add(1)
	}
	return m.current
}

func (g *generation) release() { g.users.Done() }

// swap replaces the current generation by next, and closes the old one as soon as no
// scrape uses it. The caller holds m.reloading.
func (m *Monitor) swap(next *generation) error {
	m.mu.Lock()
	last := m.current
	m.current = next
	m.mu.Unlock()
	if last == nil {
		return nil
	}
	last.users.Wait()
	return last.source.Close()
}

// Reload reads the configuration and the references again. On success they are in use
// when it returns; scrapes in flight finish with the old ones. On failure the old ones
// stay in use. When nothing has changed the windows stay, and the log is not read again.
// Tables are counted in the background.
func (m *Monitor) Reload() error {
	err := m.reload()
	m.remotes.countNow()
	return err
}

func (m *Monitor) reload() error {
	m.reloading.Lock()
	defer m.reloading.Unlock()
	m.mu.Lock()
	last := m.current
	m.mu.Unlock()
	if last == nil {
		return errClosed
	}
	err := m.renew(last)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reloadedOK = err == nil
	if err == nil {
		m.reloaded = m.options.Now()
	}
	return err
}

// renew replaces the last generation if configuration or references have changed.
func (m *Monitor) renew(last *generation) error {
	specs, err := loadSpecs(&m.options, m.remotes)
	if err != nil || slices.EqualFunc(last.specs, specs, sameSpec) {
		return err
	}
	next, err := m.options.generation(specs)
	if err != nil {
		return err
	}
	if err := m.swap(next); err != nil {
		m.options.Logger.Warn("former windows not closed cleanly", "err", err)
	}
	return nil
}

// sameSpec reports whether two specs have the same features and references.
func sameSpec(a, b window.Spec) bool {
	return a.Name == b.Name && slices.Equal(a.Features, b.Features) &&
		slices.EqualFunc(a.References, b.References, func(a, b *reference.Reference) bool {
			return a.Hash == b.Hash && a.Version == b.Version && a.Source == b.Source && a.Created.Equal(b.Created)
		})
}
