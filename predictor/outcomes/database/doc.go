// Package database reads outcomes from a query of PostgreSQL, MySQL, MariaDB or SQLite,
// by a watermark: a column that rises, such as the time of the last change.
//
// A row can become visible behind others with a later time, when its transaction takes
// longer. An overlap finds it: the last minutes are read again, and what comes again
// adds nothing. In PostgreSQL a query can instead ask only for rows of transactions
// before the oldest one that still runs; then nothing comes late.
package database
