{{/*
Converts text to a label value, which has at most 63 characters: include "autocomplete.labelValue" "0.1.0+build"
*/}}
{{- define "autocomplete.labelValue" -}}
{{- regexReplaceAll "[^A-Za-z0-9._-]" . "_" | trunc 63 | trimAll "-_." -}}
{{- end -}}

{{/*
The name of the chart, or its alias in a parent chart, for labels. If it has to be changed to be valid, a hash keeps it distinct.
*/}}
{{- define "autocomplete.name" -}}
{{- $valid := include "autocomplete.labelValue" .Chart.Name -}}
{{- if eq $valid .Chart.Name -}}
{{- $valid -}}
{{- else -}}
{{- printf "%s-%s" ($valid | trunc 54 | trimAll "-_.") (sha256sum .Chart.Name | trunc 8) | trimPrefix "-" -}}
{{- end -}}
{{- end -}}

{{/*
The common prefix of the names of all objects: the names of release and chart, or only one of them if they are equal. It has at most 48
characters, so that the longest suffix of a Service, "-redis-headless", still fits into a DNS label.

It ends with a hash if it would not be valid, or if another release and chart could have the same prefix: only a chart name without
dashes can be told apart from the release name. With nameOverride, an alias could get the name of another alias.
*/}}
{{- define "autocomplete.fullname" -}}
{{- $release := .Release.Name -}}
{{- $chart := .Chart.Name -}}
{{- $name := default $chart .Values.nameOverride -}}
{{- if .Values.fullnameOverride -}}
{{- include "autocomplete.prefix" (dict "name" .Values.fullnameOverride "identity" .Values.fullnameOverride "ambiguous" false) -}}
{{- else -}}
{{- $whole := eq $release $name | ternary $release (printf "%s-%s" $release $name) -}}
{{- $renamed := and (ne $name $chart) (ne $chart "autocomplete") -}}
{{- $ambiguous := or $renamed (contains "-" $name) -}}
{{- include "autocomplete.prefix" (dict "name" $whole "identity" (printf "%s/%s/%s" $release $chart $name) "ambiguous" $ambiguous) -}}
{{- end -}}
{{- end -}}

{{/*
A name as a valid prefix of object names, with a hash of `identity` if the name is ambiguous or had to be changed. The names of
Services begin with a letter.
*/}}
{{- define "autocomplete.prefix" -}}
{{- $valid := regexReplaceAll "[^a-z0-9-]+" (lower .name) "-" | trimAll "-" -}}
{{- if not (regexMatch "^[a-z]" $valid) -}}
{{- $valid = printf "r%s" $valid -}}
{{- end -}}
{{- if or .ambiguous (ne $valid .name) (gt (len $valid) 48) -}}
{{- printf "%s-%s" ($valid | trunc 39 | trimSuffix "-") (sha256sum .identity | trunc 8) -}}
{{- else -}}
{{- $valid -}}
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
The labels that select a component's pods. Deployments cannot change them, so they do not depend on any value: include "autocomplete.selectorLabels" (list . "app")
*/}}
{{- define "autocomplete.selectorLabels" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: {{ include "autocomplete.name" $root | quote }}
app.kubernetes.io/instance: {{ $root.Release.Name | quote }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{/*
All labels of a component's objects: include "autocomplete.labels" (list . "app"), or with the object's own labels
(list . "app" .Values.metrics.serviceMonitor.labels). The object's own labels take precedence over commonLabels, and both take precedence
over the chart's labels, except for the labels that select pods. A label occurs only once, because YAML does not allow duplicate keys.
*/}}
{{- define "autocomplete.labels" -}}
{{- $root := index . 0 -}}
{{- $own := dict -}}
{{- if gt (len .) 2 -}}
{{- $own = index . 2 | default dict -}}
{{- end -}}
{{- $chart := dict
  "helm.sh/chart" (printf "%s-%s" $root.Chart.Name $root.Chart.Version | include "autocomplete.labelValue")
  "app.kubernetes.io/version" (include "autocomplete.labelValue" $root.Chart.AppVersion)
  "app.kubernetes.io/managed-by" $root.Release.Service
  "app.kubernetes.io/part-of" "autocomplete"
-}}
{{- $selector := include "autocomplete.selectorLabels" . | fromYaml -}}
{{- include "autocomplete.firstOf" (list $selector $own $root.Values.commonLabels $chart) -}}
{{- end -}}

{{/*
Merges several maps of strings, as YAML. The first map that has a key takes precedence, even with an empty string, and its nulls remove keys:
include "autocomplete.firstOf" (list .Values.app.labels .Values.commonLabels)
*/}}
{{- define "autocomplete.firstOf" -}}
{{- $merged := dict -}}
{{- range . -}}
{{- range $key, $value := . -}}
{{- if not (hasKey $merged $key) -}}
{{- $_ := set $merged $key $value -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- include "autocomplete.map" $merged -}}
{{- end -}}

{{/*
The annotations of an object, or nothing if there are none: include "autocomplete.annotations" (list .Values.ingress.annotations $ours)
*/}}
{{- define "autocomplete.annotations" -}}
{{- with include "autocomplete.firstOf" . | fromYaml -}}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end -}}
{{- end -}}

{{/*
A map as YAML, without the keys that are null. Some versions of Helm pass on null, others remove the key.
*/}}
{{- define "autocomplete.map" -}}
{{- $map := dict -}}
{{- range $key, $value := . -}}
{{- if not (kindIs "invalid" $value) -}}
{{- $_ := set $map $key $value -}}
{{- end -}}
{{- end -}}
{{- toYaml $map -}}
{{- end -}}

{{/*
The reference of an image, by its digest or, without a digest, by its tag: include "autocomplete.image" (list . .Values.app.image)
As in a Docker reference, the first part of a repository is a registry if it has a dot or a port, or is localhost.
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
The namespace of the objects.
*/}}
{{- define "autocomplete.namespace" -}}
{{- default .Release.Namespace .Values.namespaceOverride -}}
{{- end -}}

{{/*
The metadata of an object: include "autocomplete.metadata" (dict "root" . "component" "app"). Other keys are optional:

- name: the end of the name, by default the component
- labels: additional labels for this object
- annotations: a list of maps; the first one that has a key takes precedence
- namespace: another namespace. There, the name ends with the namespace of the other objects, because releases in different namespaces may
  have the same name. A dot separates them, because namespaces have no dots.
*/}}
{{- define "autocomplete.metadata" -}}
{{- $root := .root -}}
{{- $usual := include "autocomplete.namespace" $root -}}
{{- $namespace := .namespace | default $usual -}}
{{- $suffix := eq $namespace $usual | ternary "" (printf ".%s" $usual) -}}
name: {{ print (include "autocomplete.componentName" (list $root (.name | default .component))) $suffix | quote }}
namespace: {{ $namespace | quote }}
labels:
  {{- include "autocomplete.labels" (list $root .component .labels) | nindent 2 }}
{{- with include "autocomplete.annotations" (append (.annotations | default list) $root.Values.commonAnnotations) }}
{{ . }}
{{- end }}
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
{{- $selector := include "autocomplete.selectorLabels" (list $root $component) | fromYaml -}}
labels:
  {{- include "autocomplete.firstOf" (list $selector $options.labels $root.Values.commonLabels) | nindent 2 }}
{{- with include "autocomplete.annotations" (list $options.annotations (index . 2)) }}
{{ . }}
{{- end }}
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
{{- with .dnsPolicy | default (ternary "ClusterFirstWithHostNet" "" .hostNetwork) }}
dnsPolicy: {{ . | quote }}
{{- end }}
{{- if not .hostUsers }}
hostUsers: false
{{- end }}
{{- range $field := list "hostAliases" "dnsConfig" }}
{{- with index $options $field }}
{{ $field }}:
  {{- toYaml . | nindent 2 }}
{{- end }}
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
# By default, as required by the Pod Security Standard "restricted".
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
A probe of a container, or nothing if it is null. The action is a map: include "autocomplete.probe" (list "livenessProbe" .Values.app.probes.liveness $action)
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
A number or a percentage as YAML.
*/}}
{{- define "autocomplete.numberOrPercent" -}}
{{- kindIs "string" . | ternary (toString . | quote) (toString .) -}}
{{- end -}}

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
The number of replicas of a component's Deployment, or nothing if an autoscaler sets it: include "autocomplete.replicas" (list . "app")

If an upgrade removed the number, Kubernetes would set it to 1. Therefore, a Deployment that had a number keeps the current one. An
annotation marks the Deployments that never had one.
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
The metadata of a component's Deployment: include "autocomplete.deploymentMetadata" (list . "app")
*/}}
{{- define "autocomplete.deploymentMetadata" -}}
{{- $root := index . 0 -}}
{{- $component := index . 1 -}}
{{- $ours := include "autocomplete.replicas" . | empty | ternary (dict "autocomplete/replicas" "set by an autoscaler") dict -}}
{{- $annotations := list (index $root.Values $component).deploymentAnnotations $ours -}}
{{- include "autocomplete.metadata" (dict "root" $root "component" $component "annotations" $annotations) -}}
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

{{/*
The fields that all Services have: include "autocomplete.serviceFields" .Values.app.service
*/}}
{{- define "autocomplete.serviceFields" -}}
{{- range $field := list "ipFamilyPolicy" "trafficDistribution" }}
{{- with get $ $field }}
{{ $field }}: {{ . }}
{{- end }}
{{- end }}
{{- with .ipFamilies }}
ipFamilies:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/*
A number of seconds in the format of the Gateway API, which has at most 5 digits per unit: 3661 is 1h1m1s.
*/}}
{{- define "autocomplete.duration" -}}
{{- $seconds := int64 . -}}
{{- /* A range visits the keys in alphabetical order. */ -}}
{{- range $unit, $size := dict "h" 3600 "m" 60 "s" 1 -}}
{{- $count := div $seconds $size -}}
{{- if $count -}}
{{- printf "%d%s" $count $unit -}}
{{- $seconds = mod $seconds $size -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
The paths of a host in `ingress.hosts`, each with its type, as {"paths": [...]}.
*/}}
{{- define "autocomplete.paths" -}}
{{- $paths := list -}}
{{- range .paths | default (list (dict "path" "/")) -}}
{{- $paths = append $paths (dict "path" .path "pathType" (.pathType | default "Prefix")) -}}
{{- end -}}
{{- dict "paths" $paths | toJson -}}
{{- end -}}

{{/*
A name or host with its templates rendered: include "autocomplete.rendered" (list . .Values.redis.external.host)
*/}}
{{- define "autocomplete.rendered" -}}
{{- $text := index . 1 | default "" -}}
{{- contains "{{" $text | ternary (tpl $text (index . 0)) $text | trim -}}
{{- end -}}

{{/*
The hosts and certificates in `ingress`, as {"hosts": [{"host": …, "paths": […]}], "tls": [{"secretName": …, "hosts": […]}]}, with
their templates rendered.
*/}}
{{- define "autocomplete.ingressHosts" -}}
{{- $hosts := list -}}
{{- range .Values.ingress.hosts -}}
{{- $hosts = append $hosts (dict "host" (include "autocomplete.rendered" (list $ .host)) "paths" (.paths | default list)) -}}
{{- end -}}
{{- $tls := list -}}
{{- range .Values.ingress.tls -}}
{{- $names := list -}}
{{- range .hosts -}}
{{- $names = append $names (include "autocomplete.rendered" (list $ .)) -}}
{{- end -}}
{{- $tls = append $tls (dict "secretName" (include "autocomplete.rendered" (list $ .secretName)) "hosts" $names) -}}
{{- end -}}
{{- dict "hosts" $hosts "tls" $tls | toJson -}}
{{- end -}}

{{/*
The HTTPRoutes of the app, as {"routes": [{"name": …, "paths": …, "hosts": […]}]}. All hosts of an HTTPRoute have the same paths, so
each different list of paths needs its own HTTPRoute.
*/}}
{{- define "autocomplete.routes" -}}
{{- $lists := list -}}
{{- $hostsOf := dict -}}
{{- range (include "autocomplete.ingressHosts" . | fromJson).hosts | default (list dict) -}}
{{- $paths := include "autocomplete.paths" . -}}
{{- $lists = append $lists $paths | uniq -}}
{{- $_ := set $hostsOf $paths (append (get $hostsOf $paths | default list) (.host | default "")) -}}
{{- end -}}
{{- $routes := list -}}
{{- range $paths := $lists -}}
{{- $hosts := get $hostsOf $paths | uniq -}}
{{- /* An empty host name accepts any. The Gateway API allows 16 host names. */ -}}
{{- range has "" $hosts | ternary (list list) (chunk 16 $hosts) -}}
{{- $name := empty $routes | ternary "app" (printf "app-%d" (len $routes | add1)) -}}
{{- $routes = append $routes (dict "name" $name "paths" ($paths | fromJson).paths "hosts" .) -}}
{{- end -}}
{{- end -}}
{{- dict "routes" $routes | toJson -}}
{{- end -}}

{{/*
The references of a policy to all HTTPRoutes of the app.
*/}}
{{- define "autocomplete.routeReferences" -}}
{{- range (include "autocomplete.routes" . | fromJson).routes }}
- group: gateway.networking.k8s.io
  kind: HTTPRoute
  name: {{ include "autocomplete.componentName" (list $ .name) | quote }}
{{- end }}
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

{{/*
The maximum number of requests in flight to all app pods. Some controllers have no limit per pod.
*/}}
{{- define "autocomplete.maxRequestsInFlight" -}}
{{- mul .Values.ingress.guard.requestsInFlight.perPod (include "autocomplete.maxPods" . | int | max 1) -}}
{{- end -}}

{{/*
The conditions of `ingress.retries` in Envoy's terms, without duplicates: include "autocomplete.envoyConditions" .Values.ingress.retries
*/}}
{{- define "autocomplete.envoyConditions" -}}
{{- $conditions := list -}}
{{- range .conditions -}}
{{- $conditions = concat $conditions (hasPrefix "http_" . | ternary (list "gateway-error") (list "connect-failure" "refused-stream" "reset")) -}}
{{- end -}}
{{- uniq $conditions | join "," -}}
{{- end -}}

{{/*
A number of seconds in the format of NGINX Gateway Fabric, which allows at most 4 digits.
*/}}
{{- define "autocomplete.shortDuration" -}}
{{- gt (int64 .) 9999 | ternary (printf "%.0fm" (divf . 60 | ceil)) (printf "%ds" (int64 .)) -}}
{{- end -}}

{{/*
The annotations of the Service that pass the values of `ingress` to the controller.
*/}}
{{- define "autocomplete.serviceAnnotations" -}}
{{- with .Values.ingress -}}
{{- if not .enabled -}}
{{- else if eq .controller "traefik" -}}
traefik.ingress.kubernetes.io/service.serverstransport: {{ include "autocomplete.traefikName" (list $ "app") | quote }}
{{- else if and (eq .controller "contour") .guard.requestsInFlight.enabled -}}
{{- $max := include "autocomplete.maxRequestsInFlight" $ -}}
projectcontour.io/max-requests: {{ $max | quote }}
projectcontour.io/max-connections: {{ $max | quote }}
projectcontour.io/max-pending-requests: {{ int64 .guard.requestsInFlight.perPod | quote }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
The annotations of the Ingress that pass the values of `ingress` to the controller.
*/}}
{{- define "autocomplete.controllerAnnotations" -}}
{{- with .Values.ingress -}}
{{- $timeouts := .timeouts | default dict -}}
{{- if eq .controller "ingress-nginx" -}}
{{- /* Keep-alive to the pods and HTTP/2 are settings of the controller, not of an Ingress. See NOTES.txt. */ -}}
{{- range $name := list "connect" "send" "read" }}
{{- with index $timeouts (printf "%sSeconds" $name) }}
nginx.ingress.kubernetes.io/proxy-{{ $name }}-timeout: {{ int64 . | quote }}
{{- end }}
{{- end }}
nginx.ingress.kubernetes.io/proxy-buffering: {{ ternary "on" "off" .proxyBuffering.enabled | quote }}
nginx.ingress.kubernetes.io/proxy-buffer-size: {{ .proxyBuffering.bufferSize | quote }}
nginx.ingress.kubernetes.io/proxy-buffers-number: {{ .proxyBuffering.buffers | quote }}
{{- with .maxBodySize }}
nginx.ingress.kubernetes.io/proxy-body-size: {{ . | quote }}
{{- end }}
nginx.ingress.kubernetes.io/load-balance: {{ .loadBalancing | quote }}
{{- with .maxConnections }}
nginx.ingress.kubernetes.io/limit-connections: {{ int64 . | quote }}
{{- end }}
nginx.ingress.kubernetes.io/proxy-next-upstream: {{ join " " .retries.conditions | default "off" | quote }}
nginx.ingress.kubernetes.io/proxy-next-upstream-tries: {{ .retries.attempts | quote }}
{{- with .guard.requestRate }}
{{- if .enabled }}
nginx.ingress.kubernetes.io/limit-rps: {{ int64 .perSecond | quote }}
nginx.ingress.kubernetes.io/limit-burst-multiplier: {{ divf .burst .perSecond | ceil | int64 | quote }}
{{- end }}
{{- end }}
{{- else if eq .controller "nginx" -}}
{{- /* HTTP/2 is a setting in the controller's ConfigMap. See NOTES.txt. */ -}}
{{- range $name := list "connect" "send" "read" }}
{{- with index $timeouts (printf "%sSeconds" $name) }}
nginx.org/proxy-{{ $name }}-timeout: {{ printf "%ds" (int64 .) | quote }}
{{- end }}
{{- end }}
nginx.org/keepalive: {{ int64 .upstreamKeepalive.connections | quote }}
nginx.org/proxy-buffering: {{ ternary "True" "False" .proxyBuffering.enabled | quote }}
nginx.org/proxy-buffer-size: {{ .proxyBuffering.bufferSize | quote }}
nginx.org/proxy-buffers: {{ printf "%d %s" (int64 .proxyBuffering.buffers) .proxyBuffering.bufferSize | quote }}
{{- with .maxBodySize }}
nginx.org/client-max-body-size: {{ . | quote }}
{{- end }}
nginx.org/lb-method: {{ ternary "least_conn" "round_robin" (eq .loadBalancing "least_connections") | quote }}
{{- with .guard.requestsInFlight.enabled | ternary .guard.requestsInFlight.perPod .maxConnections }}
nginx.org/max-conns: {{ int64 . | quote }}
{{- end }}
nginx.org/proxy-next-upstream: {{ join " " .retries.conditions | default "off" | quote }}
nginx.org/proxy-next-upstream-tries: {{ .retries.attempts | quote }}
{{- with .guard.requestRate }}
{{- if .enabled }}
nginx.org/limit-req-rate: {{ printf "%dr/s" (int64 .perSecond) | quote }}
nginx.org/limit-req-key: "${binary_remote_addr}"
nginx.org/limit-req-zone-size: "10m"
nginx.org/limit-req-burst: {{ int64 .burst | quote }}
nginx.org/limit-req-no-delay: "true"
nginx.org/limit-req-reject-code: "429"
{{- end }}
{{- end }}
{{- else if eq .controller "haproxy" -}}
{{- /* Connect and queue timeouts are settings in the controller's ConfigMap. */ -}}
haproxy.org/load-balance: {{ ternary "leastconn" "roundrobin" (eq .loadBalancing "least_connections") | quote }}
{{- with $timeouts.readSeconds }}
haproxy.org/timeout-server: {{ printf "%ds" (int64 .) | quote }}
{{- end }}
{{- with .guard }}
{{- if .requestsInFlight.enabled }}
haproxy.org/pod-maxconn: {{ int64 .requestsInFlight.perPod | quote }}
{{- end }}
{{- if .requestRate.enabled }}
haproxy.org/rate-limit-requests: {{ int64 .requestRate.perSecond | quote }}
haproxy.org/rate-limit-period: "1s"
haproxy.org/rate-limit-status-code: "429"
{{- end }}
{{- end }}
{{- else if eq .controller "haproxy-ingress" -}}
haproxy-ingress.github.io/balance-algorithm: {{ ternary "leastconn" "roundrobin" (eq .loadBalancing "least_connections") | quote }}
{{- with .maxBodySize }}
haproxy-ingress.github.io/proxy-body-size: {{ . | quote }}
{{- end }}
{{- with .maxConnections }}
haproxy-ingress.github.io/limit-connections: {{ int64 . | quote }}
{{- end }}
{{- range $name, $value := dict "connect" "connectSeconds" "server" "readSeconds" }}
{{- with index $timeouts $value }}
haproxy-ingress.github.io/timeout-{{ $name }}: {{ printf "%ds" (int64 .) | quote }}
{{- end }}
{{- end }}
{{- with .guard.requestsInFlight }}
{{- if .enabled }}
haproxy-ingress.github.io/maxconn-server: {{ int64 .perPod | quote }}
{{- end }}
{{- end }}
{{- else if eq .controller "contour" -}}
{{- with $timeouts.readSeconds }}
projectcontour.io/response-timeout: {{ printf "%ds" (int64 .) | quote }}
{{- end }}
{{- $conditions := include "autocomplete.envoyConditions" .retries }}
{{- if and $conditions (gt (int .retries.attempts) 1) }}
projectcontour.io/retry-on: {{ $conditions | quote }}
projectcontour.io/num-retries: {{ sub .retries.attempts 1 | quote }}
{{- end }}
{{- else if eq .controller "traefik" -}}
{{- $key := "traefik.ingress.kubernetes.io/router.middlewares" -}}
{{- $middlewares := list -}}
{{- if .maxBodySize -}}
{{- $middlewares = append $middlewares (include "autocomplete.traefikName" (list $ "app-body")) -}}
{{- end -}}
{{- if .maxConnections -}}
{{- $middlewares = append $middlewares (include "autocomplete.traefikName" (list $ "app-connections")) -}}
{{- end -}}
{{- if .guard.requestRate.enabled -}}
{{- $middlewares = append $middlewares (include "autocomplete.traefikName" (list $ "app-rate")) -}}
{{- end -}}
{{- if .guard.requestsInFlight.enabled -}}
{{- $middlewares = append $middlewares (include "autocomplete.traefikName" (list $ "app-in-flight")) -}}
{{- end -}}
{{- if .retries.conditions -}}
{{- $middlewares = append $middlewares (include "autocomplete.traefikName" (list $ "app-retry")) -}}
{{- end -}}
{{- /* Middlewares in `ingress.annotations` are added to the chart's. */ -}}
{{- range get (.annotations | default dict) $key | default "" | splitList "," -}}
{{- with trim . -}}
{{- $middlewares = append $middlewares . -}}
{{- end -}}
{{- end -}}
{{- with uniq $middlewares }}
{{ $key }}: {{ join "," . | quote }}
{{- end }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
The pods that a ServiceMonitor or PodMonitor selects: include "autocomplete.monitoredPods" (list . .Values.metrics.serviceMonitor)
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
The scrape settings of a ServiceMonitor or PodMonitor, with these relabelings: include "autocomplete.scrape" (list .Values.metrics.serviceMonitor $relabelings)
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
A time such as 15s or 1m30s in milliseconds.
*/}}
{{- define "autocomplete.milliseconds" -}}
{{- $total := 0 -}}
{{- $sizes := dict "h" 3600000 "m" 60000 "s" 1000 "ms" 1 -}}
{{- range regexFindAll "[0-9]+(ms|[hms])" . -1 -}}
{{- $total = add $total (mul (regexFind "^[0-9]+" . | int64) (get $sizes (regexFind "[a-z]+$" .))) -}}
{{- end -}}
{{- $total -}}
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
The name that Traefik uses for one of the chart's objects: include "autocomplete.traefikName" (list . "app-retry")
*/}}
{{- define "autocomplete.traefikName" -}}
{{- printf "%s-%s@kubernetescrd" (include "autocomplete.namespace" (index . 0)) (include "autocomplete.componentName" .) -}}
{{- end -}}

{{/*
A quantity as a number of cores or bytes: 1500m is 1.5, 1e3 is 1000, and 512Mi and 512mb are 536870912.
*/}}
{{- define "autocomplete.quantity" -}}
{{- $text := toString . -}}
{{- $number := regexFind "^[0-9.]+([eE][-+]?[0-9]+)?" $text -}}
{{- $factors := dict "" 1 "n" 1e-9 "u" 1e-6 "m" 1e-3 "k" 1e3 "M" 1e6 "G" 1e9 "T" 1e12 "P" 1e15 "E" 1e18 -}}
{{- $factors = merge $factors (dict "Ki" 1024 "kb" 1024 "Mi" 1048576 "mb" 1048576 "Gi" 1073741824 "gb" 1073741824) -}}
{{- $factors = merge $factors (dict "Ti" 1099511627776 "Pi" 1125899906842624 "Ei" 1152921504606846976) -}}
{{- printf "%.9f" (mulf ($number | float64) (get $factors (trimPrefix $number $text))) -}}
{{- end -}}

{{/*
The share of queries that miss an objective, with W instead of the window: include "autocomplete.failedShare" $

Probes do not count, because they do not affect users. Rejections of less critical queries do not count either, because no person waits for
the answers.
*/}}
{{- define "autocomplete.failedShare" -}}
{{- $queries := include "autocomplete.querySelector" . -}}
{{- $failed := printf `(sum(rate(autocomplete_http_requests_total{%s,status=~"5.."}[W])) or vector(0))` $queries -}}
{{- $app := include "autocomplete.componentName" (list . "app") -}}
{{- $shed := printf `(sum(rate(autocomplete_queries_rejected_total{job=%q,namespace=%q,criticality!="typed"}[W])) or vector(0))` $app (include "autocomplete.namespace" .) -}}
{{- printf `(%s - %s) / sum(rate(autocomplete_http_requests_total{%s}[W]))` $failed $shed $queries -}}
{{- end -}}

{{- define "autocomplete.slowShare" -}}
{{- $bucket := printf `sum(rate(autocomplete_http_request_duration_seconds_bucket{%s,le="%%v"}[W]))` (include "autocomplete.querySelector" .) -}}
{{- printf "1 - %s / %s" (printf $bucket .Values.metrics.prometheusRule.objectives.latencySeconds) (printf $bucket "+Inf") -}}
{{- end -}}

{{/* The PromQL matchers that select the queries to this release. */}}
{{- define "autocomplete.querySelector" -}}
{{- printf `job=%q,namespace=%q,route=~"/autocomplete|/popular"` (include "autocomplete.componentName" (list . "app")) (include "autocomplete.namespace" .) -}}
{{- end -}}

{{/* The share of queries that may miss an objective in percent. */}}
{{- define "autocomplete.errorBudget" -}}
{{- divf (subf 100 .) 100 | printf "%.6g" -}}
{{- end -}}

{{/*
Alert expressions for a service level objective, with the windows and burn rates of the Google SRE Workbook, chapter "Alerting on SLOs". A burn
rate of 1 uses the error budget of 30 days in 30 days. The short window ends the alert soon after the cause has ended.
include "autocomplete.burnsFast" (list "the share of bad queries, with W instead of the window" 99.9)
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
