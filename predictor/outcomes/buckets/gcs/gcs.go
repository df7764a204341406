// Package gcs reads the objects of a bucket of Google Cloud Storage. It uses Google's client of
// the JSON interface: the larger one, cloud.google.com/go/storage, adds 27 MB to the binary.
package gcs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"time"

	"google.golang.org/api/googleapi"
	"google.golang.org/api/option"
	"google.golang.org/api/storage/v1"

	"github.com/drift-exporter/drift_exporter/predictor/outcomes/files"
)

// Emulator is the environment variable that names an emulator, as Google's programs have it.
const Emulator = "STORAGE_EMULATOR_HOST"

// bucket implements files.Bucket.
type bucket struct {
	name    string
	objects *storage.ObjectsService
}

// Open connects to the bucket of a URL such as gs://BUCKET/outcomes/, with the
// application-default credentials.
func Open(ctx context.Context, u *url.URL) (files.Bucket, error) {
	if u.RawQuery != "" {
		return nil, fmt.Errorf("gs:// takes no parameters, and the URL has %s", u.RawQuery)
	}
	options := []option.ClientOption{option.WithScopes(storage.DevstorageReadOnlyScope)}
	if host := os.Getenv(Emulator); host != "" {
		options = []option.ClientOption{option.WithoutAuthentication(), option.WithEndpoint(host + "/storage/v1/")}
	}
	service, err := storage.NewService(ctx, options...)
	if err != nil {
		return nil, err
	}
	return &bucket{name: u.Host, objects: service.Objects}, nil
}

// Close implements files.Bucket.
func (*bucket) Close() error { return nil }

// List implements files.Bucket.
func (b *bucket) List(ctx context.Context, prefix string, flat bool, yield func(files.Object)) error {
	call := b.objects.List(b.name).Prefix(prefix).Fields("nextPageToken", "items(name,size,updated,generation)")
	if flat {
		call = call.Delimiter("/")
	}
	return explain(call.Pages(ctx, func(page *storage.Objects) error {
		for _, o := range page.Items {
			at, err := time.Parse(time.RFC3339Nano, o.Updated)
			if err != nil {
				return fmt.Errorf("the time of %s: %w", o.Name, err)
			}
			yield(files.Object{Name: o.Name, Size: int64(o.Size), Modified: at, Version: strconv.FormatInt(o.Generation, 10)})
		}
		return nil
	}))
}

// Open implements files.Bucket.
func (b *bucket) Open(ctx context.Context, o files.Object, offset int64) (io.ReadCloser, error) {
	call := b.objects.Get(b.name, o.Name).Context(ctx)
	if generation, err := strconv.ParseInt(o.Version, 10, 64); err == nil && generation > 0 {
		call = call.Generation(generation)
	}
	if offset > 0 {
		call.Header().Set("Range", fmt.Sprintf("bytes=%d-", offset))
	}
	answer, err := call.Download()
	if err != nil {
		return nil, explain(err)
	}
	if offset > 0 && answer.StatusCode != http.StatusPartialContent { // the whole object
		if _, err := io.CopyN(io.Discard, answer.Body, offset); err != nil {
			return nil, errors.Join(err, answer.Body.Close())
		}
	}
	return answer.Body, nil
}

// explain says what to do about an error.
func explain(err error) error {
	problem, ok := errors.AsType[*googleapi.Error](err)
	if !ok {
		return err
	}
	switch problem.Code {
	case http.StatusForbidden, http.StatusUnauthorized:
		return fmt.Errorf("%w; grant roles/storage.objectViewer on the bucket", err)
	case http.StatusNotFound:
		return fmt.Errorf("%w; is the name of the bucket right?", err)
	}
	return err
}
