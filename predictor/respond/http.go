package respond

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/drift-exporter/drift_exporter/predictor/serve"
)

// handler returns the HTTP interface. Runs that an alert starts go on until ctx ends.
func (d *daemon) handler(ctx context.Context) http.Handler {
	all := http.NewServeMux()
	all.HandleFunc("POST /alerts", func(w http.ResponseWriter, r *http.Request) { d.alerts(ctx, w, r) })
	all.HandleFunc("/alerts", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "send alerts with POST", http.StatusMethodNotAllowed)
	})
	mux := http.NewServeMux()
	all.Handle("/", serve.Whole(serve.Unknown(mux, "/", "/api/v1/runs", d.options.TelemetryPath, "/-/healthy", "/-/ready"))) // notifications are larger than Whole allows
	mux.HandleFunc("GET /{$}", d.page)
	mux.HandleFunc("GET /api/v1/runs", d.runs)
	mux.Handle("POST /approve", http.NewCrossOriginProtection().Handler(http.HandlerFunc(d.approve)))
	mux.Handle("GET "+d.options.TelemetryPath, promhttp.HandlerFor(d.metrics.registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /-/healthy", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "responding to alerts") })
	mux.HandleFunc("GET /-/ready", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ready") })
	mux.Handle("POST /-/reload", serve.Reload(d.options.EnableLifecycle, d.reload))
	return all
}

// alerts receives the notifications of Alertmanager, which repeats a notification that is answered
// with 5xx.
func (d *daemon) alerts(ctx context.Context, w http.ResponseWriter, r *http.Request) {
	n, err := readNotification(w, r)
	if err != nil {
		d.metrics.refused.Inc()
		d.logger.Error("a notification was refused", "err", err)
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if n.TruncatedAlerts > 0 {
		d.logger.Warn("a notification does not have all alerts; raise max_alerts in the receiver of Alertmanager", "left_out", n.TruncatedAlerts)
	}
	if err := d.engine.receive(ctx, n); err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "received")
}

// decision is the body of POST /approve.
type decision struct {
	Run     string `json:"run"`
	Step    int    `json:"step"`
	Approve *bool  `json:"approve"`
	Note    string `json:"note"`
}

// maxNote is the maximum length of a note, in bytes.
const maxNote = 2000

var errNobody = errors.New("nobody can approve: this process does not know who sends a request; give it users with --web.config.file")

// approve takes a person's decision, as JSON or from the form of the page.
func (d *daemon) approve(w http.ResponseWriter, r *http.Request) {
	passwords, err := serve.HasPasswords(*d.options.Web.WebConfigFile)
	if err != nil {
		d.logger.Error("whether passwords are configured is not known", "err", err)
		http.Error(w, "who you are cannot be found out; the log stream of this process says why", http.StatusInternalServerError)
		return
	}
	user, _, ok := r.BasicAuth() // the server has checked it
	if !passwords || !ok || user == "" {
		http.Error(w, errNobody.Error(), http.StatusForbidden)
		return
	}
	form, what, err := readDecision(w, r)
	if err == nil {
		err = d.engine.decide(what.Run, what.Step, *what.Approve, user, what.Note)
	} else {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	switch {
	case errors.Is(err, errNoRun):
		http.Error(w, err.Error(), http.StatusNotFound)
	case errors.Is(err, errNotWaiting):
		http.Error(w, err.Error(), http.StatusConflict)
	case err != nil:
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
	case form:
		http.Redirect(w, r, "./#run-"+what.Run, http.StatusSeeOther)
	default:
		fmt.Fprintln(w, "recorded")
	}
}

func readDecision(w http.ResponseWriter, r *http.Request) (form bool, what decision, err error) {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case err == nil && kind == "application/json":
		in := json.NewDecoder(r.Body)
		in.DisallowUnknownFields()
		if err := in.Decode(&what); err != nil {
			return false, what, fmt.Errorf(`the body is not a decision such as {"run": "0123456789abcdef", "step": 1, "approve": true}: %w`, err)
		}
		if _, err := in.Token(); !errors.Is(err, io.EOF) {
			return false, what, errors.New("the body has more than one decision")
		}
	case err == nil && kind == "application/x-www-form-urlencoded":
		form = true
		if err := r.ParseForm(); err != nil {
			return true, what, fmt.Errorf("read the form: %w", err)
		}
		yes := r.PostForm.Get("approve") == "true"
		what = decision{Run: r.PostForm.Get("run"), Note: r.PostForm.Get("note")}
		if yes || r.PostForm.Get("approve") == "false" {
			what.Approve = &yes
		}
		if what.Step, err = strconv.Atoi(r.PostForm.Get("step")); err != nil {
			return true, what, fmt.Errorf("step is %q; it is the number of the step that waits", r.PostForm.Get("step"))
		}
	default:
		return false, what, fmt.Errorf("Content-Type is %q; send application/json", r.Header.Get("Content-Type"))
	}
	if what.Approve == nil {
		return form, what, errors.New("approve is missing; it is true or false")
	}
	if len(what.Note) > maxNote {
		return form, what, fmt.Errorf("note has %d bytes; at most %d are kept", len(what.Note), maxNote)
	}
	return form, what, nil
}

// runView is a run in the answer of /api/v1/runs.
type runView struct {
	Run      string     `json:"run"`
	Playbook string     `json:"playbook"`
	DryRun   bool       `json:"dry_run"`
	Model    string     `json:"model"`
	Version  string     `json:"version,omitempty"`
	Alert    string     `json:"alert"`
	Status   string     `json:"alert_status"`
	Started  time.Time  `json:"started"`
	Ended    *time.Time `json:"ended,omitempty"`
	Outcome  string     `json:"outcome,omitempty"`
	Text     string     `json:"text,omitempty"`
	Waits    bool       `json:"waits"`
	Steps    []stepView `json:"steps"`
}

type stepView struct {
	Number   int             `json:"step"`
	Kind     string          `json:"kind"`
	Event    string          `json:"event"`
	At       time.Time       `json:"at"`
	By       string          `json:"by,omitempty"`
	Text     string          `json:"text,omitempty"`
	Evidence json.RawMessage `json:"evidence,omitempty"`
}

// maxRuns is the maximum number of runs that are shown.
const maxRuns = 100

// runs answers the newest runs as JSON.
func (d *daemon) runs(w http.ResponseWriter, _ *http.Request) {
	all := []runView{}
	for _, r := range d.engine.newest(maxRuns) {
		v := runView{
			Run: r.ID, Playbook: r.Playbook, DryRun: r.DryRun, Model: r.Model, Version: r.Version, Alert: r.Alert.Name(), Status: r.Alert.Status,
			Started: r.Started, Outcome: r.Outcome, Text: r.Text, Waits: r.waits(), Steps: []stepView{},
		}
		if !r.Ended.IsZero() {
			v.Ended = &r.Ended
		}
		for _, s := range r.Steps {
			v.Steps = append(v.Steps, stepView{Number: s.Number, Kind: s.Kind, Event: s.Event, At: s.At, By: s.By, Text: s.Text, Evidence: json.RawMessage(s.Evidence)})
		}
		all = append(all, v)
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(map[string]any{"runs": all}); err != nil {
		d.logger.Debug("the runs could not be sent", "err", err)
	}
}

// newest returns copies of the newest runs.
func (e *engine) newest(limit int) []run {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.state.copies(limit)
}
