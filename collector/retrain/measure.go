package retrain

import (
	"fmt"
	"math"

	"github.com/drift-exporter/drift_exporter/collector/drift"
	"github.com/drift-exporter/drift_exporter/predictor/model"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog/features"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

const z95 = 1.959963984540054

// quality is how good predictions are.
type quality struct {
	Rows     int      `json:"rows"`
	Accuracy float64  `json:"accuracy"`
	Lower    float64  `json:"accuracy_lower"` // Wilson's interval of 95 %
	Upper    float64  `json:"accuracy_upper"`
	AUC      *float64 `json:"auc,omitempty"` // absent with one class or without scores
	AUCLower *float64 `json:"auc_lower,omitempty"`
	AUCUpper *float64 `json:"auc_upper,omitempty"`
}

// answer is what a model said about a row, and what was true.
type answer struct {
	score    float64
	hasScore bool
	right    bool
	positive bool // the outcome
}

// measure measures answers.
func measure(answers []answer) quality {
	q := quality{Rows: len(answers)}
	if q.Rows == 0 {
		return q
	}
	var correct int64
	scored := make([]drift.Scored, 0, len(answers))
	positives := 0
	for _, a := range answers {
		if a.right {
			correct++
		}
		if a.positive {
			positives++
		}
		if a.hasScore {
			scored = append(scored, drift.Scored{Score: a.score, Positive: a.positive})
		}
	}
	q.Accuracy = float64(correct) / float64(q.Rows)
	q.Lower, q.Upper = drift.Wilson(correct, int64(q.Rows), z95)
	if len(scored) == len(answers) {
		q.addAUC(drift.ROCAUC(scored), positives, q.Rows-positives)
	}
	return q
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
func served(rows []labelled) []answer {
	answers := make([]answer, len(rows))
	for i := range rows {
		r := &rows[i]
		answers[i] = answer{right: r.Class == r.Outcome, positive: r.Outcome == positiveClass}
		if r.Score != nil {
			answers[i].score, answers[i].hasScore = *r.Score, true
		}
	}
	return answers
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
		answers[i] = answer{score: score, hasScore: true, right: class == rows[i].Outcome, positive: rows[i].Outcome == positiveClass}
	}
	return answers, nil
}
