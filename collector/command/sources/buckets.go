package sources

import (
	"maps"

	"github.com/drift-exporter/drift_exporter/predictor/outcomes/files"
)

// buckets are the clients of object stores that this build has, by the scheme of URLs.
func buckets() map[string]files.Opener {
	all := map[string]files.Opener{}
	maps.Copy(all, amazon)
	maps.Copy(all, googleBuckets)
	return all
}
