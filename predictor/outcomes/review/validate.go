package review

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"

	"github.com/drift-exporter/drift_exporter/predictor/outcomes"
)

// validation is the body of POST /validate.
type validation struct {
	reviewer, note string
	id             int64
	outcome        any
}

// validate answers POST /validate. The reviewer chooses the prediction, so it says nothing about
// the sample, unless the queue has given it to them.
func (s *Source) validate(w http.ResponseWriter, r *http.Request) {
	v, status, err := readValidation(r)
	if err != nil {
		problem(w, status, err)
		return
	}
	answer := struct {
		PredictionID  int64  `json:"prediction_id"`
		Reviewer      string `json:"reviewer_id"`
		Outcome       string `json:"validated_outcome"`
		Authenticated bool   `json:"authenticated"`
		Unchanged     bool   `json:"unchanged"`
		NeedsAnother  bool   `json:"needs_another_reviewer"`
	}{PredictionID: v.id}
	status = 0
	err = s.use(func(d *desk) error {
		who, err := d.identity.who(r, v.reviewer)
		if err != nil {
			return err
		}
		if answer.Outcome, err = d.outcome(v.id, v.outcome); err != nil {
			status = http.StatusUnprocessableEntity
			return fmt.Errorf("validated_outcome: %w", err)
		}
		seq, it, err := d.say(r.Context(), who, v.id, answer.Outcome, v.note, false)
		if err != nil {
			return err
		}
		answer.Reviewer, answer.Authenticated, answer.Unchanged, answer.NeedsAnother = who.said, who.authenticated, seq == 0, it.open()
		return nil
	})
	if err != nil {
		if status == 0 {
			status = statusOf(err)
		}
		problem(w, status, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer) // a client that has gone is no error of ours
}

// readValidation reads the body strictly.
func readValidation(r *http.Request) (v validation, status int, err error) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return v, http.StatusUnsupportedMediaType, fmt.Errorf("send Content-Type: application/json")
	}
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return v, http.StatusBadRequest, fmt.Errorf("read the body: %w", err)
	}
	record := outcomes.ParseJSON(text)
	if record.Value == nil {
		return v, http.StatusBadRequest, fmt.Errorf(`the body is not one JSON object such as {"reviewer_id": "ann", "prediction_id": 4711, "validated_outcome": 1}`)
	}
	var found bool
	for name, field := range record.Value {
		text, isText := field.(string)
		switch name {
		case "reviewer_id", "note":
			if !isText {
				return v, http.StatusUnprocessableEntity, fmt.Errorf("%s must be a text", name)
			}
			if name == "note" {
				v.note = text
			} else {
				v.reviewer = text
			}
		case "prediction_id":
			if n, ok := field.(json.Number); ok {
				text = n.String()
			}
			if v.id, err = parseID(text); err != nil {
				return v, http.StatusUnprocessableEntity, err
			}
			found = true
		case "validated_outcome":
			v.outcome = field
		default:
			return v, http.StatusUnprocessableEntity, fmt.Errorf("%.40q is unknown; known are reviewer_id, prediction_id, validated_outcome and note", name)
		}
	}
	if !found || v.outcome == nil {
		return v, http.StatusUnprocessableEntity, fmt.Errorf("prediction_id and validated_outcome are required")
	}
	return v, 0, nil
}

// problem answers with an error by RFC 9457.
func problem(w http.ResponseWriter, status int, err error) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(struct { // a client that has gone is no error of ours
		Title  string `json:"title"`
		Status int    `json:"status"`
		Detail string `json:"detail"`
	}{http.StatusText(status), status, explain(err)})
}

// explain says what a reviewer can do about an error.
func explain(err error) string {
	switch statusOf(err) {
	case http.StatusNotFound:
		return "No prediction has this id. Look it up again."
	case http.StatusGone:
		return "This prediction is no longer kept, so it cannot be reviewed."
	}
	if errors.Is(err, errNobody) {
		return "reviewer_id is missing, and no identity is configured that could say who you are."
	}
	return err.Error()
}
