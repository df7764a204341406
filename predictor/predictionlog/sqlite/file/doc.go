// Package file handles one SQLite file: connections with prepared statements, who
// may use it (locks, mode, file system), whether it is still the file of its name,
// and what its errors mean. It knows nothing of predictions.
package file
