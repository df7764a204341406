package demo

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// playbook is the configuration of the responder. The times are short, so that one need not wait.
const playbook = `dry_run: false
cooldown: 0s
playbooks:
  - name: recover
    alerts: [ModelAccuracyDrop]
    steps:
      - roll_back: {model_file: DIR/model.json, reference_file: DIR/reference.json, reload: [PREDICTOR/-/reload, EXPORTER/-/reload], within_labels: 100000}
        optional: true
      - review_more: {folder: DIR/review-requests, sample: 0.3, for: 10m}
      - validate: {model_file: DIR/model.json, labels: 500, minimum_labels: 300}
      - retrain: {model_file: DIR/model.json, labels: 1200, minimum_labels: 300}
      - validate: {model: candidate, level: 0.001}
      - shadow: {model_file: DIR/shadow.json, reload: [PREDICTOR/-/reload]}
      - challenge: {model_file: DIR/model.json, maturity: 2s, interval: 1s}
      - promote: {model_file: DIR/model.json, reference_file: DIR/reference.json, reload: [PREDICTOR/-/reload, EXPORTER/-/reload]}
`

const reviews = `sources:
  - name: people
    outcome: {map: {repaid: 1, default: 0}}
    review: {question: "Was the loan repaid?", sample: 0.01, raise: {folder: review-requests}}
`

// respond runs the demo with a responder.
func (d *demo) respond(ctx context.Context) error {
	for i, l := range []law{quietLaw, driftedLaw, changedLaw, chanceLaw} {
		if err := l.write(d.dir, l.file, loansOfALaw, uint64(i+2)); err != nil {
			return err
		}
	}
	if err := quietLaw.write(d.dir, "train.csv", 4000, 1); err != nil {
		return err
	}
	model, reference := filepath.Join(d.dir, "model.json"), filepath.Join(d.dir, "reference.json")
	var said tail
	if err := d.Run(ctx, []string{
		"train", "--csv=" + filepath.Join(d.dir, "train.csv"), "--outcome=repaid", "--model.name=loans", "--model.version=1",
		"--model.output=" + model, "--reference.output=" + reference,
	}, io.Discard, &said); err != nil {
		return fmt.Errorf("train: %w\n%s", err, said.String())
	}
	fill := strings.NewReplacer("DIR", d.dir, "PREDICTOR", d.predictor, "EXPORTER", d.exporter)
	for name, text := range map[string]string{"respond.yml": fill.Replace(playbook), "outcomes.yml": reviews} {
		if err := os.WriteFile(filepath.Join(d.dir, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	return d.run(ctx, d.story,
		[]string{
			"predictor", fmt.Sprintf("--web.listen-address=:%d", d.PredictorPort), "--predictions.log=" + d.log, "--model.file=" + model,
			"--shadow.model.file=" + filepath.Join(d.dir, "shadow.json"), "--web.enable-lifecycle",
		},
		[]string{"exporter", fmt.Sprintf("--web.listen-address=:%d", d.ExporterPort), "--predictions.log=" + d.log, "--reference.file=" + reference, "--web.enable-lifecycle"},
		[]string{"outcomes", fmt.Sprintf("--web.listen-address=:%d", d.OutcomesPort), "--predictions.log=" + d.log, "--config.file=" + filepath.Join(d.dir, "outcomes.yml")},
		[]string{
			"respond", fmt.Sprintf("--web.listen-address=:%d", d.RespondPort), "--predictions.log=" + d.log, "--config.file=" + filepath.Join(d.dir, "respond.yml"),
			"--audit.file=" + filepath.Join(d.dir, "respond.jsonl"), "--runs.dir=" + filepath.Join(d.dir, "runs"),
		})
}

// story sends the traffic, and prints what the responder does.
func (d *demo) story(ctx context.Context) error {
	for _, url := range []string{d.predictor, d.exporter, d.outcomes, d.responder} {
		if err := ready(ctx, url+"/-/healthy"); err != nil {
			return err
		}
	}
	d.say(`predictor  %s
exporter   %s/drift  (metrics at /metrics)
reviews    %s/review
responder  %s/  (what it did and why)
playbook   %s
audit      %s

There is no Alertmanager here: this demo reads the metrics of the alert ModelAccuracyDrop, and sends
the notification itself when they say so. Detection looks each 15 seconds, so each step takes a while.

`, d.predictor, d.exporter, d.outcomes, d.responder, filepath.Join(d.dir, "respond.yml"), filepath.Join(d.dir, "respond.jsonl"))

	d.say("Sending %s loans a second as the model knows them, and what became of them ...\n", loanRate)
	if err := d.during(ctx, quietLaw, func(ctx context.Context) error { return d.until(ctx, dropOf("1"), "0") }); err != nil {
		return err
	}
	d.say("Accuracy has not dropped.\n\nNow incomes rise ...\n")
	if err := d.during(ctx, driftedLaw, func(ctx context.Context) error { return d.until(ctx, driftedIncome, "1") }); err != nil {
		return err
	}
	d.say("Drift of the income is detected. It does not hurt: nothing is done.\n\nNow debts decide about loans, no longer incomes ...\n")
	promoted, err := d.answered(ctx, changedLaw, "1")
	if err != nil {
		return err
	}
	if promoted == "1" {
		return errors.New("no better model was promoted; the page of the responder says why")
	}
	d.say("\nNow incomes decide again, so the new version is the worse one ...\n")
	back, err := d.answered(ctx, driftedLaw, promoted)
	if err != nil {
		return err
	}
	d.say("\nNow chance decides: nothing can be learned ...\n")
	if _, err := d.answered(ctx, chanceLaw, back); err != nil {
		return err
	}
	d.say("\nTraffic goes on until you stop it with Ctrl-C. Look at %s/ and %s/drift\n", d.responder, d.exporter)
	for {
		if err := d.traffic(ctx, loanRate, "--csv="+filepath.Join(d.dir, driftedLaw.file), "--outcome=repaid"); err != nil {
			return err
		}
	}
}

const driftedIncome = `feature_drift_detected{feature="income",model="loans",version="1"}`

func dropOf(version string) string {
	return fmt.Sprintf("model_accuracy_drop_detected{model=%q,version=%q}", "loans", version)
}

// during sends loans of a law until show ends.
func (d *demo) during(ctx context.Context, l law, show func(ctx context.Context) error) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		err := d.traffic(ctx, loanRate, "--csv="+filepath.Join(d.dir, l.file), "--outcome=repaid")
		if ctx.Err() == nil {
			stop(cmp.Or(err, errors.New("nothing was detected while the loans lasted")))
		}
	}()
	err := show(ctx)
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = cause
	}
	stop(nil)
	<-sent
	return err
}

// answered sends loans of a law until accuracy of a version drops and a run has answered, and
// returns the version that is served then.
func (d *demo) answered(ctx context.Context, l law, version string) (served string, err error) {
	err = d.during(ctx, l, func(ctx context.Context) error {
		if err := d.until(ctx, dropOf(version), "0"); err != nil { // of before
			return err
		}
		if err := d.until(ctx, dropOf(version), "1"); err != nil {
			return err
		}
		start := time.Now()
		d.say("Accuracy of version %s has dropped: sending ModelAccuracyDrop to the responder.\n", version)
		if err := d.notify(ctx, version, "firing", start); err != nil {
			return err
		}
		if served, err = d.follow(ctx, start, version); err != nil {
			return err
		}
		if served == version {
			return nil
		}
		if err := d.notify(ctx, version, "resolved", start); err != nil {
			return err
		}
		return d.until(ctx, dropOf(served), "0")
	})
	if err == nil && served != version {
		err = d.accuracy(ctx, served)
	}
	return served, err
}

// notify sends what Alertmanager would.
func (d *demo) notify(ctx context.Context, version, status string, start time.Time) error {
	body, err := json.Marshal(map[string]any{"version": "4", "alerts": []any{map[string]any{
		"status": status, "startsAt": start.UTC().Format(time.RFC3339Nano), "fingerprint": "demo-" + version,
		"labels": map[string]string{"alertname": "ModelAccuracyDrop", "model": "loans", "version": version, "severity": "critical"},
	}}})
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, d.responder+"/alerts", bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("notify: %s: %s", answer.Status, text)
	}
	return errors.Join(err, answer.Body.Close())
}

// follow prints the steps of the run that an alert started, until it ends, and returns the version
// that is served then.
func (d *demo) follow(ctx context.Context, start time.Time, version string) (served string, err error) {
	printed := 0
	for {
		text, err := fetch(ctx, d.responder+"/api/v1/runs")
		if err != nil {
			return "", err
		}
		var all struct {
			Runs []struct {
				Started       time.Time
				Outcome, Text string
				Steps         []struct {
					Kind, Event, Text string
					Evidence          struct {
						To string `json:"to_version"`
					}
				}
			}
		}
		if err := json.Unmarshal([]byte(text), &all); err != nil {
			return "", err
		}
		if len(all.Runs) > 0 && !all.Runs[0].Started.Before(start) {
			r := &all.Runs[0]
			for ; printed < len(r.Steps) && r.Steps[printed].Event != "begun"; printed++ {
				s := &r.Steps[printed]
				d.say("  %-12s %s%s\n", s.Kind, s.Event, prefixed(": ", s.Text))
				if s.Evidence.To != "" {
					version = s.Evidence.To
				}
			}
			if r.Outcome != "" {
				d.say("The run is %s%s. Version %s is served.\n", r.Outcome, prefixed(": ", r.Text), version)
				return version, nil
			}
		}
		if err := pause(ctx, 200*time.Millisecond); err != nil {
			return "", err
		}
	}
}

func prefixed(prefix, text string) string {
	if text == "" {
		return ""
	}
	return prefix + text
}

// until waits until a sample has a value.
func (d *demo) until(ctx context.Context, sample, value string) error {
	for {
		page, err := fetch(ctx, d.exporter+"/metrics")
		if err == nil && strings.Contains(page, "\n"+sample+" "+value+"\n") {
			return nil
		}
		if err := pause(ctx, 500*time.Millisecond); err != nil {
			return err
		}
	}
}

// accuracy prints the accuracy of a version.
func (d *demo) accuracy(ctx context.Context, version string) error {
	page, err := fetch(ctx, d.exporter+"/metrics")
	if err != nil {
		return err
	}
	for line := range strings.Lines(page) {
		if strings.HasPrefix(line, fmt.Sprintf("model_accuracy{model=%q,version=%q}", "loans", version)) {
			d.say("  %s", line)
		}
	}
	return nil
}
