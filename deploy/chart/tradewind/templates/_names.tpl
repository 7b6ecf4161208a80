{{/* What the program says of the fleet; parse it with fromJson. */}}
{{- define "tradewind.fleet" -}}
{{- .Files.Get "files/fleet.json" -}}
{{- end -}}

{{/* The namespace of a service: (dict "root" $ "service" name). */}}
{{- define "tradewind.namespace" -}}
{{- if eq .root.Values.namespaces.layout "single" -}}
{{- .root.Release.Namespace -}}
{{- else -}}
{{- printf "%s-%s" .root.Release.Name (include "tradewind.context" .) -}}
{{- end -}}
{{- end -}}

{{/* The bounded context of a service: (dict "root" $ "service" name). */}}
{{- define "tradewind.context" -}}
{{- $found := .root.Values.namespaces.fallback -}}
{{- $service := .service -}}
{{- range $context, $services := .root.Values.contexts -}}
{{- if has $service $services -}}{{- $found = $context -}}{{- end -}}
{{- end -}}
{{- $found -}}
{{- end -}}

{{/* All namespaces of services, as a JSON map from namespace to context. */}}
{{- define "tradewind.namespaces" -}}
{{- $root := . -}}
{{- $all := dict -}}
{{- range $name, $place := (include "tradewind.fleet" . | fromJson).services -}}
{{- $at := dict "root" $root "service" $name -}}
{{- $_ := set $all (include "tradewind.namespace" $at) (include "tradewind.context" $at) -}}
{{- end -}}
{{- toJson $all -}}
{{- end -}}

{{/* What holds for a service, as JSON: the defaults, and over them what its own values say. */}}
{{- define "tradewind.service" -}}
{{- $own := default dict (index .root.Values.services .service) -}}
{{- mustMergeOverwrite (deepCopy .root.Values.defaults) (deepCopy $own) | toJson -}}
{{- end -}}

{{- define "tradewind.selector" -}}
app.kubernetes.io/name: {{ .service }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: service
{{- end -}}

{{/* (dict "root" $ "service" name "component" what) */}}
{{- define "tradewind.labels" -}}
app.kubernetes.io/name: {{ .service }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ default "service" .component }}
app.kubernetes.io/part-of: tradewind
app.kubernetes.io/version: {{ include "tradewind.tag" .root | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end -}}

{{- define "tradewind.tag" -}}
{{- default .Chart.AppVersion .Values.image.tag -}}
{{- end -}}

{{/* The image of a service, or of the command line (service: tradewind). */}}
{{- define "tradewind.image" -}}
{{- $image := .root.Values.image -}}
{{- $name := ternary "tradewind" (printf "%s%s" $image.prefix .service) (eq .service "tradewind") -}}
{{- $digest := index $image.digests .service -}}
{{- printf "%s/%s:%s" $image.registry $name (include "tradewind.tag" .root) -}}
{{- with $digest -}}@{{ . }}{{- end -}}
{{- end -}}

{{/* A host within the cluster: (dict "root" $ "service" name "host" object). */}}
{{- define "tradewind.host" -}}
{{- printf "%s.%s.svc.%s" .host (include "tradewind.namespace" .) .root.Values.clusterDomain -}}
{{- end -}}

{{/* Seconds after which a pod that was told to stop is killed. */}}
{{- define "tradewind.grace" -}}
{{- add .Values.drain.deadline .Values.drain.margin -}}
{{- end -}}

{{- define "tradewind.has-broker" -}}
{{- if ne .Values.broker.mode "none" -}}true{{- end -}}
{{- end -}}

{{- define "tradewind.has-identity" -}}
{{- if ne .Values.identity.mode "none" -}}true{{- end -}}
{{- end -}}

{{/* What no schema can say: mistakes that would only show in the cluster. */}}
{{- define "tradewind.check" -}}
{{- $root := . -}}
{{- $services := (include "tradewind.fleet" . | fromJson).services -}}
{{- if not $services -}}
{{- fail "files/fleet.json is not there or names no service; write it with: tradewind describe --chart" -}}
{{- end -}}
{{- if eq (include "tradewind.tag" .) "latest" -}}
{{- fail "image.tag: latest is another image tomorrow; name a version" -}}
{{- end -}}
{{- range $of, $image := dict "database" .Values.database.trial.image "broker" .Values.broker.trial.image -}}
{{- if hasSuffix ":latest" $image -}}
{{- fail (printf "%s.trial.image: latest is another image tomorrow; name a version" $of) -}}
{{- end -}}
{{- end -}}
{{- include "tradewind.check-settings" (dict "at" "settings" "settings" .Values.settings) -}}
{{- range $name, $_ := .Values.services -}}
{{- if not (hasKey $services $name) -}}
{{- fail (printf "services.%s: there is no such service; there are %s" $name (keys $services | sortAlpha | join ", ")) -}}
{{- end -}}
{{- end -}}
{{- $seen := dict -}}
{{- range $context, $members := .Values.contexts -}}
{{- range $members -}}
{{- if not (hasKey $services .) -}}
{{- fail (printf "contexts.%s: there is no service %s; there are %s" $context . (keys $services | sortAlpha | join ", ")) -}}
{{- end -}}
{{- if hasKey $seen . -}}
{{- fail (printf "contexts: %s stands in %s and in %s; a service is in one context" . (get $seen .) $context) -}}
{{- end -}}
{{- $_ := set $seen . $context -}}
{{- end -}}
{{- end -}}
{{- range $name, $_ := $services -}}
{{- $of := include "tradewind.service" (dict "root" $root "service" $name) | fromJson -}}
{{- include "tradewind.check-settings" (dict "at" (printf "services.%s.settings" $name) "settings" $of.settings) -}}
{{- if lt (int $of.autoscaling.max) (int $of.autoscaling.min) -}}
{{- fail (printf "services.%s.autoscaling: max is %v and min %v; max is the greater one" $name $of.autoscaling.max $of.autoscaling.min) -}}
{{- end -}}
{{- if and $of.volume.enabled (eq $of.volume.setting "") -}}
{{- fail (printf "services.%s.volume: setting is missing: which setting names the folder?" $name) -}}
{{- end -}}
{{- $most := ternary $of.autoscaling.max $of.replicas $of.autoscaling.enabled -}}
{{- if and $of.volume.enabled (eq $of.volume.accessMode "ReadWriteOnce") (gt (int $most) 1) -}}
{{- fail (printf "services.%s.volume: ReadWriteOnce is for one replica, and there may be %v; use ReadWriteMany, or autoscaling.enabled: false and replicas: 1" $name $most) -}}
{{- end -}}
{{- end -}}
{{- if le (int .Values.drain.deadline) (int .Values.drain.balancerWait) -}}
{{- fail "drain.deadline counts drain.balancerWait; it has to be the greater one" -}}
{{- end -}}
{{- if and (eq .Values.database.mode "trial") (eq .Values.database.migrate "hook") -}}
{{- fail "database.migrate: hook is for a given database; with mode trial say start: roles of the trial database are made after hooks ran" -}}
{{- end -}}
{{- if and (eq .Values.database.mode "trial") (ne .Values.secrets.source "generated") -}}
{{- fail "database.mode: trial makes roles with passwords that the chart has to know: say secrets.source: generated" -}}
{{- end -}}
{{- if and (eq .Values.broker.mode "trial") (ne .Values.secrets.source "generated") -}}
{{- fail "broker.mode: trial makes a user with a password that the chart has to know: say secrets.source: generated" -}}
{{- end -}}
{{- end -}}

{{/* Sections that the chart writes from what it knows. */}}
{{- define "tradewind.check-settings" -}}
{{- $at := .at -}}
{{- range $section, $_ := .settings -}}
{{- if has $section (list "doors" "peers" "identity") -}}
{{- fail (printf "%s.%s: the chart decides this section; doors and peers come from files/fleet.json, identity from the values identity" $at $section) -}}
{{- end -}}
{{- end -}}
{{- end -}}
