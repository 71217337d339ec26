#!/usr/bin/env bash
# Rotates the address that an MNO sees (US-SC-033), one step at a time, each no
# earlier than its time. Says what it would do; --apply does it. It may be repeated:
# what is done already is not done again. deploy/runbooks/smpp-egress-ip-rotation.md
# says when each step is due and who does what.
set -euo pipefail

usage() {
  cat <<'END'
Usage: rotate-egress-ip.sh STEP --pool POOL [--apply] [--provider PROGRAM] [--state FOLDER]

  notify  --mno MNO --old IP --new IP   begin: print the notice for the MNO, start the 72 h
  confirm --by TEXT                     note who at the MNO has said that the new address is allowed
  add                                   from T: the NAT has both addresses, the new one in use
  remove                                30 days after add: the NAT has the new one alone
  back-out                              before remove: back to the old one, and the rotation is over
  status                                what was done and what is next

  --pool      the egress pool (EGRESS_IP_POOL), as the provider knows it
  --apply     do it; without it nothing changes
  --provider  what changes the NAT of np-data (default $EGRESS_PROVIDER), called as
                PROGRAM list POOL         its addresses, one a line, the one in use first
                PROGRAM add POOL IP       let the pool have IP too
                PROGRAM prefer POOL IP    new connections go out from IP
                PROGRAM remove POOL IP    take IP from the pool
  --state     where the dates are kept (default $EGRESS_STATE, else ./egress-rotations); keep it in git

Exit status: 0 done, or nothing to do; 1 failed; 2 called wrongly; 3 refused: too early or out of order.
END
}

readonly NOTICE=$((72 * 3600)) RETAIN=$((30 * 24 * 3600))

wrong() { echo "rotate-egress-ip.sh: $*" >&2; exit 2; }
refuse() { echo "refused: $*" >&2; exit 3; }
say() { echo "$*"; }
day() { date -u -d "@$1" '+%Y-%m-%d %H:%M UTC'; }

step=${1:-}
[ $# -gt 0 ] && shift
case $step in
  notify | confirm | add | remove | back-out | status) ;;
  -h | --help | help) usage; exit 0 ;;
  '') usage >&2; exit 2 ;;
  *) wrong "no step '$step': notify, confirm, add, remove, back-out or status" ;;
esac

pool='' mno='' old='' new='' by='' apply='' provider=${EGRESS_PROVIDER:-} state=${EGRESS_STATE:-egress-rotations}
while [ $# -gt 0 ]; do
  case $1 in
    --apply) apply=yes; shift; continue ;;
    --pool | --mno | --old | --new | --by | --provider | --state) [ $# -ge 2 ] || wrong "$1 wants a value" ;;
    *) wrong "no option $1" ;;
  esac
  printf -v "${1#--}" '%s' "$2"
  shift 2
done

is_name() { [[ $1 =~ ^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$ ]]; }
is_ip() {
  local part
  [[ $1 =~ ^([0-9]{1,3})\.([0-9]{1,3})\.([0-9]{1,3})\.([0-9]{1,3})$ ]] || return 1
  for part in "${BASH_REMATCH[@]:1}"; do [ "$((10#$part))" -le 255 ] || return 1; done
}
is_name "$pool" || wrong "--pool '$pool': want the pool's name: letters, digits, '-' and '_'"
[[ $by != *$'\n'* ]] || wrong "--by: want one line"
now=${EGRESS_NOW:-$(date +%s)} # EGRESS_NOW is for tests

mkdir -p "$state"
exec 9>"$state/.lock"
flock -n 9 || { echo "another rotate-egress-ip.sh is at work in $state" >&2; exit 1; }
file=$state/$pool.rotation

# The state is lines of key=value; nothing of it is executed.
recall() { [ -e "$file" ] && sed -n "s/^$1=//p" "$file" | tail -n 1 || true; }
# keep KEY VALUE … writes all or nothing.
keep() {
  { [ ! -e "$file" ] || cat "$file"; while [ $# -gt 0 ]; do echo "$1=$2"; shift 2; done; } >"$file.new"
  mv "$file.new" "$file"
}
finish() { mv "$file" "$state/$pool.$(date -u -d "@$now" +%Y%m%d%H%M%S).$1"; }

provide() {
  [ -n "$provider" ] || wrong "no provider: --provider or EGRESS_PROVIDER"
  "$provider" "$@" || { echo "the provider failed: $provider $*" >&2; exit 1; }
}
addresses() { provide list "$pool"; }
has() { grep -qxF "$1" <<<"$2"; }
# act VERB IP: through the provider, or only said.
act() {
  if [ -n "$apply" ]; then
    say "$1 $2"
    provide "$1" "$pool" "$2"
  else
    say "would $1 $2 (--apply does it)"
  fi
}
begun() { [ -e "$file" ] || refuse "no rotation of $pool has begun: notify is the first step"; }

next() { # what is to be done, and when
  if [ -z "$(recall confirmed)" ] && [ -z "$(recall added)" ]; then
    say "next: confirm, when the MNO has said that $(recall new) is allowed"
  elif [ -z "$(recall added)" ]; then
    say "next: add, not before $(day $(($(recall notified) + NOTICE)))"
  else
    say "next: remove, not before $(day $(($(recall added) + RETAIN)))"
  fi
}

case $step in
  status)
    [ -e "$file" ] || { say "$pool: no rotation is under way"; exit 0; }
    say "$pool: $(recall old) → $(recall new) at $(recall mno)"
    for what in notified confirmed added; do
      [ -z "$(recall $what)" ] || say "  $what $(day "$(recall $what)")"
    done
    next
    ;;

  notify)
    is_ip "$old" || wrong "--old '$old': want an IPv4 address"
    is_ip "$new" || wrong "--new '$new': want an IPv4 address"
    is_name "$mno" || wrong "--mno '$mno': want the MNO's name"
    [ "$old" != "$new" ] || wrong "--old and --new are the same address"
    if [ -e "$file" ]; then
      [ "$(recall old) $(recall new) $(recall mno)" = "$old $new $mno" ] || refuse "a rotation of $pool from $(recall old) to $(recall new) is under way: finish it, or back-out"
      say "the notice was given $(day "$(recall notified)")"
      next
      exit 0
    fi
    have=$(addresses)
    has "$old" "$have" || wrong "--old $old: the pool $pool does not have it; it has $(tr '\n' ' ' <<<"$have")"
    ! has "$new" "$have" || wrong "--new $new: the pool $pool has it already"
    cat <<END
Notice for $mno, to be sent now:

  From $(day $((now + NOTICE))) our SMPP connections will come from $new
  as well as from $old. Please allow $new for our binds before that time
  and tell us when it is done. Please keep $old allowed until
  $(day $((now + NOTICE + RETAIN))); we will tell you before we give it up.

END
    if [ -n "$apply" ]; then
      keep mno "$mno" old "$old" new "$new" notified "$now"
      next
    else
      say "would begin the rotation of $pool (--apply does it, when the notice has been sent)"
    fi
    ;;

  confirm)
    begun
    [ -n "$by" ] || wrong "--by: want who at the MNO has confirmed, and where: 'NOC, ticket 4711'"
    if [ -n "$(recall confirmed)" ]; then
      say "confirmed $(day "$(recall confirmed)") by $(recall confirmedBy)"
    elif [ -n "$apply" ]; then
      keep confirmed "$now" confirmedBy "$by"
      say "confirmed by $by"
    else
      say "would note that $by has confirmed (--apply does it)"
    fi
    next
    ;;

  add)
    begun
    old=$(recall old) new=$(recall new) due=$(($(recall notified) + NOTICE))
    if [ -z "$(recall added)" ]; then
      [ -n "$(recall confirmed)" ] || refuse "the MNO has not confirmed that $new is allowed: confirm comes first"
      [ "$now" -ge "$due" ] || refuse "the MNO was told $(day "$due"), 72 h after the notice: it is $(day "$now")"
    fi
    have=$(addresses)
    if has "$new" "$have"; then say "$pool has $new"; else act add "$new"; fi
    if [ "$(head -n 1 <<<"$have")" = "$new" ]; then say "$new is in use"; else act prefer "$new"; fi
    if [ -n "$apply" ] && [ -z "$(recall added)" ]; then
      have=$(addresses)
      has "$new" "$have" && has "$old" "$have" || { echo "the provider says that $pool has $(tr '\n' ' ' <<<"$have")and not both addresses" >&2; exit 1; }
      keep added "$now"
      say "now: deploy/scripts/verify-egress-ip.sh --mno $(recall mno) --expect $new; then mnos[].egress.ips: [$new, $old] in values.yaml"
    fi
    [ -z "$(recall added)" ] || next
    ;;

  remove)
    begun
    old=$(recall old) new=$(recall new)
    [ -n "$(recall added)" ] || refuse "$new is not in use yet: add comes first"
    due=$(($(recall added) + RETAIN))
    [ "$now" -ge "$due" ] || refuse "$old is kept for 30 days, until $(day "$due"): it is $(day "$now")"
    have=$(addresses)
    [ "$(head -n 1 <<<"$have")" = "$new" ] || refuse "the address in use is $(head -n 1 <<<"$have") and not $new: nothing is removed"
    if has "$old" "$have"; then act remove "$old"; else say "$pool has $old no more"; fi
    if [ -n "$apply" ]; then
      told=$(recall mno)
      finish done
      say "the rotation of $pool is over: tell $told that $old may be taken from its list, and mnos[].egress.ips: [$new]"
    fi
    ;;

  back-out)
    begun
    old=$(recall old) new=$(recall new)
    have=$(addresses)
    has "$old" "$have" || refuse "the pool has $old no more: begin a rotation from $new instead"
    [ "$(head -n 1 <<<"$have")" = "$old" ] || act prefer "$old"
    if has "$new" "$have"; then act remove "$new"; fi
    if [ -n "$apply" ]; then
      finish backed-out
      say "back at $old; the rotation of $pool is over"
    fi
    ;;
esac
