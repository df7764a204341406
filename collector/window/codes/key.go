package codes

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
)

// Key is all that the codes of rows depend on, beside the rows.
type Key struct {
	// Log is the log's id. Model and Version are those of the rows.
	Log, Model, Version string
	// Reference is the hash of the reference by which they are coded.
	Reference string
	// Columns names what is coded, in the order of the codes, and how: columns of
	// the same names and codes mean the same.
	Columns []string
	// Lookback is the distance between two anchors.
	Lookback int64
}

const suffix = ".codes"

// series names the rows, whatever codes them.
func (k *Key) series() string { return hash(k.Log, k.Model, k.Version) }

// coding names what codes them.
func (k *Key) coding(build string) string {
	return hash(append([]string{build, k.Reference, strconv.FormatInt(k.Lookback, 10)}, k.Columns...)...)
}

// hash returns 16 bytes as text that differ when one of the parts does.
func hash(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		_, _ = fmt.Fprintf(h, "%d:%s,", len(p), p) // never fails
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// place is what the name of a file says.
type place struct {
	series, coding string
	span           int64 // its ids, by the look-back
}

func (p place) path(folder string) string {
	return filepath.Join(folder, fmt.Sprintf("%s-%s-%d%s", p.series, p.coding, p.span, suffix))
}

// parsePlace is the reverse of the name of a path; ok is false for other files.
func parsePlace(name string) (p place, ok bool) {
	name, ok = strings.CutSuffix(name, suffix)
	parts := strings.Split(name, "-")
	if !ok || len(parts) != 3 || len(parts[0]) != 32 || len(parts[1]) != 32 {
		return place{}, false
	}
	span, err := strconv.ParseInt(parts[2], 10, 64)
	return place{parts[0], parts[1], span}, err == nil
}
