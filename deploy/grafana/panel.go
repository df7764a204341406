package main

import (
	"github.com/grafana/grafana-foundation-sdk/go/bargauge"
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/heatmap"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/grafana/grafana-foundation-sdk/go/stat"
	"github.com/grafana/grafana-foundation-sdk/go/statetimeline"
	"github.com/grafana/grafana-foundation-sdk/go/table"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"
)

// last takes the newest value of a series.
func last() cog.Builder[common.ReduceDataOptions] {
	return common.NewReduceDataOptionsBuilder().Calcs([]string{"lastNotNull"})
}

// number is one value, large, on its colour.
func number(title, description, unit string, colors cog.Builder[dashboard.ThresholdsConfig], q *prometheus.DataqueryBuilder) *stat.PanelBuilder {
	return stat.NewPanelBuilder().
		Title(title).Description(description).Datasource(source).
		Unit(unit).Thresholds(colors).NoValue("no data").
		ColorMode(common.BigValueColorModeBackground).GraphMode(common.BigValueGraphModeArea).
		ReduceOptions(last()).
		Height(4).Span(4).
		WithTarget(q)
}

// lines are values over time, with a table of the last ones below.
func lines(title, description, unit string, queries ...*prometheus.DataqueryBuilder) *timeseries.PanelBuilder {
	p := timeseries.NewPanelBuilder().
		Title(title).Description(description).Datasource(source).
		Unit(unit).NoValue("no data").
		LineWidth(1.5).FillOpacity(8).ShowPoints(common.VisibilityModeNever).
		Legend(common.NewVizLegendOptionsBuilder().
			DisplayMode(common.LegendDisplayModeTable).Placement(common.LegendPlacementBottom).ShowLegend(true).
			Calcs([]string{"lastNotNull", "max"}).SortBy("Last *").SortDesc(true)).
		Tooltip(common.NewVizTooltipOptionsBuilder().Mode(common.TooltipDisplayModeMulti).Sort(common.SortOrderDescending)).
		Height(9).Span(12)
	for _, q := range queries {
		p.WithTarget(q)
	}
	return p
}

// bounded draws the borders between good and bad into lines.
func bounded(p *timeseries.PanelBuilder, colors cog.Builder[dashboard.ThresholdsConfig]) *timeseries.PanelBuilder {
	return p.Thresholds(colors).
		ThresholdsStyle(common.NewGraphThresholdsStyleConfigBuilder().Mode(common.GraphThresholdsStyleModeDashed))
}

// ratio bounds lines to 0 and 1.
func ratio(p *timeseries.PanelBuilder) *timeseries.PanelBuilder { return p.Min(0).Max(1) }

// bars are the last values next to each other, by name.
func bars(title, description, unit string, colors cog.Builder[dashboard.ThresholdsConfig], q *prometheus.DataqueryBuilder) *bargauge.PanelBuilder {
	return bargauge.NewPanelBuilder().
		Title(title).Description(description).Datasource(source).
		Unit(unit).Thresholds(colors).NoValue("no data").
		Orientation(common.VizOrientationHorizontal).DisplayMode(common.BarGaugeDisplayModeBasic).
		ReduceOptions(last()).
		Height(9).Span(12).
		WithTarget(q)
}

// states are 0 and 1 over time, as words.
func states(title, description string, colors cog.Builder[dashboard.ThresholdsConfig], names []dashboard.ValueMapping, q *prometheus.DataqueryBuilder) *statetimeline.PanelBuilder {
	return statetimeline.NewPanelBuilder().
		Title(title).Description(description).Datasource(source).
		Thresholds(colors).Mappings(names).NoValue("no data").
		ColorScheme(dashboard.NewFieldColorBuilder().Mode(dashboard.FieldColorModeIdThresholds)).
		ShowValue(common.VisibilityModeNever).MergeValues(true).
		Height(9).Span(12).
		WithTarget(q)
}

// heat shows how a histogram moves.
func heat(title, description, unit, expr string) *heatmap.PanelBuilder {
	return heatmap.NewPanelBuilder().
		Title(title).Description(description).Datasource(source).NoValue("no data").
		YAxis(heatmap.NewYAxisConfigBuilder().Unit(unit)).
		Height(9).Span(12).
		WithTarget(query(expr, "{{le}}").Format(prometheus.PromQueryFormatHeatmap))
}

// column is one value of a table's rows.
type column struct {
	ref, title, unit, expr string
	colors                 cog.Builder[dashboard.ThresholdsConfig] // nil: none
	words                  []dashboard.ValueMapping
}

// rows are the last values of several metrics by the same labels, one row each;
// a click on the cells of a label offers the links.
func rows(title, description string, hide map[string]bool, links []dashboard.DashboardLink, linked string, columns ...column) *table.PanelBuilder {
	names := map[string]string{}
	p := table.NewPanelBuilder().
		Title(title).Description(description).Datasource(source).NoValue("no data").
		Height(9).Span(24)
	for _, c := range columns {
		names["Value #"+c.ref] = c.title
		p.WithTarget(now(c.expr, "").RefId(c.ref).Format(prometheus.PromQueryFormatTable))
		properties := []dashboard.DynamicConfigValue{{Id: "unit", Value: c.unit}}
		if c.colors != nil {
			if thresholds, err := c.colors.Build(); err == nil {
				properties = append(properties, dashboard.DynamicConfigValue{Id: "thresholds", Value: thresholds},
					dashboard.DynamicConfigValue{Id: "custom.cellOptions", Value: map[string]string{"type": "color-background", "mode": "basic"}})
			}
		}
		if c.words != nil {
			properties = append(properties, dashboard.DynamicConfigValue{Id: "mappings", Value: c.words})
		}
		p.OverrideByName(c.title, properties)
	}
	p.OverrideByName(linked, []dashboard.DynamicConfigValue{{Id: "links", Value: links}})
	return p.
		WithTransformation(dashboard.DataTransformerConfig{Id: "merge", Options: map[string]any{}}).
		WithTransformation(dashboard.DataTransformerConfig{Id: "organize", Options: map[string]any{"excludeByName": hide, "renameByName": names}})
}
