{{/*
The time after which a proxy closes an idle connection to a pod, in seconds: 80% of HTTP_KEEP_ALIVE_SECONDS, but at least 1 s. A request
fails if the pod closes the connection at the same moment, so HTTP_KEEP_ALIVE_SECONDS should be at least 2.
*/}}
{{- define "autocomplete.upstreamIdleSeconds" -}}
{{- max 1 (div (mul 4 (int64 .Values.app.settings.HTTP_KEEP_ALIVE_SECONDS)) 5) -}}
{{- end -}}

{{/*
The optional fields that all Services share: include "autocomplete.serviceFields" .Values.app.service
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
The rule of a NetworkPolicy that allows connections to DNS servers, or nothing if there is no port.
*/}}
{{- define "autocomplete.dnsRule" -}}
{{- with .Values.networkPolicy.dnsPorts -}}
- ports:
    {{- range . }}
    - port: {{ int64 . }}
      protocol: UDP
    - port: {{ int64 . }}
      protocol: TCP
    {{- end }}
{{- end -}}
{{- end -}}

{{/*
The paths of a host in `ingress.hosts`, each with its type, as {"paths": […]}.
*/}}
{{- define "autocomplete.paths" -}}
{{- $paths := list -}}
{{- range .paths | default (list (dict "path" "/")) -}}
{{- $paths = append $paths (dict "path" .path "pathType" (.pathType | default "Prefix")) -}}
{{- end -}}
{{- dict "paths" $paths | toJson -}}
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
{{- /* An empty host name matches all hosts. The Gateway API allows 16 host names in an HTTPRoute. */ -}}
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
The maximum number of requests in flight to all app pods together, for controllers that have no limit per pod.
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
The name that Traefik uses for one of the chart's objects: include "autocomplete.traefikName" (list . "app-retry")
*/}}
{{- define "autocomplete.traefikName" -}}
{{- printf "%s-%s@kubernetescrd" (include "autocomplete.namespace" (index . 0)) (include "autocomplete.componentName" .) -}}
{{- end -}}
