{{/* Whether the pods of a service follow the objects of the cluster as the controller of the Gateway API:
(dict "root" $ "place" place). */}}
{{- define "tradewind.controls" -}}
{{- if and .root.Values.gatewayApi.controller.enabled (hasKey .place.doors "data-plane") -}}true{{- end -}}
{{- end -}}

{{/* The namespaces that are looked at, as a JSON list: those of services, and those of secrets. */}}
{{- define "tradewind.controlled-namespaces" -}}
{{- $all := keys (include "tradewind.namespaces" . | fromJson) -}}
{{- concat $all .Values.gatewayApi.controller.secretNamespaces | uniq | sortAlpha | toJson -}}
{{- end -}}

{{/* The command line of the controller: (dict "root" $ "service" name "place" place). */}}
{{- define "tradewind.controller-arguments" -}}
{{- $values := .root.Values -}}
{{- $controller := $values.gatewayApi.controller -}}
- --kubernetes
- --class={{ $values.gatewayApi.className }}
- --namespaces={{ include "tradewind.controlled-namespaces" .root | fromJsonArray | join "," }}
- --secret-namespaces={{ $controller.secretNamespaces | join "," }}
{{- with $controller.address }}
- --address={{ . }}
{{- else }}
{{- if not $controller.hostNetwork }}
- --service={{ include "tradewind.namespace" . }}/{{ .service }}
{{- end }}
{{- end }}
- --zone=$(TRADEWIND_DISCOVERY__ZONE)
- --node=$(TRADEWIND_DISCOVERY__NODE)
- --bind=0.0.0.0
- --port-offset={{ $controller.portOffset }}
- --admin=0.0.0.0:{{ .place.doors.internal }}
- --access-log=-
- --leave-wait={{ $values.drain.balancerWait }}
- --drain={{ sub $values.drain.deadline $values.drain.balancerWait }}
{{- end -}}

{{/* The ports of its container: those of the listeners, of which the first has the name of the door. */}}
{{- define "tradewind.controller-ports" -}}
{{- $offset := .root.Values.gatewayApi.controller.portOffset -}}
{{- range $number, $listener := .root.Values.gatewayApi.listeners }}
- {name: {{ ternary "data-plane" .name (eq $number 0) }}, containerPort: {{ add .port $offset }}, protocol: TCP}
{{- end }}
- {name: internal, containerPort: {{ .place.doors.internal }}, protocol: TCP}
{{- end -}}

{{/* The ports of its Service: those of the listeners. */}}
{{- define "tradewind.controller-service-ports" -}}
{{- range $number, $listener := .root.Values.gatewayApi.listeners }}
{{- $name := ternary "data-plane" .name (eq $number 0) }}
- name: {{ $name }}
  port: {{ .port }}
  targetPort: {{ $name }}
  protocol: TCP
{{- end }}
{{- end -}}
