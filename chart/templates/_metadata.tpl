{{/*
The labels that select a component's pods: include "autocomplete.selectorLabels" (list . "app")
In a Deployment, they are immutable, so they do not depend on any value.
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
The annotations of an object, or nothing if there are none: include "autocomplete.annotations" (list .Values.ingress.annotations $ours)
*/}}
{{- define "autocomplete.annotations" -}}
{{- with include "autocomplete.firstOf" . | fromYaml -}}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end -}}
{{- end -}}

{{/*
The metadata of an object: include "autocomplete.metadata" (dict "root" . "component" "app"). Other keys are optional:

- name: the end of the name, by default the component
- labels: additional labels for this object
- annotations: a list of maps; for each key, the first map that has it takes precedence
- namespace: the namespace of this object. If it differs from that of the other objects, the name ends with a dot and the namespace of
  the other objects, because releases in different namespaces may have the same name. Namespaces have no dots.
*/}}
{{- define "autocomplete.metadata" -}}
{{- $root := .root -}}
{{- $releaseNamespace := include "autocomplete.namespace" $root -}}
{{- $namespace := .namespace | default $releaseNamespace -}}
{{- $suffix := eq $namespace $releaseNamespace | ternary "" (printf ".%s" $releaseNamespace) -}}
name: {{ print (include "autocomplete.componentName" (list $root (.name | default .component))) $suffix | quote }}
namespace: {{ $namespace | quote }}
labels:
  {{- include "autocomplete.labels" (list $root .component .labels) | nindent 2 }}
{{- with include "autocomplete.annotations" (append (.annotations | default list) $root.Values.commonAnnotations) }}
{{ . }}
{{- end }}
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
The metadata of a component's Deployment: include "autocomplete.deploymentMetadata" (list . "app")
*/}}
{{- define "autocomplete.deploymentMetadata" -}}
{{- $root := index . 0 -}}
{{- $component := index . 1 -}}
{{- $ours := include "autocomplete.replicas" . | empty | ternary (dict "autocomplete/replicas" "set by an autoscaler") dict -}}
{{- $annotations := list (index $root.Values $component).deploymentAnnotations $ours -}}
{{- include "autocomplete.metadata" (dict "root" $root "component" $component "annotations" $annotations) -}}
{{- end -}}
