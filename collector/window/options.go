package window

import (
	"errors"
	"fmt"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/collector/window/codes"
)

// Options are the bounds of the windows.
type Options struct {
	// Predictions is the number of newest rows of a model and version in its
	// window; 0 turns this bound off.
	Predictions int
	// Duration is the maximum age, by the scrape's clock, of a row in the window; 0 turns
	// this bound off. At least one of the two must be on.
	Duration time.Duration
	// Lookback is the distance between two anchors, in rows of the log. It is raised to
	// Predictions if it is less.
	Lookback int64
	// Feedback is the number of newest distinct predictions with feedback in
	// the feedback window.
	Feedback int
	// Maturity is the age from which a prediction counts as mature, whether its outcome
	// has come or not; 0: the age at which 95 % have their outcome.
	Maturity time.Duration
	// Versions is the maximum number of versions of one model that are exported.
	Versions int
	// FalseAlarmsPerMonth bounds the false alarms of the detectors of one model and
	// version in 30 days; 0: there are no detectors.
	FalseAlarmsPerMonth float64
	// Tolerance is the divergence in nats up to which the detectors tolerate drift.
	Tolerance float64
	// AccuracyTolerance is the rise of the error rate, or of the loss of a regression relative to
	// the 99 % quantile of its errors in the reference, that does not matter.
	AccuracyTolerance float64
	// RetrainCost is the cost of retraining in errors; 0: unknown.
	RetrainCost float64
	// Segments follows the accuracy of slices: of the bins of each feature, and with SegmentPairs
	// of each two features. They take a byte for each feature and row of the look-back.
	Segments, SegmentPairs bool
	// Blocks adds the window in blocks of neighbouring rows, and a test of the blocks that
	// allows for dependence.
	Blocks bool
	// TrailStep is the time between two points of the trails of the distributions, a
	// multiple of drift.TickLength; 0: there are no trails. TrailPoints is the number of
	// points that are kept at least, and up to twice as many.
	TrailStep   time.Duration
	TrailPoints int
	// Bare leaves null distributions, outcomes and estimates out of snapshots, for callers
	// that use the detectors only. A null distribution is then drawn only if a detector
	// needs it.
	Bare bool
	// Once is set by callers that ask for one snapshot only: null distributions of windows that
	// are not full are then not drawn ahead.
	Once bool
	// Alarms leaves everything out of the distributions of snapshots except what the
	// detectors say.
	Alarms bool
	// Codes is the folder for the codes of rows between one start and the next; nil: they
	// are not kept.
	Codes *codes.Folder
}

// MaxTolerance is the upper bound of Options.Tolerance: a divergence above it does not
// occur in practice.
const MaxTolerance = 1000

// MaxRetrainCost is the upper bound of Options.RetrainCost.
const MaxRetrainCost = 1e12

// Validate returns an error that names the flag of a wrong option.
func (o *Options) Validate() error {
	switch {
	case o.Predictions < 0:
		return fmt.Errorf("--window.predictions=%d: must be at least 0; 0 turns this bound off", o.Predictions)
	case o.Duration < 0:
		return fmt.Errorf("--window.duration=%v: must be at least 0; 0 turns this bound off", o.Duration)
	case o.Predictions == 0 && o.Duration == 0:
		return errors.New("the window has no bound: set --window.predictions, --window.duration or both")
	case o.Lookback < 1:
		return fmt.Errorf("--window.lookback=%d: must be at least 1", o.Lookback)
	case o.Feedback < 1:
		return fmt.Errorf("--window.feedback=%d: must be at least 1", o.Feedback)
	case o.Maturity < 0:
		return fmt.Errorf("--window.maturity=%v: must be at least 0; 0 is the age at which 95 %% have their outcome", o.Maturity)
	case o.TrailStep < 0 || o.TrailStep%drift.TickLength != 0:
		return fmt.Errorf("--history.step is %v: it must be a multiple of %v, such as 5m, or 0 to keep no history", o.TrailStep, drift.TickLength)
	case o.TrailStep > 0 && (o.TrailPoints < 1 || o.TrailPoints > mostTrailPoints):
		return fmt.Errorf("--history.duration is %d times --history.step: it must be 1 to %d times as long", o.TrailPoints, mostTrailPoints)
	case o.Versions < 1:
		return fmt.Errorf("--versions.max=%d: must be at least 1", o.Versions)
	case !(o.FalseAlarmsPerMonth >= 0 && o.FalseAlarmsPerMonth < 1e6):
		return fmt.Errorf("--drift.false-alarms-per-month=%v: must be above 0 and below 1000000, such as 1", o.FalseAlarmsPerMonth)
	case !(o.AccuracyTolerance >= 0 && o.AccuracyTolerance < 1):
		return fmt.Errorf("--accuracy.tolerance=%v: must be at least 0 and below 1, such as 0.05", o.AccuracyTolerance)
	case !(o.RetrainCost >= 0 && o.RetrainCost <= MaxRetrainCost):
		return fmt.Errorf("--retrain.cost=%v: must be a number of errors from 0 to %.0f, such as 500; 0: the cost is unknown", o.RetrainCost, MaxRetrainCost)
	case !(o.Tolerance >= 0 && o.Tolerance <= MaxTolerance):
		return fmt.Errorf("--drift.tolerance=%v: must lie between 0 and %d nats, such as 0.02", o.Tolerance, MaxTolerance)
	}
	return nil
}
