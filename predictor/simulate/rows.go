package simulate

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// WriteCSV writes a header and the first rows of the seed's loans: the features in the order of
// Features, then the outcome as 1 or 0.
func WriteCSV(w io.Writer, seed uint64, rows int) error {
	out := bufio.NewWriter(w)
	_, _ = out.WriteString(strings.Join(Names(), ",") + "," + Outcome + "\n") // the Flush below reports an error
	g := New(seed)
	var line []byte
	for range rows {
		loan := g.Next()
		line = line[:0]
		for _, v := range loan.Values {
			line = append(strconv.AppendFloat(line, v, 'f', -1, 64), ',')
		}
		line = append(strconv.AppendInt(line, int64(loan.Outcome), 10), '\n')
		_, _ = out.Write(line)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write loans as CSV: %w", err)
	}
	return nil
}
