{{/* The labels of everything. */}}
{{- define "smpp-connector.labels" -}}
app.kubernetes.io/name: smpp-connector
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service | quote }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | quote }}
{{- end }}

{{/* An MNO's name. YAML reads no, on, yes and off as booleans: say so, and how to write them. */}}
{{- define "smpp-connector.mno" -}}
{{- if kindIs "bool" .name -}}
{{- fail (printf "mnos[].name: YAML reads it as %v and not as a name: write it in quotes, as in name: \"no\"" .name) -}}
{{- end -}}
{{- .name -}}
{{- end }}

{{- define "smpp-connector.pool" -}}
{{- default (include "smpp-connector.mno" .) (.egress | default dict).pool -}}
{{- end }}

{{/* The Deployments, as a list of {mno, name, direction, lanes, replicas, maxBinds}: JSON, for fromJsonArray. */}}
{{- define "smpp-connector.deployments" -}}
{{- $list := list -}}
{{- $seen := dict -}}
{{- range $mno := .Values.mnos -}}
{{- $id := include "smpp-connector.mno" $mno -}}
{{- if hasKey $seen $id -}}
{{- fail (printf "mnos: %s is there twice: give one entry all its directions" $id) -}}
{{- end -}}
{{- $_ := set $seen $id true -}}
{{- range $direction, $d := $mno.directions -}}
{{- $base := printf "smpp-connector-%s-%s" $id $direction -}}
{{- $groups := list (dict "lanes" ($d.lanes | default list) "replicas" $d.replicas "name" $base) -}}
{{- range $g := $d.laneGroups -}}
{{- $groups = append $groups (dict "lanes" $g.lanes "replicas" $g.replicas "name" (printf "%s-%s" $base ($g.lanes | join "" | lower))) -}}
{{- end -}}
{{- range $g := $groups -}}
{{- $replicas := $g.replicas -}}
{{- if kindIs "invalid" $replicas -}}{{- $replicas = $.Values.replicas -}}{{- end -}}
{{- $list = append $list (dict "mno" $mno "id" $id "direction" $direction "name" $g.name "lanes" $g.lanes "replicas" $replicas "maxBinds" ($d.maxBinds | default 0)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $list -}}
{{- end }}

{{/* What tells the pods of one Deployment from all others. */}}
{{- define "smpp-connector.selector" -}}
app.kubernetes.io/name: smpp-connector
app.kubernetes.io/component: {{ .name | quote }}
{{- end }}

{{/* A variable whose value stands in a Secret. */}}
{{- define "smpp-connector.secretEnv" -}}
- name: {{ .name }}
  valueFrom:
    secretKeyRef:
      name: {{ .secret.name | quote }}
      key: {{ .secret.key | quote }}
{{- end }}

{{- define "smpp-connector.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) -}}
{{- end -}}
{{- end }}

{{/* How many pods an MNO has, over all directions and lane groups: at least 1. */}}
{{- define "smpp-connector.pods" -}}
{{- $id := index . 1 -}}
{{- $pods := 0 -}}
{{- range $d := include "smpp-connector.deployments" (index . 0) | fromJsonArray -}}
{{- if eq $d.id $id -}}{{- $pods = add $pods (int $d.replicas) -}}{{- end -}}
{{- end -}}
{{- max 1 $pods -}}
{{- end }}
