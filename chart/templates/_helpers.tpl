{{/*
The name of the chart, for labels.
*/}}
{{- define "autocomplete.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/*
The common prefix of the names of all objects of the release. It is truncated so that the longest suffix, "-redis-headless", still fits
into a DNS label.
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
The labels that select a component's pods. They must never change: include "autocomplete.selectorLabels" (list . "app")
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
{{- with $root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/*
The reference of an image, by its digest or, without a digest, by its tag: include "autocomplete.image" .Values.app.image
*/}}
{{- define "autocomplete.image" -}}
{{- if .digest -}}
{{- printf "%s@%s" .repository .digest -}}
{{- else -}}
{{- printf "%s:%s" .repository .tag -}}
{{- end -}}
{{- end -}}

{{/*
A value for the environment or redis.conf as quoted text. Helm parses numbers as floats and would write a million as 1e+06.
*/}}
{{- define "autocomplete.text" -}}
{{- if kindIs "float64" . -}}
{{- int64 . | toString | quote -}}
{{- else -}}
{{- toString . | quote -}}
{{- end -}}
{{- end -}}

{{/*
The metadata of an object: include "autocomplete.metadata" (list . "app"), or with another name (list . "app" "redis-headless")
*/}}
{{- define "autocomplete.metadata" -}}
{{- $root := index . 0 -}}
{{- $component := index . 1 -}}
{{- $name := $component -}}
{{- if gt (len .) 2 -}}
{{- $name = index . 2 -}}
{{- end -}}
name: {{ include "autocomplete.componentName" (list $root $name) }}
namespace: {{ $root.Release.Namespace }}
labels:
  {{- include "autocomplete.labels" (list $root $component) | nindent 2 }}
{{- end -}}

{{/*
The name of the ServiceAccount of the pods.
*/}}
{{- define "autocomplete.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "autocomplete.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/*
The metadata of a component's pods: include "autocomplete.podMetadata" (list . "app" (dict "checksum/config" "…"))
The labels do not contain the chart's version. Otherwise, every upgrade of the chart would replace all pods.
*/}}
{{- define "autocomplete.podMetadata" -}}
{{- $root := index . 0 -}}
{{- $component := index . 1 -}}
{{- $options := index $root.Values $component -}}
labels:
  {{- include "autocomplete.selectorLabels" (list $root $component) | nindent 2 }}
  {{- with merge (dict) $options.labels $root.Values.commonLabels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with merge (dict) $options.annotations (index . 2) }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/*
The common part of both components' pod specs, with the user ID: include "autocomplete.podSpec" (list . "app" 1000)
*/}}
{{- define "autocomplete.podSpec" -}}
{{- $root := index . 0 -}}
{{- $component := index . 1 -}}
{{- $user := index . 2 -}}
{{- with index $root.Values $component -}}
serviceAccountName: {{ include "autocomplete.serviceAccountName" $root }}
automountServiceAccountToken: false
# Otherwise, Kubernetes adds variables for every Service, and the service could mistake them for its settings.
enableServiceLinks: false
terminationGracePeriodSeconds: {{ .terminationGracePeriodSeconds }}
{{- with $root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
# As required by the Pod Security Standard "restricted".
securityContext:
  runAsNonRoot: true
  runAsUser: {{ $user }}
  runAsGroup: {{ $user }}
  seccompProfile:
    type: RuntimeDefault
{{- with include "autocomplete.topologySpread" (list $root $component) }}
{{ . }}
{{- end }}
{{- end -}}
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
The topology spread constraints of a component: include "autocomplete.topologySpread" (list . "app")
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
    # Spreads the pods of each version separately, so that they are balanced after a rolling update.
    matchLabelKeys: [pod-template-hash]
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
The replicas of a Deployment, or nothing if an autoscaler sets them: include "autocomplete.replicas" .Values.app
*/}}
{{- define "autocomplete.replicas" -}}
{{- if not .autoscaling.enabled -}}
replicas: {{ .replicas }}
{{- end -}}
{{- end -}}

{{/*
The strategy for rolling updates: include "autocomplete.strategy" .Values.app
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
{{- $autoscaling := (index $root.Values $component).autoscaling -}}
{{- with $autoscaling -}}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  {{- include "autocomplete.metadata" (list $root $component) | nindent 2 }}
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
  behavior:
    {{- range $direction := list "scaleUp" "scaleDown" }}
    {{- with index $autoscaling.behavior $direction }}
    {{ $direction }}:
      stabilizationWindowSeconds: {{ .stabilizationWindowSeconds }}
      policies:
        - type: Pods
          value: {{ .pods }}
          periodSeconds: {{ .periodSeconds }}
    {{- end }}
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
  {{- include "autocomplete.metadata" . | nindent 2 }}
spec:
  minAvailable: {{ (index $root.Values $component).podDisruptionBudget.minAvailable }}
  selector:
    matchLabels:
      {{- include "autocomplete.selectorLabels" . | nindent 6 }}
{{- end -}}

{{/*
The security context of a container, as required by the Pod Security Standard "restricted".
*/}}
{{- define "autocomplete.containerSecurityContext" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
{{- end -}}

{{/*
The command of the Redis probes. With -e, redis-cli fails on an error such as LOADING. Without it, the exit code would be 0.
*/}}
{{- define "autocomplete.redisPing" -}}
[redis-cli, -e, -p, {{ include "autocomplete.text" .Values.redis.service.port }}, ping]
{{- end -}}

{{/*
The environment of the service, as the data of a ConfigMap.
*/}}
{{- define "autocomplete.environment" -}}
{{- range $name, $value := .Values.app.settings }}
{{ $name }}: {{ include "autocomplete.text" $value }}
{{- end }}
HOST: "0.0.0.0"
PORT: {{ include "autocomplete.text" .Values.app.service.port }}
METRICS_PORT: {{ include "autocomplete.text" .Values.metrics.port }}
{{- if eq .Values.redis.mode "internal" }}
REDIS_NODES: {{ printf "%s:%d" (include "autocomplete.componentName" (list . "redis-headless")) (int .Values.redis.service.port) | quote }}
{{- else }}
{{- with .Values.redis.external }}
REDIS_NODES: {{ printf "%s:%d" .host (int .port) | quote }}
{{- if .tls.enabled }}
REDIS_TLS: "true"
{{- with .tls.caSecret }}
REDIS_TLS_CA_FILE: /etc/redis-tls/ca.crt
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{/*
A size such as 8k or 1m in bytes.
*/}}
{{- define "autocomplete.bytes" -}}
{{- if hasSuffix "m" . -}}
{{- mul (trimSuffix "m" . | int64) 1048576 -}}
{{- else -}}
{{- mul (trimSuffix "k" . | int64) 1024 -}}
{{- end -}}
{{- end -}}

{{/*
The name of an object of the chart in Traefik: include "autocomplete.traefikName" (list . "app-retry")
*/}}
{{- define "autocomplete.traefikName" -}}
{{- printf "%s-%s@kubernetescrd" (index . 0).Release.Namespace (include "autocomplete.componentName" .) -}}
{{- end -}}

{{/*
A quantity as a number of cores or bytes: 1500m is 1.5, and 512Mi and 512mb are 536870912.
*/}}
{{- define "autocomplete.quantity" -}}
{{- $number := regexFind "^[0-9.]+" . | float64 -}}
{{- $unit := regexReplaceAll "^[0-9.]+" . "" -}}
{{- $factor := get (dict "" 1 "m" 0.001 "Ki" 1024 "kb" 1024 "Mi" 1048576 "mb" 1048576 "Gi" 1073741824 "gb" 1073741824) $unit -}}
{{- printf "%f" (mulf $number $factor) -}}
{{- end -}}
