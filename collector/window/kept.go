package window

import (
	"bytes"
	"fmt"

	"github.com/drift-exporter/drift_exporter/collector/window/codes"
	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
)

// keep lets a series find the codes of rows that were read before, and keep those of
// others for the next start.
func (s *series) keep(folder *codes.Folder, logID string, key predictionlog.Key) {
	if folder == nil || s.layout == nil {
		return
	}
	scratch := make([]uint8, len(s.codes))
	s.kept = folder.Series(codes.Key{
		Log: logID, Model: key.Model, Version: key.Version,
		Reference: s.layout.reference.Hash, Columns: s.layout.described(), Lookback: s.lookback,
	}, s.last, s.lastAt, func(id int64, features []byte) {
		s.layout.code(&predictionlog.Row{ID: id, Features: features}, scratch, s.last, s.lastAt)
	})
}

// described says of every feature how its values become codes.
func (l *layout) described() []string {
	all := make([]string, l.features)
	for i := range all {
		c := &l.columns[i]
		all[i] = fmt.Sprintf("%q %s %v %d", c.name, c.read.Type, c.read.Missing.Texts(), c.binning.Codes())
	}
	return all
}

// code writes the codes of a row into s.codes: those that were found, when its
// features are what they were, else those of what it says now. valid is false when the
// features are not a JSON object.
func (s *series) code(row *predictionlog.Row) (found, valid bool) {
	if s.kept == nil {
		return false, s.layout.code(row, s.codes, s.last, s.lastAt)
	}
	had, check, found := s.kept.Find(row.ID, row.Features)
	if found && !check {
		copy(s.codes, had)
		s.layout.answer(row, s.codes)
		return true, true
	}
	valid = s.layout.code(row, s.codes, s.last, s.lastAt)
	if found && (!valid || !bytes.Equal(had, s.codes[:s.layout.features])) {
		s.kept.Reject()
		found = false
	}
	return found, valid
}

// close lets go of the files of a series.
func (s *series) close() {
	if s.kept != nil {
		s.kept.Close()
	}
}

// Close writes the codes that are to be kept. No snapshot may be asked for any more.
func (w *Window) Close() {
	<-w.token
	w.state.close()
}

// close lets go of the files of all series.
func (s *state) close() {
	for _, r := range s.series {
		r.close()
	}
}
