// Package respond runs playbooks when Alertmanager sends alerts about a model: it validates the
// model, retrains it, calls other systems, waits for a person's approval, and promotes or rolls
// back.
//
// Everything that happens is an entry in an audit file, on the disk before it has an effect
// elsewhere. The entries are the only state: after a kill, the runs are what their entries say,
// and a step that was done is not done again. A step that had begun is repeated with the same
// idempotency key.
//
// What a step does is in packages below this one. Only the command links them.
package respond
