package e2e_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestBadSourcesOfOutcomesAreRefusedInASentence gives the binary configurations that are wrong.
// The error must say what is wrong or what to write instead, and where.
func TestBadSourcesOfOutcomesAreRefusedInASentence(t *testing.T) {
	t.Parallel()
	program, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "outcomes.yml")
	const one = "sources:\n- name: a\n  "
	for _, test := range []struct{ text, says string }{
		{"", "the configuration is empty; list the sources of outcomes under sources"},
		{"sources: []", "sources is empty; list at least one source"},
		{"sources: x", "sources must be a list"},
		{"source: []", `unknown key "source" in the configuration; known keys are resolve, pending, rejected, sources`},
		{"a: [", "not valid YAML: line 1: did not find expected node content"},
		{"sources:\n- {name: a, files: {path: x}}\nsources: []", `key "sources" stands here and at line 1; remove one`},
		{"resolve: vote\nsources:\n- {name: a, files: {path: x}}", `resolve "vote" is none of confidence, agreement`},
		{"pending: {limit: 0}\nsources:\n- {name: a, files: {path: x}}", `limit is "0"; write a whole number from 1 to 10000000`},
		{"pending: {expire: 1s}\nsources:\n- {name: a, files: {path: x}}", "expire is 1s; write a duration from 1m0s to 87600h0m0s"},
		{"rejected: {limits: 3}\nsources:\n- {name: a, files: {path: x}}", `unknown key "limits" in rejected; known keys are limit, expire`},
		{"sources:\n- {files: {path: x}}", "name is missing; write a name, which identifies the source in the log"},
		{"sources:\n- {name: \"a b\", files: {path: x}}", `the name of a source has 1 to 64 letters, digits, points, hyphens and underscores, not "a b"`},
		{"sources:\n- {name: a, files: {path: x}}\n- {name: a, files: {path: y}}", `source "a" is already there at `},
		{"sources:\n- {name: a}", `source "a" does not say where its records are; write one of files, api, review, sql, kafka, rabbitmq, bigquery`},
		{one + "ftp: {}", `unknown key "ftp" in a source; known keys are name, confidence, match, outcome, record, files, sql, api, kafka, rabbitmq, bigquery, review`},
		{one + "files: {path: x}\n  api: {url: x}", `source "a" has both files and api; make two sources of it`},
		{one + "confidence: 0\n  files: {path: x}", "confidence is 0; write a number above 0 and at most 1"},
		{one + "confidence: 2\n  files: {path: x}", `confidence is "2"; write a number from 0 to 1`},
		{one + "confidence: high\n  files: {path: x}", `confidence is "high"; write a number from 0 to 1`},
		{one + "match: loan_id\n  files: {path: x}", `match "loan_id" is none of prediction_id, request_id`},
		{one + "match: request_id\n  record: {prediction_id: x}\n  files: {path: x}", "match is request_id, which record does not name; add it to record, or remove match"},
		{one + "outcome: {field: $.a[}\n  files: {path: x}", "not valid YAML: line 2: did not find expected ',' or '}'"},
		{one + "outcome: {map: {paid: }}\n  files: {path: x}", "map must say what the texts of outcomes mean, such as {paid: 1, default: 0}"},
		{one + "outcome: {map: {1: a, 1.0: b}}\n  files: {path: x}", `map has "1" twice; remove one`},
		{one + "outcome: {classes: [a]}\n  files: {path: x}", "classes has one entry; list all classes of the model"},
		{one + "outcome: {classes: [a, b], map: {x: c}}\n  files: {path: x}", `the map makes an outcome "c", which is none of the classes`},
		{one + "outcome: {field: a}\n  record: {outcome: b}\n  files: {path: x}", "the place of the outcome stands here and under outcome; remove one"},
		{one + "record: {time_zone: Mars/Base}\n  files: {path: x}", `time_zone "Mars/Base" is unknown: unknown time zone Mars/Base; write a name such as UTC or Europe/Berlin`},
		{one + "record: {observed_at_unit: h}\n  files: {path: x}", `observed_at_unit "h" is none of ms, ns, s, us`},
		{one + "record: {loan: x}\n  files: {path: x}", `unknown key "loan" in record; known keys are prediction_id, request_id, outcome, confidence, observed_at, observed_at_unit, time_zone`},
		{one + "files: {}", "path is missing; write a folder, or a pattern such as /data/outcomes/*.csv"},
		{one + `files: {path: "ftp://x/y"}`, `path "ftp://x/y" is a URL of another kind than s3:// and gs://`},
		{one + `files: {path: "[", format: csv}`, `path "[" is not a pattern: syntax error in pattern`},
		{one + "files: {path: x, format: xml}", `format "xml" is none of auto, csv, jsonl, parquet`},
		{one + "files: {path: x, settle: 2h}", "settle is 2h; write a duration from 0s to 1h0m0s"},
		{one + "files: {path: x, interval: 1ms}", "interval is 1ms; write a duration from 1s to 8784h0m0s"},
		{one + `files: {path: x, schedule: "61 * * * *"}`, `schedule "61 * * * *" is not one of cron, such as "0 0 * * *", "@hourly" or "@every 1h": end of range (61) above maximum (59): "61"`},
		{one + `files: {path: x, schedule: "@hourly", interval: 1m}`, "interval and schedule are both there; remove one"},
		{one + "files: {path: x, timeout: 0s}", "timeout is 0s; write a duration from 1s to 24h0m0s"},
		{one + `files: {path: "s3://user:s3cret@b/"}`, "no URL such as s3://BUCKET/outcomes/*.csv"},
		{one + `sql: {driver: oracle, dsn_file: x, query: ":since"}`, `driver "oracle" is none of postgres, mysql, sqlite`},
		{one + `sql: {driver: postgres, query: ":since"}`, "dsn_file is missing; name a file that holds the data source name"},
		{one + `sql: {driver: postgres, dsn: "postgres://u:s3cret@h/d", query: ":since"}`, "a data source name has a password in it; write dsn_file, a file that holds it"},
		{one + `sql: {driver: mysql, dsn_file: x, query: "SELECT 1"}`, "the query has no :since, by which it returns what is new; write WHERE updated_at >= :since"},
		{one + `sql: {driver: mysql, dsn_file: x, query: "SELECT :since, :snapshot"}`, "the query has a parameter :snapshot; it can have :since, and in PostgreSQL :snapshot"},
		{one + `sql: {driver: mysql, dsn_file: x, query: ":since", watermark_type: text}`, `watermark_type "text" is none of time, number`},
		{one + `sql: {driver: mysql, dsn_file: x, query: ":since", start: yesterday}`, `start "yesterday" is not a time such as 2026-11-01T12:00:00Z`},
		{one + "api: {}", "url is missing; write the URL that answers with records as JSON"},
		{one + `api: {url: "ftp://x"}`, `url "ftp://x" is not one such as https://host/outcomes, without user and password`},
		{one + `api: {url: "https://user:s3cret@x/"}`, "without user and password"},
		{one + `api: {url: "https://x", rate: fast}`, `rate "fast" is not one such as 5/s, 100/m or 1000/h`},
		{one + `api: {url: "https://x", page: {next: $.a, link: true}}`, "page says either next, a path to the next page in the answer, or link: true for the header Link"},
		{one + "kafka: {brokers: [], topic: t}", "brokers is empty; list brokers such as [kafka-1:9092]"},
		{one + "kafka: {brokers: [x], topic: t}", `broker "x" is not one such as kafka-1:9092`},
		{one + "kafka: {brokers: [x:99999], topic: t}", `broker "x:99999" is not one such as kafka-1:9092`},
		{one + "kafka: {brokers: [x:1], topic: a b}", `topic "a b" is not a name of a topic`},
		{one + `kafka: {brokers: [x:1], topic: t, sasl_file: ""}`, "sasl_file is empty; write a path, or remove the key"},
		{one + `api: {url: "https://x", auth_file: ""}`, "auth_file is empty; write a path, or remove the key"},
		{one + `rabbitmq: {url_file: "", queue: q}`, "url_file is empty; write a path, or remove the key"},
		{one + `review: {raise: {folder: ""}}`, "folder is empty; write a path, or remove the key"},
		{one + "outcome: {type: regression, tolerance: 5%}\n  files: {path: x}", `tolerance is "5%"; write a number from 0 to 1e+15`},
		{one + "kafka: {brokers: [x:1], topic: t, tls: {cert_file: x}}", "cert_file and key_file belong together; write both or none"},
		{one + "kafka: {brokers: [x:1], topic: t, sasl: kerberos, sasl_file: x}", `sasl "kerberos" is none of scram-sha-512, scram-sha-256, plain`},
		{one + "rabbitmq: {queue: q}", "url_file is missing; name a file that holds amqps://USER:PASSWORD@HOST/VHOST"},
		{one + "rabbitmq: {url_file: x, queue: q, prefetch: 9999}", `prefetch is "9999"; write a whole number from 1 to 5000`},
		{one + `rabbitmq: {url: "amqp://u:s3cret@h", queue: q}`, `unknown key "url" in rabbitmq; known keys are url_file, queue, prefetch`},
		{one + "bigquery: {project: p}", "query is missing; write SELECT ... WHERE updated_at >= @since ORDER BY updated_at"},
		{one + `bigquery: {project: my-project, query: "SELECT @since", maximum_bytes_billed: 1x}`, "maximum_bytes_billed is not a size such as 10GiB; 0B is no bound"},
	} {
		if err := os.WriteFile(path, []byte(test.text), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.CommandContext(t.Context(), program, "outcomes", "--config.check", "--config.file="+path).CombinedOutput()
		if err == nil || !strings.Contains(string(out), test.says) || !strings.Contains(string(out), path) {
			t.Errorf("%q: %v, said %q, want %q and the file", test.text, err, out, test.says)
		}
		if strings.Contains(string(out), "s3cret") {
			t.Errorf("%q: a password is in the error: %s", test.text, out)
		}
	}
	for _, good := range matching(t, "deploy/outcomes.yml") {
		if out, err := exec.CommandContext(t.Context(), program, "outcomes", "--config.check", "--config.file=../../../"+good).CombinedOutput(); err != nil {
			t.Errorf("%s: %v %s", good, err, out)
		}
	}
}

// TestWrongCommandsOfOutcomesAreRefusedInASentence does the same with command lines.
func TestWrongCommandsOfOutcomesAreRefusedInASentence(t *testing.T) {
	t.Parallel()
	program, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "in.csv"), []byte("prediction_id,outcome\n0,1\n"))
	write(t, filepath.Join(dir, "ok.yml"), []byte("sources:\n- {name: a, files: {path: x}}\n"))
	log := "--predictions.log=" + logWith(t, 1)
	const missing = "--predictions.log=none.db"
	for _, test := range []struct {
		line string
		says string
	}{
		{"outcomes", "--config.file is missing: name the file with the sources of outcomes"},
		{"outcomes --config.file=none.yml", "configuration file none.yml does not exist; write it, deploy/docs/OUTCOMES.md says how"},
		{"outcomes import in.csv", "'--source' not provided"},
		{"outcomes import --source=a none.csv " + log, "none.csv: no such file"},
		{"outcomes import --source=a/b in.csv " + log, "the name of a source has 1 to 64 letters"},
		{"outcomes import --source=a --confidence=2 in.csv " + log, "write a number from 0 to 1"},
		{"outcomes import --source=a --format=xml in.csv " + log, "must be one of auto,csv,jsonl,parquet,sagemaker"},
		{"outcomes import --source=a --column=nonsense=x in.csv " + log, `unknown key "nonsense" in record`},
		{"outcomes import --source=a --column=outcome=none in.csv " + log, "there is no column none with the outcome"},
		{"outcomes import --source=a in.csv " + missing, "does not exist: start the predictor"},
		{"outcomes import --source=b --config.file=ok.yml in.csv " + log, `the configuration has no source "b"`},
		{"outcomes import --source=a --config.file=ok.yml --map=x=1 in.csv " + log, "--column and --map do not go with --config.file"},
		{"outcomes rejected " + missing, "does not exist: start the predictor"},
		{"outcomes rejected --retry " + log, "--config.file is missing"},
		{"outcomes pending " + missing, "does not exist: start the predictor"},
		{"outcomes pending --retry " + log, "--config.file is missing"},
		{"outcomes sources " + missing, "does not exist: start the predictor"},
		{"outcomes --config.file=ok.yml --web.listen-address=nowhere:x " + log, "listen tcp"},
	} {
		c := exec.CommandContext(t.Context(), program, strings.Fields(test.line)...)
		c.Dir = dir
		if out, err := c.CombinedOutput(); err == nil || !strings.Contains(string(out), test.says) {
			t.Errorf("%s: %v, said %q, want %q", test.line, err, out, test.says)
		}
	}
}

// TestOneProcessReadsASourceAndAnotherTakesOver starts two processes for one log. The second waits
// for the first, and goes on where that was killed. Neither writes what it read to the log stream.
func TestOneProcessReadsASourceAndAnotherTakesOver(t *testing.T) {
	t.Parallel()
	dir, log := t.TempDir(), logWith(t, 50)
	file, config := filepath.Join(dir, "in.jsonl"), filepath.Join(dir, "outcomes.yml")
	line := func(from, to int) (text []byte) {
		for k := from; k < to; k++ {
			text = append(append(text, statement(k).asJSON()...), '\n')
		}
		return append(text, `{"loan": "private-key", "status": "private-status", "applicant": "private-name"}`+"\n"...)
	}
	write(t, file, line(0, 20))
	write(t, config, []byte("sources:\n- name: truth\n  outcome: {field: status, map: {paid: 1, default: 0}}\n  record: {prediction_id: loan, observed_at: updated_at}\n  files: {path: "+file+", interval: 1s, settle: 0s}\n"))
	first := startOutcomes(t, log, config, nil)
	evidenceOf(t, log, 21, first)
	second := startOutcomes(t, log, config, nil)
	if !second.says("another process reads the source truth into it") {
		t.Error("the second process does not say that the first reads the source")
	}
	waitFor(t, "the second process is ready", func() bool {
		status, _ := fetch(t, second.url+"/-/ready", "")
		return status == 200
	})
	write(t, config, []byte("sources: nonsense\n"))
	if err := first.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	if !first.says("reload failed, the former configuration stays in use") {
		t.Error("a wrong configuration was reloaded in silence")
	}
	_ = first.kill(syscall.SIGKILL)
	write(t, file, append(line(0, 20), line(20, 50)...))
	evidenceOf(t, log, 51, second) // the second bad record is the same as the first
	if err := second.kill(syscall.SIGTERM); err != nil {
		t.Errorf("the second process did not end in an orderly way: %v", err)
	}
	for _, p := range []*process{first, second} {
		if strings.Contains(p.said(), "private") {
			t.Errorf("what was read is in the log stream:\n%s", p.said())
		}
	}
}
