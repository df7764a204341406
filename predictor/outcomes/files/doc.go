// Package files reads outcomes from files in a folder: CSV and JSON lines, plain or gzip, and
// Parquet. It recognises files by their content. If a file has grown, it continues where it
// stopped. A renamed file is not read again.
package files
