// Package value holds the rules by which a value is read, the same for every way
// on which it comes: a cell of a CSV, a value in JSON, a column of SQL. Equal values
// have equal readings, whatever their spelling:
//
//	spelling                     numeric    categorical  boolean
//	30, 30.0, 3e1, "30"          30         30           unseen
//	"1,234.5"                    1234.5     1,234.5      unseen
//	1, 1.0, "1"                  1          1            true
//	true, "True", "TRUE"         1          true         true
//	"00501"                      501        00501        unseen
//	null, "", " ", absent        missing    missing      missing
//	"NA", "nan", "NULL", "None"  missing    as it is     unseen
//	"Infinity", 1e999            missing    as it is     unseen
//	"abc", "12,5"                invalid    as it is     unseen
//	{...}, [...]                 invalid    invalid      invalid
//
// A list of texts (see [MissingTexts]) can make more of them missing.
package value

// Kind says what a reading is.
type Kind uint8

// Missing is no value, Known one that the type of the column has, and Invalid one
// that it does not have. Categories never seen before are Known here.
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
