package review

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the templates
	"encoding/base64"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/outcomes"
)

//go:embed templates/review.html
var markup string

//go:embed templates/style.css
var style string

//go:embed templates/keys.js
var script string

var pages = template.Must(template.New("review").Funcs(template.FuncMap{
	"style":  func() template.CSS { return template.CSS(style) }, // #nosec G203 -- ours, embedded
	"script": func() template.JS { return template.JS(script) },  // #nosec G203 -- ours, embedded
}).Parse(markup))

// policy allows a page its own style, its own script, and forms to itself. It allows no other
// request and no frame.
var policy = "default-src 'none'; style-src " + sum(style) + "; script-src " + sum(script) + "; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

func sum(text string) string {
	hash := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) + "'"
}

// view is what the page shows.
type view struct {
	Title, Reviewer, Error, Again string
	Unchecked                     bool // nobody checks who reviews
	Ask                           bool // for the name
	Today, Waiting, Elsewhere     int
	Last                          *lastView
	Item                          *itemView
}

// lastView is the last answer, with what the model had said.
type lastView struct {
	ID                 int64
	Said, Model, Score string
	Right, Undo        bool
	Number             bool
}

// itemView is a prediction that waits for an answer. It contains nothing that the model said.
type itemView struct {
	ID                         int64
	Question, RequestID, Model string
	Time, When, Held           string
	Number                     bool
	Choices                    []choice
	Features                   []featureView
}

// choice is a button.
type choice struct{ Outcome, Word, Key string }

// get shows the next prediction.
func (s *Source) get(w http.ResponseWriter, r *http.Request) {
	s.show(w, r, r.URL.Query().Get("reviewer_id"), nil)
}

// post takes an answer and then shows the next prediction.
func (s *Source) post(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		http.Error(w, "the form cannot be read; go back and try again", http.StatusBadRequest)
		return
	}
	asked := r.PostForm.Get("reviewer_id")
	err := s.use(func(d *desk) error {
		who, err := d.identity.who(r, asked)
		if err != nil {
			return err
		}
		if r.PostForm.Get("action") == "undo" {
			return d.takeBack(r.Context(), who)
		}
		id, err := parseID(r.PostForm.Get("prediction_id"))
		if err != nil {
			return refusal(err.Error())
		}
		if r.PostForm.Get("action") == "skip" {
			d.queue.skip(id, who.name)
			return nil
		}
		outcome, err := d.outcome(id, r.PostForm.Get("outcome"))
		if err != nil {
			return refusal("This answer was not saved: " + err.Error() + ".")
		}
		_, _, err = d.say(r.Context(), who, id, outcome, strings.TrimSpace(r.PostForm.Get("note")), true)
		return err
	})
	if err != nil {
		s.show(w, r, asked, err)
		return
	}
	again := "review"
	if asked != "" {
		again += "?" + url.Values{"reviewer_id": {asked}}.Encode()
	}
	http.Redirect(w, r, again, http.StatusSeeOther)
}

// show answers with the page: the next prediction of this reviewer, and what went wrong.
func (s *Source) show(w http.ResponseWriter, r *http.Request, asked string, failed error) {
	var v view
	code := http.StatusOK
	err := s.use(func(d *desk) error {
		who, err := d.identity.who(r, asked)
		if errors.Is(err, errNobody) {
			v = view{Title: "Who reviews?", Ask: true, Unchecked: true}
			return nil
		}
		if err != nil {
			return err
		}
		v, err = d.view(r, who)
		return err
	})
	if err != nil {
		code = statusOf(err)
		v = view{Title: "No review now", Error: sentence(explain(err))}
	}
	if failed != nil && err == nil {
		code = statusOf(failed)
		v.Error = sentence(explain(failed))
	}
	var page bytes.Buffer
	if err := pages.Execute(&page, &v); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", policy)
	w.WriteHeader(code)
	_, _ = w.Write(page.Bytes()) // a client that has gone is no error of ours
}

// sentence makes a sentence of an error.
func sentence(text string) string {
	if text == "" {
		return ""
	}
	text = strings.ToUpper(text[:1]) + text[1:]
	if !strings.HasSuffix(text, ".") {
		text += "."
	}
	return text
}

// view reserves the next prediction of a reviewer and says what the page shows.
func (d *desk) view(r *http.Request, who person) (v view, err error) {
	v = view{Title: "Nothing waits", Reviewer: who.said, Unchecked: !who.authenticated, Again: "review"}
	if !who.authenticated {
		v.Again += "?" + url.Values{"reviewer_id": {who.said}}.Encode()
	}
	v.Today = d.today(who.name)
	v.Last = d.lastOf(who.name)
	for {
		it := d.queue.next(who.name, d.now())
		if it == nil {
			break
		}
		row, err := d.read(r.Context(), it.id)
		if err != nil {
			return v, err
		}
		if row == nil { // it has been erased or pruned
			d.queue.remove(it.id)
			continue
		}
		made := time.Unix(0, row.Time).UTC()
		v.Item = &itemView{
			ID: it.id, Question: d.question, RequestID: row.RequestID, Number: d.number,
			Model: strings.TrimSpace(row.Model + " " + row.Version), Time: made.Format(time.RFC3339), When: made.Format("2 January 2006, 15:04 UTC"),
			Held: words(d.reservation), Features: features(row.Features), Choices: d.choices(),
		}
		v.Title = "Prediction " + strconv.FormatInt(it.id, 10)
		break
	}
	v.Waiting, v.Elsewhere = d.queue.waiting(who.name)
	return v, nil
}

// words says a duration as people do.
func words(d time.Duration) string {
	switch {
	case d >= 2*time.Hour:
		return strconv.Itoa(int(d.Hours())) + " hours"
	case d >= 2*time.Minute:
		return strconv.Itoa(int(d.Minutes())) + " minutes"
	}
	return strconv.Itoa(int(d.Seconds())) + " seconds"
}

// choices returns the buttons. The classes 1 and 0 have these keys. Other classes have the keys 1
// to 9 in their order.
func (d *desk) choices() (all []choice) {
	answers := d.sink.Mapping().Answers()
	plain := len(answers) == 2 && isBit(answers[0]) && isBit(answers[1])
	for i, a := range answers {
		c := choice{Outcome: a.Outcome, Word: a.Word}
		switch {
		case plain:
			c.Key = a.Outcome
		case i < 9:
			c.Key = strconv.Itoa(i + 1)
		}
		all = append(all, c)
	}
	return all
}

func isBit(a outcomes.Answer) bool { return a.Outcome == "0" || a.Outcome == "1" }

// today counts the answers of a reviewer since midnight, UTC.
func (d *desk) today(reviewer string) (n int) {
	midnight := d.now().UTC().Truncate(24 * time.Hour).UnixNano()
	for _, it := range d.queue.items {
		for _, s := range it.said {
			if s.reviewer == reviewer && s.time >= midnight {
				n++
			}
		}
	}
	return n
}

// lastOf returns the last answer of a reviewer, if it is from the last minutes.
func (d *desk) lastOf(reviewer string) *lastView {
	recent := d.recent[reviewer]
	if len(recent) == 0 {
		return nil
	}
	last := recent[len(recent)-1]
	it, age := d.queue.items[last.id], d.now().Sub(last.at)
	if it == nil || it.of(reviewer) != last.outcome || age > max(d.undo, 10*time.Minute) {
		return nil
	}
	v := &lastView{ID: last.id, Said: d.word(last.outcome), Undo: age <= d.undo, Number: d.number}
	if it.hasScore {
		v.Score = strconv.FormatFloat(it.score, 'g', 3, 64)
	}
	if d.number {
		v.Model = v.Score
		return v
	}
	class := d.sink.Mapping().Classes().Predicted(it.class)
	v.Model, v.Right = d.word(class), class == last.outcome
	return v
}

// word returns the word of an outcome.
func (d *desk) word(outcome string) string {
	for _, a := range d.sink.Mapping().Answers() {
		if a.Outcome == outcome {
			return a.Word
		}
	}
	return outcome
}
