package files

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path"
	"slices"
	"strings"
)

// Bucket is a client of one bucket of an object store.
type Bucket interface {
	// List calls yield with each object whose name begins with prefix. If flat is true, it leaves
	// out those with a slash in the rest of the name.
	List(ctx context.Context, prefix string, flat bool, yield func(Object)) error
	// Open reads an object from an offset onwards, as it was when it was listed.
	Open(ctx context.Context, o Object, offset int64) (io.ReadCloser, error)
	Close() error
}

// Opener connects to the bucket of a URL. It does no IO before the first call of the Bucket.
type Opener func(ctx context.Context, u *url.URL) (Bucket, error)

// bucket is a pattern of objects in a bucket.
type bucket struct {
	client  Bucket
	pattern string
	listed  map[string]Object
}

// parseBucket checks the URL of a bucket and returns what opens it.
func parseBucket(text string, openers map[string]Opener) (func(ctx context.Context) (Store, error), error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" {
		return nil, errors.New("path is no URL such as s3://BUCKET/outcomes/*.csv") // not shown: it may have a password
	}
	open := openers[u.Scheme]
	switch {
	case open == nil && (u.Scheme == "s3" || u.Scheme == "gs"):
		return nil, fmt.Errorf("path %q names a bucket, and this drift_exporter was built without a client for %s://; mount the bucket and write its folder", text, u.Scheme)
	case open == nil:
		return nil, fmt.Errorf("path %q is a URL of another kind than s3:// and gs://", text)
	}
	pattern := strings.TrimPrefix(u.Path, "/")
	if _, err := path.Match(pattern, ""); err != nil {
		return nil, fmt.Errorf("path %q has no valid pattern: %w", text, err)
	}
	return func(ctx context.Context) (Store, error) {
		client, err := open(ctx, u)
		if err != nil {
			return nil, fmt.Errorf("open the bucket %s: %w", u.Host, err)
		}
		return &bucket{client: client, pattern: pattern}, nil
	}, nil
}

// List implements Store. A pattern that ends with a slash, or is empty, is a folder.
func (b *bucket) List(ctx context.Context) (objects []Object, err error) {
	prefix, folder := b.pattern, b.pattern == "" || strings.HasSuffix(b.pattern, "/")
	if at := strings.IndexAny(prefix, `*[\`); at >= 0 {
		prefix = prefix[:at]
	}
	b.listed = map[string]Object{}
	// A pattern has its slashes in the beginning, or lists more than it takes.
	flat := folder || !strings.Contains(b.pattern[len(prefix):], "/")
	err = b.client.List(ctx, prefix, flat, func(o Object) {
		matches, _ := path.Match(b.pattern, o.Name) // the pattern was checked
		if (folder || matches) && !strings.HasSuffix(o.Name, "/") && !strings.HasPrefix(path.Base(o.Name), ".") {
			objects = append(objects, o)
			b.listed[o.Name] = o
		}
	})
	if err != nil {
		return nil, fmt.Errorf("list the bucket: %w", err)
	}
	if len(objects) == 0 && prefix == b.pattern && !folder {
		return nil, fmt.Errorf("there is no object %s in the bucket; write a folder with a slash at its end, or a pattern", b.pattern)
	}
	slices.SortFunc(objects, func(a, b Object) int { return strings.Compare(a.Name, b.Name) })
	return objects, nil
}

// Open implements Store.
func (b *bucket) Open(ctx context.Context, name string, offset int64) (io.ReadCloser, error) {
	o, found := b.listed[name]
	switch {
	case !found:
		return nil, errors.New("the object was not listed")
	case offset >= o.Size: // such a range is an error of the store
		return io.NopCloser(strings.NewReader("")), nil
	}
	return b.client.Open(ctx, o, offset)
}

// Close implements Store.
func (b *bucket) Close() error { return b.client.Close() }
