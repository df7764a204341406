// Package value has the rules by which a value is read. They are the same for a cell of a
// CSV, a value in JSON and a column of SQL. Equal values have equal readings, whatever
// their spelling:
//
//	spelling                     numeric    categorical  boolean
//	30, 30.0, 3e1, "30"          30         30           unseen
//	"1,234.5"                    1234.5     1,234.5      unseen
//	1, 1.0, "1"                  1          1            true
//	true, "True", "TRUE"         1          true         true
//	"00501"                      501        00501        unseen
//	null, "", " ", absent        missing    missing      missing
//	NaN, Infinity (no JSON)      missing    missing      missing
//	"NA", "nan", "NULL", "None"  missing    as it is     unseen
//	"Infinity", 1e999            missing    as it is     unseen
//	"abc", "12,5", "$5"          invalid    as it is     unseen
//	{...}, [...]                 invalid    invalid      invalid
//
// Texts are without white space around them, in Unicode's normal form C. A list of texts (see
// [MissingTexts]) can make more of them missing.
package value

// Kind says whether a reading is a value.
type Kind uint8

// Missing means no value, Known a value of the column's type, and Invalid a value of
// another type. Categories that were never seen before are Known here.
const (
	Missing Kind = iota
	Known
	Invalid
)

func (k Kind) String() string { return [...]string{"missing", "known", "invalid"}[k] }

// Types of columns.
const (
	Numeric     = "numeric"
	Categorical = "categorical"
	Boolean     = "boolean"
)
