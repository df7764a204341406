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
		newProblem(http.StatusInternalServerError, reasonInternal, "encode the state: "+err.Error()).write(w)
		return
	}
	send(w, code, mediaJSON, append(body, '\n'))
}

// healthy answers GET /-/healthy: 200 as long as the process serves. What
// restarts processes should use this, since a restart repairs no disk.
func (s *Server) healthy(w http.ResponseWriter, _ *http.Request) {
	send(w, http.StatusOK, mediaText, []byte("the predictor is up\n"))
}

// ready answers GET /-/ready: 200 when predictions are answered, 503 and the
// reason when they are refused because the log cannot be written.
func (s *Server) ready(w http.ResponseWriter, _ *http.Request) {
	code, line := http.StatusOK, "the predictor is ready"
	if err := s.log.Ready(); err != nil {
		line = "the predictor answers without recording: " + err.Error()
		if !s.serve {
			code, line = http.StatusServiceUnavailable, "the predictor refuses: "+err.Error()
		}
	}
	send(w, code, mediaText, []byte(line+"\n"))
}
