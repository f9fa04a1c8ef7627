{{/*
The name of the chart, for labels.
*/}}
{{- define "autocomplete.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/*
The name that all objects of the release begin with. Cut so that the longest suffix, "-redis-headless", still fits a DNS label.
*/}}
{{- define "autocomplete.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 48 | trimSuffix "-" -}}
{{- else -}}
{{- $name := include "autocomplete.name" . -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 48 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 48 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
The name of a component's objects: include "autocomplete.componentName" (list . "redis")
*/}}
{{- define "autocomplete.componentName" -}}
{{- $root := index . 0 -}}
{{- $component := index . 1 -}}
{{- printf "%s-%s" (include "autocomplete.fullname" $root) $component -}}
{{- end -}}

{{/*
The labels that select a component's pods; they never change: include "autocomplete.selectorLabels" (list . "app")
*/}}
{{- define "autocomplete.selectorLabels" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: {{ include "autocomplete.name" $root }}
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{/*
All labels of a component's objects: include "autocomplete.labels" (list . "app")
*/}}
{{- define "autocomplete.labels" -}}
{{- $root := index . 0 -}}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "autocomplete.selectorLabels" . }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
app.kubernetes.io/part-of: autocomplete
{{- end -}}

{{/*
An image: include "autocomplete.image" .Values.app.image
*/}}
{{- define "autocomplete.image" -}}
{{- printf "%s:%s" .repository .tag -}}
{{- end -}}

{{/*
The settings of a probe: include "autocomplete.probeTiming" .Values.app.probes.liveness
*/}}
{{- define "autocomplete.probeTiming" -}}
periodSeconds: {{ .periodSeconds }}
timeoutSeconds: {{ .timeoutSeconds }}
failureThreshold: {{ .failureThreshold }}
{{- end -}}

{{/*
How a component's pods spread: include "autocomplete.topologySpread" (list . "app")
*/}}
{{- define "autocomplete.topologySpread" -}}
{{- $root := index . 0 -}}
{{- $component := index . 1 -}}
{{- with (index $root.Values $component).topologySpread -}}
{{- if .enabled -}}
topologySpreadConstraints:
{{- $spread := . -}}
{{- range .topologyKeys }}
  - maxSkew: {{ $spread.maxSkew }}
    topologyKey: {{ . }}
    whenUnsatisfiable: {{ $spread.whenUnsatisfiable }}
    labelSelector:
      matchLabels:
        {{- include "autocomplete.selectorLabels" (list $root $component) | nindent 8 }}
    # Each version is spread on its own, so that a rolling update does not end lopsided.
    matchLabelKeys: [pod-template-hash]
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
The replicas of a Deployment; not there when an autoscaler sets them: include "autocomplete.replicas" .Values.app
*/}}
{{- define "autocomplete.replicas" -}}
{{- if not .autoscaling.enabled -}}
replicas: {{ .replicas }}
{{- end -}}
{{- end -}}

{{/*
A rolling update's strategy: include "autocomplete.strategy" .Values.app
*/}}
{{- define "autocomplete.strategy" -}}
strategy:
  type: RollingUpdate
  rollingUpdate:
    maxSurge: {{ .rollingUpdate.maxSurge }}
    maxUnavailable: {{ .rollingUpdate.maxUnavailable }}
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
  name: {{ $name }}
  namespace: {{ $root.Release.Namespace }}
  labels:
    {{- include "autocomplete.labels" (list $root $component) | nindent 4 }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {{ $name }}
  minReplicas: {{ .minReplicas }}
  maxReplicas: {{ .maxReplicas }}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target:
          type: Utilization
          averageUtilization: {{ .targetCPUUtilizationPercentage }}
    {{- with .targetMemoryUtilizationPercentage }}
    - type: Resource
      resource:
        name: memory
        target:
          type: Utilization
          averageUtilization: {{ . }}
    {{- end }}
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
  name: {{ include "autocomplete.componentName" . }}
  namespace: {{ $root.Release.Namespace }}
  labels:
    {{- include "autocomplete.labels" . | nindent 4 }}
spec:
  minAvailable: {{ (index $root.Values $component).podDisruptionBudget.minAvailable }}
  selector:
    matchLabels:
      {{- include "autocomplete.selectorLabels" . | nindent 6 }}
{{- end -}}

{{/*
The pod's security context, as the Pod Security Standard "restricted" has it: include "autocomplete.podSecurityContext" 1000
*/}}
{{- define "autocomplete.podSecurityContext" -}}
securityContext:
  runAsNonRoot: true
  runAsUser: {{ . }}
  runAsGroup: {{ . }}
  seccompProfile:
    type: RuntimeDefault
{{- end -}}

{{/*
The container's security context, as the Pod Security Standard "restricted" has it.
*/}}
{{- define "autocomplete.containerSecurityContext" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
{{- end -}}

{{/*
The command of the Redis probes. With -e an error such as LOADING is a failure, which plain redis-cli takes for an answer.
*/}}
{{- define "autocomplete.redisPing" -}}
[redis-cli, -e, -p, {{ .Values.redis.service.port | toString | quote }}, ping]
{{- end -}}
