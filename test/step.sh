#!/bin/sh
# step.sh WHAT COMMAND...: runs a build step under one line of progress with the time elapsed. What the command prints is
# shown only when it fails; on a terminal the line counts the seconds, elsewhere it is printed once at the end.
set -u
what=$1
shift
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
start=$(date +%s)

"$@" >"$log" 2>&1 &
pid=$!
trap 'kill $pid 2>/dev/null; rm -f "$log"; exit 130' INT TERM HUP
if [ -t 1 ]; then
	while kill -0 $pid 2>/dev/null; do
		printf '\r build    %-44s %4ds' "$what" $(($(date +%s) - start))
		sleep 1
	done
fi
wait $pid
status=$?
[ ! -t 1 ] || printf '\r'
took=$(($(date +%s) - start))
if [ $status -ne 0 ]; then
	printf ' build    %-44s FAILED after %ds\n' "$what" $took
	tail -n 40 "$log" >&2
	exit $status
fi
printf ' build    %-44s %4ds\n' "$what" $took
