// Package api reads outcomes from a JSON interface over HTTP, page by page. If the interface
// supports it, by ETag or by a time in the URL, it asks only for changes. It takes each
// record of a page once, even when the record moves to another page.
package api
