package outcomes

import (
	"context"
	"net/http"

	"github.com/drift-exporter/drift_exporter/predictor/outcomes/agreement"
	"github.com/drift-exporter/drift_exporter/predictor/serve"
)

// Reviewed is a source that people fill. It serves GET and POST /review, and POST /validate.
type Reviewed interface {
	Source
	http.Handler
	// Reviews returns what the metrics say. ok is false while the source does not run.
	Reviews() (s ReviewState, ok bool)
}

// ReviewState is the state of the reviews.
type ReviewState struct {
	// Waiting are the predictions that wait, by the person that they wait for: first, second or
	// third.
	Waiting map[string]int
	// Sample is the probability with which predictions are drawn; of an uncertain queue, the largest.
	// Raised has that of the models of which more is reviewed now.
	Sample float64
	Raised map[string]float64
	// Skips are the predictions that people have skipped since the process started.
	Skips int64
	// Open says that the source does not find out who reviews. A password still can.
	Open bool
	// Accuracy is that of the model, by the reviews of the random sample. ByClass has it by the
	// predicted class.
	Accuracy Estimate
	ByClass  map[string]Estimate
	// Agree is the number of predictions about which the first two people agree, of Both that two
	// have reviewed.
	Agree, Both int
	// Numbers compares the numbers of the first two people. It is nil for classes.
	Numbers *agreement.Numbers
	// Last is when somebody has reviewed last, in nanoseconds since 1970; 0: never.
	Last int64
}

// Estimate is a share in [0, 1] with its interval of 95 %. Without samples it is not known.
type Estimate struct {
	Value, Lower, Upper float64
	Samples             int
}

type userKey struct{}

// User returns the name that the password of a request proves. ok is false if no passwords are
// configured.
func User(ctx context.Context) (name string, ok bool) {
	name, ok = ctx.Value(userKey{}).(string)
	return name, ok
}

// people returns the handler of the pages that people fill.
func (d *daemon) people() http.Handler {
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, s := d.reviewed()
		if s == nil {
			http.Error(w, "the configuration has no source with review; add one to review predictions here", http.StatusNotFound)
			return
		}
		passwords, err := serve.HasPasswords(*d.options.Web.WebConfigFile)
		if err != nil {
			d.logger.Error("whether passwords are configured is not known", "err", err)
			http.Error(w, "who you are cannot be found out; the log stream of this process says why", http.StatusInternalServerError)
			return
		}
		if user, _, ok := r.BasicAuth(); ok && passwords { // the server has checked it
			r = r.WithContext(context.WithValue(r.Context(), userKey{}, user))
		}
		s.ServeHTTP(w, r)
	})
	return http.NewCrossOriginProtection().Handler(handler)
}

// reviewed returns the source that people fill, or nil.
func (d *daemon) reviewed() (name string, s Reviewed) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for name, r := range d.runners {
		if s, ok := r.config.Source.(Reviewed); ok {
			return name, s
		}
	}
	return "", nil
}
