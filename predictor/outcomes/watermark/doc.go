// Package watermark reads the new rows of a query. It finds them by the watermark: a column that
// rises with every change, such as the time of the change. A row can become visible after rows
// with a later time. To find such rows, an overlap is read again. Rows that were read before add
// nothing.
package watermark
