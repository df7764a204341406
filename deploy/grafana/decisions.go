package main

import "github.com/grafana/grafana-foundation-sdk/go/dashboard"

// decisions shows whether drift hurts, where, whether to retrain, and what was done about it.
func decisions() *dashboard.DashboardBuilder {
	const name = "{{model}} {{version}}"
	return board("drift-decisions", "Decisions and responses",
		"Whether accuracy has dropped, what that costs, where it fell, whether to retrain, whether a new version is better, and what the responder did.").
		WithPanel(number("Accuracy", "Whether the accuracy of a chosen model is below the reference's by more than the tolerance.", "short", bad, query(`max(model_accuracy_drop_detected`+chosen+`) or max(model_accuracy_drop_loss_detected`+chosen+`)`, "")).Mappings(words("holds", "dropped"))).
		WithPanel(number("Retrain", "Whether retraining of a chosen model is recommended.", "short", bad, query(`max(model_retrain_recommended`+chosen+`)`, "")).Mappings(words("no", "recommended"))).
		WithPanel(number("Excess errors", "Errors above what the reference would have made, of all chosen models.", "short", neutral, query(`sum(`+by(`model_excess_errors`)+`)`, ""))).
		WithPanel(number("at least", "What of them is not chance, with 95 % confidence at all times together.", "short", neutral, query(`sum(clamp_min(`+by(`model_excess_errors_lower`)+`, 0))`, ""))).
		WithPanel(number("Slices", "Slices of predictions whose accuracy fell; needs --collector.segments.", "short", neutral, query(`count(model_segment_accuracy`+chosen+`)`, ""))).
		WithPanel(number("Runs", "Runs of the responder that are not over.", "short", neutral, query(`sum(drift_respond_runs_active)`, ""))).
		WithPanel(bounded(lines("Evidence for a drop", "In nats. The alarm begins at about 15, the dashed line, and ends when accuracy has recovered.", "short",
			query(by(`model_accuracy_drop_evidence`), name), query(by(`model_accuracy_drop_loss_evidence`), name)), from("green", step{15, "red"}))).
		WithPanel(lines("Excess errors", "Errors above what the reference would have made on as many outcomes, and what of them is surely not chance. Retraining pays when the latter reach its cost.", "short",
			query(by(`model_excess_errors`), name), query(by(`model_excess_errors_lower`), name+" at least"))).
		WithPanel(states("Reasons", "What speaks for retraining; too_young and too_few_labels speak against it.", from("green", step{1, "orange"}), words("no", "yes"),
			now(`max by (model, version, reason) (model_retrain_reason`+chosen+`)`, name+" {{reason}}")).Span(16)).
		WithPanel(ratio(lines("Outcomes known", "Share of the newest 1,000 matured predictions with an outcome. Below 0.8 no drop of accuracy is looked for.", "percentunit",
			query(by(`model_accuracy_drop_coverage_ratio`), name))).Span(8)).
		WithRow(dashboard.NewRowBuilder("Where accuracy fell (needs --collector.segments)")).
		WithPanel(bars("Slices", "Accuracy of each slice since it began to be low.", "percentunit", from("red", step{0.6, "orange"}, step{0.7, "green"}),
			now(`sort(max by (segment) (model_segment_accuracy`+chosen+`))`, "{{segment}}"))).
		WithPanel(bars("Drop of a slice", "Accuracy of the slice less that of the reference in it.", "percentunit", from("red", step{-0.1, "orange"}, step{-0.02, "green"}),
			now(`sort(max by (segment) (model_segment_accuracy`+chosen+` - model_segment_reference_accuracy`+chosen+`))`, "{{segment}}"))).
		WithRow(dashboard.NewRowBuilder("Challengers (needs --shadow.model.file)")).
		WithPanel(bounded(lines("Evidence", "In nats that either version is better, valid at any time of one look-back: 3 nats are 20 to 1, 4.6, the dashed line, are 100 to 1.", "short",
			query(`max by (model, version, challenger, better) (model_challenger_evidence`+chosen+`)`, "{{model}} {{challenger}} against {{version}}: {{better}}")), from("green", step{4.6, "orange"})).Span(8)).
		WithPanel(lines("Difference", "Accuracy of the shadow less that of the served version, with an interval that holds at all times. Where it is above 0, the shadow is better.", "percentunit",
			query(`max by (model, version, challenger) (model_challenger_accuracy_difference`+chosen+`)`, "{{model}} {{challenger}}"),
			query(`max by (model, version, challenger) (model_challenger_accuracy_difference_lower`+chosen+`)`, "{{model}} {{challenger}} at least"),
			query(`max by (model, version, challenger) (model_challenger_accuracy_difference_upper`+chosen+`)`, "{{model}} {{challenger}} at most")).Span(8)).
		WithPanel(lines("Difference of errors", "Mean absolute error of a regression's shadow less that of the served version. Where it is below 0, the shadow is better.", "short",
			query(`max by (model, version, challenger) (model_challenger_error_difference`+chosen+`)`, "{{model}} {{challenger}}"),
			query(`max by (model, version, challenger) (model_challenger_error_difference_lower`+chosen+`)`, "{{model}} {{challenger}} at least"),
			query(`max by (model, version, challenger) (model_challenger_error_difference_upper`+chosen+`)`, "{{model}} {{challenger}} at most")).Span(8)).
		WithRow(dashboard.NewRowBuilder("The responder (drift_exporter respond)")).
		WithPanel(lines("Runs", "Not over, and of these waiting for approval.", "short",
			query(`sum by (instance) (drift_respond_runs_active)`, "{{instance}} active"), query(`sum by (instance) (drift_respond_runs_waiting)`, "{{instance}} waiting")).Min(0).Span(8)).
		WithPanel(lines("Ends", "Runs that ended in the last hour, by playbook and how they ended.", "short",
			query(`sum by (playbook, outcome) (increase(drift_respond_runs_total[1h]))`, "{{playbook}} {{outcome}}")).Min(0).Span(8)).
		WithPanel(lines("Alerts and failures", "Alerts received, entries of the audit file that could not be written, and messages of Alertmanager that were refused, in the last hour.", "short",
			query(`sum by (status) (increase(drift_respond_alerts_received_total[1h]))`, "{{status}}"),
			query(`sum(increase(drift_respond_audit_failures_total[1h]))`, "not written"),
			query(`sum(increase(drift_respond_notifications_refused_total[1h]))`, "refused")).Min(0).Span(8)).
		WithPanel(states("Configuration", "Whether the playbooks were loaded the last time.", from("red", step{1, "green"}), words("refused", "loaded"),
			now(`min by (instance) (drift_respond_config_last_reload_successful)`, "{{instance}}"))).
		WithPanel(lines("Time since the last run", "By playbook.", "s",
			query(`time() - max by (playbook) (drift_respond_last_run_end_timestamp_seconds)`, "{{playbook}}")).Min(0)).
		WithRow(dashboard.NewRowBuilder("Outcomes of some classes only")).
		WithPanel(ratio(lines("Outcomes known by predicted class", "Share of the predictions of each class with an outcome.", "percentunit",
			query(`max by (model, version, predicted) (model_feedback_class_coverage_ratio`+chosen+`)`, name+" {{predicted}}"))).Span(8)).
		WithPanel(ratio(lines("Accuracy by predicted class", "Of the newest predictions with an outcome.", "percentunit",
			query(`max by (model, version, predicted) (model_class_accuracy`+chosen+`)`, name+" {{predicted}}"))).Span(8)).
		WithPanel(ratio(lines("Accuracy of explored predictions", "Of predictions that were answered with the other class at random, so that their outcomes are known too.", "percentunit",
			query(`max by (model, version, predicted) (model_explored_accuracy`+chosen+`)`, name+" {{predicted}}"))).Span(8)).
		WithRow(dashboard.NewRowBuilder("Reviews (drift_exporter outcomes)")).
		WithPanel(lines("Queue", "Predictions that wait for a person.", "short",
			query(`sum by (source, person) (drift_outcomes_review_queue)`, "{{source}} {{person}}")).Min(0).Span(8)).
		WithPanel(ratio(lines("Accuracy by reviews", "Estimated from a random sample of all predictions, with its 95 % interval.", "percentunit",
			query(`max by (source) (drift_outcomes_review_accuracy)`, "{{source}}"), query(`max by (source) (drift_outcomes_review_accuracy_lower)`, "{{source}} at least"),
			query(`max by (source) (drift_outcomes_review_accuracy_upper)`, "{{source}} at most"))).Span(8)).
		WithPanel(ratio(lines("Accuracy by predicted class", "By reviews.", "percentunit",
			query(`max by (source, predicted) (drift_outcomes_review_class_accuracy)`, "{{source}} {{predicted}}"))).Span(8)).
		WithPanel(ratio(lines("Agreement", "Share of predictions that two persons reviewed on which they agree.", "percentunit",
			query(`min by (source) (drift_outcomes_review_agreement_ratio)`, "{{source}}"))).Span(8)).
		WithPanel(ratio(lines("Sample", "Share of the predictions that is drawn for review, and where the responder has raised it.", "percentunit",
			query(`max by (source) (drift_outcomes_review_sample_ratio)`, "{{source}}"), query(`max by (source, model) (drift_outcomes_review_raised_sample_ratio)`, "{{source}} {{model}} raised"))).Span(8)).
		WithPanel(lines("Time since the last review", "By source.", "s",
			query(`time() - max by (source) (drift_outcomes_review_last_timestamp_seconds)`, "{{source}}")).Min(0).Span(8))
}
