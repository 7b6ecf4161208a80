{{/*
The settings of a service as a TOML file: what the chart decides, over it `settings`, over it those of the service.
(dict "root" $ "service" name "place" place)
*/}}
{{- define "tradewind.settings" -}}
{{- $root := .root -}}
{{- $values := .root.Values -}}
{{- $name := .service -}}
{{- $place := .place -}}
{{- $of := include "tradewind.service" (dict "root" $root "service" $name) | fromJson -}}
{{- $doors := dict -}}
{{- range $kind, $port := $place.doors -}}
{{- $_ := set $doors $kind (printf "0.0.0.0:%d" (int $port)) -}}
{{- end -}}
{{- $all := include "tradewind.platform-settings" $root | fromJson -}}
{{- $_ := set $all "doors" (dict $name $doors) -}}
{{- $services := (include "tradewind.fleet" $root | fromJson).services -}}
{{- $peers := dict -}}
{{- range $to, $kinds := $place.peers -}}
{{- $host := include "tradewind.host" (dict "root" $root "service" $to "host" (printf "%s-peers" $to)) -}}
{{- $ports := (get $services $to).doors -}}
{{- $slices := printf "%s-peers.%s" $to (include "tradewind.namespace" (dict "root" $root "service" $to)) -}}
{{- $at := dict -}}
{{- range $kinds -}}
{{- if eq $values.discovery.mode "endpointSlices" -}}
{{- $_ := set $at . (printf "slices:%s:%s" $slices .) -}}
{{- else -}}
{{- $_ := set $at . (printf "dns:%s:%d" $host (int (get $ports .))) -}}
{{- end -}}
{{- end -}}
{{- $_ := set $peers $to $at -}}
{{- end -}}
{{- if $peers -}}{{- $_ := set $all "peers" $peers -}}{{- end -}}
{{- if include "tradewind.has-identity" $root -}}
{{- $files := dict "certificate" "/etc/tradewind/identity/tls.crt" "key" "/etc/tradewind/identity/tls.key" "authority" "/etc/tradewind/identity/ca.crt" -}}
{{- $_ := set $files "trust_domain" $values.identity.trustDomain -}}
{{- with get $place.callers "internal" -}}
{{- $_ := set $files "callers" (dict $name .) -}}
{{- end -}}
{{- $_ := set $all "identity" $files -}}
{{- end -}}
{{- if hasKey $place.doors "data-plane" -}}
{{- $_ := set $all $name (dict "routes" "/etc/tradewind/routes") -}}
{{- end -}}
{{- if $of.volume.enabled -}}
{{- $path := splitList "." $of.volume.setting -}}
{{- $_ := set $all (first $path) (dict (last $path) "/var/lib/volume") -}}
{{- end -}}
{{- $all = mustMergeOverwrite $all (include "tradewind.rendered" (dict "root" $root "table" $values.settings) | fromJson) -}}
{{- $all = mustMergeOverwrite $all (include "tradewind.rendered" (dict "root" $root "table" $of.settings) | fromJson) -}}
{{- include "tradewind.toml" (dict "prefix" "" "table" $all) -}}
{{- end -}}

{{/* Those that are the same for all. */}}
{{- define "tradewind.platform-settings" -}}
{{- $values := .Values -}}
{{- $all := dict -}}
{{- $_ := set $all "log" (dict "format" "json") -}}
{{- $drain := $values.drain -}}
{{- $_ := set $all "shutdown" (dict "balancer_wait" (printf "%ds" (int $drain.balancerWait)) "deadline" (printf "%ds" (int $drain.deadline))) -}}
{{- $_ := set $all "database" (include "tradewind.database-settings" . | fromJson) -}}
{{- $_ := set $all "access" (dict "issuer" $values.publicUrl) -}}
{{- if include "tradewind.has-broker" . -}}
{{- $broker := $values.broker -}}
{{- $host := $broker.host -}}
{{- if eq $broker.mode "trial" -}}
{{- $host = printf "rabbitmq.%s.svc.%s" .Release.Namespace $values.clusterDomain -}}
{{- end -}}
{{- $_ := set $all "broker" (dict "url" (printf "amqp://%s@%s:%d/%s" $broker.user $host (int $broker.port) $broker.vhost) "namespace" .Release.Name) -}}
{{- end -}}
{{- $telemetry := dict "release" (include "tradewind.tag" .) -}}
{{- with $values.telemetry.otlpEndpoint -}}
{{- $_ := set $telemetry "otlp_endpoint" . -}}
{{- end -}}
{{- $_ := set $all "telemetry" $telemetry -}}
{{- toJson $all -}}
{{- end -}}

{{/* `require` follows a job that has run: an upgrade. The first install has no older program to be careful of. */}}
{{- define "tradewind.database-settings" -}}
{{- $database := .Values.database -}}
{{- $host := $database.host -}}
{{- $mode := $database.sslmode -}}
{{- if eq $database.mode "trial" -}}
{{- $host = printf "postgres.%s.svc.%s" .Release.Namespace .Values.clusterDomain -}}
{{- $mode = "disable" -}}
{{- end -}}
{{- $url := printf "postgres://%s:%d?sslmode=%s" $host (int $database.port) $mode -}}
{{- if $database.authority -}}
{{- $url = printf "%s&sslrootcert=/etc/tradewind/settings/database-authority.pem" $url -}}
{{- end -}}
{{- $jobs := and (eq $database.migrate "hook") .Release.IsUpgrade -}}
{{- dict "url" $url "prefix" $database.prefix "connections" (int $database.connections) "migrate" (ternary "require" "auto" $jobs) | toJson -}}
{{- end -}}

{{/* Settings from values, their templates filled in, as JSON. */}}
{{- define "tradewind.rendered" -}}
{{- tpl (toYaml .table) .root | fromYaml | toJson -}}
{{- end -}}

{{/* A table as lines of TOML, `section.key = value`; JSON's strings, numbers and lists are TOML's. */}}
{{- define "tradewind.toml" -}}
{{- $prefix := .prefix -}}
{{- range $key, $value := .table -}}
{{- $path := ternary $key (printf "%s.%s" $prefix $key) (eq $prefix "") -}}
{{- if kindIs "map" $value -}}
{{- include "tradewind.toml" (dict "prefix" $path "table" $value) -}}
{{- else -}}
{{- $path }} = {{ mustToRawJson $value }}
{{ end -}}
{{- end -}}
{{- end -}}

{{/* Variables whose values are files of the service's secret: setting to key, as JSON. */}}
{{- define "tradewind.secret-settings" -}}
{{- $of := include "tradewind.service" . | fromJson -}}
{{- $all := dict (printf "database.passwords.%s" .service) "database-password" -}}
{{- if include "tradewind.has-broker" .root -}}
{{- $_ := set $all "broker.password" "broker-password" -}}
{{- end -}}
{{- mustMergeOverwrite $all $of.secretSettings | toJson -}}
{{- end -}}

{{/* The keys that the secret of a service has to have, as a JSON list. */}}
{{- define "tradewind.secret-keys" -}}
{{- $keys := list "internal-door" -}}
{{- $keys = concat $keys .place.secrets (values (include "tradewind.secret-settings" . | fromJson)) -}}
{{- $keys | uniq | sortAlpha | toJson -}}
{{- end -}}

{{/* A secret that is derived from the seed: (dict "root" $ "name" what). */}}
{{- define "tradewind.derived" -}}
{{- $root := .root -}}
{{- if not (hasKey $root.Values.secrets "made") -}}
{{- $seed := $root.Values.secrets.seed -}}
{{- $kept := lookup "v1" "Secret" $root.Release.Namespace (printf "%s-seed" $root.Release.Name) -}}
{{- if and (not $seed) $kept -}}{{- $seed = index $kept.data "seed" | b64dec -}}{{- end -}}
{{- $_ := set $root.Values.secrets "made" (default (randAlphaNum 48) $seed) -}}
{{- end -}}
{{- sha256sum (printf "%s:%s" $root.Values.secrets.made .name) -}}
{{- end -}}

{{/* The value of a key of a service's secret, where the chart makes it. */}}
{{- define "tradewind.derived-key" -}}
{{- $shared := list "internal-door" "broker-password" -}}
{{- include "tradewind.derived" (dict "root" .root "name" (ternary .key (printf "%s/%s" .service .key) (has .key $shared))) -}}
{{- end -}}
