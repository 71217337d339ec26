package main

import (
	"strconv"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/cog/variants"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/grafana/grafana-foundation-sdk/go/stat"
	"github.com/grafana/grafana-foundation-sdk/go/statetimeline"
	"github.com/grafana/grafana-foundation-sdk/go/table"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"
)

// source is the Prometheus that the dashboard's own variable names.
var source = common.DataSourceRef{Type: cog.ToPtr("prometheus"), Uid: cog.ToPtr("${datasource}")}

// query is one line of a panel: what is asked, and the name of each answer.
type query struct{ expr, legend string }

// ranged asks for a curve; n is the query's place in its panel.
func (q query) ranged(n int) cog.Builder[variants.Dataquery] {
	return prometheus.NewDataqueryBuilder().RefId(refID(n)).Expr(q.expr).LegendFormat(q.legend).Range().Datasource(source)
}

// instant asks for the rows of a table.
func (q query) instant(n int) cog.Builder[variants.Dataquery] {
	return prometheus.NewDataqueryBuilder().RefId(refID(n)).Expr(q.expr).Instant().Format(prometheus.PromQueryFormatTable).Datasource(source)
}

// refID is A, B, C…: Grafana's name for a query within its panel.
func refID(n int) string { return string(rune('A' + n)) }

// lines is a panel of curves; two stand side by side.
func lines(title, description, unit string, queries ...query) *timeseries.PanelBuilder {
	p := timeseries.NewPanelBuilder().Title(title).Description(description).Unit(unit).Datasource(source).Min(0).Height(8).Span(12).FillOpacity(8).
		Legend(common.NewVizLegendOptionsBuilder().ShowLegend(true).DisplayMode(common.LegendDisplayModeTable).Placement(common.LegendPlacementBottom).Calcs([]string{"lastNotNull", "max"}))
	for i, q := range queries {
		p.WithTarget(q.ranged(i))
	}
	return p
}

// number is one figure, coloured by the first threshold that it has reached.
func number(title, description, unit, expr string, steps ...dashboard.Threshold) *stat.PanelBuilder {
	return stat.NewPanelBuilder().Title(title).Description(description).Unit(unit).Datasource(source).Height(4).Span(4).
		GraphMode(common.BigValueGraphModeArea).ColorMode(common.BigValueColorModeBackground).
		Thresholds(dashboard.NewThresholdsConfigBuilder().Mode(dashboard.ThresholdsModeAbsolute).Steps(append([]dashboard.Threshold{{Color: "green"}}, steps...))).
		WithTarget(query{expr, title}.ranged(0))
}

func from(value float64, colour string) dashboard.Threshold {
	return dashboard.Threshold{Value: &value, Color: colour}
}

// state is one of the states that are shown everywhere, as a number and a colour.
// The best is the highest: when a bind has moved, the pod that has it now counts.
type state struct {
	name   string
	number int
	colour string
}

var states = []state{
	{"DISCONNECTED", 1, "red"}, {"UNBINDING", 2, "purple"}, {"CLOSED", 3, "dark-red"}, {"CONNECTING", 4, "yellow"},
	{"HALF_CLOSED_TX", 5, "orange"}, {"DRAINING", 6, "light-orange"}, {"BOUND", 7, "green"},
}

// stateExpr is a bind's state as its number, where selector picks the binds.
func stateExpr(selector string) string {
	expr := ""
	for i, s := range states {
		if i > 0 {
			expr += " or "
		}
		expr += strconv.Itoa(s.number) + " * (smpp_connector_sessions_total{" + selector + `, state="` + s.name + `"} == 1)`
	}
	return "max by (mno, direction, bindId) (" + expr + ")"
}

func stateMappings() []dashboard.ValueMapping {
	options := map[string]dashboard.ValueMappingResult{}
	for _, s := range states {
		options[strconv.Itoa(s.number)] = dashboard.ValueMappingResult{Text: cog.ToPtr(s.name), Color: cog.ToPtr(s.colour), Index: cog.ToPtr(int32(s.number))}
	}
	return []dashboard.ValueMapping{{ValueMap: &dashboard.ValueMap{Type: dashboard.MappingTypeValueToText, Options: options}}}
}

// timeline is the states of binds over time: a bind is a row, a state a colour.
func timeline(title, description, selector string) *statetimeline.PanelBuilder {
	return statetimeline.NewPanelBuilder().Title(title).Description(description).Datasource(source).Height(10).Span(24).MergeValues(true).
		ShowValue(common.VisibilityModeAuto).Mappings(stateMappings()).
		WithTarget(query{stateExpr(selector), "{{mno}}.{{direction}}.{{bindId}}"}.ranged(0))
}

// rows is a table of what is true now.
func rows(title, description string, columns map[string]string, queries ...query) *table.PanelBuilder {
	p := table.NewPanelBuilder().Title(title).Description(description).Datasource(source).Height(10).Span(24)
	for i, q := range queries {
		p.WithTarget(q.instant(i))
	}
	rename, hide := map[string]string{}, map[string]bool{"Time": true}
	for name, column := range columns {
		if column == "" {
			hide[name] = true
		} else {
			rename[name] = column
		}
	}
	if len(queries) > 1 {
		p.WithTransformation(dashboard.DataTransformerConfig{Id: "merge", Options: map[string]any{}})
	}
	return p.WithTransformation(dashboard.DataTransformerConfig{Id: "organize", Options: map[string]any{"excludeByName": hide, "renameByName": rename}})
}

// frame is an empty dashboard: who it is, and what can be chosen on it.
func frame(uid, title, description string) *dashboard.DashboardBuilder {
	return dashboard.NewDashboardBuilder(title).Uid(uid).Description(description).Tags([]string{"smpp-connector"}).
		Time("now-1h", "now").Refresh("15s").Timezone("browser").Readonly().Tooltip(dashboard.DashboardCursorSyncCrosshair).
		WithVariable(dashboard.NewDatasourceVariableBuilder("datasource").Label("Prometheus").Type("prometheus")).
		Link(dashboard.NewDashboardLinkBuilder("smpp-connector").Type(dashboard.DashboardLinkTypeDashboards).Tags([]string{"smpp-connector"}).AsDropdown(true).IncludeVars(true).KeepTime(true)).
		Annotation(dashboard.NewAnnotationQueryBuilder().Name("Alerts").Datasource(source).Enable(true).IconColor("red").Expr(`ALERTS{alertname=~"Smpp.+", alertstate="firing"}`))
}

// choose lets somebody pick values of a label.
func choose(name, label, expr string) *dashboard.QueryVariableBuilder {
	return dashboard.NewQueryVariableBuilder(name).Label(label).Datasource(source).Query(dashboard.StringOrMap{String: cog.ToPtr("label_values(" + expr + ", " + name + ")")}).
		Refresh(dashboard.VariableRefreshOnTimeRangeChanged).Sort(dashboard.VariableSortAlphabeticalAsc).Multi(true).IncludeAll(true).AllValue(".*").
		Current(dashboard.VariableOption{Text: dashboard.StringOrArrayOfString{String: cog.ToPtr("All")}, Value: dashboard.StringOrArrayOfString{String: cog.ToPtr("$__all")}})
}

func row(title string) *dashboard.RowBuilder { return dashboard.NewRowBuilder(title) }
