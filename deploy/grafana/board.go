package main

import (
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
)

// source is the Prometheus that the reader chose.
var source = common.DataSourceRef{Type: new("prometheus"), Uid: new("$datasource")}

// tag marks our dashboards, which link to each other by it.
const tag = "drift_exporter"

// board begins a dashboard: links to the others, and alerts as annotations.
func board(uid, title, description string) *dashboard.DashboardBuilder {
	return dashboard.NewDashboardBuilder(title).
		Uid(uid).
		Description(description).
		Tags([]string{tag}).
		Editable().
		Tooltip(dashboard.DashboardCursorSyncCrosshair).
		Time("now-6h", "now").
		Refresh("30s").
		Timezone("browser").
		Link(dashboard.NewDashboardLinkBuilder("Models in production").
			Type(dashboard.DashboardLinkTypeDashboards).Tags([]string{tag}).IncludeVars(true).KeepTime(true)).
		Link(dashboard.NewDashboardLinkBuilder("Page of the exporter").
			Type(dashboard.DashboardLinkTypeLink).Url("${page}").Icon("external link").TargetBlank(true)).
		Annotation(dashboard.NewAnnotationQueryBuilder().
			Name("Firing alerts").Enable(true).IconColor("red").Datasource(source).
			Expr(`ALERTS{alertstate="firing",model=~"$model",version=~"$version|"}`).
			TitleFormat("{{alertname}}").TextFormat("{{model}} {{version}} {{feature}}").TagKeys("severity").Step("60s")).
		WithVariable(dashboard.NewDatasourceVariableBuilder("datasource").Label("Data source").Type("prometheus")).
		WithVariable(page()).
		WithVariable(choice("model", "Model", `label_values(model_window_predictions, model)`)).
		WithVariable(choice("version", "Version", `label_values(model_window_predictions{model=~"$model"}, version)`))
}

// exporterPages are the addresses of the exporters' pages. Where --web.external-url has no host, it is
// the host that is scraped.
const exporterPages = `label_replace(drift_exporter_page_info{url=~"http.*"}, "page", "$1", "url", "(.*)") or ` +
	`label_join(label_replace(drift_exporter_page_info{url=~"/.*"}, "scheme", "http://", "", ""), "page", "", "scheme", "instance", "url")`

// page is a variable with the address of an exporter's page, for links.
func page() *dashboard.QueryVariableBuilder {
	query := "query_result(" + exporterPages + ")"
	return dashboard.NewQueryVariableBuilder("page").
		Label("Exporter").
		Datasource(source).
		Query(dashboard.StringOrMap{String: &query}).
		Definition(query).
		Regex(`/page="([^"]+)"/`).
		Refresh(dashboard.VariableRefreshOnDashboardLoad)
}

// toPage leads from a row of a table to the exporter's page with this query.
func toPage(query string) dashboard.DashboardLink {
	return dashboard.DashboardLink{Title: "Page of the exporter", Type: dashboard.DashboardLinkTypeLink, Url: new("${page}?" + query), TargetBlank: true, Tags: []string{}}
}

// choice is a variable of label values, of which any number may be chosen.
func choice(name, label, query string) *dashboard.QueryVariableBuilder {
	return dashboard.NewQueryVariableBuilder(name).
		Label(label).
		Datasource(source).
		Query(dashboard.StringOrMap{String: &query}).
		Definition(query).
		Refresh(dashboard.VariableRefreshOnTimeRangeChanged).
		Sort(dashboard.VariableSortAlphabeticalAsc).
		Multi(true).
		IncludeAll(true).
		AllValue(".*").
		Current(dashboard.VariableOption{
			Selected: new(true),
			Text:     dashboard.StringOrArrayOfString{ArrayOfString: []string{"All"}},
			Value:    dashboard.StringOrArrayOfString{ArrayOfString: []string{"$__all"}},
		})
}

// step is a colour from a value on.
type step struct {
	from  float64
	color string
}

// from colours values: the first colour until the first step.
func from(first string, steps ...step) cog.Builder[dashboard.ThresholdsConfig] {
	all := []dashboard.Threshold{{Color: first}}
	for _, s := range steps {
		all = append(all, dashboard.Threshold{Value: &s.from, Color: s.color})
	}
	return dashboard.NewThresholdsConfigBuilder().Mode(dashboard.ThresholdsModeAbsolute).Steps(all)
}

var (
	neutral = from("blue")
	// nats are the borders of feature_drift_severity.
	nats = from("green", step{0.1, "orange"}, step{0.5, "red"})
	// share of what should not be there.
	share = from("green", step{0.01, "orange"}, step{0.05, "red"})
	// good is 1, bad is 0.
	good = from("red", step{1, "green"})
	// bad is 1, good is 0.
	bad = from("green", step{1, "red"})
)

// words shows texts instead of the values 0, 1, 2 and so on.
func words(texts ...string) []dashboard.ValueMapping {
	options := map[string]dashboard.ValueMappingResult{}
	for i, text := range texts {
		options[string(rune('0'+i))] = dashboard.ValueMappingResult{Text: new(text), Index: new(int32(i))}
	}
	return []dashboard.ValueMapping{{ValueMap: &dashboard.ValueMap{Type: dashboard.MappingTypeValueToText, Options: options}}}
}

// query asks for a series over time, named by a legend.
func query(expr, legend string) *prometheus.DataqueryBuilder {
	return prometheus.NewDataqueryBuilder().Expr(expr).LegendFormat(legend).Range()
}

// now asks for the last values only.
func now(expr, legend string) *prometheus.DataqueryBuilder {
	return prometheus.NewDataqueryBuilder().Expr(expr).LegendFormat(legend).Instant()
}
