// Package s3 reads the objects of a bucket of Amazon S3, or of a store that speaks its protocol.
package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"gocloud.dev/blob"
	"gocloud.dev/blob/s3blob"

	"github.com/drift-exporter/drift_exporter/predictor/outcomes/files"
)

// bucket implements files.Bucket. The blob.Bucket reads its own spelling of some names, which other
// programs do not know. So objects have the names that S3 has, and are read by its client.
type bucket struct {
	*blob.Bucket
	client *s3.Client
	name   string
}

// Open connects to the bucket of a URL such as s3://BUCKET/outcomes/?region=eu-central-1. The
// query has the parameters of gocloud.dev/blob/s3blob, such as region, endpoint and
// use_path_style. Credentials are those that AWS's programs use.
func Open(ctx context.Context, u *url.URL) (files.Bucket, error) {
	const validation = "response_checksum_validation"
	query := u.Query()
	if !query.Has(validation) { // the client warns of each object without a checksum otherwise
		query.Set(validation, "when_required")
	}
	b, err := new(s3blob.URLOpener).OpenBucketURL(ctx, &url.URL{Scheme: "s3", Host: u.Host, RawQuery: query.Encode()})
	if err != nil {
		return nil, err
	}
	one := bucket{Bucket: b, name: u.Host}
	if !b.As(&one.client) {
		return nil, errors.Join(errors.New("it has no client of S3"), b.Close())
	}
	return one, nil
}

// List implements files.Bucket.
func (b bucket) List(ctx context.Context, prefix string, flat bool, yield func(files.Object)) error {
	o := &blob.ListOptions{Prefix: prefix}
	if flat {
		o.Delimiter = "/"
	}
	for all := b.Bucket.List(o); ; {
		one, err := all.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if one.IsDir {
			continue
		}
		object := files.Object{Name: one.Key, Size: one.Size, Modified: one.ModTime}
		var detail types.Object
		if one.As(&detail) && detail.Key != nil {
			object.Name, object.Version = *detail.Key, aws.ToString(detail.ETag)
		}
		yield(object)
	}
}

// Open implements files.Bucket.
func (b bucket) Open(ctx context.Context, o files.Object, offset int64) (io.ReadCloser, error) {
	request := &s3.GetObjectInput{Bucket: &b.name, Key: &o.Name}
	if offset > 0 {
		request.Range = aws.String(fmt.Sprintf("bytes=%d-", offset))
	}
	if o.Version != "" {
		request.IfMatch = &o.Version
	}
	answer, err := b.client.GetObject(ctx, request)
	if err != nil {
		return nil, err
	}
	return answer.Body, nil
}
