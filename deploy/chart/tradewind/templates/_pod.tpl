{{/* The security of a pod that runs one of our programs. The user is the one of distroless images; the kubelet gives it
secrets by the group. */}}
{{- define "tradewind.pod-security" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "tradewind.container-security" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities: {drop: [ALL]}
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{/*
Why these numbers:
startup    asks each second, so that a pod counts as soon as it serves; it may take two minutes: database.wait is 30 s,
           and a service that makes its schema itself needs some more.
readiness  speaks of this instance alone, never of its peers or database. Two failures of 2 s take a pod off that does not
           answer; a drain needs no probe, for the endpoint of a pod that ends is withdrawn at once.
liveness   a restart mends only a process that answers nothing at all: a minute of that, not a slow moment, since a
           restart under load makes the load of the others greater.
The kubelet shows no certificate, so where internal doors want one the public door says whether it is ready, and
liveness is a connection.
*/}}
{{- define "tradewind.probes" -}}
{{- $secured := and (include "tradewind.has-identity" .root) (not (include "tradewind.controls" .)) -}}
{{- $doors := .place.doors -}}
{{- if not $secured }}
startupProbe:
  httpGet: {path: /startupz, port: internal}
  periodSeconds: 1
  timeoutSeconds: 2
  failureThreshold: 120
readinessProbe:
  httpGet: {path: /readyz, port: internal}
  periodSeconds: 2
  timeoutSeconds: 2
  failureThreshold: 2
livenessProbe:
  httpGet: {path: /livez, port: internal}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
{{- else }}
{{- $ready := ternary "httpGet: {path: /readyz, port: public}" "tcpSocket: {port: data-plane}" (hasKey $doors "public") }}
startupProbe:
  {{ $ready }}
  periodSeconds: 1
  timeoutSeconds: 2
  failureThreshold: 120
readinessProbe:
  {{ $ready }}
  periodSeconds: 2
  timeoutSeconds: 2
  failureThreshold: 2
livenessProbe:
  tcpSocket: {port: internal}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
{{- end }}
{{- end -}}

{{/* Variables that name files of the secret: (dict "root" "service"). */}}
{{- define "tradewind.secret-variables" -}}
{{- range $setting, $key := include "tradewind.secret-settings" . | fromJson }}
- name: TRADEWIND_{{ $setting | replace "." "__" | upper }}_FILE
  value: /var/lib/tradewind/secrets/{{ $key }}
{{- end }}
{{- end -}}

{{/* Where the secret of a service is mounted; the agent of Vault mounts its own. */}}
{{- define "tradewind.secret-mounts" -}}
{{- if ne .root.Values.secrets.source "vaultAgent" }}
- {name: secrets, mountPath: /var/lib/tradewind/secrets, readOnly: true}
{{- end }}
{{- if eq .root.Values.secrets.source "secretsStore" }}
- {name: secrets-store, mountPath: /mnt/secrets-store, readOnly: true}
{{- end }}
{{- end -}}

{{- define "tradewind.secret-volumes" -}}
{{- if ne .root.Values.secrets.source "vaultAgent" }}
# The group may read what belongs to root: fsGroup. The programs take that, and nothing wider.
- name: secrets
  secret: {secretName: {{ .service }}-secrets, defaultMode: 0440}
{{- end }}
{{- if eq .root.Values.secrets.source "secretsStore" }}
# Mounting it makes the driver write the secret above.
- name: secrets-store
  csi:
    driver: secrets-store.csi.k8s.io
    readOnly: true
    volumeAttributes: {secretProviderClass: {{ .service }}-secrets}
{{- end }}
{{- end -}}

{{/* What the agent of Vault is told: files in memory, for this user alone. */}}
{{- define "tradewind.vault-annotations" -}}
{{- $root := .root -}}
{{- $vault := $root.Values.secrets.vaultAgent -}}
{{- $path := printf "%s/%s/%s" $vault.mount $root.Values.secrets.path .service -}}
vault.hashicorp.com/agent-inject: "true"
vault.hashicorp.com/role: {{ $vault.role | quote }}
vault.hashicorp.com/agent-run-as-same-user: "true"
vault.hashicorp.com/secret-volume-path: /var/lib/tradewind/secrets
{{- range $key := include "tradewind.secret-keys" . | fromJsonArray }}
vault.hashicorp.com/agent-inject-secret-{{ $key }}: {{ $path | quote }}
vault.hashicorp.com/agent-inject-perms-{{ $key }}: "0400"
vault.hashicorp.com/agent-inject-template-{{ $key }}: {{ printf "{{- with secret %q }}{{ index .Data.data %q }}{{ end }}" $path $key | quote }}
{{- end }}
{{- end -}}

{{/* Where the pod is, for who prefers peers of its zone. Newer clusters copy the label from the node; elsewhere the node
tells, by whatever else runs on it. */}}
{{- define "tradewind.standpoint-variables" -}}
{{- if or (include "tradewind.watches-slices" .) (include "tradewind.controls" .) }}
- name: TRADEWIND_DISCOVERY__ZONE
  valueFrom: {fieldRef: {fieldPath: "metadata.labels['topology.kubernetes.io/zone']"}}
- name: TRADEWIND_DISCOVERY__NODE
  valueFrom: {fieldRef: {fieldPath: spec.nodeName}}
{{- end }}
{{- end -}}

{{/* Whether a service asks the API server where its peers are. */}}
{{- define "tradewind.watches-slices" -}}
{{- if and (eq .root.Values.discovery.mode "endpointSlices") .place.peers -}}true{{- end -}}
{{- end -}}

{{/* Whether a pod of the service needs its token. */}}
{{- define "tradewind.needs-token" -}}
{{- $of := include "tradewind.service" . | fromJson -}}
{{- if or (include "tradewind.watches-slices" .) $of.rbac.rules $of.rbac.clusterRules (eq .root.Values.secrets.source "vaultAgent") (include "tradewind.controls" .) -}}true{{- else -}}false{{- end -}}
{{- end -}}
