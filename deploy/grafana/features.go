package main

import "github.com/grafana/grafana-foundation-sdk/go/dashboard"

const (
	// some selects the features that the reader chose.
	some = `{model=~"$model",version=~"$version",feature=~"$feature"}`
	// each names a series by its feature.
	each = "{{feature}}"
)

// of takes the greatest value of a metric over replicas, by feature.
func of(metric string) string {
	return "max by (model, version, feature) (" + metric + some + ")"
}

// features shows what drifted, since when, and in which bins.
func features() *dashboard.DashboardBuilder {
	legend := "{{bin}}"
	return board("drift-features", "Features of a model",
		"Which features have drifted, since when, how far, and in which of their bins. Choose one feature to look into it.").
		WithVariable(choice("feature", "Feature", `label_values(feature_kl_divergence{model=~"$model",version=~"$version"}, feature)`)).
		WithPanel(rows("Features", "One row for each feature. Choose one to see its bins.",
			map[string]bool{"Time": true},
			[]dashboard.DashboardLink{{Title: "Look into it", Type: dashboard.DashboardLinkTypeLink, Url: new("/d/drift-features?${__url_time_range}&var-datasource=${datasource}&var-model=${__data.fields.model}&var-version=${__data.fields.version}&var-feature=${__data.fields.feature}"), Tags: []string{}},
				toPage("model=${__data.fields.model:percentencode}&version=${__data.fields.version:percentencode}&feature=${__data.fields.feature:percentencode}")},
			"feature",
			column{ref: "A", title: "drift", unit: "short", expr: of(`feature_drift_detected`), colors: bad, words: words("none", "detected")},
			column{ref: "B", title: "severity", unit: "short", expr: of(`feature_drift_severity`), colors: from("green", step{1, "orange"}, step{2, "red"}), words: words("minimal", "moderate", "significant")},
			column{ref: "C", title: "KL above noise", unit: "short", expr: of(`feature_kl_divergence_corrected`), colors: nats},
			column{ref: "D", title: "PSI", unit: "short", expr: `max by (model, version, feature) (feature_drift_distance{distance="psi",model=~"$model",version=~"$version",feature=~"$feature"})`},
			column{ref: "E", title: "p, adjusted", unit: "short", expr: of(`feature_drift_adjusted_p_value`)},
			column{ref: "F", title: "missing", unit: "percentunit", expr: of(`feature_missing_ratio`), colors: share},
			column{ref: "G", title: "unseen", unit: "percentunit", expr: of(`feature_unseen_ratio`), colors: share},
			column{ref: "H", title: "out of range", unit: "percentunit", expr: of(`feature_out_of_range_ratio`), colors: share})).
		WithPanel(states("Drift", "Since when each feature is detected as drifted. At most one false alarm a month over all of them.", bad, words("none", "detected"),
			query(of(`feature_drift_detected`), each))).
		WithPanel(bounded(lines("Divergence above the noise", "Kullback-Leibler divergence from the reference less its noise floor, in nats. Dashed: moderate and significant.", "short",
			query(of(`feature_kl_divergence_corrected`), each)).Min(0), nats)).
		WithRow(dashboard.NewRowBuilder("In which bins (needs --collector.feature_counts; choose one feature)")).
		WithPanel(bars("Window", "Share of the window's predictions in each bin.", "percentunit", neutral,
			now(`sum by (bin) (feature_window_bin_predictions`+some+`) / ignoring (bin) group_left () sum(feature_window_bin_predictions`+some+`)`, legend)).Min(0).Span(8)).
		WithPanel(bars("Reference", "Share of the reference's rows in each bin.", "percentunit", from("purple"),
			now(`sum by (bin) (feature_reference_bin_samples`+some+`) / ignoring (bin) group_left () sum(feature_reference_bin_samples`+some+`)`, legend)).Min(0).Span(8)).
		WithPanel(bars("Contribution to the divergence", "In nats; they add up to the divergence. Needs --collector.feature_bins, which exports the bins that contribute most.", "short", nats,
			now(`sort_desc(max by (bin) (feature_bin_kl_contribution`+some+`))`, legend)).Span(8)).
		WithPanel(lines("Bins over time", "Share of the window's predictions in each bin.", "percentunit",
			query(`sum by (bin) (feature_window_bin_predictions`+some+`) / ignoring (bin) group_left () sum(feature_window_bin_predictions`+some+`)`, legend)).Min(0).Span(24)).
		WithRow(dashboard.NewRowBuilder("Data quality")).
		WithPanel(bounded(lines("Missing", "Share of the window without a value. Compare with the reference's own share.", "percentunit",
			query(of(`feature_missing_ratio`), each), query(of(`feature_reference_missing_ratio`), each+" in the reference")).Min(0).Span(8), share)).
		WithPanel(bounded(lines("Unseen", "Share of the window with a value that the reference does not have.", "percentunit",
			query(of(`feature_unseen_ratio`), each)).Min(0).Span(8), share)).
		WithPanel(bounded(lines("Out of range", "Share of the window below the reference's minimum or above its maximum.", "percentunit",
			query(of(`feature_out_of_range_ratio`), each)).Min(0).Span(8), share)).
		WithRow(dashboard.NewRowBuilder("The fleet: all replicas together (needs --collector.feature_counts and the recording rules)")).
		WithPanel(bounded(lines("Divergence of the fleet", "Kullback-Leibler divergence of all replicas' windows together, above its noise floor, in nats.", "short",
			query(`job_feature:feature_kl_divergence_corrected:fleet`+some, "{{job}} {{feature}}")).Min(0), nats)).
		WithPanel(lines("PSI of the fleet", "Population stability index of all replicas' windows together.", "short",
			query(`job_feature:feature_psi:fleet`+some, "{{job}} {{feature}}")).Min(0)).
		WithRow(dashboard.NewRowBuilder("Chance")).
		WithPanel(lines("Noise floor", "Expected divergence from sampling noise alone; falls as the window fills.", "short",
			query(of(`feature_kl_noise_floor`), each)).Min(0)).
		WithPanel(ratio(lines("p-value", "Probability of a divergence at least this large without drift. For display: do not alert on it.", "short",
			query(of(`feature_drift_p_value`), each))))
}
