package exporter

import (
	"errors"
	"fmt"
	"net/url"
	"path"
	"regexp"
	"strings"
)

// plainPath has the characters that need no escaping in a URL, in the landing page, or in a
// pattern of http.ServeMux, where braces are wildcards.
var plainPath = regexp.MustCompile(`^/[A-Za-z0-9._~@:+/-]*$`)

// checkPath refuses a path that the router would read differently.
func checkPath(p string) error {
	switch {
	case !strings.HasPrefix(p, "/"):
		return errors.New("the path must start with /")
	case !plainPath.MatchString(p):
		return errors.New("the path may hold only letters, digits and . _ ~ @ : + - /")
	case path.Clean(p) != p:
		return fmt.Errorf("write the path as %s", path.Clean(p))
	}
	return nil
}

// checkTelemetryPath also refuses paths that are in use.
func checkTelemetryPath(p string) error {
	if err := checkPath(p); err != nil {
		return err
	}
	for _, taken := range []string{"/-", "/debug"} {
		if p == taken || strings.HasPrefix(p, taken+"/") {
			return fmt.Errorf("everything below %s is taken; use another path, such as /metrics", taken)
		}
	}
	return nil
}

// checkPage refuses the path of a page if it is in use. A path that ends in / covers
// everything below it.
func checkPage(p, telemetry string) error {
	bare := strings.TrimSuffix(p, "/")
	if err := checkTelemetryPath(bare); err != nil {
		return err
	}
	if bare == telemetry || bare != p && strings.HasPrefix(telemetry, p) {
		return fmt.Errorf("%s is where the metrics are", telemetry)
	}
	return nil
}

// routePrefix returns the path of an external URL without the trailing
// slash: "" for the root, as for an empty URL.
func routePrefix(external string) (string, error) {
	if external == "" {
		return "", nil
	}
	u, err := url.Parse(external)
	if err != nil {
		return "", errors.New("not a URL; write one such as https://example.com/drift")
	}
	onlyPath := u.Scheme == "" && u.Host == "" && strings.HasPrefix(external, "/")
	whole := (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != ""
	if !onlyPath && !whole {
		return "", errors.New("write an http or https URL such as https://example.com/drift, or only its path, /drift")
	}
	if u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || u.User != nil {
		return "", errors.New("the URL may have neither user, query nor fragment")
	}
	prefix := strings.TrimRight(u.Path, "/")
	if prefix == "" {
		return "", nil
	}
	return prefix, checkPath(prefix)
}
