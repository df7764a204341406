package exporter

import (
	"fmt"
	"io"
	"net/http"
	"time"
)

// healthy answers that the process is alive, whatever the state of its models: restarting
// the process would not help them.
func healthy(w http.ResponseWriter, _ *http.Request) {
	say(w, "drift_exporter is healthy.")
}

// ready answers whether the models can be monitored, and if not, why.
func (s *Server) ready(w http.ResponseWriter, _ *http.Request) {
	if err := s.options.Monitor.Ready(); err != nil {
		http.Error(w, fmt.Sprintf("drift_exporter is not ready: %v", err), http.StatusServiceUnavailable)
		return
	}
	say(w, "drift_exporter is ready.")
}

// reload reloads the monitor, one caller at a time.
func (s *Server) reload() error {
	s.reloading.Lock()
	defer s.reloading.Unlock()
	start := time.Now()
	if err := s.options.Monitor.Reload(); err != nil {
		s.logger.Error("reload failed, the former configuration stays in use", "err", err)
		return err
	}
	s.logger.Info("reloaded", "took", time.Since(start))
	return nil
}

// say answers with a line of text. It ignores clients that disconnect before it.
func say(w http.ResponseWriter, line string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = io.WriteString(w, line+"\n")
}
