// Package watermark reads the rows of a query that are new, by a column that rises with
// every change, such as its time. A row can become visible behind others with a later
// time: an overlap is read again, and what comes again adds nothing.
package watermark
