package rows

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// read returns the header and the rows of a text, and the first error.
func read(text string) (columns []string, all [][]string, err error) {
	c, err := NewCSV(strings.NewReader(text))
	if err != nil {
		return nil, nil, err
	}
	for {
		cells, err := c.Next()
		if errors.Is(err, io.EOF) {
			return c.Columns, all, nil
		}
		if err != nil {
			return c.Columns, all, err
		}
		all = append(all, append([]string(nil), cells...))
	}
}

func TestLineEndsOfUnixAndWindowsAreRead(t *testing.T) {
	t.Parallel()
	want := [][]string{{"1", "x"}, {"2", "y"}}
	for _, text := range []string{"a,b\n1,x\n2,y\n", "a,b\r\n1,x\r\n2,y", "\ufeffa, b \n1,x\r\n\n2,y\n", "\"a\",\"b\"\n1,x\n2,\"y\"\n"} {
		columns, got, err := read(text)
		if err != nil || !reflect.DeepEqual(got, want) || !reflect.DeepEqual(columns, []string{"a", "b"}) {
			t.Errorf("%q: %q, %q, %v", text, columns, got, err)
		}
	}
	if _, got, err := read("a,\"b\rc\"\n1,\"x\ry\"\n"); err != nil || got[0][1] != "x\ry" {
		t.Errorf("a CR in quotes is text: %q, %v", got, err)
	}
}

func TestWhatIsNoCSVIsSaidInFewWords(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("0123456789", 5000)
	var many strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&many, "column%d,", i)
	}
	for _, test := range []struct{ name, text, want string }{
		{"CR", "a,b\r1,2\r3,4\r", "line ends are CR: convert the file, for example with: tr '\\r' '\\n' <old.csv >new.csv"},
		{"CR, the last line ends in LF", "a,b\r1,2\r3,4\n", "line ends are CR: "},
		{"CR, 1 MB", strings.Repeat("0123456789,a\r", 80000), "line ends are CR: "},
		{"CR behind quoted names", "\"a\r\",\"b\"\r1,2\r", "line ends are CR: "},
		{"a header of 50 kB", long + ";\n1;2\n", `line 1: the columns of "0123456789012345678901234567890123456789..." are not separated`},
		{"two names of 50 kB", long + "," + long + "\n", `are both named "0123456789012345678901234567890123456789..."`},
		{"more columns than are read", strings.Repeat("a,", 10_000) + "b\n", "line 1: there are 10001 columns, and at most 10000 are read: write one row for each prediction"},
		{"tabs", "a\tb\n1\t2\n", "are not separated by commas"},
		{"a cell of 50 kB", "a,b\n1,\xff" + long + "\n", `is not UTF-8`},
		{"open quote", "a,b\n1,\"" + long + "\n", "read CSV row: "},
		{"UTF-16 with a mark", "\xff\xfea\x00,\x00b\x00\n\x00", "line 1: the text is UTF-16"},
		{"UTF-16 without a mark", "a\x00,\x00b\x00\n\x00", "line 1: the text is UTF-16"},
	} {
		_, _, err := read(test.text)
		if err == nil || !strings.Contains(err.Error(), test.want) || len(err.Error()) > 250 {
			t.Errorf("%s: error %.300v, want %q in it", test.name, err, test.want)
		}
	}
	c, err := NewCSV(strings.NewReader(many.String() + "last\n"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err = c.Columns.Column("other"); err == nil || len(err.Error()) > 1000 || !strings.HasSuffix(err.Error(), " and 1951 more") {
		t.Errorf("of 2001 columns: %v", err)
	}
}

func FuzzCSV(f *testing.F) {
	f.Add("a,b\n1,x\n")
	f.Add("a,b\r1,x\r")
	f.Add("\ufeffa\n\"\n")
	f.Add("\x1f\x8b\x08")
	f.Fuzz(func(t *testing.T, text string) {
		columns, all, err := read(text)
		for _, row := range all {
			if len(row) != len(columns) {
				t.Errorf("%d cells for %d columns", len(row), len(columns))
			}
		}
		if err != nil && len(err.Error()) > 500 {
			t.Errorf("an error of %d bytes", len(err.Error()))
		}
	})
}

func TestAFileIsWrittenWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	write := func(text string, fail error) error {
		return WriteFile(path, func(w io.Writer) error {
			_, err := io.WriteString(w, text)
			return errors.Join(err, fail)
		})
	}
	if err := write("first", nil); err != nil {
		t.Fatal(err)
	}
	full := errors.New("full")
	if err := write("second", full); !errors.Is(err, full) {
		t.Errorf("error %v, want the writer's", err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "first" {
		t.Errorf("%q, %v: want the file as it was", got, err)
	}
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 1 {
		t.Errorf("%v, %v: want no other file", left, err)
	}
}
