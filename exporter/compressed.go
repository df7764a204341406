package exporter

import (
	"fmt"
	"net/http"

	"github.com/klauspost/compress/gzhttp"
)

// gzipLevel makes a page a seventh larger than the level that promhttp compresses with,
// in less than a fifth of the time: 11,266 instead of 9,819 bytes of 55,553, in 0.12 ms
// instead of 0.69, which was more than half of what a scrape without new rows took. At
// level 5 it is 10,136 bytes in 0.25 ms.
const gzipLevel = 1

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
