package bigquery

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"cloud.google.com/go/bigquery/storage/apiv1/storagepb"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/drift-exporter/drift_exporter/predictor/predictionlog"
	"github.com/drift-exporter/drift_exporter/predictor/ship"
)

// storageServer serves the Storage Write API with the answers of a test.
type storageServer struct {
	storagepb.UnimplementedBigQueryWriteServer
	sealed int64
	err    error
}

func (s *storageServer) FinalizeWriteStream(context.Context, *storagepb.FinalizeWriteStreamRequest) (*storagepb.FinalizeWriteStreamResponse, error) {
	return &storagepb.FinalizeWriteStreamResponse{RowCount: s.sealed}, s.err
}

func (s *storageServer) CreateWriteStream(_ context.Context, r *storagepb.CreateWriteStreamRequest) (*storagepb.WriteStream, error) {
	return &storagepb.WriteStream{Name: r.GetParent() + "/streams/1", Type: storagepb.WriteStream_COMMITTED}, nil
}

func (s *storageServer) GetWriteStream(_ context.Context, r *storagepb.GetWriteStreamRequest) (*storagepb.WriteStream, error) {
	return &storagepb.WriteStream{Name: r.GetName(), Type: storagepb.WriteStream_COMMITTED}, nil
}

func (s *storageServer) AppendRows(stream storagepb.BigQueryWrite_AppendRowsServer) error {
	for {
		if _, err := stream.Recv(); err != nil {
			return nil
		}
		answer := &storagepb.AppendRowsResponse{Response: &storagepb.AppendRowsResponse_Error{Error: status.Convert(s.err).Proto()}}
		if err := stream.Send(answer); err != nil {
			return err
		}
	}
}

// faultySink returns a Sink that uses servers of this test.
func faultySink(t *testing.T, storage *storageServer, rest http.HandlerFunc) *Sink {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	storagepb.RegisterBigQueryWriteServer(server, storage)
	go func() { _ = server.Serve(l) }()
	t.Cleanup(server.Stop)
	web := httptest.NewServer(rest)
	t.Cleanup(web.Close)
	s, err := NewSink(t.Context(), SinkOptions{Project: "test-project", Dataset: "d",
		REST: []option.ClientOption{option.WithEndpoint(web.URL), option.WithoutAuthentication()},
		GRPC: []option.ClientOption{option.WithEndpoint(l.Addr().String()), option.WithoutAuthentication(), option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials()))}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestSealedStreamTellsWhetherABatchArrived(t *testing.T) {
	t.Parallel()
	storage := &storageServer{}
	s := faultySink(t, storage, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	text, err := json.Marshal(attempt{Table: predictionlog.TablePredictions, LogID: "x", Stream: "projects/p/datasets/d/tables/t/streams/1", Offset: 2000, Rows: 500, After: 10, UpTo: 600})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		rows    int64
		arrived bool
		reason  string
	}{{2000, false, ""}, {2500, true, ""}, {2501, false, ship.Conflict}} {
		storage.sealed = test.rows
		arrived, err := s.Settle(t.Context(), string(text))
		var f *ship.Failure
		if errors.As(err, &f); arrived != test.arrived || (err == nil) != (test.reason == "") || f != nil && f.Reason != test.reason {
			t.Errorf("%d rows: %t, %v", test.rows, arrived, err)
		}
	}
	storage.err = status.Error(codes.PermissionDenied, "no")
	var f *ship.Failure
	if _, err := s.Settle(t.Context(), string(text)); !errors.As(err, &f) || f.Reason != ship.Permission {
		t.Errorf("error %v", err)
	}
}

func TestFailuresSayWhatToDo(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name      string
		code      int
		reason    string // of the answer
		want      string
		temporary bool
		says      string
	}{
		{"forbidden", 403, "accessDenied", ship.Permission, false, "BigQuery Data Editor on the dataset d and BigQuery Job User on the project test-project"},
		{"quota", 403, "quotaExceeded", ship.Quota, true, "IAM & Admin, Quotas"},
		{"unauthorized", 401, "authError", ship.Permission, false, "grant the service account"},
		{"bad request", 400, "invalid", ship.Other, false, "400"},
		{"no dataset", 404, "notFound", ship.NotFound, false, "bq mk --dataset --location=EU test-project:d"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := faultySink(t, &storageServer{}, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(test.code)
				fmt.Fprintf(w, `{"error":{"code":%d,"message":"m","errors":[{"reason":%q,"message":"m"}]}}`, test.code, test.reason)
			})
			err := s.prepare(t.Context(), predictionlog.TablePredictions)
			var f *ship.Failure
			if !errors.As(err, &f) || f.Reason != test.want || f.Temporary != test.temporary || !strings.Contains(err.Error(), test.says) {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestAppendErrorsAreToldApart(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		code   codes.Code
		reason string // "": the rows were refused
	}{
		{codes.InvalidArgument, ""}, {codes.AlreadyExists, ship.Unavailable}, {codes.OutOfRange, ship.Unavailable}, {codes.NotFound, ship.Unavailable},
		{codes.Unavailable, ship.Unavailable}, {codes.ResourceExhausted, ship.Quota}, {codes.PermissionDenied, ship.Permission},
	} {
		t.Run(test.code.String(), func(t *testing.T) {
			t.Parallel()
			s := faultySink(t, &storageServer{err: status.Error(test.code, "no")}, http.NotFound)
			for _, table := range viewed {
				s.ready[table] = true
			}
			recorded := ""
			err := s.Append(t.Context(), &ship.Batch{LogID: "x", Table: predictionlog.TableErrors, UpTo: 1, Errors: []predictionlog.ErrorRow{{Seq: 1, Model: "m"}}},
				func(a string) error { recorded = a; return nil })
			var f *ship.Failure
			if refused := errors.Is(err, ship.ErrRefused); refused != (test.reason == "") || !refused && (!errors.As(err, &f) || f.Reason != test.reason) {
				t.Errorf("error %v", err)
			}
			if !strings.Contains(recorded, `"offset":0,"rows":1`) {
				t.Errorf("recorded %q", recorded)
			}
		})
	}
}
