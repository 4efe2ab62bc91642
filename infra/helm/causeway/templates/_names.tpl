{{/* The name of what belongs to all regions. */}}
{{- define "causeway.name" -}}
{{- .Release.Name | trunc 30 | trimSuffix "-" }}
{{- end }}

{{/* Labels by which pods are found: they never change. */}}
{{- define "causeway.selector" -}}
app.kubernetes.io/name: causeway
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "causeway.labels" -}}
{{ include "causeway.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "causeway.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{/* What neither container may do. */}}
{{- define "causeway.confined" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* Fails where two regions would give the same number to a node. */}}
{{- define "causeway.checkNumbers" -}}
{{- range $index, $one := .Values.regions }}
{{- range $other := slice $.Values.regions (add1 $index | int) }}
{{- $oneEnds := add $one.firstNode $one.replicas }}
{{- $otherEnds := add $other.firstNode $other.replicas }}
{{- if and (lt (int $one.firstNode) (int $otherEnds)) (lt (int $other.firstNode) (int $oneEnds)) }}
{{- fail (printf "the numbers of %s and %s overlap: firstNode and replicas say which they take" $one.name $other.name) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
