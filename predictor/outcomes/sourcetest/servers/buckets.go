package servers

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strconv"
)

// python returns a Python that can import a package.
func python(ctx context.Context, imports, packages string) (string, error) {
	path, err := exec.LookPath("python3")
	if err == nil {
		err = exec.CommandContext(ctx, path, "-c", "import "+imports).Run() // #nosec G204 -- our own
	}
	if err != nil {
		return "", &MissingError{fmt.Sprintf("%s (pip install %s)", imports, packages)}
	}
	return path, nil
}

// responds returns a function that asks a server by HTTP whether it answers at all.
func responds(url string) func(context.Context) error {
	return func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
		if err != nil {
			return err
		}
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			return err
		}
		_, _ = io.Copy(io.Discard, answer.Body) // whatever it says
		return answer.Body.Close()
	}
}

// S3 starts moto, which speaks the protocol of Amazon S3. Its buckets are in memory.
func S3(ctx context.Context) (*Server, error) {
	path, err := python(ctx, "moto.server", "'moto[s3,server]'")
	if err != nil {
		return nil, err
	}
	s, port, err := newServer(ctx, "s3")
	if err != nil {
		return nil, err
	}
	s.URL = fmt.Sprintf("http://127.0.0.1:%d", port)
	s.line = []string{path, "-c", "import sys, moto.server; moto.server.main(sys.argv[1:])", "-H", "127.0.0.1", "-p", strconv.Itoa(port)}
	s.answers = responds(s.URL)
	return s, s.Start(ctx)
}

// GCS starts gcp-storage-emulator, which speaks the JSON interface of Google Cloud Storage.
func GCS(ctx context.Context) (*Server, error) {
	path, err := python(ctx, "gcp_storage_emulator.server", "gcp-storage-emulator")
	if err != nil {
		return nil, err
	}
	s, port, err := newServer(ctx, "gcs")
	if err != nil {
		return nil, err
	}
	s.URL = fmt.Sprintf("http://127.0.0.1:%d", port)
	s.line = []string{path, "-c", "import gcp_storage_emulator.__main__ as m; m.main()", "start", "--host=127.0.0.1", "--port=" + strconv.Itoa(port), "--in-memory", "--default-bucket=truth"}
	s.answers = responds(s.URL + "/storage/v1/b")
	return s, s.Start(ctx)
}
