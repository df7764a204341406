package predictor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/drift-exporter/drift_exporter/predictor/model"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/features"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

const (
	// shadowQueue is the maximum number of requests that wait for their shadow.
	shadowQueue = 1024
	// shadowBatch is the maximum number of requests whose shadows share a commit.
	shadowBatch = 128
)

// shadow scores every request a second time, by another version of the model, after the request
// is answered. Its predictions are in the log beside those that were answered. It never delays an
// answer: what does not fit into its queue is dropped and counted.
type shadow struct {
	path   string // of its model file, empty without a shadow
	log    Log
	logger *slog.Logger
	queue  chan []shadowed
	scorer atomic.Pointer[scorer]
	looked os.FileInfo

	logged, dropped prometheus.Counter
	info            *prometheus.GaugeVec
}

// shadowed is a prediction that was answered.
type shadowed struct {
	id       int64
	features []byte
}

// scorer predicts for rows of the log.
type scorer struct {
	model  *model.Model
	reader *features.Reader
	values []model.Value
}

func newShadow(log Log, metrics *Metrics, path string, logger *slog.Logger) *shadow {
	s := &shadow{path: path, log: log, logger: logger, queue: make(chan []shadowed, shadowQueue)}
	if path == "" {
		return s
	}
	s.logged = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "predictor_shadow_predictions_total",
		Help: "Predictions of the shadow model in the log since the predictor started.",
	})
	s.dropped = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "predictor_shadow_dropped_total",
		Help: "Predictions that the shadow model did not make since the predictor started, because it fell behind or the log could not be written.",
	})
	s.info = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "predictor_shadow_info",
		Help: "Always 1. The labels name the shadow model. Absent while there is none.",
	}, []string{"model", "version"})
	metrics.registry.MustRegister(s.logged, s.dropped, s.info)
	return s
}

// changed reports whether the file of the shadow is not the one that was looked at last.
func (s *shadow) changed() bool {
	if s.path == "" {
		return false
	}
	info, err := os.Stat(s.path)
	if err != nil {
		return s.scorer.Load() != nil && errors.Is(err, os.ErrNotExist)
	}
	before := s.looked
	s.looked = info
	return differ(before, info)
}

// load loads the file of the shadow. Without a file there is no shadow. After an error the former
// one stays.
func (s *shadow) load(served *model.Model) error {
	if s.path == "" {
		return nil
	}
	m, err := model.Load(s.path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		s.use(nil)
		return nil
	case err != nil:
		return fmt.Errorf("shadow: %w", err)
	case m.Name != served.Name:
		return fmt.Errorf("shadow: %s is the model %q, and %q is served; a shadow is another version of the same model", s.path, m.Name, served.Name)
	case m.Version == served.Version: // it was promoted
		s.use(nil)
		return nil
	}
	s.use(m)
	return nil
}

func (s *shadow) use(m *model.Model) {
	former := s.scorer.Load()
	if m == nil {
		if former != nil {
			s.logger.Info("no shadow any more", "model", former.model.Name, "former_version", former.model.Version)
		}
		s.scorer.Store(nil)
		s.info.Reset()
		return
	}
	if former == nil || former.model.Version != m.Version {
		s.logger.Info("every request is scored a second time, by a shadow", "model", m.Name, "shadow_version", m.Version)
	}
	s.scorer.Store(&scorer{model: m, reader: features.New(m.FeatureNames(), m.Columns()), values: make([]model.Value, len(m.Features))})
	s.info.Reset()
	s.info.WithLabelValues(m.Name, m.Version).Set(1)
}

// offer hands predictions that were answered to the shadow. It does not wait.
func (s *shadow) offer(records []predictionlog.Record, batch []predictionlog.Prediction) {
	if s == nil || s.scorer.Load() == nil || len(records) == 0 || records[0].Repeated {
		return
	}
	all := make([]shadowed, len(records))
	for i := range records {
		all[i] = shadowed{id: records[i].ID, features: batch[i].Features}
	}
	select {
	case s.queue <- all:
	default:
		s.dropped.Add(float64(len(all)))
	}
}

// run makes and logs the predictions of the shadow until ctx ends. Those that wait then are
// dropped.
func (s *shadow) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case all := <-s.queue:
			for range shadowBatch - 1 {
				select {
				case more := <-s.queue:
					all = append(all, more...)
					continue
				default:
				}
				break
			}
			s.score(ctx, all)
		}
	}
}

// score logs the predictions of the shadow for these.
func (s *shadow) score(ctx context.Context, all []shadowed) {
	by := s.scorer.Load()
	if by == nil {
		return
	}
	batch := make([]predictionlog.Prediction, 0, len(all))
	for i := range all {
		if p, ok := by.predict(&all[i]); ok {
			batch = append(batch, p)
		}
	}
	ctx, stop := context.WithTimeout(ctx, appendTimeout)
	defer stop()
	if _, err := s.log.Append(ctx, batch); err != nil {
		s.dropped.Add(float64(len(all)))
		return
	}
	s.logged.Add(float64(len(batch)))
	s.dropped.Add(float64(len(all) - len(batch)))
}

// predict predicts for one row. A feature that the row does not have is missing.
func (by *scorer) predict(row *shadowed) (p predictionlog.Prediction, ok bool) {
	read, ok := by.reader.Read(row.features)
	if !ok {
		return p, false
	}
	for i := range by.values {
		v := model.Value{Missing: read.Kinds[i] != value.Known}
		switch {
		case v.Missing:
		case by.model.Features[i].Type == model.Numeric:
			v.Number = read.Numbers[i]
		default:
			v.Text = string(read.Texts[i])
		}
		by.values[i] = v
	}
	score, class := by.model.Predict(by.values)
	return predictionlog.Prediction{
		Model: by.model.Name, Version: by.model.Version, Features: row.features, Score: score, Class: class,
		Latency: -time.Nanosecond, ShadowOf: &row.id,
	}, true
}
