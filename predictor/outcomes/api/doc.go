// Package api reads outcomes from a JSON interface over HTTP, page by page. It asks for
// what has changed where the interface can tell, by ETag or by a time in the URL, and
// takes each record of a page once, also when it moves to another page.
package api
