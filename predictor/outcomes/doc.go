// Package outcomes reads what really happened from wherever it is known, and adds it
// to a prediction log: as evidence, from which the log decides what counts.
//
// A Source reads records from one place and hands them over in batches. Each batch
// goes into the log in one transaction with the cursor that says where reading goes
// on after it. So whichever process is killed at any moment, no outcome is lost and
// none counts twice. Sources run apart: one that fails or hangs delays no other.
//
// A record that is not understood is set aside with the reason. An outcome whose
// prediction is not in the log yet waits for it. The clients of databases and brokers
// are packages of their own below this one; only the command links them.
package outcomes
