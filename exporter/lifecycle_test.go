package exporter

import (
	"errors"
	"testing"
)

func TestHealthyWhateverIsWrong(t *testing.T) {
	t.Parallel()
	s := mustNew(t, options(fake{ready: func() error { return errors.New("no log") }}))
	check(t, ask(t, s, "GET", "/-/healthy"), 200, "healthy")
	check(t, ask(t, s, "HEAD", "/-/healthy"), 200)
	check(t, ask(t, s, "POST", "/-/healthy"), 405)
}

func TestReadySaysWhyNot(t *testing.T) {
	t.Parallel()
	var reason error
	s := mustNew(t, options(fake{ready: func() error { return reason }}))
	check(t, ask(t, s, "GET", "/-/ready"), 200, "is ready")
	reason = errors.New("open predictions.db: no such file")
	check(t, ask(t, s, "GET", "/-/ready"), 503, "not ready: open predictions.db: no such file")
}

func TestReloadIsForbiddenUnlessEnabled(t *testing.T) {
	t.Parallel()
	s := mustNew(t, options(fake{reload: func() error {
		t.Error("reloaded")
		return nil
	}}))
	check(t, ask(t, s, "POST", "/-/reload"), 403, "--web.enable-lifecycle")
	check(t, ask(t, s, "PUT", "/-/reload"), 403)
}

func TestReload(t *testing.T) {
	t.Parallel()
	var reason error
	reloads := 0
	o := options(fake{reload: func() error {
		reloads++
		return reason
	}})
	o.EnableLifecycle = true
	s := mustNew(t, o)
	check(t, ask(t, s, "POST", "/-/reload"), 200, "reloaded")
	check(t, ask(t, s, "PUT", "/-/reload"), 200, "reloaded")
	reason = errors.New("drift.yml: line 3: unknown key")
	check(t, ask(t, s, "POST", "/-/reload"), 500, "line 3: unknown key", "former configuration stays")
	if reloads != 3 {
		t.Errorf("%d reloads, want 3", reloads)
	}
	w := ask(t, s, "GET", "/-/reload")
	check(t, w, 405)
	if got := w.Header().Get("Allow"); got != "POST, PUT" {
		t.Errorf("allowed %q", got)
	}
	check(t, ask(t, s, "POST", "/-/reload", "Sec-Fetch-Site", "cross-site"), 403)
	if reloads != 3 {
		t.Error("another site's page could reload")
	}
}
