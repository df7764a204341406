package rows

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"
)

// leaf is a column of a Parquet file and how its values are read. Exactly one of the functions is
// set.
type leaf struct {
	name    string
	index   int                           // among all leaves of the file
	depth   byte                          // definition level of a value
	refused error                         // why the column cannot be read
	float   func(v parquet.Value) float64 // a number
	integer func(v parquet.Value) int64   // a whole number
	text    func(v parquet.Value) string  // anything else
}

// leafOf finds out how a column is read.
func leafOf(name string, c *parquet.Column, schema []format.SchemaElement) leaf {
	l := leaf{name: name, index: c.Index(), depth: byte(c.MaxDefinitionLevel())}
	switch {
	case !c.Leaf():
		l.refused = fmt.Errorf("column %q is nested, a list, map or struct: write one column for each value, or leave it out with --ignore=%s", name, name)
		return l
	case c.Repeated():
		l.refused = fmt.Errorf("column %q has several values in a row: write one column for each value, or leave it out with --ignore=%s", name, name)
		return l
	}
	if !l.logical(c, elementOf(c, schema)) {
		l.refused = fmt.Errorf("column %q is of type %s, which is not a number, a text or a time: leave it out with --ignore=%s", name, c.Type(), name)
	}
	return l
}

// elementOf returns the column's element in the schema of the file, which lists all nodes depth
// first.
func elementOf(c *parquet.Column, schema []format.SchemaElement) *format.SchemaElement {
	for i := 1; i < len(schema); i = behind(schema, i) {
		if schema[i].Name == c.Name() {
			return &schema[i]
		}
	}
	return &format.SchemaElement{}
}

// behind returns the index after a node and everything below it.
func behind(schema []format.SchemaElement, i int) int {
	children := schema[i].NumChildren.V
	for i++; children > 0 && i < len(schema); children-- {
		i = behind(schema, i)
	}
	return i
}

// logical chooses the function by the logical type, or by the physical type if there is none. It
// reports false for a type that is not supported.
func (l *leaf) logical(c *parquet.Column, e *format.SchemaElement) bool {
	kind := c.Type().Kind()
	switch of := e.LogicalType.Value.(type) {
	case *format.DecimalType:
		l.text = decimal(kind, int(of.Scale))
	case *format.DateType:
		l.text = func(v parquet.Value) string { return time.Unix(int64(v.Int32())*86400, 0).UTC().Format(time.DateOnly) }
	case *format.TimestampType:
		l.text = timestamp(of.Unit.Value.Duration())
	case *format.TimeType:
		l.text = timeOfDay(kind, of.Unit.Value.Duration())
	case *format.IntType:
		l.whole(kind, of.IsSigned)
	case *format.NullType:
		l.text = func(parquet.Value) string { return "" }
	case *format.UUIDType:
		l.text = uuid
	case *format.Float16Type:
		l.float = func(v parquet.Value) float64 { return half(binary.LittleEndian.Uint16(v.ByteArray())) }
	case *format.StringType, *format.EnumType, *format.JsonType:
		l.text = func(v parquet.Value) string { return string(v.ByteArray()) }
	case nil:
		return l.converted(kind, e)
	default:
		return false
	}
	return true
}

// converted chooses the function by the older form of logical types.
func (l *leaf) converted(kind parquet.Kind, e *format.SchemaElement) bool {
	if !e.ConvertedType.Valid {
		return l.physical(kind)
	}
	switch e.ConvertedType.V {
	case deprecated.UTF8, deprecated.Enum, deprecated.Json:
		l.text = func(v parquet.Value) string { return string(v.ByteArray()) }
	case deprecated.Decimal:
		l.text = decimal(kind, int(e.Scale.V))
	case deprecated.Date:
		l.text = func(v parquet.Value) string { return time.Unix(int64(v.Int32())*86400, 0).UTC().Format(time.DateOnly) }
	case deprecated.TimeMillis:
		l.text = timeOfDay(kind, time.Millisecond)
	case deprecated.TimeMicros:
		l.text = timeOfDay(kind, time.Microsecond)
	case deprecated.TimestampMillis:
		l.text = timestamp(time.Millisecond)
	case deprecated.TimestampMicros:
		l.text = timestamp(time.Microsecond)
	case deprecated.Uint8, deprecated.Uint16, deprecated.Uint32, deprecated.Uint64:
		l.whole(kind, false)
	case deprecated.Int8, deprecated.Int16, deprecated.Int32, deprecated.Int64:
		l.whole(kind, true)
	default:
		return false
	}
	return true
}

// physical chooses the function by how values are stored.
func (l *leaf) physical(kind parquet.Kind) bool {
	switch kind {
	case parquet.Boolean:
		l.text = func(v parquet.Value) string { return strconv.FormatBool(v.Boolean()) }
	case parquet.Int32, parquet.Int64:
		l.whole(kind, true)
	case parquet.Int96:
		l.text = int96
	case parquet.Float:
		l.float = func(v parquet.Value) float64 { return shortest(v.Float()) }
	case parquet.Double:
		l.float = parquet.Value.Double
	case parquet.ByteArray:
		l.text = func(v parquet.Value) string { return string(v.ByteArray()) }
	default:
		return false
	}
	return true
}

// whole reads whole numbers. A number that does not fit into an int64 becomes a text of digits.
func (l *leaf) whole(kind parquet.Kind, signed bool) {
	switch {
	case kind == parquet.Int32 && signed:
		l.integer = func(v parquet.Value) int64 { return int64(v.Int32()) }
	case kind == parquet.Int32:
		l.integer = func(v parquet.Value) int64 { return int64(v.Uint32()) }
	case signed:
		l.integer = parquet.Value.Int64
	default:
		l.text = func(v parquet.Value) string { return strconv.FormatUint(v.Uint64(), 10) }
	}
}

// decimal reads whole numbers that are scaled by a power of ten, exactly.
func decimal(kind parquet.Kind, scale int) func(parquet.Value) string {
	return func(v parquet.Value) string {
		var x big.Int
		switch kind {
		case parquet.Int32:
			x.SetInt64(int64(v.Int32()))
		case parquet.Int64:
			x.SetInt64(v.Int64())
		default: // two's complement, the highest byte first
			b := v.ByteArray()
			if x.SetBytes(b); len(b) > 0 && b[0] >= 0x80 {
				x.Sub(&x, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
			}
		}
		digits := x.Text(10)
		if scale <= 0 {
			return digits + strings.Repeat("0", -scale)
		}
		sign := ""
		if digits[0] == '-' {
			sign, digits = "-", digits[1:]
		}
		if missing := scale + 1 - len(digits); missing > 0 {
			digits = strings.Repeat("0", missing) + digits
		}
		return sign + digits[:len(digits)-scale] + "." + digits[len(digits)-scale:]
	}
}

// timestamp reads times since 1970 and writes them in RFC 3339. A time without a zone is taken to
// be in UTC.
func timestamp(unit time.Duration) func(parquet.Value) string {
	perSecond := int64(time.Second / unit)
	return func(v parquet.Value) string {
		x := v.Int64()
		seconds := x / perSecond
		return time.Unix(seconds, (x-seconds*perSecond)*int64(unit)).UTC().Format(time.RFC3339Nano)
	}
}

// int96 reads the times of Hive and older Spark: a Julian day and nanoseconds in it.
func int96(v parquet.Value) string {
	x := v.Int96()
	const day1970 = 2440588
	return time.Unix((int64(x[2])-day1970)*86400, int64(uint64(x[1])<<32|uint64(x[0]))).UTC().Format(time.RFC3339Nano)
}

func timeOfDay(kind parquet.Kind, unit time.Duration) func(parquet.Value) string {
	return func(v parquet.Value) string {
		x := int64(0)
		if kind == parquet.Int32 {
			x = int64(v.Int32())
		} else {
			x = v.Int64()
		}
		return time.Unix(0, x*int64(unit)).UTC().Format("15:04:05.999999999")
	}
}

func uuid(v parquet.Value) string {
	h := hex.EncodeToString(v.ByteArray())
	if len(h) != 32 {
		return h
	}
	return strings.Join([]string{h[:8], h[8:12], h[12:16], h[16:20], h[20:]}, "-")
}

// shortest returns the number with the shortest decimal of a float32, because a CSV contains this
// decimal: 0.1, not 0.10000000149011612.
func shortest(x float32) float64 {
	if wide := float64(x); wide == math.Trunc(wide) || wide != wide {
		return wide
	}
	wide, err := strconv.ParseFloat(strconv.FormatFloat(float64(x), 'g', -1, 32), 64)
	if err != nil {
		return float64(x) // an infinity
	}
	return wide
}

// half reads a number of 16 bits (IEEE 754).
func half(bits uint16) float64 {
	sign, exponent, fraction := 1., int(bits>>10&31), float64(bits&1023)
	if bits>>15 == 1 {
		sign = -1
	}
	switch exponent {
	case 0:
		return sign * math.Ldexp(fraction, -24)
	case 31:
		if fraction != 0 {
			return math.NaN()
		}
		return sign * math.Inf(1)
	}
	return sign * math.Ldexp(1024+fraction, exponent-25)
}
