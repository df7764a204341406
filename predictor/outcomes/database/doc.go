// Package database reads outcomes from a query of PostgreSQL, MySQL, MariaDB or SQLite. It finds
// new rows by a watermark: a column that rises, such as the time of the last change.
//
// A row of a long transaction can become visible after rows with a later time. To find it, the
// rows of the last minutes are read again (the overlap). Rows that were read before add nothing.
// In PostgreSQL, a query can instead ask only for rows of transactions before the oldest one that
// is still running. Then no row comes late.
package database
