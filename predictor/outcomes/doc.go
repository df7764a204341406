// Package outcomes reads what really happened from other systems and adds it to a prediction log.
// It adds evidence, and the log decides which outcome counts.
//
// A Source reads records from one place and hands them over in batches. Each batch goes into the
// log in one transaction, together with a cursor that says where to continue. So no outcome is
// lost and none counts twice, even if a process is killed at any moment. Sources run
// independently: one that fails or hangs does not delay the others.
//
// A record that is not understood is set aside with the reason. An outcome waits if its
// prediction is not in the log yet. The clients of databases and brokers are in packages below
// this one. Only the command links them.
package outcomes
