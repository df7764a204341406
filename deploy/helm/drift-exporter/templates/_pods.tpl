{{/* What every pod of the chart has in its spec, before its containers. */}}
{{- define "drift.pod" -}}
serviceAccountName: {{ include "drift.serviceAccount" . }}
automountServiceAccountToken: false
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
# The log belongs to this user; all containers run as it.
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile:
    type: RuntimeDefault
{{- end -}}

{{/* The flags that name references and passwords. */}}
{{- define "drift.reference" -}}
{{- if .Values.exporter.config }}
- --config.file=/etc/drift_exporter/models/config.yml
{{- end }}
{{- if .Values.webConfig }}
- --web.config.file=/etc/drift_exporter/web/web.yml
{{- end }}
{{- end -}}

{{/* The Secret with credentials for BigQuery; empty with Workload Identity, and without BigQuery. */}}
{{- define "drift.credentials" -}}
{{- if or .Values.bigquery.enabled .Values.fleet.enabled }}{{ .Values.bigquery.credentialsSecret }}{{ end -}}
{{- end -}}

{{- define "drift.credentialsEnv" -}}
{{- if include "drift.credentials" . }}
- name: GOOGLE_APPLICATION_CREDENTIALS
  value: /etc/drift_exporter/bigquery/credentials.json
{{- end }}
{{- end -}}

{{- define "drift.credentialsMount" -}}
{{- if include "drift.credentials" . }}
- name: bigquery
  mountPath: /etc/drift_exporter/bigquery
  readOnly: true
{{- end }}
{{- end -}}

{{/* The exporter's container, but for its volumes. */}}
{{- define "drift.exporter" -}}
image: {{ include "drift.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
args:
  - exporter
  - --web.listen-address=:{{ .Values.exporter.port }}
  {{- if .Values.fleet.enabled }}
  - --predictions.bigquery={{ .Values.fleet.project }}.{{ .Values.fleet.dataset }}
  - --bigquery.project={{ .Values.fleet.project }}
  {{- else }}
  - --predictions.log=/data/predictions.db
  {{- end }}
  {{- with include "drift.reference" . | trim }}{{ . | nindent 2 }}{{ end }}
  {{- if .Values.bigquery.enabled }}
  - --reference.cache-dir=/tmp
  {{- end }}
  {{- range .Values.exporter.extraArgs }}
  - {{ . | quote }}
  {{- end }}
{{- if .Values.bigquery.enabled }}
env:
  - name: GOOGLE_CLOUD_PROJECT
    value: {{ required "bigquery.project is not set" .Values.bigquery.project | quote }}
  - name: BIGQUERY_DATASET
    value: {{ required "bigquery.dataset is not set" .Values.bigquery.dataset | quote }}
  - name: BIGQUERY_TABLE
    value: {{ required "bigquery.table is not set" .Values.bigquery.table | quote }}
  {{- with include "drift.credentialsEnv" . | trim }}{{ . | nindent 2 }}{{ end }}
{{- else if include "drift.credentials" . }}
env:
  {{- with include "drift.credentialsEnv" . | trim }}{{ . | nindent 2 }}{{ end }}
{{- end }}
ports:
  - name: metrics
    containerPort: {{ .Values.exporter.port }}
startupProbe:
  {{- include "drift.probe" (list . "/-/healthy" "metrics") | nindent 2 }}
  periodSeconds: 2
  failureThreshold: 30
livenessProbe:
  {{- include "drift.probe" (list . "/-/healthy" "metrics") | nindent 2 }}
resources:
  {{- toYaml .Values.exporter.resources | nindent 2 }}
securityContext:
  {{- include "drift.restricted" . | nindent 2 }}
{{- end -}}

{{/* The volumes of all containers, but for the log. */}}
{{- define "drift.volumes" -}}
- name: tmp
  emptyDir:
    sizeLimit: 64Mi
{{- if or .Values.exporter.config .Values.model.configMap }}
- name: config
  projected:
    sources:
      {{- if .Values.exporter.config }}
      - configMap:
          name: {{ include "drift.fullname" . }}-config
      {{- end }}
      {{- if .Values.model.configMap }}
      - configMap:
          name: {{ .Values.model.configMap }}
      {{- end }}
{{- end }}
{{- if .Values.webConfig }}
- name: web
  projected:
    defaultMode: 0440
    sources:
      - secret:
          name: {{ include "drift.fullname" . }}-web
      {{- if .Values.webConfigCertificates }}
      - secret:
          name: {{ .Values.webConfigCertificates }}
      {{- end }}
{{- end }}
{{- with include "drift.credentials" . }}
- name: bigquery
  secret:
    secretName: {{ . }}
    defaultMode: 0440
{{- end }}
{{- end -}}

{{/* Where pods run. */}}
{{- define "drift.placement" -}}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end -}}

{{/* What pods may reach: the names of the cluster. */}}
{{- define "drift.names" -}}
- to:
    - namespaceSelector: {}
      podSelector:
        matchLabels:
          k8s-app: kube-dns
  ports:
    - port: 53
      protocol: UDP
    - port: 53
      protocol: TCP
{{- end -}}

{{/* What pods may reach: Google's API, and the metadata server. */}}
{{- define "drift.google" -}}
- to:
    - ipBlock:
        cidr: 0.0.0.0/0
        except: [10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 169.254.0.0/16]
  ports:
    - port: 443
      protocol: TCP
- to:
    - ipBlock:
        cidr: 169.254.169.252/30
  ports:
    - port: 80
      protocol: TCP
    - port: 988
      protocol: TCP
{{- end -}}

{{/* The annotations by which a Prometheus finds a port: list . PORT. */}}
{{- define "drift.scraped" -}}
{{- $ := index . 0 -}}
{{- if $.Values.prometheusAnnotations }}
prometheus.io/scrape: "true"
prometheus.io/port: {{ index . 1 | quote }}
prometheus.io/path: /metrics
{{- if eq (include "drift.scheme" $) "https" }}
prometheus.io/scheme: https
{{- end }}
{{- end }}
{{- end -}}

{{/* One port that the operator's Prometheus asks, under the job that the alerts know: list . PORT JOB. */}}
{{- define "drift.endpoint" -}}
{{- $ := index . 0 -}}
- port: {{ index . 1 }}
  path: /metrics
  scheme: {{ include "drift.scheme" $ }}
  interval: {{ $.Values.serviceMonitor.interval }}
  scrapeTimeout: {{ $.Values.serviceMonitor.scrapeTimeout }}
  {{- with $.Values.serviceMonitor.endpoint }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
  # The name that the alerts know.
  relabelings:
    - targetLabel: job
      replacement: {{ index . 2 }}
{{- end -}}
