package review

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"

	"github.com/drift-exporter/drift_exporter/predictor/outcomes"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/strictyaml"
)

// identity is the header in which a proxy names the sender of a request. Without a header, no proxy does.
type identity struct {
	header  string
	proxies []netip.Prefix
}

// person is who sends a request.
type person struct {
	// name is how the reviewer is called in the log, said how they are called on the page.
	name, said string
	// authenticated says that the name was checked.
	authenticated bool
}

var (
	errNobody = errors.New("nobody has said who reviews")
	errDenied = errors.New("not allowed")
)

// who returns who sends a request. asked is the name that the request itself brings. It counts
// only if neither a proxy nor a password says who it is.
func (i identity) who(r *http.Request, asked string) (person, error) {
	name, checked, err := i.authenticated(r)
	if err != nil {
		return person{}, err
	}
	if !checked {
		if asked == "" {
			return person{}, errNobody
		}
		if err := strictyaml.CheckName(asked); err != nil {
			return person{}, fmt.Errorf("%w: reviewer_id %w", errDenied, err)
		}
		return person{name: predictionlog.UnauthenticatedReviewer(asked), said: asked}, nil
	}
	if err := strictyaml.CheckName(name); err != nil {
		return person{}, fmt.Errorf("%w: the name of the reviewer %w", errDenied, err)
	}
	if predictionlog.IsUnauthenticated(name) {
		return person{}, fmt.Errorf("%w: %q is not a name of a reviewer, because names that nobody has checked begin like that", errDenied, name)
	}
	if asked != "" && asked != name {
		return person{}, fmt.Errorf("%w: reviewer_id is %q, but you are %q; leave reviewer_id out", errDenied, asked, name)
	}
	return person{name: name, said: name, authenticated: true}, nil
}

// authenticated returns the name that a trusted proxy or a password proves. checked is false if
// neither is configured.
func (i identity) authenticated(r *http.Request) (name string, checked bool, err error) {
	user, password := outcomes.User(r.Context())
	if i.header == "" {
		return user, password, nil
	}
	if !i.trusts(r.RemoteAddr) {
		if password {
			return user, true, nil
		}
		return "", true, fmt.Errorf("%w: reviews come through a proxy that says who sends them in the header %s, and %s is not one of the proxies in the configuration", errDenied, i.header, r.RemoteAddr)
	}
	if values := r.Header.Values(i.header); len(values) == 1 && values[0] != "" {
		return values[0], true, nil
	}
	return "", true, fmt.Errorf("%w: the proxy must say once, in the header %s, who sends the request", errDenied, i.header)
}

// trusts reports whether the other end of a connection is one of the proxies.
func (i identity) trusts(remote string) bool {
	from, err := netip.ParseAddrPort(remote)
	if err != nil {
		return false
	}
	for _, p := range i.proxies {
		if p.Contains(from.Addr().Unmap()) {
			return true
		}
	}
	return false
}
