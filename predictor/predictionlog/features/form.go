package features

// form is what objects of one writer have in common: the text before each value
// and behind the last, and the column of each value, -1 for one that is not
// watched. It is empty when there is none.
type form struct {
	text    []byte // before the first value, before the second ...
	ends    []int
	columns []int
	end     []byte // behind the last value
	whole   bool   // every column has a value: nothing of the row before shows through
	seen    []bool // scratch
}

// maxForm bounds the memory that objects with endless keys can take, in bytes.
const maxForm = 1 << 20

func (f *form) clear() {
	f.text, f.ends, f.columns, f.end, f.whole = f.text[:0], f.ends[:0], f.columns[:0], f.end[:0], false
}

// add appends a value.
func (f *form) add(before []byte, column int) {
	f.text = append(f.text, before...)
	f.ends, f.columns = append(f.ends, len(f.text)), append(f.columns, column)
}

// close completes the form of an object, of which that many columns are watched. One
// that is not, or that is too long to keep, is none.
func (f *form) close(end []byte, columns int) {
	f.end = append(f.end, end...)
	if len(f.text) > maxForm {
		*f = form{}
		return
	}
	f.seen = append(f.seen[:0], make([]bool, columns)...)
	for _, c := range f.columns {
		if c >= 0 && !f.seen[c] {
			f.seen[c] = true
			columns--
		}
	}
	f.whole = columns == 0
}

// before returns the text before the n-th value.
func (f *form) before(n int) []byte {
	if n == 0 {
		return f.text[:f.ends[0]]
	}
	return f.text[f.ends[n-1]:f.ends[n]]
}
