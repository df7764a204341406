package google

import (
	"fmt"
	"log/slog"
	"os"
	"strings"

	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// The environment variables that name an emulator to be used instead of BigQuery,
// without credentials.
const (
	// RESTEmulator is that of the REST interface, "http://localhost:9050" or
	// "localhost:9050". Google's clients for other languages read it, too.
	RESTEmulator = "BIGQUERY_EMULATOR_HOST"
	// StorageEmulator is that of the Storage Write API, "localhost:9060".
	StorageEmulator = "BIGQUERY_STORAGE_EMULATOR_HOST"
)

// REST returns the options of a client that make it use the emulator that
// RESTEmulator names; none when it names none. It logs a warning about it.
func REST(logger *slog.Logger) []option.ClientOption {
	host := os.Getenv(RESTEmulator)
	if host == "" {
		return nil
	}
	if !strings.Contains(host, "://") {
		host = "http://" + host
	}
	logger.Warn("using an emulator instead of BigQuery", "env", RESTEmulator, "host", host)
	return []option.ClientOption{option.WithEndpoint(strings.TrimSuffix(host, "/") + "/bigquery/v2/"), option.WithoutAuthentication()}
}

// Storage returns the options of a client of the Storage Write API that make it use
// the emulator that StorageEmulator names; none when it names none. Who appends
// rows asks the REST interface as well: an error says that only one of the two
// variables is set.
func Storage(logger *slog.Logger) ([]option.ClientOption, error) {
	rest, host := os.Getenv(RESTEmulator), os.Getenv(StorageEmulator)
	switch {
	case rest == "" && host == "":
		return nil, nil
	case rest == "" || host == "":
		return nil, fmt.Errorf("an emulator of BigQuery needs both %s=http://HOST:PORT and %s=HOST:PORT, for its REST interface and its Storage Write API", RESTEmulator, StorageEmulator)
	}
	logger.Warn("using an emulator instead of BigQuery's Storage Write API", "env", StorageEmulator, "host", host)
	return []option.ClientOption{option.WithEndpoint(host), option.WithoutAuthentication(),
		option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials()))}, nil
}
