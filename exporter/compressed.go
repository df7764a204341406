package exporter

import (
	"fmt"
	"net/http"

	"github.com/klauspost/compress/gzhttp"
)

// gzipLevel makes a page 4 % larger than the level that promhttp compresses with,
// in a quarter of the time: 0.2 ms instead of 0.74 ms for 46 KB, which was more than
// half of what a scrape without new rows took. At level 1 it is 0.09 ms and 18 %.
const gzipLevel = 2

// compressing returns what compresses the answers of a handler with gzip, of every
// content type, where the client accepts it.
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
