{{/*
The reference of an image, by its digest or, without a digest, by its tag: include "autocomplete.image" (list . .Values.app.image)
global.imageRegistry replaces the registry, or adds one. As in a Docker reference, the first part of a repository is a registry if it has
a dot or a port, or is localhost.
*/}}
{{- define "autocomplete.image" -}}
{{- $repository := (index . 1).repository -}}
{{- $version := (index . 0).Chart.AppVersion -}}
{{- with ((index . 0).Values.global).imageRegistry -}}
{{- $repository = printf "%s/%s" (trimSuffix "/" .) (regexReplaceAll "^([^/]*[.:][^/]*|localhost)/" $repository "") -}}
{{- end -}}
{{- with index . 1 -}}
{{- if .digest -}}
{{- printf "%s@%s" $repository .digest -}}
{{- else -}}
{{- printf "%s:%s" $repository (.tag | default $version | replace "+" "_") -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
The imagePullSecrets of a pod: the chart's and the parent chart's, each only once.
*/}}
{{- define "autocomplete.imagePullSecrets" -}}
{{- $names := list -}}
{{- range concat ((.Values.global).imagePullSecrets | default list) (.Values.imagePullSecrets | default list) -}}
{{- $names = append $names (kindIs "string" . | ternary . (get (kindIs "map" . | ternary . dict) "name")) -}}
{{- end -}}
{{- with uniq $names -}}
imagePullSecrets:
{{- range . }}
  - name: {{ . | quote }}
{{- end }}
{{- end -}}
{{- end -}}

{{/*
The part of a pod spec that the `helm test` pod also uses: include "autocomplete.podBasics" (list . "app")
*/}}
{{- define "autocomplete.podBasics" -}}
{{- $root := index . 0 -}}
{{- $options := index $root.Values (index . 1) -}}
{{- $global := $root.Values.global | default dict -}}
{{- with $options -}}
serviceAccountName: {{ include "autocomplete.serviceAccountName" $root | quote }}
automountServiceAccountToken: {{ $root.Values.serviceAccount.automountServiceAccountToken }}
# Otherwise, Kubernetes adds variables for every Service, and the service could mistake them for its settings.
enableServiceLinks: false
{{- with include "autocomplete.imagePullSecrets" $root }}
{{ . }}
{{- end }}
{{- with .priorityClassName | default $global.priorityClassName }}
priorityClassName: {{ . | quote }}
{{- end }}
{{- range $field := list "schedulerName" "runtimeClassName" }}
{{- with index $options $field }}
{{ $field }}: {{ . | quote }}
{{- end }}
{{- end }}
{{- if not .hostUsers }}
hostUsers: false
{{- end }}
{{- with .hostAliases }}
hostAliases:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with include "autocomplete.firstOf" (list .nodeSelector $global.nodeSelector) | fromYaml }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations | default $global.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .podSecurityContext }}
# The default meets the Pod Security Standard "restricted".
securityContext:
  {{- include "autocomplete.map" . | nindent 2 }}
{{- end }}
{{- end -}}
{{- end -}}

{{/*
The part of a pod spec that both components share: include "autocomplete.podSpec" (list . "app")
*/}}
{{- define "autocomplete.podSpec" -}}
{{- $root := index . 0 -}}
{{- $component := index . 1 -}}
{{- with index $root.Values $component -}}
{{- include "autocomplete.podBasics" (list $root $component) }}
{{- with .terminationGracePeriodSeconds }}
terminationGracePeriodSeconds: {{ . }}
{{- end }}
{{- if .shareProcessNamespace }}
shareProcessNamespace: true
{{- end }}
{{- if .hostNetwork }}
hostNetwork: true
{{- end }}
{{- with .dnsPolicy | default (ternary "ClusterFirstWithHostNet" "" .hostNetwork) }}
dnsPolicy: {{ . | quote }}
{{- end }}
{{- with .dnsConfig }}
dnsConfig:
  {{- include "autocomplete.map" . | nindent 2 }}
{{- end }}
{{- with .affinity | default ($root.Values.global).affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with include "autocomplete.topologySpread" (list $root $component) }}
{{ . }}
{{- end }}
{{- with .initContainers }}
initContainers:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
{{- end -}}

{{/*
A probe of a container, or nothing if it is null: include "autocomplete.probe" (list "livenessProbe" .Values.app.probes.liveness $action)
The action is a map such as (dict "httpGet" …).
*/}}
{{- define "autocomplete.probe" -}}
{{- $name := index . 0 -}}
{{- $action := index . 2 -}}
{{- with index . 1 -}}
{{ $name }}:
  {{- include "autocomplete.map" (merge (dict) $action .) | nindent 2 }}
{{- end -}}
{{- end -}}

{{/*
The resources of a container, without those that are null.
*/}}
{{- define "autocomplete.resources" -}}
{{- $resources := dict -}}
{{- range $kind, $list := . -}}
{{- with include "autocomplete.map" ($list | default dict) | fromYaml -}}
{{- $_ := set $resources $kind . -}}
{{- end -}}
{{- end -}}
{{- with $resources -}}
resources:
  {{- toYaml . | nindent 2 }}
{{- end -}}
{{- end -}}

{{/*
The port that a component's container listens on: include "autocomplete.containerPort" (list . "app")
The container does not run as root, so not every cluster lets it listen on a port below 1024.
*/}}
{{- define "autocomplete.containerPort" -}}
{{- $component := index . 1 -}}
{{- $options := index (index . 0).Values $component -}}
{{- $port := int $options.service.port -}}
{{- if lt $port 1024 -}}
{{- $port = get (dict "app" 8000 "redis" 6379) $component -}}
{{- end -}}
{{- $options.containerPort | default $port | int -}}
{{- end -}}

{{/*
The field with the number of CPUs of an app pod: the limit or, without one, the request. Empty if there is neither.
*/}}
{{- define "autocomplete.cpuSource" -}}
{{- if ((.Values.app.resources).limits).cpu -}}
limits.cpu
{{- else if ((.Values.app.resources).requests).cpu -}}
requests.cpu
{{- end -}}
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
{{- range .constraints }}
{{- $constraint := . }}
{{- if not (hasKey . "labelSelector") }}
{{- $selector := dict "matchLabels" (include "autocomplete.selectorLabels" (list $root $component) | fromYaml) }}
{{- $constraint = merge (dict "labelSelector" $selector) . }}
{{- end }}
  - {{ toYaml $constraint | indent 4 | trim }}
{{- end }}
{{- range empty .constraints | ternary .topologyKeys list }}
  - maxSkew: {{ $spread.maxSkew }}
    topologyKey: {{ . | quote }}
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
The fields of a Deployment that control updates and rollbacks: include "autocomplete.strategy" .Values.app
*/}}
{{- define "autocomplete.strategy" -}}
strategy:
  type: {{ .strategy }}
  {{- with eq .strategy "RollingUpdate" | ternary .rollingUpdate nil }}
  rollingUpdate:
    {{- range $key := list "maxSurge" "maxUnavailable" }}
    {{- $pods := index $.rollingUpdate $key }}
    {{- if not (kindIs "invalid" $pods) }}
    {{ $key }}: {{ include "autocomplete.numberOrPercent" $pods }}
    {{- end }}
    {{- end }}
  {{- end }}
{{- range $field := list "revisionHistoryLimit" "progressDeadlineSeconds" "minReadySeconds" }}
{{- $number := index $ $field }}
{{- if not (kindIs "invalid" $number) }}
{{ $field }}: {{ $number }}
{{- end }}
{{- end }}
{{- end -}}

{{/*
The security context of a component's container, or nothing if it is null: include "autocomplete.containerSecurityContext" .Values.app
*/}}
{{- define "autocomplete.containerSecurityContext" -}}
{{- with .containerSecurityContext -}}
securityContext:
  {{- include "autocomplete.map" . | nindent 2 }}
{{- end -}}
{{- end -}}

{{/*
The command of the Redis probes. With -e, redis-cli fails on an error such as LOADING. Without it, the exit code would be 0.
*/}}
{{- define "autocomplete.redisPing" -}}
exec:
  command: [redis-cli, -e, -p, {{ include "autocomplete.containerPort" (list . "redis") | quote }}, ping]
{{- end -}}

{{/*
The environment of the service, as the data of a ConfigMap.
*/}}
{{- define "autocomplete.environment" -}}
{{- range $name, $value := .Values.app.settings }}
{{ $name }}: {{ include "autocomplete.text" $value }}
{{- end }}
# IPv6 and IPv4, or only IPv4 on nodes without IPv6.
HOST: "::"
PORT: {{ include "autocomplete.containerPort" (list . "app") | quote }}
METRICS_PORT: {{ include "autocomplete.text" .Values.metrics.port }}
{{- if eq .Values.redis.mode "internal" }}
REDIS_NODES: {{ printf "%s:%s" (include "autocomplete.componentName" (list . "redis-headless")) (include "autocomplete.containerPort" (list . "redis")) | quote }}
{{- else }}
{{- with .Values.redis.external }}
{{- /* IPv6 addresses are in brackets. */}}
{{- $host := include "autocomplete.rendered" (list $ .host) | trimAll "[]" }}
REDIS_NODES: {{ printf "%s:%d" (contains ":" $host | ternary (printf "[%s]" $host) $host) (int .port) | quote }}
{{- if .tls.enabled }}
REDIS_TLS: "true"
{{- with .tls.caSecret }}
REDIS_TLS_CA_FILE: /etc/redis-tls/ca.crt
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}
