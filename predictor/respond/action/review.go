package action

import (
	"context"
	"fmt"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/drift-exporter/drift_exporter/predictor/outcomes/review/raise"
	"github.com/drift-exporter/drift_exporter/predictor/respond"
	"github.com/drift-exporter/drift_exporter/predictor/strictyaml"
)

// moreReviews is the step review_more. It asks the reviews to draw more predictions of the model
// for a while.
type moreReviews struct {
	folder string
	sample float64
	lasts  time.Duration
}

func parseReviewMore(d strictyaml.Decoder, n *yaml.Node) (respond.Step, error) {
	m := d.Map(n, "review_more", "folder", "sample", "for")
	m.Require("folder", "write the path of the folder that review.raise of the outcomes process has")
	m.Require("sample", "write the probability with which a prediction is drawn meanwhile, such as 0.3")
	m.Require("for", "write how long, such as 7d")
	s := &moreReviews{folder: m.Text("folder", ""), sample: m.Number("sample", 1, 0, 1), lasts: m.Duration("for", 0, time.Second, raise.Longest)}
	if m.Err == nil && s.sample == 0 {
		m.Wrong("sample", "sample is 0; write a number above 0 and at most 1")
	}
	return s, m.Err
}

// Plan implements respond.Step.
func (s *moreReviews) Plan(j *respond.Job) string {
	return fmt.Sprintf("have people review more of %s for %s: draw its predictions with a probability of %g", j.Model, s.lasts, s.sample)
}

// asked is the evidence of a request to review more.
type asked struct {
	raise.Raise
	File string `json:"file"`
}

// Run implements respond.Step. A repetition finds the request of the first attempt, which ends when
// that said.
func (s *moreReviews) Run(_ context.Context, j *respond.Job) (respond.Result, error) {
	now := time.Now()
	r := raise.Raise{Run: j.Run, Model: j.Model, Sample: s.sample, Until: now.Add(s.lasts).UTC().Truncate(time.Millisecond)}
	r, err := raise.Put(s.folder, r, now)
	if err != nil {
		return respond.Result{}, err
	}
	text := fmt.Sprintf("predictions of %s are drawn for review with a probability of up to %g until %s", r.Model, r.Sample, r.Until.Format(time.RFC3339))
	return respond.Result{Evidence: asked{r, raise.Path(s.folder, r.Run)}, Text: text}, nil
}
