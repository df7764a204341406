package predictor

import (
	"encoding/json"
	"net/http"
)

// health answers GET /health, for people and load balancers: 200 while
// predictions are answered, with status "healthy", or "degraded" when they are
// answered without a record; 503 with status "unhealthy" otherwise.
func (s *Server) health(w http.ResponseWriter, _ *http.Request) {
	state := struct {
		Status       string  `json:"status"`
		Model        string  `json:"model"`
		ModelVersion string  `json:"model_version"`
		Log          string  `json:"log"`
		Uptime       float64 `json:"uptime_seconds"`
	}{"healthy", s.model.Name, s.model.Version, "writable", s.now().Sub(s.started).Seconds()}
	code := http.StatusOK
	if err := s.log.Ready(); err != nil {
		state.Status, state.Log = "degraded", err.Error()
		if !s.serve {
			state.Status, code = "unhealthy", http.StatusServiceUnavailable
		}
	}
	body, err := json.Marshal(state)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	_, _ = w.Write(append(body, '\n')) // The client may be gone.
}

// healthy answers GET /-/healthy: 200 as long as the process serves. What
// restarts processes should ask this, since a restart mends no disk.
func (s *Server) healthy(w http.ResponseWriter, _ *http.Request) {
	plain(w, http.StatusOK, "the predictor is up\n")
}

// ready answers GET /-/ready: 200 when predictions are answered, 503 and the
// reason when they are refused because the log cannot be written.
func (s *Server) ready(w http.ResponseWriter, _ *http.Request) {
	err := s.log.Ready()
	switch {
	case err == nil:
		plain(w, http.StatusOK, "the predictor is ready\n")
	case s.serve:
		plain(w, http.StatusOK, "the predictor answers without recording: "+err.Error()+"\n")
	default:
		plain(w, http.StatusServiceUnavailable, "the predictor refuses: "+err.Error()+"\n")
	}
}

// plain answers with a line of text.
func plain(w http.ResponseWriter, code int, line string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	_, _ = w.Write([]byte(line)) // The client may be gone.
}
