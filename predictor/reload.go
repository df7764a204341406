package predictor

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/drift-exporter/drift_exporter/predictor/model"
	"github.com/drift-exporter/drift_exporter/predictor/serve"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// reloading serves a model that can be replaced by another version of it. Requests that have begun
// are answered by the version that they began with.
type reloading struct {
	options   Options
	path      string // of the model file, empty if the model stays
	every     time.Duration
	lifecycle bool
	hangup    <-chan os.Signal
	logger    *slog.Logger
	shadow    *shadow
	current   atomic.Pointer[Server]
	watching  sync.WaitGroup

	mu     sync.Mutex
	sum    [sha256.Size]byte // of the file that is served
	failed [sha256.Size]byte // of the file that was refused last
	looked os.FileInfo

	successful, at prometheus.Gauge
}

func newReloading(ctx context.Context, options Options, o *RunOptions) (*reloading, error) {
	r := &reloading{
		options: options, path: o.ModelPath, every: o.RefreshInterval, lifecycle: o.EnableLifecycle, hangup: o.Hangup, logger: o.Logger,
		shadow: newShadow(options.Log, options.Metrics, o.ShadowPath, o.Logger),
	}
	r.options.shadow = r.shadow
	first, err := New(r.options)
	if err != nil {
		return nil, err
	}
	r.current.Store(first)
	if first.elsewhere == nil {
		ensureView(ctx, options.Log, first.model, r.logger)
	}
	if r.path != "" {
		r.register()
	}
	return r, r.shadow.load(first.model)
}

func (r *reloading) register() {
	r.successful = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "predictor_model_last_reload_successful",
		Help: "1 if the last load of the model file succeeded, else 0 and the previous model is served.",
	})
	r.at = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "predictor_model_last_reload_success_timestamp_seconds",
		Help: "Time at which the model that is served was loaded, in seconds since 1970.",
	})
	r.options.Metrics.registry.MustRegister(r.successful, r.at)
	r.loaded()
}

func (r *reloading) loaded() {
	r.successful.Set(1)
	r.at.Set(float64(time.Now().UnixNano()) / 1e9)
}

// handler returns the pages of the current version, and the one that loads another.
func (r *reloading) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/-/reload", serve.Guard(serve.Whole(http.HandlerFunc(r.reloadPage)), r.logger))
	return withRest(mux, http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) { r.current.Load().handler.ServeHTTP(w, q) }))
}

func (r *reloading) reloadPage(w http.ResponseWriter, q *http.Request) {
	switch {
	case q.Method != http.MethodPost:
		wrongMethod(q, "POST").write(w)
	case !r.lifecycle:
		newProblem(http.StatusForbidden, "", "reloading over HTTP is not enabled; start with --web.enable-lifecycle, or send SIGHUP").write(w)
	case r.path == "" && r.shadow.path == "":
		newProblem(http.StatusNotFound, "", "there is no model file to read again; start with --model.file").write(w)
	default:
		if err := r.reload(q.Context()); err != nil {
			newProblem(http.StatusInternalServerError, "", err.Error()+"; the former model is served").write(w)
			return
		}
		send(w, http.StatusOK, mediaText, []byte("reloaded\n"))
	}
}

// watch reloads the model at a signal, and when its file has changed, until ctx ends.
func (r *reloading) watch(ctx context.Context) {
	r.watching.Go(func() { r.shadow.run(ctx) })
	r.watching.Go(func() {
		var changed <-chan time.Time
		if r.every > 0 {
			ticker := time.NewTicker(r.every)
			defer ticker.Stop()
			changed = ticker.C
		}
		for {
			select {
			case <-ctx.Done():
				return
			case _, open := <-r.hangup:
				if !open {
					return
				}
				_ = r.reload(ctx) // logged there
			case <-changed:
				if r.changed() {
					_ = r.reload(ctx) // logged there
				}
			}
		}
	})
}

// wait waits until nothing is reloaded any more. The context of watch has ended.
func (r *reloading) wait() { r.watching.Wait() }

// changed reports whether a file is not the one that was looked at last.
func (r *reloading) changed() bool {
	if r.shadow.changed() {
		return true
	}
	if r.path == "" {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	info, err := os.Stat(r.path)
	if err != nil { // between two names, or gone: the model in memory is served
		return false
	}
	before := r.looked
	r.looked = info
	return differ(before, info)
}

// differ reports whether a file is not the one that was looked at before; nil is none.
func differ(before, now os.FileInfo) bool {
	return before == nil || !os.SameFile(before, now) || !before.ModTime().Equal(now.ModTime()) || before.Size() != now.Size()
}

// reload loads the files of the model and of its shadow. After an error the former ones stay.
func (r *reloading) reload(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	model := r.reloadModel(ctx)
	shadow := r.shadow.load(r.current.Load().model)
	if shadow != nil {
		r.logger.Error("the shadow was refused, the former one stays", "err", shadow)
	}
	return errors.Join(model, shadow)
}

func (r *reloading) reloadModel(ctx context.Context) error {
	if r.path == "" {
		return nil
	}
	former := r.current.Load()
	next, sum, err := r.next(former)
	if err != nil {
		r.successful.Set(0)
		if sum != r.failed || sum == [sha256.Size]byte{} {
			r.logger.Error("the model file was refused, the former model is served", "file", r.path, "err", err)
		}
		r.failed = sum
		return err
	}
	if next == nil {
		r.successful.Set(1)
		return nil
	}
	ensureView(ctx, r.options.Log, next.model, r.logger)
	r.current.Store(next)
	r.options.Metrics.registry.Unregister(former.info)
	r.options.Metrics.registry.MustRegister(next.info)
	r.sum = sum
	r.loaded()
	r.logger.Info("serving another version", "model", next.model.Name, "model_version", next.model.Version, "former_version", former.model.Version)
	return nil
}

// next returns the server for what the model file has now, or nil if that is served already.
func (r *reloading) next(former *Server) (next *Server, sum [sha256.Size]byte, err error) {
	data, err := os.ReadFile(r.path) // #nosec G304 -- the operator names the file
	if err != nil {
		return nil, sum, fmt.Errorf("read model file: %w", err)
	}
	if sum = sha256.Sum256(data); sum == r.sum {
		return nil, sum, nil
	}
	m, err := model.Parse(data)
	if err != nil {
		return nil, sum, fmt.Errorf("model file %s: %w", r.path, err)
	}
	if reflect.DeepEqual(m, former.model) {
		r.sum = sum
		return nil, sum, nil
	}
	if err := replaces(m, former.model); err != nil {
		return nil, sum, fmt.Errorf("model file %s: %w", r.path, err)
	}
	options := r.options
	options.Model, options.former = m, former
	if next, err = New(options); err != nil {
		return nil, sum, err
	}
	next.info = next.modelInfo()
	return next, sum, nil
}

// replaces returns an error if a model cannot take the place of another while it is served.
func replaces(m, former *model.Model) error {
	switch {
	case m.Name != former.Name:
		return fmt.Errorf("it is the model %q, and %q is served; restart to serve another model", m.Name, former.Name)
	case m.Version == former.Version:
		return fmt.Errorf("it differs from the model that is served and has the same version %q; give it a version of its own, because metrics and log tell models apart by it", m.Version)
	case m.Type.Or(value.Binary) != former.Type.Or(value.Binary):
		return fmt.Errorf("it is a %s model, and a %s model is served; restart to serve it", m.Type.Or(value.Binary), former.Type.Or(value.Binary))
	case !slices.Equal(m.Classes(), former.Classes()):
		return errors.New("its classes are others than those of the model that is served; restart to serve it")
	}
	return nil
}
