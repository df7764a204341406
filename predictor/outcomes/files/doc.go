// Package files reads outcomes from files in a folder: CSV and JSON lines, plain or
// gzip, and Parquet. It knows files by their content: one that has grown is read on from
// where it was, and one with another name is not read again.
package files
