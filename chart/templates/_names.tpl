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
The common prefix of the names of all objects: the names of the release and the chart, or only one of them if they are equal. It has at
most 48 characters, so that the longest suffix of a Service, "-redis-headless", still fits into a DNS label.

It ends with a hash if it would otherwise be invalid or too long, or if another release and chart could have the same prefix. This is
possible if the chart name has dashes, because it is then unclear where the release name ends. It is also possible if an alias of the
chart sets nameOverride, because nameOverride could be the name of another alias.
*/}}
{{- define "autocomplete.fullname" -}}
{{- $release := .Release.Name -}}
{{- $chart := .Chart.Name -}}
{{- $name := default $chart .Values.nameOverride -}}
{{- if .Values.fullnameOverride -}}
{{- include "autocomplete.prefix" (dict "name" .Values.fullnameOverride "identity" .Values.fullnameOverride "ambiguous" false) -}}
{{- else -}}
{{- $fullname := eq $release $name | ternary $release (printf "%s-%s" $release $name) -}}
{{- $renamed := and (ne $name $chart) (ne $chart "autocomplete") -}}
{{- $ambiguous := or $renamed (contains "-" $name) -}}
{{- include "autocomplete.prefix" (dict "name" $fullname "identity" (printf "%s/%s/%s" $release $chart $name) "ambiguous" $ambiguous) -}}
{{- end -}}
{{- end -}}

{{/*
A name as a valid prefix of object names, with a hash of `identity` if the name is ambiguous or had to be changed. The names of
Services must begin with a letter.
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
The namespace of the objects.
*/}}
{{- define "autocomplete.namespace" -}}
{{- default .Release.Namespace .Values.namespaceOverride -}}
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
