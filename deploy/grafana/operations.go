package main

import "github.com/grafana/grafana-foundation-sdk/go/dashboard"

// operations shows the services themselves.
func operations() *dashboard.DashboardBuilder {
	const name, instance = "{{model}} {{version}}", "{{instance}}"
	return board("drift-operations", "Operations",
		"Requests, latency, the prediction log, the exporters: is what the other dashboards show true and new?").
		WithPanel(number("Log readable", "1 while every exporter reads its log to the newest row.", "short", good, query(`min(drift_up)`, "")).Mappings(words("no", "yes"))).
		WithPanel(number("Collectors", "1 while every collector succeeds.", "short", good, query(`min(drift_scrape_collector_success)`, "")).Mappings(words("failing", "well"))).
		WithPanel(number("Configuration", "1 after a good reload.", "short", good, query(`min(drift_exporter_config_last_reload_successful)`, "")).Mappings(words("refused", "loaded"))).
		WithPanel(number("Oldest news", "Age of the newest prediction of the quietest model.", "s", from("green", step{600, "orange"}, step{3600, "red"}),
			query(`max(time() - max by (model) (model_last_prediction_timestamp_seconds`+chosen+`))`, ""))).
		WithPanel(number("Refused", "Share of the requests that were refused.", "percentunit", share,
			query(`sum(rate(model_errors_total`+chosen+`[$__rate_interval])) / sum(rate(model_requests_total`+chosen+`[$__rate_interval]))`, ""))).
		WithPanel(number("99th percentile", "Of the time from a request's first byte to its prediction.", "s", from("green", step{0.05, "orange"}, step{0.1, "red"}),
			query(`histogram_quantile(0.99, sum by (le) (rate(model_prediction_latency_seconds_bucket`+chosen+`[$__rate_interval])))`, ""))).
		WithPanel(lines("Requests", "Answered and refused, per second.", "reqps",
			query(`sum by (model, version) (rate(model_success_total`+chosen+`[$__rate_interval]))`, name+" answered"),
			query(`sum by (model, version, reason) (rate(model_errors_total`+chosen+`[$__rate_interval]))`, name+" {{reason}}")).Min(0)).
		WithPanel(bounded(lines("Latency", "From a request's first byte to the hand-over to the log.", "s",
			query(`histogram_quantile(0.5, sum by (model, version, le) (rate(model_prediction_latency_seconds_bucket`+chosen+`[$__rate_interval])))`, name+" median"),
			query(`histogram_quantile(0.99, sum by (model, version, le) (rate(model_prediction_latency_seconds_bucket`+chosen+`[$__rate_interval])))`, name+" 99 %")).Min(0), from("green", step{0.1, "red"}))).
		WithPanel(heat("Scores", "How the model's scores are distributed over time.", "short",
			`sum by (le) (rate(model_prediction_values_bucket`+chosen+`[$__rate_interval]))`)).
		WithPanel(lines("Classes", "Predictions per second by class.", "reqps",
			query(`sum by (model, class) (rate(model_predictions_by_class_total`+chosen+`[$__rate_interval]))`, "{{model}}: {{class}}")).Min(0)).
		WithRow(dashboard.NewRowBuilder("The log and its windows")).
		WithPanel(lines("Size of the log", "With its write-ahead log.", "bytes", query(`drift_log_size_bytes`, instance)).Min(0).Span(8)).
		WithPanel(lines("Window", "Predictions that the drift metrics are computed from.", "short", query(by(`model_window_predictions`), name)).Min(0).Span(8)).
		WithPanel(lines("Age of the window", "Age of its oldest prediction.", "s", query(by(`model_window_age_seconds`), name)).Min(0).Span(8)).
		WithPanel(lines("Rows and versions left out", "Rows whose features are not a JSON object; omitted series and versions.", "short",
			query(`drift_log_invalid_rows_total`, instance+" invalid rows"), query(`sum by (instance, reason) (drift_series_dropped)`, instance+" {{reason}}")).Min(0)).
		WithPanel(lines("Age of the references", "Time since they were counted. Every new version needs a new one.", "s",
			query(`time() - `+by(`model_reference_timestamp_seconds`), name)).Min(0)).
		WithRow(dashboard.NewRowBuilder("The processes")).
		WithPanel(lines("Time of a collector", "Of one scrape, in seconds.", "s",
			query(`max by (collector) (drift_scrape_collector_duration_seconds)`, "{{collector}}")).Min(0).Span(8)).
		WithPanel(lines("Commits", "Mean time of a commit of the predictor, fsync included; needs its own page to be scraped.", "s",
			query(`sum by (instance) (rate(predictor_commit_duration_seconds_sum[$__rate_interval])) / sum by (instance) (rate(predictor_commit_duration_seconds_count[$__rate_interval]))`, instance)).Min(0).Span(8)).
		WithPanel(lines("Memory", "Resident, of exporters and predictors.", "bytes", query(`process_resident_memory_bytes{job=~".*drift.*|.*predictor.*"}`, "{{job}} "+instance)).Min(0).Span(8))
}
