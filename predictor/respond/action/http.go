package action

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/template"

	"go.yaml.in/yaml/v3"

	"github.com/drift-exporter/drift_exporter/predictor/respond"
	"github.com/drift-exporter/drift_exporter/predictor/strictyaml"
)

// keptAnswer is how much of an answer the audit file keeps, in bytes.
const keptAnswer = 16 << 10

// request is the step http.
type request struct {
	method, url      string
	body             *template.Template // nil: the job as JSON
	contentType      string
	token, authority string // files
	// alreadyThere says that an answer with 409 means that the step was done before.
	alreadyThere bool
}

func parseHTTP(d strictyaml.Decoder, n *yaml.Node) (respond.Step, error) {
	m := d.Map(n, "http", "url", "method", "body", "content_type", "token_file", "ca_file", "conflict_is_done")
	m.Require("url", "write the address that the request goes to")
	r := &request{
		method: m.OneOf("method", http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodGet),
		url:    m.Text("url", ""), contentType: m.Text("content_type", "application/json"),
		token: m.Text("token_file", ""), authority: m.Text("ca_file", ""), alreadyThere: m.Flag("conflict_is_done"),
	}
	checkURL(m, r.url)
	if text := m.Text("body", ""); m.Err == nil && text != "" {
		body, err := template.New("body").Option("missingkey=error").Funcs(template.FuncMap{"json": asJSON}).Parse(text)
		if err != nil {
			m.Wrong("body", "body is not a template: %w", err)
		}
		r.body = body
	}
	return r, m.Err
}

// checkURL refuses what is no address of HTTP.
func checkURL(m *strictyaml.Map, text string) {
	if m.Err != nil {
		return
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		m.Wrong("url", "url is not an address: %w", err)
	case (u.Scheme != "http" && u.Scheme != "https") || u.Host == "":
		m.Wrong("url", "url is %q; write an address that begins with https:// or http://", text)
	case u.User != nil:
		m.Wrong("url", "url has a password; put a token into token_file")
	}
}

// asJSON writes a value in a template as JSON.
func asJSON(v any) (string, error) {
	text, err := json.Marshal(v)
	return string(text), err
}

// Plan implements respond.Step.
func (r *request) Plan(*respond.Job) string { return r.method + " " + r.url }

// answered is the evidence of a request.
type answered struct {
	Method string `json:"method"`
	URL    string `json:"url"`
	Status int    `json:"status"`
	Answer string `json:"answer"`
}

// Run implements respond.Step. A status of 2xx is success. The header Idempotency-Key is the same
// for every repetition of the step.
func (r *request) Run(ctx context.Context, j *respond.Job) (respond.Result, error) {
	body, err := r.text(j)
	if err != nil {
		return respond.Result{}, err
	}
	client, err := r.client()
	if err != nil {
		return respond.Result{}, err
	}
	defer client.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, r.method, r.url, bytes.NewReader(body))
	if err != nil {
		return respond.Result{}, fmt.Errorf("make the request: %w", err)
	}
	req.Header.Set("Content-Type", r.contentType)
	req.Header.Set("Idempotency-Key", j.Key)
	req.Header.Set("User-Agent", "drift_exporter")
	if r.token != "" {
		token, err := secret(r.token)
		if err != nil {
			return respond.Result{}, err
		}
		req.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := client.Do(req)
	if err != nil {
		return respond.Result{}, fmt.Errorf("%s: %w", r.method, err)
	}
	text, err := io.ReadAll(io.LimitReader(answer.Body, keptAnswer))
	if err := errors.Join(err, answer.Body.Close()); err != nil {
		return respond.Result{}, fmt.Errorf("read the answer of %s: %w", r.url, err)
	}
	done := answered{Method: r.method, URL: r.url, Status: answer.StatusCode, Answer: strings.ToValidUTF8(string(text), "?")}
	conflict := answer.StatusCode == http.StatusConflict && r.alreadyThere
	if answer.StatusCode/100 != 2 && !conflict {
		return respond.Result{}, fmt.Errorf("%s %s was answered with %s: %s", r.method, r.url, answer.Status, lastLines(done.Answer))
	}
	return respond.Result{Evidence: done, Text: fmt.Sprintf("%s %s was answered with %s", r.method, r.url, answer.Status)}, nil
}

// text returns the body.
func (r *request) text(j *respond.Job) ([]byte, error) {
	if r.body == nil {
		text, err := json.Marshal(message(j))
		if err != nil {
			return nil, fmt.Errorf("write the job as JSON: %w", err)
		}
		return text, nil
	}
	var out bytes.Buffer
	if err := r.body.Execute(&out, j); err != nil {
		return nil, fmt.Errorf("fill in the body: %w", err)
	}
	return out.Bytes(), nil
}

// client reads the file of authorities each time, because those of Kubernetes change.
func (r *request) client() (*http.Client, error) {
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}}
	if r.authority != "" {
		text, err := os.ReadFile(filepath.Clean(r.authority))
		if err != nil {
			return nil, fmt.Errorf("read ca_file: %w", err)
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("ca_file %s has no certificate in PEM form", r.authority)
		}
		transport.TLSClientConfig.RootCAs = pool
	}
	stay := func(req *http.Request, via []*http.Request) error {
		if len(via) >= 5 || req.URL.Host != via[0].URL.Host {
			return fmt.Errorf("it was sent on to %s, which is not followed; write the final address", req.URL.Host)
		}
		return nil
	}
	return &http.Client{Transport: transport, CheckRedirect: stay}, nil
}

// secret reads a token.
func secret(path string) (string, error) {
	text, err := os.ReadFile(filepath.Clean(path))
	if err != nil {
		return "", fmt.Errorf("read token_file: %w", err)
	}
	token := strings.TrimSpace(string(text))
	if token == "" || slices.ContainsFunc([]byte(token), func(b byte) bool { return b < 0x21 || b > 0x7e }) {
		return "", fmt.Errorf("token_file %s must have one token without spaces", path)
	}
	return token, nil
}
