package features

// form is the part that objects of one writer have in common: the text before each value
// and after the last one, and the column of each value. It is empty without an object.
type form struct {
	text   []byte // before the first value, before the second ...
	places []place
	end    []byte // after the last value
	whole  bool   // every column has a value, so no value of the row before remains
	seen   []bool // scratch
}

// place is the place of a value in the text.
type place struct {
	before int // length of the text before it
	column int // -1: not watched
}

// maxForm bounds the memory that objects with endless keys can take, in bytes.
const maxForm = 1 << 20

func (f *form) clear() {
	f.text, f.places, f.end, f.whole = f.text[:0], f.places[:0], f.end[:0], false
}

// add appends a value.
func (f *form) add(before []byte, column int) {
	f.text = append(f.text, before...)
	f.places = append(f.places, place{len(before), column})
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
	for _, p := range f.places {
		if p.column >= 0 && !f.seen[p.column] {
			f.seen[p.column] = true
			columns--
		}
	}
	f.whole = columns == 0
}
