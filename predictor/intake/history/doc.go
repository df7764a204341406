// Package history puts predictions of the past into a log, with their own times and
// outcomes: rows of CSV and Parquet files, JSON lines, and what SageMaker and KServe have
// captured. A file is imported as a whole or not at all, and once.
package history
