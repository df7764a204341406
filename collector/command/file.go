package command

import (
	"fmt"

	"github.com/drift-exporter/drift_exporter/predictor/rows"
)

// fileFlags is the file of rows that flags name.
type fileFlags struct{ csv, parquet *string }

// newFileFlags adds the flags. What says what the rows are for.
func newFileFlags(cmd flagged, what string) fileFlags {
	return fileFlags{
		csv:     cmd.Flag("csv", what+" a CSV with a header, plain or gzip.").PlaceHolder("FILE").String(),
		parquet: cmd.Flag("parquet", what+" a Parquet file.").PlaceHolder("FILE").String(),
	}
}

func (f fileFlags) given() bool { return *f.csv != "" || *f.parquet != "" }

// flag is the one that names the file.
func (f fileFlags) flag() string {
	if *f.parquet != "" {
		return "--parquet"
	}
	return "--csv"
}

// named is the file, of which there can be one.
func (f fileFlags) named() (path string, format rows.Format, err error) {
	switch {
	case *f.csv != "" && *f.parquet != "":
		return "", "", fmt.Errorf("--csv and --parquet exclude each other: the rows are those of one file; %w", ErrUsage)
	case *f.parquet != "":
		return *f.parquet, rows.FormatParquet, nil
	}
	return *f.csv, rows.FormatCSV, nil
}
