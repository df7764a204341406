{{- define "drift.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}{{ .Release.Name | trunc 52 | trimSuffix "-" }}
{{- else -}}{{ printf "%s-%s" .Release.Name $name | trunc 52 | trimSuffix "-" }}{{- end -}}
{{- end -}}
{{- end -}}

{{- define "drift.selector" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/* The exporters of a fleet are other pods than the predictors. */}}
{{- define "drift.exporterSelector" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride }}-fleet
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "drift.exporterName" -}}
{{ include "drift.fullname" . }}{{ if .Values.fleet.enabled }}-fleet{{ end }}
{{- end -}}

{{- define "drift.labels" -}}
{{ include "drift.selector" . }}
{{ include "drift.commonLabels" . }}
{{- end -}}

{{- define "drift.commonLabels" -}}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "drift.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}{{ default (include "drift.fullname" .) .Values.serviceAccount.name }}
{{- else -}}{{ default "default" .Values.serviceAccount.name }}{{- end -}}
{{- end -}}

{{- define "drift.image" -}}
{{- if .Values.image.digest -}}{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}{{- end -}}
{{- end -}}

{{- define "drift.scheme" -}}
{{- if .Values.webConfig.tls_server_config }}https{{ else }}http{{ end -}}
{{- end -}}

{{/* Whether one has to say who one is, which a probe cannot. */}}
{{- define "drift.authenticated" -}}
{{- $tls := default dict .Values.webConfig.tls_server_config -}}
{{- if or .Values.webConfig.basic_auth_users (hasPrefix "Require" (default "" $tls.client_auth_type)) $tls.client_ca_file -}}yes{{- end -}}
{{- end -}}

{{/* The action of a probe: list . PATH PORT. */}}
{{- define "drift.probe" -}}
{{- $ := index . 0 -}}
{{- if include "drift.authenticated" $ -}}
tcpSocket:
  port: {{ index . 2 }}
{{- else -}}
httpGet:
  path: {{ index . 1 }}
  port: {{ index . 2 }}
  {{- if eq (include "drift.scheme" $) "https" }}
  scheme: HTTPS
  {{- end }}
{{- end -}}
{{- end -}}

{{- define "drift.restricted" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{/* What all containers mount in addition to the log. */}}
{{- define "drift.mounts" -}}
- name: tmp
  mountPath: /tmp
{{- if or .Values.exporter.config .Values.model.configMap }}
- name: config
  mountPath: /etc/drift_exporter/models
  readOnly: true
{{- end }}
{{- if .Values.webConfig }}
- name: web
  mountPath: /etc/drift_exporter/web
  readOnly: true
{{- end }}
{{- end -}}
