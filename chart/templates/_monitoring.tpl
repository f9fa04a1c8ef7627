{{/*
The selectors of a ServiceMonitor or PodMonitor, which match the app's Service and pods: include "autocomplete.monitoredPods" (list . .Values.metrics.serviceMonitor)
*/}}
{{- define "autocomplete.monitoredPods" -}}
{{- $namespace := include "autocomplete.namespace" (index . 0) -}}
{{- if ne ((index . 1).namespace | default $namespace) $namespace -}}
namespaceSelector:
  matchNames: [{{ $namespace | quote }}]
{{ end -}}
selector:
  matchLabels:
    {{- include "autocomplete.selectorLabels" (list (index . 0) "app") | nindent 4 }}
{{- end -}}

{{/*
The scrape settings of a ServiceMonitor or PodMonitor: include "autocomplete.scrape" (list .Values.metrics.serviceMonitor $relabelings)
*/}}
{{- define "autocomplete.scrape" -}}
{{- $relabelings := index . 1 -}}
{{- with index . 0 -}}
path: /metrics
{{- with .interval }}
interval: {{ . }}
{{- end }}
{{- with .scrapeTimeout }}
scrapeTimeout: {{ . }}
{{- end }}
{{- if .honorLabels }}
honorLabels: true
{{- end }}
{{- with $relabelings }}
relabelings:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .metricRelabelings }}
metricRelabelings:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
{{- end -}}

{{/*
The share of queries that fail, as a PromQL expression in which W stands for the window: include "autocomplete.failedShare" $

Probes do not count, because they do not affect users. Rejections of queries that are less critical than `typed` do not count either, because
they keep the service available for typed queries.
*/}}
{{- define "autocomplete.failedShare" -}}
{{- $queries := include "autocomplete.querySelector" . -}}
{{- $failed := printf `(sum(rate(autocomplete_http_requests_total{%s,status=~"5.."}[W])) or vector(0))` $queries -}}
{{- $app := include "autocomplete.componentName" (list . "app") -}}
{{- $rejected := printf `(sum(rate(autocomplete_queries_rejected_total{job=%q,namespace=%q,criticality!="typed"}[W])) or vector(0))` $app (include "autocomplete.namespace" .) -}}
{{- printf `(%s - %s) / sum(rate(autocomplete_http_requests_total{%s}[W]))` $failed $rejected $queries -}}
{{- end -}}

{{/*
The share of queries that take longer than the objective, as a PromQL expression in which W stands for the window:
include "autocomplete.slowShare" $

Prometheus 3 changes the label le="1" to le="1.0"; earlier versions do not.
*/}}
{{- define "autocomplete.slowShare" -}}
{{- $bucket := printf `sum(rate(autocomplete_http_request_duration_seconds_bucket{%s,le%%s}[W]))` (include "autocomplete.querySelector" .) -}}
{{- $bound := toString .Values.metrics.prometheusRule.objectives.latencySeconds -}}
{{- $matcher := contains "." $bound | ternary (printf "=%q" $bound) (printf `=~"%s([.]0)?"` $bound) -}}
{{- printf "1 - %s / %s" (printf $bucket $matcher) (printf $bucket `="+Inf"`) -}}
{{- end -}}

{{/* The PromQL matchers that select the queries to this release. */}}
{{- define "autocomplete.querySelector" -}}
{{- printf `job=%q,namespace=%q,route=~"/autocomplete|/popular"` (include "autocomplete.componentName" (list . "app")) (include "autocomplete.namespace" .) -}}
{{- end -}}

{{/* The share of queries that may miss an objective. The objective is given in percent. */}}
{{- define "autocomplete.errorBudget" -}}
{{- divf (subf 100 .) 100 | printf "%.6g" -}}
{{- end -}}

{{/*
Alert expressions for a service level objective, with the windows and burn rates of the Google SRE Workbook, chapter "Alerting on SLOs". A burn
rate of 1 uses the error budget of 30 days in 30 days. The short window ends the alert soon after the cause has ended.
include "autocomplete.burnsFast" (list "the share of bad queries as a PromQL expression with W" 99.9)
*/}}
{{- define "autocomplete.burnsFast" -}}
{{ include "autocomplete.burns" (list (index . 0) (index . 1) 14.4 "1h" "5m") }}
or
{{ include "autocomplete.burns" (list (index . 0) (index . 1) 6 "6h" "30m") }}
{{- end -}}

{{- define "autocomplete.burnsSlowly" -}}
{{ include "autocomplete.burns" (list (index . 0) (index . 1) 1 "3d" "6h") }}
{{- end -}}

{{- define "autocomplete.burns" -}}
{{- $limit := mulf (index . 2) (include "autocomplete.errorBudget" (index . 1)) | printf "%.6g" -}}
(
  {{ index . 0 | replace "[W]" (printf "[%s]" (index . 3)) }} > {{ $limit }}
  and
  {{ index . 0 | replace "[W]" (printf "[%s]" (index . 4)) }} > {{ $limit }}
)
{{- end -}}
