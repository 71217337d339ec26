#!/usr/bin/env bash
# Provider of rotate-egress-ip.sh for Cloud NAT on Google Cloud: a pool is a NAT
# gateway, its addresses are reserved ones, looked up by their numbers. Cloud NAT has
# no order: what is listed first of its manual addresses is taken for the one in use,
# and "prefer" drains the others, so that new connections leave them.
#
# Not run against Google Cloud by this project: its test checks the commands.
set -euo pipefail
: "${EGRESS_ROUTER:?the Cloud Router of np-data}" "${EGRESS_REGION:?its region}"
verb=${1:?list, add, prefer or remove} pool=${2:?the pool}
nat=(gcloud compute routers nats)
at=(--router "$EGRESS_ROUTER" --region "$EGRESS_REGION")

number() { gcloud compute addresses describe "$1" --region "$EGRESS_REGION" --format 'value(address)'; }
name() { gcloud compute addresses list --filter "address=$1 AND region:$EGRESS_REGION" --format 'value(name)'; }
names() { "${nat[@]}" describe "$pool" "${at[@]}" --format "value($1.basename())" | tr ';' '\n' | sed '/^$/d'; }
comma() { paste -sd, -; }

case $verb in
  list)
    for n in $(names natIps) $(names drainNatIps); do number "$n"; done
    ;;
  add)
    "${nat[@]}" update "$pool" "${at[@]}" --nat-external-ip-pool "$({ names natIps; name "$3"; } | awk '!seen[$0]++' | comma)"
    ;;
  prefer)
    wanted=$(name "$3")
    others=$({ names natIps; names drainNatIps; } | grep -vxF "$wanted" | awk '!seen[$0]++' | comma)
    "${nat[@]}" update "$pool" "${at[@]}" --nat-external-ip-pool "$wanted" --nat-external-drain-ip-pool "$others"
    ;;
  remove)
    gone=$(name "$3")
    left=$(names drainNatIps | grep -vxF "$gone" | comma || true)
    if [ -n "$left" ]; then
      "${nat[@]}" update "$pool" "${at[@]}" --nat-external-drain-ip-pool "$left"
    else
      "${nat[@]}" update "$pool" "${at[@]}" --clear-nat-external-drain-ip-pool
    fi
    ;;
  *) echo "no verb $verb" >&2; exit 2 ;;
esac
