package features

// space returns the index of the first byte from i on that is not white space.
func space(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}

// plainString returns the content of the string at b[i] and the index behind
// it, when it is ASCII without escapes.
func plainString(b []byte, i int) (s []byte, next int, ok bool) {
	if i >= len(b) || b[i] != '"' {
		return nil, i, false
	}
	for j := i + 1; j < len(b); j++ {
		switch c := b[j]; {
		case c == '"':
			return b[i+1 : j], j + 1, true
		case c == '\\' || c < ' ' || c >= 0x80:
			return nil, i, false
		}
	}
	return nil, i, false
}

// numberEnd returns the index behind the JSON number at b[i], i when there is none.
func numberEnd(b []byte, i int) int {
	j := i
	if j < len(b) && b[j] == '-' {
		j++
	}
	switch {
	case j == len(b):
		return i
	case b[j] == '0':
		j++
	default:
		if next := digits(b, j); next > j {
			j = next
		} else {
			return i
		}
	}
	if j < len(b) && b[j] == '.' {
		next := digits(b, j+1)
		if next == j+1 {
			return i
		}
		j = next
	}
	if j < len(b) && (b[j] == 'e' || b[j] == 'E') {
		k := j + 1
		if k < len(b) && (b[k] == '+' || b[k] == '-') {
			k++
		}
		next := digits(b, k)
		if next == k {
			return i
		}
		j = next
	}
	return j
}

func digits(b []byte, i int) int {
	for i < len(b) && '0' <= b[i] && b[i] <= '9' {
		i++
	}
	return i
}
