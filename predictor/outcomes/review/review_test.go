package review

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

func TestAnswersBecomeOutcomes(t *testing.T) {
	t.Parallel()
	o := open(t, loans(t, 4), atOnce, "")
	want := map[int64]string{}
	for i := range 4 {
		word := fmt.Sprint(i % 2)
		want[number(t, o.decide("ann", word))] = word
	}
	if id := o.next("ann"); id != "" {
		t.Errorf("prediction %s is shown again", id)
	}
	o.counts(want)
	for _, r := range o.reviews() {
		if r.Reviewer != "unauthenticated:ann" || r.Probability != 1 || r.Outcome != want[r.PredictionID] {
			t.Errorf("review %+v", r)
		}
	}
	if got := o.metric(`drift_outcomes_accepted_total{source="officers"}`); got != "4" {
		t.Errorf("%s accepted", got)
	}
	if got := o.metric(`drift_outcomes_review_queue{person="first",source="officers"}`); got != "0" {
		t.Errorf("%s wait", got)
	}
}

func TestTwoDisagreeAndAThirdSettles(t *testing.T) {
	t.Parallel()
	o := open(t, loans(t, 1), "sources:\n- {name: officers, review: {sample: 1, second_review: 1, undo: 0s}}\n", "")
	o.decide("ann", "1")
	o.counts(map[int64]string{0: "1"})
	if id := o.next("ann"); id != "" {
		t.Error("the first reviewer is asked again")
	}
	o.decide("bob", "0")
	if got := o.metric(`drift_outcomes_review_queue{person="third",source="officers"}`); got != "1" {
		t.Errorf("%s wait for a third", got)
	}
	if o.next("ann") != "" || o.next("bob") != "" {
		t.Error("one of the two settles it")
	}
	o.counts(map[int64]string{0: "1"})
	o.decide("cleo", "0")
	o.counts(map[int64]string{0: "0"})
	if o.next("dan") != "" {
		t.Error("it is settled, and yet a fourth is asked")
	}
	if ratio, n := o.metric(`drift_outcomes_review_agreement_ratio{source="officers"}`), o.metric(`drift_outcomes_review_agreement_samples{source="officers"}`); ratio != "0" || n != "1" {
		t.Errorf("agreement %q of %q", ratio, n)
	}
}

// Two people rarely say exactly the same number. Those within the tolerance agree, and of three that
// are not, the one in the middle counts.
func TestNumbersAgreeWithinATolerance(t *testing.T) {
	t.Parallel()
	homes := logOf(t, 3, func(int) predictionlog.Prediction {
		return predictionlog.Prediction{Model: "m", Features: []byte("{}"), Score: 210_000, Latency: -1}
	})
	o := open(t, homes, "sources:\n- {name: officers, outcome: {type: regression, tolerance: 5000}, review: {answer: number, sample: 1, second_review: 1, undo: 0s}}\n", "")
	const source = `{source="officers"}`
	for _, name := range []string{"agreement_ratio", "mean_absolute_difference", "concordance"} {
		if got := o.metric("drift_outcomes_review_" + name + source); got != "" {
			t.Errorf("%s is %s without a second review", name, got)
		}
	}
	first := map[string]string{}
	for _, said := range []string{"200000", "300000", "100000"} {
		first[o.decide("ann", said)] = said
	}
	second := map[string]string{"200000": "205000", "300000": "340000", "100000": "99000"}
	for range 3 {
		id := o.next("bob")
		o.decide("bob", second[first[id]])
	}
	for name, want := range map[string]string{
		"agreement_ratio": "0.6666666666666666", "agreement_samples": "3", "accuracy_samples": "0",
		"mean_absolute_difference": "15333.33333333333",
		"concordance":              "0.96736643519447", // by numpy, as in the package agreement
	} {
		if got := o.metric("drift_outcomes_review_" + name + source); !strings.HasPrefix(got, want) {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
	if got := o.metric(`drift_outcomes_review_queue{person="third",source="officers"}`); got != "1" {
		t.Errorf("%s wait for a third", got)
	}
	id := o.decide("cleo", "320000")
	if first[id] != "300000" || o.next("cleo") != "" {
		t.Errorf("prediction %s, on which two agree, is disputed", id)
	}
	want := map[int64]string{}
	for id, said := range first {
		want[number(t, id)] = map[string]string{"300000": "320000"}[said]
		if want[number(t, id)] == "" {
			want[number(t, id)] = said
		}
	}
	o.counts(want)
}

func TestAModelIsJudgedOnlyAfterTheReviewer(t *testing.T) {
	t.Parallel()
	o := open(t, loans(t, 2), everyLoan, "")
	_, page := o.get("/review?reviewer_id=ann", nil)
	for _, secret := range []string{"0.51", "0.5)", "but the model", "score ("} {
		if strings.Contains(page, secret) {
			t.Errorf("the page of an open prediction has %q", secret)
		}
	}
	id := o.decide("ann", "repaid")
	_, page = o.get("/review?reviewer_id=ann", nil)
	if !strings.Contains(page, "Prediction "+id+": you said <strong><bdi>repaid</bdi></strong>") || !strings.Contains(page, "score 0.5") {
		t.Errorf("the model's answer is not shown:\n%s", page)
	}
}

func TestUndoAndSkip(t *testing.T) {
	t.Parallel()
	o := open(t, loans(t, 3), everyLoan, "")
	first := o.decide("ann", "repaid")
	if status, page := o.post("ann", url.Values{"action": {"undo"}}); status != http.StatusSeeOther {
		t.Fatalf("%d %s", status, page)
	}
	if id := o.next("ann"); id != first {
		t.Errorf("after undo prediction %s is shown, want %s", id, first)
	}
	o.post("ann", url.Values{"action": {"skip"}, "prediction_id": {first}})
	if id := o.next("ann"); id == first {
		t.Error("a skipped prediction is shown at once")
	}
	if id := o.next("bob"); id != first {
		t.Error("another person does not get what was skipped")
	}
	o.post("bob", url.Values{"action": {"skip"}, "prediction_id": {first}})
	o.decide("ann", "repaid")
	o.decide("ann", "repaid")
	if id := o.decide("ann", "default"); id != first {
		t.Errorf("at last prediction %s is shown, want the skipped one", id)
	}
	rows := o.reviews()
	if len(rows) != 5 || rows[1].Outcome != "" || rows[1].Reviewer == "" || rows[4].Outcome != "0" {
		t.Errorf("reviews %+v", rows)
	}
	if status, page := o.post("bob", url.Values{"action": {"undo"}}); status != http.StatusConflict || !strings.Contains(page, "nothing to undo") {
		t.Errorf("%d %s", status, page)
	}
	if got := o.metric(`drift_outcomes_review_skips_total{source="officers"}`); got != "2" {
		t.Errorf("%s skips", got)
	}
}

func TestReservationsKeepPeopleApartAndExpire(t *testing.T) {
	t.Parallel()
	log := loans(t, 2)
	clock := time.Now()
	q := newQueue(&config{limit: 10, reservation: time.Minute})
	a, b := &item{id: 1, probability: 1, key: .1}, &item{id: 2, probability: 1, key: .2}
	q.add(b)
	q.add(a)
	if q.next("ann", clock) != a || q.next("bob", clock) != b || q.next("cleo", clock) != nil || q.next("ann", clock) != a {
		t.Error("two people get one prediction")
	}
	if q.next("cleo", clock.Add(time.Minute)) != a {
		t.Error("a reservation does not expire")
	}
	o := open(t, log, everyLoan, "")
	if ann, bob := o.next("ann"), o.next("bob"); ann == bob || ann == "" || bob == "" || o.next("cleo") != "" {
		t.Errorf("predictions %s and %s", ann, bob)
	}
	// An answer that comes after the reservation counts nevertheless.
	id := o.next("ann")
	o.stop()
	o = open(t, log, everyLoan, "")
	if status, page := o.post("ann", url.Values{"prediction_id": {id}, "outcome": {"repaid"}}); status != http.StatusSeeOther {
		t.Errorf("%d %s", status, page)
	}
	if rows := o.reviews(); len(rows) != 1 || rows[0].Probability != 1 {
		t.Errorf("reviews %+v", rows)
	}
}

func TestARestartKeepsTheQueue(t *testing.T) {
	t.Parallel()
	log := loans(t, 400)
	const config = "sources:\n- {name: officers, review: {sample: 0.1, second_review: 0.5, undo: 0s}}\n"
	o := open(t, log, config, "")
	var order []string
	for range 5 {
		order = append(order, o.decide("ann", "1"))
	}
	left, second := o.metric(`drift_outcomes_review_queue{person="first",source="officers"}`), o.metric(`drift_outcomes_review_queue{person="second",source="officers"}`)
	next := o.next("ann")
	o.stop()
	o = open(t, log, config, "")
	if got := o.next("ann"); got != next || slices.Contains(order, got) {
		t.Errorf("after the restart prediction %s is next, before it %s", got, next)
	}
	if l, s := o.metric(`drift_outcomes_review_queue{person="first",source="officers"}`), o.metric(`drift_outcomes_review_queue{person="second",source="officers"}`); l != left || s != second {
		t.Errorf("%s and %s wait, before the restart %s and %s", l, s, left, second)
	}
	// Another share holds for later predictions only.
	o.stop()
	o = open(t, log, strings.Replace(config, "0.1,", "1,", 1), "")
	if l := o.metric(`drift_outcomes_review_queue{person="first",source="officers"}`); l != left {
		t.Errorf("%s wait with another share, before %s", l, left)
	}
	add(t, log, 3, func(int) predictionlog.Prediction {
		return predictionlog.Prediction{Model: "m", Features: []byte("{}"), Class: "1", Score: .9, Latency: -1}
	})
	want := fmt.Sprint(number(t, left) + 3)
	for o.metric(`drift_outcomes_review_queue{person="first",source="officers"}`) != want {
		time.Sleep(time.Millisecond)
	}
}

func TestValidateTakesTheOriginalBody(t *testing.T) {
	t.Parallel()
	o := open(t, loans(t, 3), atOnce, "")
	status, answer := o.validate(`{"reviewer_id": "ann", "prediction_id": 2, "validated_outcome": 1}`, nil)
	var got struct {
		PredictionID  int64  `json:"prediction_id"`
		Reviewer      string `json:"reviewer_id"`
		Outcome       string `json:"validated_outcome"`
		Authenticated bool   `json:"authenticated"`
	}
	if err := json.NewDecoder(bytes.NewReader([]byte(answer))).Decode(&got); err != nil || status != 200 || got.PredictionID != 2 || got.Outcome != "1" || got.Reviewer != "ann" || got.Authenticated {
		t.Errorf("%d %s", status, answer)
	}
	o.counts(map[int64]string{2: "1"})
	if status, answer = o.validate(`{"reviewer_id": "ann", "prediction_id": 2, "validated_outcome": 1.0}`, nil); status != 200 || !strings.Contains(answer, `"unchanged":true`) || len(o.reviews()) != 1 {
		t.Errorf("the same again: %d %s", status, answer)
	}
	// The prediction was chosen, so it says nothing about the sample, and stays in the queue.
	if r := o.reviews()[0]; r.Probability != 0 {
		t.Errorf("review %+v", r)
	}
	if n := o.metric(`drift_outcomes_review_accuracy_samples{source="officers"}`); n != "0" {
		t.Errorf("%s samples", n)
	}
	for body, want := range map[string]string{
		`{`:   "400 not one JSON object",
		`[1]`: "400 not one JSON object",
		`{"prediction_id": 1, "prediction_id": 2}`:                                    "400 not one JSON object",
		`{"reviewer_id": "ann", "prediction_id": 1}`:                                  "422 required",
		`{"reviewer_id": "ann", "validated_outcome": 1}`:                              "422 required",
		`{"reviewer_id": "ann", "prediction_id": -1, "validated_outcome": 1}`:         "422 whole number",
		`{"reviewer_id": "ann", "prediction_id": 1.5, "validated_outcome": 1}`:        "422 whole number",
		`{"reviewer_id": "ann", "prediction_id": 99, "validated_outcome": 1}`:         "404 No prediction",
		`{"reviewer_id": "ann", "prediction_id": 1, "validated_outcome": 2}`:          "422 not one of 1, 0",
		`{"reviewer_id": "ann", "prediction_id": 1, "validated_outcome": [1]}`:        "422 not one of 1, 0",
		`{"reviewer_id": "ann", "prediction_id": 1, "validated_outcome": null}`:       "422 required",
		`{"reviewer_id": "", "prediction_id": 1, "validated_outcome": 1}`:             "422 reviewer_id is missing",
		`{"reviewer_id": 7, "prediction_id": 1, "validated_outcome": 1}`:              "422 reviewer_id must be a text",
		`{"reviewer_id": "a\u0000", "prediction_id": 1, "validated_outcome": 1}`:      "403 cannot be printed",
		`{"reviewer_id": "ann", "prediction_id": 1, "validated_outcome": 1, "who":1}`: `422 \"who\" is unknown`,
	} {
		status, answer := o.validate(body, nil)
		code, says, _ := strings.Cut(want, " ")
		if fmt.Sprint(status) != code || !strings.Contains(answer, says) {
			t.Errorf("%s: %d %s, want %s", body, status, answer, want)
		}
	}
	if status, _ := o.validate(`{}`, map[string]string{"Content-Type": "text/plain"}); status != http.StatusUnsupportedMediaType {
		t.Errorf("text: %d", status)
	}
	if status, _ := o.validate(`{"reviewer_id": "ann", "prediction_id": 1, "validated_outcome": 1}`, map[string]string{"Sec-Fetch-Site": "cross-site"}); status != http.StatusForbidden {
		t.Errorf("from another site: %d", status)
	}
	if len(o.reviews()) != 1 {
		t.Errorf("reviews %+v", o.reviews())
	}
}

// The password of both is "secret".
const users = "basic_auth_users: {ann: \"$2a$04$VOu71YJt9jcBn7CzniT.Nu7lWGB7SZe3KupV94dEAaraOe.vGmp5y\", bob: \"$2a$04$VOu71YJt9jcBn7CzniT.Nu7lWGB7SZe3KupV94dEAaraOe.vGmp5y\"}\n"

func TestWhoReviewsIsAuthenticated(t *testing.T) {
	t.Parallel()
	const proxied = "sources:\n- {name: officers, review: {sample: 1, second_review: 0, undo: 0s, identity: {header: X-Forwarded-User, proxies: [%s]}}}\n"
	const body = `{"reviewer_id": "ann", "prediction_id": 1, "validated_outcome": 1}`
	trusted := open(t, loans(t, 3), fmt.Sprintf(proxied, "127.0.0.1/32"), "")
	for _, test := range []struct {
		header map[string]string
		status int
	}{
		{map[string]string{"X-Forwarded-User": "ann"}, 200},
		{map[string]string{"X-Forwarded-User": "bob"}, 403}, // the body says ann
		{map[string]string{"X-Forwarded-User": ""}, 403},
		{map[string]string{"X-Forwarded-User": "unauthenticated:ann"}, 403},
		{nil, 403},
	} {
		if status, answer := trusted.validate(body, test.header); status != test.status {
			t.Errorf("%v: %d %s", test.header, status, answer)
		}
	}
	if rows := trusted.reviews(); len(rows) != 1 || rows[0].Reviewer != "ann" {
		t.Errorf("reviews %+v", rows)
	}
	if got := trusted.metric(`drift_outcomes_review_unauthenticated{source="officers"}`); got != "0" {
		t.Errorf("unauthenticated %s", got)
	}
	status, page := trusted.get("/review", map[string]string{"X-Forwarded-User": "ann"})
	if status != 200 || strings.Contains(page, "Nobody checks") || strings.Contains(page, "reviewer_id") {
		t.Errorf("%d %s", status, page)
	}
	foreign := open(t, loans(t, 3), fmt.Sprintf(proxied, "10.0.0.0/8"), "")
	if status, answer := foreign.validate(body, map[string]string{"X-Forwarded-User": "ann"}); status != 403 || !strings.Contains(answer, "not one of the proxies") {
		t.Errorf("from elsewhere: %d %s", status, answer)
	}
	open := open(t, loans(t, 3), atOnce, "")
	if _, page := open.get("/review?reviewer_id=ann", nil); !strings.Contains(page, "Nobody checks who you are") {
		t.Error("the page does not say that nobody is checked")
	}
	if got := open.metric(`drift_outcomes_review_unauthenticated{source="officers"}`); got != "1" {
		t.Errorf("unauthenticated %s", got)
	}
	// A password that nobody checks proves nothing.
	if status, answer := open.validate(body, map[string]string{"user": "bob"}); status != 200 || open.reviews()[0].Reviewer != "unauthenticated:ann" {
		t.Errorf("%d %s", status, answer)
	}
}

func TestAPasswordSaysWhoReviews(t *testing.T) {
	t.Parallel()
	o := open(t, loans(t, 3), atOnce, users)
	const body = `{"prediction_id": 1, "validated_outcome": 1}`
	if status, _ := o.validate(body, nil); status != http.StatusUnauthorized {
		t.Errorf("without a password: %d", status)
	}
	if status, answer := o.validate(body, map[string]string{"user": "bob"}); status != 200 || !strings.Contains(answer, `"authenticated":true`) {
		t.Errorf("%d %s", status, answer)
	}
	if rows := o.reviews(); len(rows) != 1 || rows[0].Reviewer != "bob" {
		t.Errorf("reviews %+v", rows)
	}
	if status, page := o.get("/review", map[string]string{"user": "ann"}); status != 200 || strings.Contains(page, "Nobody checks") || !strings.Contains(page, "<strong>ann</strong>") {
		t.Errorf("%d %s", status, page)
	}
	if status, page := o.get("/metrics", map[string]string{"user": "ann"}); status != 200 || !strings.Contains(page, `drift_outcomes_review_unauthenticated{source="officers"} 0`) {
		t.Errorf("%d %s", status, page)
	}
}
