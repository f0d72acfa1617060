#!/bin/sh
# test.sh: everything `make test` does: builds what is missing, runs every test of both modules, and ends with what ran and
# what this machine made it leave out.
set -eu
cd "$(dirname "$0")/.."
GO=${GO:-go}
GOWORK=off
export GOWORK
left_out=''

leave_out() {
	left_out="$left_out
  - $1"
}

# The race detector needs cgo and a C compiler that runs.
race=-race
cc=$($GO env CC)
if [ "$($GO env CGO_ENABLED)" != 1 ]; then
	race=''
	leave_out 'the race detector: CGO_ENABLED is 0'
elif ! echo 'int main(void){return 0;}' | $cc -x c -o /dev/null - 2>/dev/null; then
	race=''
	leave_out "the race detector: the C compiler \"$cc\" does not run; install gcc"
fi

make --no-print-directory build

report=$(mktemp)
trap 'rm -f "$report"' EXIT
export LAB_REPORT="$report" # lab-backed tests note here which form of the lab they ran on

echo " test     go vet"
# As the programs are built, so that nothing is compiled twice for it. The lab's own module is one file that the build has just
# compiled; vetting it would read all of Kubernetes.
$GO vet -trimpath ./...
# What plays for minutes has a target of its own: make test-scenarios, make test-why, make soak.
packages=$($GO list ./... | grep -v -e /test/scenarios$ -e /test/soak$ -e /test/why$)
echo " test     go test $race ./... (without make test-scenarios, test-why and soak)"
# Two packages at a time: most of what lab-backed tests do is wait, and more control planes would starve each other on a small
# machine.
$GO test $race -p 2 -count=1 -timeout 20m $packages

grep -v '^left out:' "$report" | sort -u | while read -r line; do echo " lab      $line"; done
grep '^left out:' "$report" 2>/dev/null | sort -u | sed 's/^left out: */  - /' >"$report.out" || true
if [ -n "$left_out" ] || [ -s "$report.out" ]; then
	echo "test: PASS, left out on this machine:$left_out"
	cat "$report.out"
else
	echo 'test: PASS, nothing left out'
fi
rm -f "$report.out"
