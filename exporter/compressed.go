package exporter

import (
	"fmt"
	"net/http"

	"github.com/klauspost/compress/gzhttp"
)

// gzipLevel makes a page a seventh larger than promhttp's level, in less than a fifth of the
// time: a page of 55,553 bytes becomes 11,266 instead of 9,819 bytes, in 0.12 instead of
// 0.69 ms, which was more than half the time of a scrape without new rows. At level 5 it
// becomes 10,136 bytes in 0.25 ms.
const gzipLevel = 1

// compressing returns a wrapper that compresses the answers of a handler with gzip, of every
// content type, if the client accepts it.
func compressing() (func(http.Handler) http.HandlerFunc, error) {
	wrap, err := gzhttp.NewWrapper(
		gzhttp.CompressionLevel(gzipLevel), gzhttp.EnableZstd(false),
		gzhttp.ContentTypeFilter(gzhttp.CompressAllContentTypeFilter),
	)
	if err != nil {
		return nil, fmt.Errorf("compress pages: %w", err)
	}
	return wrap, nil
}
