package page

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/drift-exporter/drift_exporter/collector/page/words"
)

// choice is what an address asks for.
type choice struct {
	model, version       string
	anyModel, anyVersion bool
	kind                 kind // "" when no subject is asked for
	name                 string
	page                 int
	refresh              int       // in seconds; 0: never
	at                   time.Time // zero: now
	asked                string    // at, as it was given
}

// parameters are the parameters of every address. A page also has the parameters "page" and
// "refresh".
var parameters = []string{"model", "version", string(ofFeature), string(ofAnswer), "at"}

var errQuery = errors.New("the address asks for something that there is not")

// choose reads the query of an address. Its error is shown to the user.
func choose(r *http.Request, more ...string) (c choice, err error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return c, fmt.Errorf("%w: %w", errQuery, err)
	}
	for key, values := range query {
		if !slices.Contains(parameters, key) && !slices.Contains(more, key) {
			return c, fmt.Errorf("%w: there is no parameter %q; there are %s", errQuery, key, strings.Join(append(slices.Clone(parameters), more...), ", "))
		}
		if len(values) > 1 {
			return c, fmt.Errorf("%w: %q is given %d times; give it once", errQuery, key, len(values))
		}
	}
	c = choice{model: query.Get("model"), version: query.Get("version"), anyModel: !query.Has("model"), anyVersion: !query.Has("version"), page: 1}
	switch {
	case query.Has(string(ofFeature)) && query.Has(string(ofAnswer)):
		return c, fmt.Errorf("%w: give feature or prediction, not both", errQuery)
	case query.Has(string(ofFeature)):
		c.kind, c.name = ofFeature, query.Get(string(ofFeature))
	case query.Has(string(ofAnswer)):
		c.kind, c.name = ofAnswer, query.Get(string(ofAnswer))
	}
	if query.Has("at") {
		c.asked = query.Get("at")
		if c.at, err = parseTime(c.asked); err != nil {
			return c, err
		}
	}
	if query.Has("refresh") {
		if c.refresh, err = parseRefresh(query.Get("refresh"), c.at); err != nil {
			return c, err
		}
	}
	if !query.Has("page") {
		return c, nil
	}
	if query.Get("page") == "all" {
		c.page = every
		return c, nil
	}
	if c.page, err = strconv.Atoi(query.Get("page")); err != nil || c.page < 1 || c.page > 1e6 {
		return c, fmt.Errorf("%w: page=%q must be 1 or more, or all", errQuery, query.Get("page"))
	}
	return c, nil
}

var errNone = errors.New("there is no such thing")

// models returns the requested models. If there are none, it returns an error, unless all models
// are requested.
func (v *viewer) models(c choice) (chosen []watched, err error) {
	var known []string
	for _, m := range v.all {
		if (c.anyModel || m.Name == c.model) && (c.anyVersion || m.Version == c.version) {
			chosen = append(chosen, m)
		}
		known = append(known, fmt.Sprintf("%q version %q", words.Plain(m.Name), words.Plain(m.Version)))
	}
	if len(chosen) > 0 || c.anyModel && c.anyVersion && c.kind == "" {
		return chosen, nil
	}
	if len(known) == 0 {
		return nil, fmt.Errorf("%w: no model is known yet", errNone)
	}
	return nil, fmt.Errorf("%w: no model and version is so; there are %s", errNone, some(known))
}

// subject finds the requested subject in the first model that has it. If no version is requested,
// this is the version with the newest prediction.
func (v *viewer) subject(c choice) (m watched, found *subject, err error) {
	all, err := v.models(c)
	if err != nil {
		return m, nil, err
	}
	var known []string
	for _, m := range all {
		of := m.features
		if c.kind == ofAnswer {
			of = m.answers
		}
		for _, s := range of {
			if s.name == c.name {
				return m, s, nil
			}
			known = append(known, s.name)
		}
	}
	if known == nil {
		return m, nil, fmt.Errorf("%w: nothing is known of a %s %q: there is no reference for it, or there are no predictions", errNone, c.kind, words.Plain(c.name))
	}
	slices.Sort(known)
	known = slices.Compact(known)
	for i := range known {
		known[i] = strconv.Quote(words.Plain(known[i]))
	}
	return m, nil, fmt.Errorf("%w: no %s is called %q; there are %s", errNone, c.kind, words.Plain(c.name), some(known))
}

// some lists up to twenty names.
func some(names []string) string {
	if len(names) > 20 {
		return strings.Join(names[:20], ", ") + fmt.Sprintf(" and %d more", len(names)-20)
	}
	return strings.Join(names, ", ")
}

// status returns the HTTP status for an error.
func status(err error) int {
	if errors.Is(err, errNone) {
		return http.StatusNotFound
	}
	if past, ok := errors.AsType[*pastError](err); ok {
		return past.status()
	}
	return http.StatusBadRequest
}
