package page

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"

	"github.com/drift-exporter/drift_exporter/collector/page/draw"
	"github.com/drift-exporter/drift_exporter/collector/page/words"
)

// The size of a picture for tickets and chats.
const (
	pictureWidth   = 760
	pictureTop     = 112
	pictureLine    = 22
	pictureLabels  = 220
	pictureBars    = 380
	pictureNumbers = 150
)

var errNothingNamed = errors.New("name what the picture is of: /drift.svg?model=NAME&version=VERSION&feature=NAME, or prediction=score or class in place of the feature")

// picture is one subject in a picture that stands alone, on white, with its numbers in it.
type picture struct {
	Width, Height                 int
	Title, Verdict, Size, About   string
	State                         state
	Label                         string
	Lines                         []pictureBin
	BarsAt, NumbersAt, LegendAt   int
	ReferenceAt, WindowAt, FootAt int
}

// pictureBin is a line of a picture: a bin with two bars and their numbers.
type pictureBin struct {
	Name, Shares      string
	At, Text          int
	Reference, Window draw.Bar
}

// picture answers with the picture of a feature, the score or the class.
func (s *server) picture(w http.ResponseWriter, r *http.Request) {
	c, err := choose(r)
	if err == nil && c.kind == "" {
		err = fmt.Errorf("%w: %w", errQuery, errNothingNamed)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	v, err := s.viewer(r, c, s.Judgement.Outline)
	if err != nil {
		http.Error(w, err.Error(), status(err))
		return
	}
	m, found, err := v.subject(c)
	if err != nil {
		http.Error(w, err.Error(), status(err))
		return
	}
	var b bytes.Buffer
	p := v.picture(m, found)
	if err := render(&b, "picture.svg", &p); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	header(w, "image/svg+xml", nothing+"; sandbox")
	_, _ = w.Write(b.Bytes())
}

// picture draws one subject.
func (v *viewer) picture(m watched, s *subject) picture {
	p := picture{
		Width: pictureWidth, State: s.state(), BarsAt: pictureLabels, NumbersAt: pictureWidth - 20,
		Title:   words.Short(words.Plain(s.name), 40) + " of " + words.Short(words.Plain(m.Name+" "+m.Version), 40),
		Verdict: v.says(m, s), About: v.aboutWindow(m),
	}
	if s.Since != nil {
		p.Verdict += " since " + words.Moment(*s.Since, v.a.Time)
	}
	if s.Test != nil {
		p.Size = s.band() + ": " + words.Nats(s.Test.Corrected) + " above sampling noise"
	}
	names, top := binNames(s), 0.0
	for _, b := range s.bins() {
		top = max(top, b.Share, b.ReferenceShare)
	}
	for i, b := range s.bins() {
		at := pictureTop + i*pictureLine
		p.Lines = append(p.Lines, pictureBin{
			Name: words.Short(words.Plain(names[i]), 28), Shares: words.Percent(b.Share) + " (" + words.Percent(b.ReferenceShare) + ")",
			At: at, Text: at + 12,
			Reference: draw.NewBar(draw.Pair{Window: b.ReferenceShare}, top, pictureBars, 16),
			Window:    draw.NewBar(draw.Pair{Window: b.Share}, top, pictureBars, 16),
		})
	}
	p.Height = pictureTop + len(s.bins())*pictureLine + 36
	p.FootAt, p.LegendAt = p.Height-12, pictureTop-12
	p.Label = p.Title + ": " + p.Verdict + ". " + differs(s)
	return p
}

// aboutWindow says what a picture was made of, and when.
func (v *viewer) aboutWindow(m watched) string {
	text := words.Clock(v.a.Time)
	if m.Freshness != nil {
		text += ", " + words.Plural(m.Freshness.Predictions, "prediction")
	}
	if m.Reference != nil {
		text += " against " + words.Plural(m.Reference.Rows, "row") + " of the reference"
	}
	return text
}
