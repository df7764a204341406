package serve

import (
	"fmt"
	"net/http"
	"time"
)

// Reload returns the page /-/reload. It calls reload, if enabled, which is
// --web.enable-lifecycle. It refuses requests that pages of other sites send.
func Reload(enabled bool, reload func() error) http.Handler {
	return http.NewCrossOriginProtection().Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if !enabled {
			http.Error(w, "reloading over HTTP is not enabled; start with --web.enable-lifecycle, or send SIGHUP", http.StatusForbidden)
			return
		}
		// Reading large references may outlast the usual write timeout.
		_ = http.NewResponseController(w).SetWriteDeadline(time.Time{})
		if err := reload(); err != nil {
			http.Error(w, fmt.Sprintf("reload: %v; the former configuration stays in use", err), http.StatusInternalServerError)
			return
		}
		fmt.Fprintln(w, "reloaded")
	}))
}
