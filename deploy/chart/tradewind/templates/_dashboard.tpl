{{/*
A dashboard for Grafana, from files/dashboards: rows of panels, each a title, a unit and queries. What every dashboard
has stands here once. (dict "name" what "text" yaml)
*/}}
{{- define "tradewind.dashboard" -}}
{{- $board := fromYaml .text -}}
{{- $source := dict "type" "prometheus" "uid" "${source}" -}}
{{- $panels := list -}}
{{- $y := 0 -}}
{{- $id := 1 -}}
{{- range $row := $board.rows -}}
{{- $panels = append $panels (dict "id" $id "type" "row" "title" $row.title "collapsed" false "panels" list "gridPos" (dict "x" 0 "y" $y "w" 24 "h" 1)) -}}
{{- $id = add1 $id -}}
{{- $y = add1 $y -}}
{{- $width := div 24 (len $row.panels) -}}
{{- range $index, $panel := $row.panels -}}
{{- $targets := list -}}
{{- range $number, $query := $panel.queries -}}
{{- $targets = append $targets (dict "refId" (printf "%c" (add 65 $number)) "datasource" $source "expr" $query.expr "legendFormat" (default "" $query.legend) "range" true) -}}
{{- end -}}
{{- $defaults := dict "unit" (default "short" $panel.unit) -}}
{{- if hasKey $panel "min" -}}{{- $_ := set $defaults "min" $panel.min -}}{{- end -}}
{{- $at := dict "x" (mul $index $width) "y" $y "w" $width "h" 8 -}}
{{- $shown := dict "id" $id "type" (default "timeseries" $panel.type) "title" $panel.title "datasource" $source "gridPos" $at "targets" $targets -}}
{{- $_ := set $shown "description" (default "" $panel.about) -}}
{{- $_ := set $shown "fieldConfig" (dict "defaults" $defaults "overrides" list) -}}
{{- $panels = append $panels $shown -}}
{{- $id = add1 $id -}}
{{- end -}}
{{- $y = add $y 8 -}}
{{- end -}}
{{- $query := "label_values(http_requests_total, service)" -}}
{{- $variables := list
  (dict "name" "source" "label" "Source" "type" "datasource" "query" "prometheus")
  (dict "name" "service" "label" "Service" "type" "query" "datasource" $source "definition" $query "query" (dict "query" $query "refId" "services") "refresh" 2 "multi" true "includeAll" true "allValue" ".*" "sort" 1)
-}}
{{- $all := dict "uid" (printf "tradewind-%s" .name) "title" $board.title "description" $board.about "tags" (list "tradewind") -}}
{{- $_ := set $all "schemaVersion" 39 -}}
{{- $_ := set $all "editable" false -}}
{{- $_ := set $all "refresh" "30s" -}}
{{- $_ := set $all "time" (dict "from" "now-3h" "to" "now") -}}
{{- $_ := set $all "templating" (dict "list" $variables) -}}
{{- $_ := set $all "panels" $panels -}}
{{- toPrettyJson $all -}}
{{- end -}}
