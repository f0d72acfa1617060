#!/bin/sh
# test.sh: everything `make test` does: builds what is missing, runs the tests of every package, and ends with what ran and
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
compiler='' # the process that compiles while tests run
trap 'rm -f "$report" "$report.out"; [ -z "$compiler" ] || kill "$compiler" 2>/dev/null || true' EXIT
trap 'exit 130' INT TERM HUP
export LAB_REPORT="$report" # lab-backed tests note here which form of the lab they ran on

# How everything is compiled: as the programs are built, so that little is compiled twice, and in the environment that the
# Makefile gives the compiler; in no other where make does not run this. The tests themselves run without the latter.
compiling=${COMPILING:-}
plainly='env -u GOGC -u GOMEMLIMIT'

# Without the race detector: what links all of CoreDNS or Kubernetes' clients to read text, or drives the programs that were
# built as processes of their own. What runs goroutines of ours in the test is raced. What plays for minutes has a target of its own.
driving='/(cmd/coredns|test/docs|test/e2e|test/layering|test/manifests|test/bench/(sync|dns|dns/floor))$'
apart='/test/(scenarios|soak|why)$'
all=$($GO list ./...)
driven=$(echo "$all" | grep -E "$driving")
raced=$(echo "$all" | grep -v -E -e "$driving" -e "$apart")

echo " test     go vet"
# The lab's own module is one file that the build has just compiled; vetting it would read all of Kubernetes.
$compiling $GO vet -trimpath ./...

# The tests of the first part wait more than they work: meanwhile what the second part needs is compiled, with what they leave.
if [ -n "$race" ]; then
	libraries=$($GO list -race -deps -test -f '{{if not (or .Standard .ForTest (eq .Name "main"))}}{{.ImportPath}}{{end}}' $raced)
	nice -n 19 $compiling $GO build -race $libraries &
	compiler=$!
fi

# Three packages at a time, on two cores: most of what lab-backed tests do is wait, and more control planes would starve each other.
tests() {
	# go vet has been, with all it knows.
	$compiling $GO test -exec "$plainly" -vet=off -p 3 -count=1 -timeout 20m "$@"
}
echo " test     go test: what drives the programs"
status=0
tests -trimpath $driven || status=$?
if [ -n "$compiler" ]; then
	wait "$compiler" || status=$?
	compiler=''
fi
echo " test     go test $race: all else, without make test-scenarios, test-why and soak"
tests "${race:--trimpath}" $raced || status=$?

grep -v '^left out:' "$report" | sort -u | while read -r line; do echo " lab      $line"; done
grep '^left out:' "$report" 2>/dev/null | sort -u | sed 's/^left out: */  - /' >"$report.out" || true
[ "$status" = 0 ] || exit "$status"
if [ -n "$left_out" ] || [ -s "$report.out" ]; then
	echo "test: PASS, left out on this machine:$left_out"
	cat "$report.out"
else
	echo 'test: PASS, nothing left out'
fi
