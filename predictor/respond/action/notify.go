package action

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	"go.yaml.in/yaml/v3"

	"github.com/drift-exporter/drift_exporter/predictor/respond"
	"github.com/drift-exporter/drift_exporter/predictor/strictyaml"
)

// notice is the step notify. It sends one sentence to a chat that takes {"text": ...}, as Slack,
// Mattermost and Google Chat do. Their addresses are secrets, so they come from a file.
type notice struct {
	address string // the file
	text    *template.Template
	source  string
}

func parseNotify(d strictyaml.Decoder, n *yaml.Node) (respond.Step, error) {
	m := d.Map(n, "notify", "url_file", "text")
	m.Require("url_file", "write the path of a file with the address of the chat's incoming webhook")
	m.Require("text", "write what to say, such as: {{.Model}} drifts, see {{.Alert.Annotations.runbook_url}}")
	s := &notice{address: m.Text("url_file", ""), source: m.Text("text", "")}
	if m.Err != nil {
		return nil, m.Err
	}
	var err error
	if s.text, err = template.New("text").Option("missingkey=zero").Parse(s.source); err != nil {
		m.Wrong("text", "text is not a template: %w", err)
	}
	return s, m.Err
}

// Plan implements respond.Step.
func (s *notice) Plan(j *respond.Job) string {
	text, err := s.say(j)
	if err != nil {
		return "say what cannot be filled in: " + err.Error()
	}
	return fmt.Sprintf("say %q", text)
}

func (s *notice) say(j *respond.Job) (string, error) {
	var out strings.Builder
	if err := s.text.Execute(&out, j); err != nil {
		return "", fmt.Errorf("fill in the text: %w", err)
	}
	return strings.ReplaceAll(out.String(), "<no value>", ""), nil
}

// said is the evidence of a notification. It does not have the address, which is a secret.
type said struct {
	Text string `json:"text"`
}

// Run implements respond.Step.
func (s *notice) Run(ctx context.Context, j *respond.Job) (respond.Result, error) {
	text, err := s.say(j)
	if err != nil {
		return respond.Result{}, err
	}
	address, err := os.ReadFile(filepath.Clean(s.address))
	if err != nil {
		return respond.Result{}, fmt.Errorf("read url_file: %w", err)
	}
	u, err := url.Parse(strings.TrimSpace(string(address)))
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" {
		return respond.Result{}, fmt.Errorf("url_file %s has no address that begins with https:// or http://", s.address)
	}
	body, err := json.Marshal(said{Text: text})
	if err != nil {
		return respond.Result{}, fmt.Errorf("write the text as JSON: %w", err)
	}
	if err := post(ctx, u.String(), body); err != nil {
		return respond.Result{}, err
	}
	return respond.Result{Evidence: said{Text: text}, Text: fmt.Sprintf("said %q", text)}, nil
}

// post sends a body. Its errors do not name the path of the address, which is a secret.
func post(ctx context.Context, address string, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return errors.New("url_file has no address that can be used")
	}
	req.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		if wrapped, ok := errors.AsType[*url.Error](err); ok {
			err = wrapped.Err
		}
		return fmt.Errorf("notify %s: %w", req.URL.Host, err)
	}
	text, err := io.ReadAll(io.LimitReader(answer.Body, keptAnswer))
	if err := errors.Join(err, answer.Body.Close()); err != nil {
		return fmt.Errorf("read the answer of %s: %w", req.URL.Host, err)
	}
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("%s answered with %s: %s", req.URL.Host, answer.Status, lastLines(string(text)))
	}
	return nil
}
