{{/*
Converts a number or a percentage of replicas to a number of pods: include "autocomplete.podCount" (list "25%" 6 "ceil")
*/}}
{{- define "autocomplete.podCount" -}}
{{- $value := index . 0 | toString -}}
{{- if hasSuffix "%" $value -}}
{{- $share := divf (mulf (trimSuffix "%" $value | float64) (index . 1)) 100 -}}
{{- eq (index . 2) "ceil" | ternary (ceil $share) (floor $share) | int -}}
{{- else -}}
{{- $value -}}
{{- end -}}
{{- end -}}

{{/*
The field `replicas` of a component's Deployment, or nothing if an autoscaler sets it: include "autocomplete.replicas" (list . "app")

If an upgrade removed the field, Kubernetes would set it to 1. Therefore, if an earlier version of the Deployment had the field, the
current number is kept. An annotation marks the Deployments that never had the field.
*/}}
{{- define "autocomplete.replicas" -}}
{{- $root := index . 0 -}}
{{- $values := index $root.Values (index . 1) -}}
{{- if not (or ($values.autoscaling).enabled (kindIs "invalid" $values.replicas)) -}}
replicas: {{ $values.replicas }}
{{- else -}}
{{- with lookup "apps/v1" "Deployment" (include "autocomplete.namespace" $root) (include "autocomplete.componentName" .) -}}
{{- if not (hasKey (.metadata.annotations | default dict) "autocomplete/replicas") -}}
replicas: {{ int64 .spec.replicas }}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
A component's HorizontalPodAutoscaler: include "autocomplete.horizontalPodAutoscaler" (list . "app")
*/}}
{{- define "autocomplete.horizontalPodAutoscaler" -}}
{{- $root := index . 0 -}}
{{- $component := index . 1 -}}
{{- $name := include "autocomplete.componentName" . -}}
{{- with (index $root.Values $component).autoscaling -}}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  {{- include "autocomplete.metadata" (dict "root" $root "component" $component) | nindent 2 }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {{ $name | quote }}
  minReplicas: {{ .minReplicas }}
  maxReplicas: {{ .maxReplicas }}
  {{- if or .targetCPUUtilizationPercentage .targetMemoryUtilizationPercentage .extraMetrics }}
  metrics:
    {{- range $resource, $target := dict "cpu" .targetCPUUtilizationPercentage "memory" .targetMemoryUtilizationPercentage }}
    {{- if $target }}
    - type: Resource
      resource:
        name: {{ $resource }}
        target:
          type: Utilization
          averageUtilization: {{ $target }}
    {{- end }}
    {{- end }}
    {{- with .extraMetrics }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- end }}
  {{- $up := include "autocomplete.scalingRules" (.behavior).scaleUp }}
  {{- $down := include "autocomplete.scalingRules" (.behavior).scaleDown }}
  {{- if or $up $down }}
  behavior:
    {{- with $up }}
    scaleUp:
      {{- . | nindent 6 }}
    {{- end }}
    {{- with $down }}
    scaleDown:
      {{- . | nindent 6 }}
    {{- end }}
  {{- end }}
{{- end -}}
{{- end -}}

{{/*
The rules of scaling in one direction, or nothing if all are null: include "autocomplete.scalingRules" .Values.app.autoscaling.behavior.scaleUp
*/}}
{{- define "autocomplete.scalingRules" -}}
{{- $rules := dict -}}
{{- with . -}}
{{- if not (kindIs "invalid" .stabilizationWindowSeconds) -}}
{{- $_ := set $rules "stabilizationWindowSeconds" .stabilizationWindowSeconds -}}
{{- end -}}
{{- with .selectPolicy -}}
{{- $_ := set $rules "selectPolicy" . -}}
{{- end -}}
{{- if .policies -}}
{{- $_ := set $rules "policies" .policies -}}
{{- else if .pods -}}
{{- $_ := set $rules "policies" (list (dict "type" "Pods" "value" .pods "periodSeconds" .periodSeconds)) -}}
{{- end -}}
{{- end -}}
{{- with $rules -}}
{{- toYaml . -}}
{{- end -}}
{{- end -}}

{{/*
A component's PodDisruptionBudget: include "autocomplete.podDisruptionBudget" (list . "app")
*/}}
{{- define "autocomplete.podDisruptionBudget" -}}
{{- $root := index . 0 -}}
{{- $component := index . 1 -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  {{- include "autocomplete.metadata" (dict "root" $root "component" $component) | nindent 2 }}
spec:
  {{- with (index $root.Values $component).podDisruptionBudget }}
  {{- if not (kindIs "invalid" .maxUnavailable) }}
  maxUnavailable: {{ include "autocomplete.numberOrPercent" .maxUnavailable }}
  {{- else }}
  minAvailable: {{ include "autocomplete.numberOrPercent" .minAvailable }}
  {{- end }}
  {{- with .unhealthyPodEvictionPolicy }}
  unhealthyPodEvictionPolicy: {{ . }}
  {{- end }}
  {{- end }}
  selector:
    matchLabels:
      {{- include "autocomplete.selectorLabels" . | nindent 6 }}
{{- end -}}

{{/*
The maximum number of app pods, or nothing if something other than the chart sets it.
*/}}
{{- define "autocomplete.maxPods" -}}
{{- with .Values.app -}}
{{- $pods := .replicas -}}
{{- if (.autoscaling).enabled -}}
{{- $pods = .autoscaling.maxReplicas -}}
{{- end -}}
{{- if not (kindIs "invalid" $pods) -}}
{{- int $pods -}}
{{- end -}}
{{- end -}}
{{- end -}}
