#!/bin/sh
# fuzz.sh TIME: runs every fuzz target of the repository for so long, one after another, and goes on after a finding: Go has
# written its input below testdata/fuzz of the package then, where every later test run tries it again.
set -u
cd "$(dirname "$0")/.."
GO=${GO:-go}
GOWORK=off
export GOWORK
found=''
for target in $(grep -rho --include='*_test.go' '^func Fuzz[A-Za-z0-9_]*' cmd controller plugin test | sed 's/^func //' | sort -u); do
	for file in $(grep -rl --include='*_test.go' "^func $target(" cmd controller plugin test); do
		package=./$(dirname "$file")
		echo " fuzz     $package $target"
		# Minimizing by time would eat a short run: some targets start a zone for every input.
		$GO test "$package" -run '^$' -fuzz "^$target\$" -fuzztime "$1" -fuzzminimizetime 10x || found="$found $package:$target"
	done
done
if [ -n "$found" ]; then
	echo "fuzz: FAIL:$found" >&2
	exit 1
fi
echo 'fuzz: PASS, no finding'
