package exporter

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// choose returns the collectors for a query: those named by collect[], enabled or not, or
// the enabled ones without those named by exclude[]. Without both parameters it returns
// nil, which means the enabled ones. An unknown name, or both parameters together, is an
// error that lists the names.
func choose(query url.Values, all, enabled []string) ([]string, error) {
	collect, exclude := query["collect[]"], query["exclude[]"]
	if len(collect) > 0 && len(exclude) > 0 {
		return nil, fmt.Errorf("use collect[] or exclude[], not both; the collectors are: %s", strings.Join(all, ", "))
	}
	for _, name := range slices.Concat(collect, exclude) {
		if !slices.Contains(all, name) {
			return nil, fmt.Errorf("unknown collector %q; the collectors are: %s", name, strings.Join(all, ", "))
		}
	}
	switch {
	case len(collect) > 0:
		return pick(all, func(name string) bool { return slices.Contains(collect, name) }), nil
	case len(exclude) > 0:
		return pick(enabled, func(name string) bool { return !slices.Contains(exclude, name) }), nil
	}
	return nil, nil
}

// pick returns the wanted names, each once and in their own order; never nil.
func pick(names []string, wanted func(string) bool) []string {
	picked := []string{}
	for _, name := range names {
		if wanted(name) {
			picked = append(picked, name)
		}
	}
	return picked
}
