#!/usr/bin/env bash
# Shows from inside the cluster which address an MNO sees (US-SC-032): a pod with the
# pool's labels, on the pool's nodes, asks a service that answers with the caller's
# address. Exit status 0 only when it is the first of the expected ones.
#
# The pod is not the connector itself: its image has no curl, and its NetworkPolicy
# opens the MNO and nothing else. It has the labels by which NAT and egress gateways
# choose the address, and not those by which the policy chooses its pods. With
# egressGateway.kind cilium the service must be in egressGateway.echoCidrs.
set -euo pipefail

usage() {
  cat <<'END'
Usage: verify-egress-ip.sh --mno MNO [--namespace NS] [--expect IP] [--url URL] [--image IMAGE]

  --mno        the MNO, as in values.yaml
  --namespace  of the connector (default: kubectl's own)
  --expect     the address that is right (default: the first of EGRESS_IPS of the MNO's Deployments)
  --url        answers with the caller's address as text (default https://ifconfig.me/ip)
  --image      has curl (default curlimages/curl)

Exit status: 0 the expected address, 1 another or none, 2 called wrongly.
END
}
wrong() { echo "verify-egress-ip.sh: $*" >&2; exit 2; }

mno='' namespace='' expect='' url=https://ifconfig.me/ip image=curlimages/curl
while [ $# -gt 0 ]; do
  case $1 in
    -h | --help) usage; exit 0 ;;
    --mno | --namespace | --expect | --url | --image) [ $# -ge 2 ] || wrong "$1 wants a value" ;;
    *) wrong "no option $1" ;;
  esac
  printf -v "${1#--}" '%s' "$2"
  shift 2
done
[[ $mno =~ ^[a-z0-9]([a-z0-9-]*[a-z0-9])?$ ]] || wrong "--mno '$mno': want the MNO's name, as in values.yaml"

k=(kubectl)
[ -z "$namespace" ] || k+=(-n "$namespace")
ask() { "${k[@]}" get deployments -l "app.kubernetes.io/name=smpp-connector,smpp-connector/mno=$mno" -o "jsonpath={.items[0].$1}"; }
variable() { ask "spec.template.spec.containers[0].env[?(@.name==\"$1\")].value"; }

pool=$(variable EGRESS_IP_POOL) || { echo "no Deployment of the MNO $mno is here: --namespace" >&2; exit 1; }
if [ -z "$expect" ]; then
  expect=$(variable EGRESS_IPS)
  expect=${expect%%,*}
  [ -n "$expect" ] || wrong "the Deployments of $mno have no EGRESS_IPS: --expect says which address is right"
fi
nodes=$(ask spec.template.spec.nodeSelector)
tolerations=$(ask spec.template.spec.tolerations)
overrides=$(printf '{"spec":{"nodeSelector":%s,"tolerations":%s,"automountServiceAccountToken":false}}' "${nodes:-{\}}" "${tolerations:-[]}")

out=$("${k[@]}" run "smpp-verify-egress-$mno-$$" --rm -i --quiet --restart=Never --image "$image" \
  --labels "app.kubernetes.io/name=smpp-connector,smpp-connector/mno=$mno,smpp-connector/egress-pool=$pool" \
  --overrides "$overrides" --command -- curl -fsS --max-time 20 "$url") || { echo "$mno: no answer from $url" >&2; exit 1; }
seen=$(grep -oE '([0-9]{1,3}\.){3}[0-9]{1,3}' <<<"$out" | head -n 1 || true)
if [ "$seen" != "$expect" ]; then
  echo "$mno: goes out from ${seen:-no address}, expected $expect (pool $pool)" >&2
  exit 1
fi
echo "$mno: goes out from $seen, as expected (pool $pool)"
