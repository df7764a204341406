package retrain

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/predictor/model"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/features"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

const z95 = 1.959963984540054

// quality is how good predictions are. Accuracy is that of classes, the mean absolute error that of
// a regression, in the unit of the outcome.
type quality struct {
	Rows     int      `json:"rows"`
	Accuracy *float64 `json:"accuracy,omitempty"`
	Lower    *float64 `json:"accuracy_lower,omitempty"` // Wilson's interval of 95 %
	Upper    *float64 `json:"accuracy_upper,omitempty"`
	AUC      *float64 `json:"auc,omitempty"` // absent with one class or without scores
	AUCLower *float64 `json:"auc_lower,omitempty"`
	AUCUpper *float64 `json:"auc_upper,omitempty"`
	Error    *float64 `json:"mean_absolute_error,omitempty"`
	ErrLower *float64 `json:"mean_absolute_error_lower,omitempty"` // normal interval of 95 %
	ErrUpper *float64 `json:"mean_absolute_error_upper,omitempty"`
}

// answer is what a model said about a row, and what was true.
type answer struct {
	score    float64
	hasScore bool
	right    bool    // of classes
	positive bool    // the outcome, of two classes
	loss     float64 // the absolute error, of a regression
}

// measure measures the answers of a model.
func measure(kind value.Prediction, answers []answer) quality {
	q := quality{Rows: len(answers)}
	switch {
	case q.Rows == 0:
	case kind == value.Regression:
		q.addError(answers)
	default:
		q.addAccuracy(answers)
		if kind == value.Binary {
			q.addArea(answers)
		}
	}
	return q
}

func (q *quality) addAccuracy(answers []answer) {
	var correct int64
	for _, a := range answers {
		if a.right {
			correct++
		}
	}
	accuracy := float64(correct) / float64(q.Rows)
	lower, upper := drift.Wilson(correct, int64(q.Rows), z95)
	q.Accuracy, q.Lower, q.Upper = &accuracy, &lower, &upper
}

// addError adds the mean absolute error. Its interval is that of a mean of many.
func (q *quality) addError(answers []answer) {
	losses := make([]float64, len(answers))
	for i, a := range answers {
		losses[i] = a.loss
	}
	mean, lower, upper := stat.Mean(losses, nil), 0.0, 0.0
	q.Error = &mean
	if len(losses) > 1 {
		margin := z95 * stat.StdErr(stat.StdDev(losses, nil), float64(len(losses)))
		lower, upper = max(mean-margin, 0), mean+margin
		q.ErrLower, q.ErrUpper = &lower, &upper
	}
}

func (q *quality) addArea(answers []answer) {
	scored := make([]drift.Scored, 0, len(answers))
	positives := 0
	for _, a := range answers {
		if a.positive {
			positives++
		}
		if a.hasScore {
			scored = append(scored, drift.Scored{Score: a.score, Positive: a.positive})
		}
	}
	if len(scored) == len(answers) {
		q.addAUC(drift.ROCAUC(scored), positives, q.Rows-positives)
	}
}

// addAUC adds the area under the curve with the interval of Hanley and McNeil [1].
//
// [1] Hanley, J. A.; McNeil, B. J. (1982). "The Meaning and Use of the Area under a Receiver
// Operating Characteristic (ROC) Curve". Radiology 143 (1): 29-36.
func (q *quality) addAUC(area float64, positives, negatives int) {
	if math.IsNaN(area) || positives == 0 || negatives == 0 {
		return
	}
	p, n := float64(positives), float64(negatives)
	q1, q2 := area/(2-area), 2*area*area/(1+area)
	variance := (area*(1-area) + (p-1)*(q1-area*area) + (n-1)*(q2-area*area)) / (p * n)
	margin := z95 * math.Sqrt(max(variance, 0))
	lower, upper := max(area-margin, 0), min(area+margin, 1)
	q.AUC, q.AUCLower, q.AUCUpper = &area, &lower, &upper
}

// served returns what the served model answered.
func served(kind value.Prediction, rows []labelled) []answer {
	answers := make([]answer, len(rows))
	for i := range rows {
		score := math.NaN()
		if rows[i].Score != nil {
			score = *rows[i].Score
		}
		answers[i] = rows[i].judge(kind, score, rows[i].Class)
		answers[i].hasScore = rows[i].Score != nil
	}
	return answers
}

// judge compares an answer with the outcome.
func (l *labelled) judge(kind value.Prediction, score float64, class string) answer {
	if kind == value.Regression {
		actual, _ := value.OutcomeNumber(l.Outcome) // it was one
		return answer{score: score, hasScore: true, loss: math.Abs(score - actual)}
	}
	return answer{score: score, hasScore: true, right: class == l.Outcome, positive: l.Outcome == positiveClass}
}

// positiveClass is the class of a binary model whose probability is the score.
const positiveClass = "1"

// scored returns what another model answers.
func scored(m *model.Model, rows []labelled) ([]answer, error) {
	reader := features.New(m.FeatureNames(), m.Columns())
	answers := make([]answer, len(rows))
	values := make([]model.Value, len(m.Features))
	for i := range rows {
		read, ok := reader.Read(rows[i].Features)
		if !ok {
			return nil, fmt.Errorf("the features of prediction %d are not a JSON object", rows[i].ID)
		}
		for j := range values {
			values[j] = model.Value{Missing: read.Kinds[j] != value.Known}
			switch {
			case values[j].Missing:
			case m.Features[j].Type == model.Numeric:
				values[j].Number = read.Numbers[j]
			default:
				values[j].Text = string(read.Texts[j])
			}
		}
		score, class := m.Predict(values)
		answers[i] = rows[i].judge(kindOf(m), score, class)
	}
	return answers, nil
}
