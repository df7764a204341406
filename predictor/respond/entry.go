package respond

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
)

// The events of an audit file.
const (
	eventStarted  = "started"  // a run, by Alert
	eventIgnored  = "ignored"  // an alert that starts no run; Text says why
	eventResolved = "resolved" // the alert of a run
	eventPlanned  = "planned"  // a step of a dry run; Text says what it would do
	eventBegun    = "begun"    // a step
	eventDone     = "done"     // a step; with Evidence, and with Outcome if the run ends here
	eventWaiting  = "waiting"  // a step waits for approval
	eventApproved = "approved" // by By
	eventRefused  = "refused"  // by By
	eventEnded    = "ended"    // a run; Outcome says how, Text why
)

// The outcomes of a run.
const (
	outcomeDone      = "done"      // every step is done
	outcomeStopped   = "stopped"   // a step found that nothing more is to be done
	outcomePlanned   = "planned"   // a dry run
	outcomeFailed    = "failed"    // a step failed
	outcomeCancelled = "cancelled" // nobody approved, or somebody refused
)

var runOutcomes = []string{outcomeDone, outcomeStopped, outcomePlanned, outcomeFailed, outcomeCancelled}

// Entry is one line of the audit file.
type Entry struct {
	Number   int64     `json:"number"`
	Time     time.Time `json:"time"`
	Event    string    `json:"event"`
	Run      string    `json:"run,omitempty"`
	Playbook string    `json:"playbook,omitempty"`
	// PlaybookSum is the SHA-256 of the playbook that a run started with.
	PlaybookSum string          `json:"playbook_sha256,omitempty"`
	DryRun      bool            `json:"dry_run,omitempty"`
	Model       string          `json:"model,omitempty"`
	Version     string          `json:"version,omitempty"`
	Step        int             `json:"step,omitempty"` // from 1
	Kind        string          `json:"kind,omitempty"`
	Outcome     string          `json:"outcome,omitempty"`
	By          string          `json:"by,omitempty"`
	Text        string          `json:"text,omitempty"`
	Alert       *Alert          `json:"alert,omitempty"`
	Evidence    json.RawMessage `json:"evidence,omitempty"`
	// Previous is the hash of the entry before, Hash that of this one without Hash.
	Previous string `json:"previous"`
	Hash     string `json:"hash"`
}

// sum returns the hash of an entry: SHA-256 of its JSON without Hash.
func (e Entry) sum() (string, error) {
	e.Hash = ""
	text, err := json.Marshal(e)
	if err != nil {
		return "", fmt.Errorf("write the entry as JSON: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

// seal completes an entry as the one that follows another.
func (e *Entry) seal(number int64, previous string) (line []byte, err error) {
	e.Number, e.Previous, e.Time = number, previous, e.Time.UTC().Round(0)
	if e.Hash, err = e.sum(); err != nil {
		return nil, err
	}
	line, err = json.Marshal(e)
	return append(line, '\n'), err
}

// open reads one line, which must follow number and previous.
func open(line []byte, number int64, previous string) (e Entry, err error) {
	if err := json.Unmarshal(line, &e); err != nil {
		return e, fmt.Errorf("it is not an entry: %w", err)
	}
	sum, err := e.sum()
	switch {
	case err != nil:
		return e, err
	case e.Number != number || e.Previous != previous:
		return e, fmt.Errorf("entry %d does not follow the one before it: entries were removed or added", e.Number)
	case e.Hash != sum:
		return e, fmt.Errorf("entry %d was changed", e.Number)
	}
	return e, nil
}
