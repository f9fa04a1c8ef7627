{{/*
Merges several maps of strings, as YAML. For each key, the first map that contains it takes precedence, even if the value is an empty
string. If the value is null, the key is left out: include "autocomplete.firstOf" (list .Values.app.labels .Values.commonLabels)
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
A map as YAML, without the keys whose value is null. Some versions of Helm pass on null, others remove the key.
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
A value as a quoted string, for the environment or the arguments of redis-server. Helm parses numbers as floats and would write a million
as 1e+06.
*/}}
{{- define "autocomplete.text" -}}
{{- if kindIs "float64" . -}}
{{- int64 . | toString | quote -}}
{{- else -}}
{{- toString . | quote -}}
{{- end -}}
{{- end -}}

{{/*
A number or a percentage as YAML.
*/}}
{{- define "autocomplete.numberOrPercent" -}}
{{- kindIs "string" . | ternary (toString . | quote) (toString .) -}}
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
A name or host with its templates rendered: include "autocomplete.rendered" (list . .Values.redis.external.host)
*/}}
{{- define "autocomplete.rendered" -}}
{{- $text := index . 1 | default "" -}}
{{- contains "{{" $text | ternary (tpl $text (index . 0)) $text | trim -}}
{{- end -}}

{{/*
A number of seconds in the format of NGINX Gateway Fabric, which allows at most 4 digits.
*/}}
{{- define "autocomplete.shortDuration" -}}
{{- gt (int64 .) 9999 | ternary (printf "%.0fm" (divf . 60 | ceil)) (printf "%ds" (int64 .)) -}}
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
