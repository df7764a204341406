package words

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// spaced replaces the spaces between a number and its unit by ordinary spaces.
func spaced(text string) string { return strings.ReplaceAll(text, nbsp, " ") }

func TestNumbersAreSaidAsPeopleSayThem(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ got, want string }{
		{Count(0), "0"}, {Count(999), "999"}, {Count(1000), "1,000"}, {Count(1234567), "1,234,567"},
		{Percent(0), "0 %"}, {Percent(.0004), "under 0.1 %"}, {Percent(.042), "4.2 %"}, {Percent(.05), "5 %"}, {Percent(.714), "71 %"},
		{Percent(.996), "99.6 %"}, {Percent(.99999), "over 99.9 %"}, {Percent(1), "100 %"},
		{Points(.12), "+12 points"}, {Points(-.004), "−0.4 points"}, {Points(0), "0 points"}, {Points(.01), "+1 point"}, {Points(1e-5), "under 0.1 points"},
		{Small(0), "0"}, {Small(.0001), "under 0.001"}, {Small(.1105), "0.11"}, {Small(.0081), "0.0081"}, {Small(1.25), "1.2"}, {Small(15.3), "15"}, {Small(12345), "12,345"},
		{Small(.1), "0.1"}, {Small(.05), "0.05"}, {Signed(-1.25), "−1.2"},
		{Nats(.11), "0.11 nats"},
		{Number(41250.5, 3), "41,300"}, {Number(1985, 3), "1985"}, {Number(-12, 3), "−12"}, {Number(.04512, 3), "0.0451"}, {Number(0, 3), "0"}, {Number(-41250.5, 3), "−41,300"},
	} {
		if spaced(test.got) != test.want {
			t.Errorf("got %q, want %q", spaced(test.got), test.want)
		}
	}
}

func TestTimesAreSaidAsPeopleSayThem(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 29, 3, 12, 45, 0, time.UTC)
	for _, test := range []struct{ got, want string }{
		{Moment(now.Add(-time.Hour), now), "02:12 UTC"},
		{Moment(now.Add(-5*time.Hour), now), "28 Nov 22:12 UTC"},
		{Moment(now.AddDate(-1, 0, 0), now), "29 Nov 2025 03:12 UTC"},
		{Duration(31 * time.Minute), "31 minutes"}, {Duration(time.Second), "1 second"}, {Duration(119 * time.Second), "119 seconds"},
		{Duration(5 * time.Hour), "5 hours"}, {Duration(50 * time.Hour), "2 days"}, {Duration(time.Millisecond), "under 1 second"},
		{Ago(now, now), "just now"}, {Ago(now.Add(-2*time.Hour), now), "2 hours ago"}, {Ago(now.Add(time.Hour), now), "60 minutes ahead of this clock"},
	} {
		if spaced(test.got) != test.want {
			t.Errorf("got %q, want %q", spaced(test.got), test.want)
		}
	}
}

func TestBinsAreSaidAsPeopleSayThem(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		labels  []string
		numeric bool
		want    []string
	}{
		{[]string{"[-Inf,620)", "[620,655.5)", "[655.5,+Inf)", "__missing__", "__invalid__"}, true, []string{"below 620", "620 to 656", "656 and more", "missing", "wrong type"}},
		{[]string{"[-Inf,0)", "0", "(0,41250.5)", "(41250.5,+Inf)"}, true, []string{"below 0", "0", "above 0 to 41,300", "above 41,300"}},
		{[]string{"[1000001,1000002)", "[1000002,1000003)"}, true, []string{"1,000,001 to 1,000,002", "1,000,002 to 1,000,003"}},
		{[]string{"[-Inf,+Inf)"}, true, []string{"any number"}},
		{[]string{"[-1.5,-1e-07]"}, true, []string{"−1.5 to −1e−07"}},
		{[]string{"[-Inf,620)", "__other__", "__unseen__"}, false, []string{"[-Inf,620)", "rare values", "not in the reference"}},
		{[]string{"missing", "__missing__"}, false, []string{"missing", "__missing__"}},
	} {
		if got := Bins(test.labels, test.numeric); !slices.Equal(got, test.want) {
			t.Errorf("%q: got %q, want %q", test.labels, got, test.want)
		}
	}
}

func TestPlainTextHasNothingThatCannotBeSeen(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"income": "income", "a\nb\tc": "a b c", "a\x00b": "a\ufffdb", "הכנסה": "הכנסה", "a\u202eb": "a\ufffdb", "a\xffb": "a\ufffdb", "👩‍🔬": "👩‍🔬",
	} {
		if got := Plain(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	if got := Short("averylongname", 5); got != "aver…" {
		t.Errorf("got %q", got)
	}
	if Plural(1, "row") != "1 row" || Plural(0, "row") != "0 rows" || Plural(1000, "row") != "1,000 rows" {
		t.Error("the plural is wrong")
	}
}
