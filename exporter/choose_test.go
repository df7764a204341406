package exporter

import (
	"net/url"
	"slices"
	"strings"
	"testing"
)

func TestChoose(t *testing.T) {
	t.Parallel()
	all := []string{"feature_drift", "traffic", "feature_bins"}
	enabled := all[:2]
	for _, test := range []struct {
		name, query string
		want        []string
		fails       string
	}{
		{name: "nothing said", query: "", want: nil},
		{name: "other parameters", query: "name[]=drift_up&x=1", want: nil},
		{name: "one", query: "collect[]=traffic", want: []string{"traffic"}},
		{name: "one that is off", query: "collect[]=feature_bins", want: []string{"feature_bins"}},
		{name: "several, repeated, in the order of the list", query: "collect[]=traffic&collect[]=feature_drift&collect[]=traffic", want: []string{"feature_drift", "traffic"}},
		{name: "escaped", query: "collect%5B%5D=traffic", want: []string{"traffic"}},
		{name: "exclude one", query: "exclude[]=traffic", want: []string{"feature_drift"}},
		{name: "exclude one that is off", query: "exclude[]=feature_bins", want: []string{"feature_drift", "traffic"}},
		{name: "exclude all", query: "exclude[]=traffic&exclude[]=feature_drift", want: []string{}},
		{name: "both", query: "collect[]=traffic&exclude[]=traffic", fails: "not both; the collectors are: feature_drift, traffic, feature_bins"},
		{name: "unknown", query: "collect[]=cpu", fails: `unknown collector "cpu"; the collectors are: feature_drift, traffic, feature_bins`},
		{name: "unknown next to known", query: "collect[]=traffic&collect[]=cpu", fails: `unknown collector "cpu"`},
		{name: "exclude unknown", query: "exclude[]=cpu", fails: `unknown collector "cpu"`},
		{name: "empty", query: "collect[]=", fails: `unknown collector ""`},
		{name: "other case", query: "collect[]=Traffic", fails: `unknown collector "Traffic"`},
		{name: "comma separated", query: "collect[]=traffic,feature_drift", fails: `unknown collector "traffic,feature_drift"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			query, err := url.ParseQuery(test.query)
			if err != nil {
				t.Fatal(err)
			}
			got, err := choose(query, all, enabled)
			switch {
			case test.fails != "":
				if err == nil || !strings.Contains(err.Error(), test.fails) {
					t.Errorf("error %v, want one with %q", err, test.fails)
				}
			case err != nil:
				t.Error(err)
			case !slices.Equal(got, test.want) || (got == nil) != (test.want == nil):
				t.Errorf("got %#v, want %#v", got, test.want)
			}
		})
	}
}
