package main

import "github.com/grafana/grafana-foundation-sdk/go/dashboard"

// chosen selects the series of the models and versions that the reader chose.
const chosen = `{model=~"$model",version=~"$version"}`

// models shows every model in a line, and what needs a look.
func models() *dashboard.DashboardBuilder {
	return board("drift-models", "Models at a glance",
		"Every model behind drift_exporter: does it get requests, have they drifted, is it still right? Choose a model in the table to see its features.").
		WithPanel(number("Models", "Models with predictions or a reference.", "short", neutral,
			query(`count(count by (model) (model_window_predictions`+chosen+`))`, ""))).
		WithPanel(number("Drifted features", "Features whose drift is detected now, over all chosen models.", "short", bad,
			query(`sum(model_drifted_features`+chosen+`)`, ""))).
		WithPanel(number("Firing alerts", "Alerts of the rules that come with drift_exporter.", "short", bad,
			query(`count(ALERTS{alertstate="firing",alertname=~"Model.*|Prediction.*|Drift.*"}) or vector(0)`, ""))).
		WithPanel(number("Predictions a second", "Made by all chosen models.", "reqps", neutral,
			query(`sum(rate(model_success_total`+chosen+`[$__rate_interval]))`, ""))).
		WithPanel(number("Worst accuracy", "Lowest share of correct predictions among the newest with an outcome.", "percentunit",
			from("red", step{0.6, "orange"}, step{0.7, "green"}), query(`min(model_accuracy`+chosen+`)`, ""))).
		WithPanel(number("Exporters", "1 while every exporter reads its log to the newest row.", "short", good,
			query(`min(drift_up)`, "")).Mappings(words("log unreadable", "well"))).
		WithPanel(rows("Models", "One row for each model and version. An empty cell is not known, which is not 0.",
			map[string]bool{"Time": true},
			[]dashboard.DashboardLink{{Title: "Its features", Type: dashboard.DashboardLinkTypeLink, Url: new("/d/drift-features?${__url_time_range}&var-datasource=${datasource}&var-model=${__data.fields.model}&var-version=${__data.fields.version}"), Tags: []string{}},
				toPage("model=${__data.fields.model:percentencode}&version=${__data.fields.version:percentencode}")},
			"model",
			column{ref: "A", title: "window", unit: "short", expr: by(`model_window_predictions`)},
			column{ref: "B", title: "drifted features", unit: "short", expr: by(`model_drifted_features`), colors: bad},
			column{ref: "C", title: "greatest KL", unit: "short", expr: `max by (model, version) (feature_kl_divergence_corrected` + chosen + `)`, colors: nats},
			column{ref: "D", title: "answers", unit: "short", expr: by(`prediction_drift_detected`), colors: bad, words: words("as before", "shifted")},
			column{ref: "E", title: "accuracy", unit: "percentunit", expr: by(`model_accuracy`)},
			column{ref: "F", title: "estimated", unit: "percentunit", expr: by(`model_estimated_accuracy`)},
			column{ref: "G", title: "outcomes known", unit: "percentunit", expr: by(`model_feedback_coverage_ratio`)},
			column{ref: "H", title: "reference", unit: "short", expr: `min by (model, version) (model_reference_load_success` + chosen + `)`, colors: good, words: words("none", "loaded")},
			column{ref: "I", title: "last prediction", unit: "dateTimeFromNow", expr: by(`model_last_prediction_timestamp_seconds`) + ` * 1000`})).
		WithPanel(lines("Drifted features", "How many features of each model have drifted.", "short",
			query(by(`model_drifted_features`), "{{model}} {{version}}")).Min(0)).
		WithPanel(bounded(lines("Shift of the scores", "Kullback-Leibler divergence of the scores from the reference, in nats: the effect of all drift together on the predictions.", "short",
			query(by(`prediction_distribution_shift`), "{{model}} {{version}}")).Min(0), nats)).
		WithPanel(ratio(lines("Accuracy", "Share of correct predictions among the newest with an outcome.", "percentunit",
			query(by(`model_accuracy`), "{{model}} {{version}}")))).
		WithPanel(lines("Predictions", "Predictions per second.", "reqps",
			query(`sum by (model, version) (rate(model_success_total`+chosen+`[$__rate_interval]))`, "{{model}} {{version}}")).Min(0))
}

// by takes the greatest value over replicas.
func by(metric string) string { return "max by (model, version) (" + metric + chosen + ")" }
