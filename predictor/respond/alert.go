package respond

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"time"
)

// maxNotification is the maximum size of a notification, in bytes. Alertmanager's are a few KiB.
const maxNotification = 1 << 20

// maxAlerts is the maximum number of alerts in a notification.
const maxAlerts = 1000

// maxLabel is the maximum size of the labels that each entry of the audit file has, in bytes.
const maxLabel = 1024

const (
	firing   = "firing"
	resolved = "resolved"
)

// notification is the body of Alertmanager's webhook, version 4. Fields that are not used here are
// left out, because later releases of Alertmanager add some.
type notification struct {
	Version         string  `json:"version"`
	Alerts          []Alert `json:"alerts"`
	TruncatedAlerts int     `json:"truncatedAlerts"`
}

// Alert is one alert of a notification.
type Alert struct {
	Status      string            `json:"status"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations,omitempty"`
	StartsAt    time.Time         `json:"startsAt"`
	Fingerprint string            `json:"fingerprint"`
}

// Name returns the name of the alert's rule.
func (a *Alert) Name() string { return a.Labels["alertname"] }

// key identifies one firing of an alert.
func (a *Alert) key() string { return a.Fingerprint + " " + a.StartsAt.UTC().Format(time.RFC3339Nano) }

// errBody marks the errors of a body that should not be sent again.
var errBody = errors.New("the body is not a notification of Alertmanager's webhook, version 4")

// readNotification reads the body of a request.
func readNotification(w http.ResponseWriter, r *http.Request) (*notification, error) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return nil, fmt.Errorf("%w: Content-Type is %q; send application/json", errBody, r.Header.Get("Content-Type"))
	}
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxNotification))
	if err != nil {
		if _, large := errors.AsType[*http.MaxBytesError](err); large {
			return nil, fmt.Errorf("%w: it has more than %d bytes; set max_alerts in the receiver", errBody, maxNotification)
		}
		return nil, fmt.Errorf("read the body: %w", err)
	}
	n := &notification{}
	if err := json.Unmarshal(data, n); err != nil {
		return nil, fmt.Errorf("%w: %w", errBody, err)
	}
	if n.Version != "4" {
		return nil, fmt.Errorf("%w: version is %q; use webhook_configs of Alertmanager 0.16 or later", errBody, n.Version)
	}
	switch {
	case len(n.Alerts) == 0:
		return nil, fmt.Errorf("%w: it has no alerts", errBody)
	case len(n.Alerts) > maxAlerts:
		return nil, fmt.Errorf("%w: it has %d alerts; at most %d are read, set max_alerts in the receiver", errBody, len(n.Alerts), maxAlerts)
	}
	for i := range n.Alerts {
		if err := n.Alerts[i].check(); err != nil {
			return nil, fmt.Errorf("%w: alerts[%d]: %w", errBody, i, err)
		}
	}
	return n, nil
}

func (a *Alert) check() error {
	switch {
	case a.Status != firing && a.Status != resolved:
		return fmt.Errorf("status is %q; it is firing or resolved", a.Status)
	case a.Fingerprint == "" || len(a.Fingerprint) > 64:
		return fmt.Errorf("fingerprint has %d characters; it has 1 to 64", len(a.Fingerprint))
	case a.StartsAt.IsZero():
		return errors.New("startsAt is missing")
	case a.Name() == "":
		return errors.New("the label alertname is missing")
	}
	for _, name := range []string{"alertname", "model", "version"} {
		if n := len(a.Labels[name]); n > maxLabel {
			return fmt.Errorf("the label %s has %d bytes; at most %d are allowed", name, n, maxLabel)
		}
	}
	return nil
}
