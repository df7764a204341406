package main

import "github.com/grafana/grafana-foundation-sdk/go/dashboard"

// performance shows how right the models are, as far as it is known, and how
// much of it is known.
func performance() *dashboard.DashboardBuilder {
	const name = "{{model}} {{version}}"
	part := func(metric, what string) string { return "" + metric + chosen + what }
	return board("drift-performance", "Performance and labels",
		"How right the models are: by the outcomes that came in, and by their scores while none did. How much is known, how late, and which feature a change comes from.").
		WithPanel(number("Accuracy", "Lowest of the chosen, over the newest predictions with an outcome.", "percentunit", from("red", step{0.6, "orange"}, step{0.7, "green"}), query(`min(model_accuracy`+chosen+`)`, ""))).
		WithPanel(number("on outcomes", "Predictions behind it; below 50 no alert goes by it.", "short", from("orange", step{50, "green"}), query(`min(model_accuracy_samples`+chosen+`)`, ""))).
		WithPanel(number("Estimated", "Lowest accuracy that scores promise for the window, without outcomes.", "percentunit", neutral, query(`min(model_estimated_accuracy`+chosen+`)`, ""))).
		WithPanel(number("Surprise", "Accuracy less its estimate for the same predictions. Below 0 the model errs more than its scores explain: concept drift.", "percentunit", from("red", step{-0.1, "orange"}, step{-0.05, "green"}), query(`min(model_accuracy_surprise`+chosen+`)`, ""))).
		WithPanel(number("Outcomes known", "Share of the window whose outcome is known.", "percentunit", neutral, query(`min(model_feedback_coverage_ratio`+chosen+`)`, ""))).
		WithPanel(number("ROC AUC", "Probability that a positive outcome had the higher score; 0.5 is chance.", "short", from("red", step{0.6, "orange"}, step{0.7, "green"}), query(`min(model_roc_auc`+chosen+`)`, "")).Decimals(3)).
		WithPanel(ratio(lines("Accuracy with its interval", "Share of correct predictions among the newest with an outcome, and its 95 % interval. Two models are different where their intervals are apart.", "percentunit",
			query(by(`model_accuracy`), name), query(by(`model_accuracy_lower`), name+" at least"), query(by(`model_accuracy_upper`), name+" at most")))).
		WithPanel(ratio(lines("Estimate without outcomes", "Accuracy estimated from the window's scores. It cannot see concept drift: see the surprise.", "percentunit",
			query(by(`model_estimated_accuracy`), name), query(by(`model_estimated_accuracy_lower`), name+" at least"), query(by(`model_estimated_accuracy_upper`), name+" at most")))).
		WithPanel(bounded(lines("Surprise", "Accuracy less its estimate for the same predictions, with its 95 % interval. The alert fires when the upper end is below the dashed line.", "percentunit",
			query(by(`model_accuracy_surprise`), name), query(by(`model_accuracy_surprise_lower`), name+" at least"), query(by(`model_accuracy_surprise_upper`), name+" at most")),
			from("red", step{-0.02, "green"}))).
		WithPanel(ratio(lines("Precision, recall, F1", "Over the same predictions as the accuracy.", "percentunit",
			query(by(`model_precision`), name+" precision"), query(by(`model_recall`), name+" recall"), query(by(`model_f1_score`), name+" F1")))).
		WithPanel(ratio(lines("Scores", "ROC AUC (higher is better), Brier score and calibration error (lower is better).", "short",
			query(by(`model_roc_auc`), name+" ROC AUC"), query(by(`model_brier_score`), name+" Brier"), query(by(`model_expected_calibration_error`), name+" calibration error")))).
		WithPanel(ratio(lines("Accuracy of the fleet", "Of all replicas together, with its 95 % interval; needs the recording rules.", "percentunit",
			query(part(`job_model:model_accuracy:fleet`, ``), "{{job}} "+name), query(part(`job_model:model_accuracy_lower:fleet`, ``), "{{job}} "+name+" at least"), query(part(`job_model:model_accuracy_upper:fleet`, ``), "{{job}} "+name+" at most")))).
		WithRow(dashboard.NewRowBuilder("Many classes (multiclass models)")).
		WithPanel(ratio(lines("Recall by class", "Share of the outcomes of each class that were predicted.", "percentunit",
			query(`min by (model, version, class) (model_class_recall`+chosen+`)`, name+" {{class}}"))).Span(8)).
		WithPanel(ratio(lines("Precision by class", "Share of the predictions of each class that were right.", "percentunit",
			query(`min by (model, version, class) (model_class_precision`+chosen+`)`, name+" {{class}}"))).Span(8)).
		WithPanel(lines("Outcomes by class", "Number of the newest outcomes that are each class. Few outcomes make an uncertain recall.", "short",
			query(`min by (model, version, class) (model_class_samples`+chosen+`)`, name+" {{class}}")).Min(0).Span(8)).
		WithRow(dashboard.NewRowBuilder("Numbers (regressions)")).
		WithPanel(lines("Mean absolute error", "Over the newest predictions with an outcome, and its 95 % interval, in the unit of the outcome.", "short",
			query(by(`model_mean_absolute_error`), name), query(by(`model_mean_absolute_error_lower`), name+" at least"), query(by(`model_mean_absolute_error_upper`), name+" at most")).Min(0)).
		WithPanel(lines("Estimate without outcomes", "Mean absolute error of the window, from how large the errors of the reference were at such predicted values. It cannot see concept drift.", "short",
			query(by(`model_estimated_mean_absolute_error`), name), query(by(`model_estimated_mean_absolute_error_lower`), name+" at least"), query(by(`model_estimated_mean_absolute_error_upper`), name+" at most")).Min(0)).
		WithPanel(lines("Surprise", "Mean absolute error less its estimate for the same predictions. Above 0 the model errs more than its predicted values explain.", "short",
			query(by(`model_mean_absolute_error_surprise`), name), query(by(`model_mean_absolute_error_surprise_lower`), name+" at least"), query(by(`model_mean_absolute_error_surprise_upper`), name+" at most"))).
		WithPanel(lines("Bias", "Mean of predicted value less outcome, and its 95 % interval. Where the interval is above 0, the model predicts too much.", "short",
			query(by(`model_mean_error`), name), query(by(`model_mean_error_lower`), name+" at least"), query(by(`model_mean_error_upper`), name+" at most"))).
		WithPanel(lines("Root mean squared error", "Weighs large errors more than the mean absolute error does.", "short",
			query(by(`model_root_mean_squared_error`), name), query(by(`model_root_mean_squared_error_lower`), name+" at least"), query(by(`model_root_mean_squared_error_upper`), name+" at most")).Min(0)).
		WithPanel(lines("R²", "1 is perfect, 0 as good as the mean of the outcomes.", "short",
			query(by(`model_r_squared`), name))).
		WithRow(dashboard.NewRowBuilder("Labels")).
		WithPanel(lines("Outcomes", "Accepted per second, by predicted and actual class. One class alone is a broken source.", "ops",
			query(`sum by (model, predicted, actual) (rate(model_feedback_total`+chosen+`[$__rate_interval]))`, "{{model}}: predicted {{predicted}}, was {{actual}}")).Min(0).Span(8)).
		WithPanel(ratio(lines("Outcomes known", "Share of the window, and of the predictions old enough to have one.", "percentunit",
			query(by(`model_feedback_coverage_ratio`), name+" window"), query(by(`model_matured_coverage_ratio`), name+" matured"))).Span(8)).
		WithPanel(heat("Delay of the outcomes", "Time from a prediction to its outcome.", "s",
			`sum by (le) (rate(model_feedback_delay_seconds_bucket`+chosen+`[$__rate_interval]))`).Span(8)).
		WithPanel(ratio(lines("Accuracy of the matured", "Of the predictions old enough that nearly all outcomes have arrived: early outcomes do not bias it.", "percentunit",
			query(by(`model_matured_accuracy`), name)))).
		WithPanel(lines("Corrections", "Outcomes that replaced another one of the same prediction, per second.", "ops",
			query(`sum by (model, by) (rate(model_feedback_corrections_total`+chosen+`[$__rate_interval]))`, "{{model}}: {{by}}")).Min(0)).
		WithRow(dashboard.NewRowBuilder("Sources of outcomes (drift_exporter outcomes)")).
		WithPanel(states("Sources", "Whether each source could be read the last time.", from("red", step{1, "green"}), words("failing", "read"),
			now(`min by (instance, source) (drift_outcomes_source_up)`, "{{source}}")).Span(8)).
		WithPanel(lines("Behind", "Time since everything that a source held had been read.", "s",
			query(`max by (source) (drift_outcomes_lag_seconds)`, "{{source}}")).Min(0).Span(8)).
		WithPanel(lines("Records", "Read per second, and of these set aside because they were not understood.", "ops",
			query(`sum by (source) (rate(drift_outcomes_received_total[$__rate_interval]))`, "{{source}}"),
			query(`sum by (source) (rate(drift_outcomes_rejected_total[$__rate_interval]))`, "{{source}} set aside")).Min(0).Span(8)).
		WithPanel(lines("Waiting", "Outcomes whose prediction is not in the log yet.", "short",
			query(`sum by (source) (drift_outcomes_pending)`, "{{source}}")).Min(0).Span(8)).
		WithPanel(ratio(lines("Agreement", "Share of predictions for which a source reports the outcome that counts, where another one reports too.", "percentunit",
			query(`min by (source) (drift_outcomes_agreement_ratio)`, "{{source}}"))).Span(8)).
		WithPanel(ratio(lines("Estimated and claimed accuracy", "Accuracy estimated from overlaps of three sources, and the confidence that each claims. A source that claims more overrules better ones.", "percentunit",
			query(`min by (source) (drift_outcomes_estimated_accuracy)`, "{{source}} estimated"), query(`max by (source) (drift_outcomes_claimed_confidence)`, "{{source}} claimed"))).Span(8)).
		WithRow(dashboard.NewRowBuilder("Which feature it comes from (needs --collector.accuracy_impact)")).
		WithPanel(bars("By the drift of a feature", "Change of accuracy caused by the changed distribution over a feature's bins.", "percentunit", from("red", step{-0.02, "orange"}, step{-0.005, "green"}),
			now(`sort(max by (feature) (feature_accuracy_impact{term="covariate",model=~"$model",version=~"$version"}))`, "{{feature}}"))).
		WithPanel(bars("By changed accuracy within its bins", "Change of accuracy inside a feature's bins: concept drift. Compare the features by their most extreme bin.", "short", from("red", step{-4, "orange"}, step{-2, "green"}),
			now(`sort(max by (feature, bin) (feature_accuracy_bin_z`+chosen+`))`, "{{feature}} {{bin}}")))
}
