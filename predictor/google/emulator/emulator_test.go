package emulator

import (
	"testing"

	"cloud.google.com/go/bigquery"
	"cloud.google.com/go/bigquery/storage/managedwriter"
	"cloud.google.com/go/bigquery/storage/managedwriter/adapt"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
)

func TestWhatIsAppendedIsFoundByAQuery(t *testing.T) {
	t.Parallel()
	e := Shared(t)
	ctx := t.Context()
	client, err := bigquery.NewClient(ctx, "test", e.ClientOptions()...)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	schema := bigquery.Schema{{Name: "id", Type: bigquery.IntegerFieldType, Required: true}, {Name: "text", Type: bigquery.StringFieldType}}
	dataset := client.Dataset("appended")
	if err := dataset.Create(ctx, nil); err != nil {
		t.Fatal(err)
	}
	if err := dataset.Table("rows").Create(ctx, &bigquery.TableMetadata{Schema: schema}); err != nil {
		t.Fatal(err)
	}

	writer, err := managedwriter.NewClient(ctx, "test", e.WriterOptions()...)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = writer.Close() }()
	storage, err := adapt.BQSchemaToStorageTableSchema(schema)
	if err != nil {
		t.Fatal(err)
	}
	descriptor, err := adapt.StorageSchemaToProto2Descriptor(storage, "root")
	if err != nil {
		t.Fatal(err)
	}
	message := descriptor.(protoreflect.MessageDescriptor)
	normal, err := adapt.NormalizeDescriptor(message)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := writer.NewManagedStream(ctx, managedwriter.WithType(managedwriter.CommittedStream),
		managedwriter.WithDestinationTable("projects/test/datasets/appended/tables/rows"), managedwriter.WithSchemaDescriptor(normal))
	if err != nil {
		t.Fatal(err)
	}
	row := dynamicpb.NewMessage(message)
	row.Set(message.Fields().ByName("id"), protoreflect.ValueOfInt64(7))
	row.Set(message.Fields().ByName("text"), protoreflect.ValueOfString("seven"))
	data, err := proto.Marshal(row)
	if err != nil {
		t.Fatal(err)
	}
	result, err := stream.AppendRows(ctx, [][]byte{data}, managedwriter.WithOffset(0))
	if err != nil {
		t.Fatal(err)
	}
	if offset, err := result.GetResult(ctx); err != nil || offset != 0 {
		t.Fatalf("appended at %d, %v", offset, err)
	}
	// The same offset again is refused: this is what makes an append exactly once.
	result, err = stream.AppendRows(ctx, [][]byte{data}, managedwriter.WithOffset(0))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := result.GetResult(ctx); status.Code(err) != codes.AlreadyExists {
		t.Errorf("the same offset again: %v, want AlreadyExists", err)
	}

	rows, err := client.Query("SELECT id, text FROM `test.appended.rows`").Read(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var got []bigquery.Value
	if err := rows.Next(&got); err != nil || got[0] != int64(7) || got[1] != "seven" {
		t.Fatalf("read %v, %v", got, err)
	}
	if rows.TotalRows != 1 {
		t.Errorf("there are %d rows, want 1", rows.TotalRows)
	}
}
