#!/bin/sh
# Proves that the tests protect: applies each weakness (*.patch) to a copy of
# the tree, and requires the test that the patch's head names to fail while
# everything still compiles. Arguments choose patches; none means all.
#
# A patch begins with a line on what is weakened, and
#   Test: ./instance/upload -run TestName
set -eu
cd "$(dirname "$0")/../.."
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT INT TERM
tar -cf - --exclude=./.git --exclude=./data --exclude=./bin --exclude=./.cache --exclude=node_modules . | tar -xf - -C "$tree"
for dir in instance/web/client app/e2e/npm; do
	[ ! -d "$dir/node_modules" ] || ln -s "$PWD/$dir/node_modules" "$tree/$dir/node_modules"
done
[ $# -gt 0 ] || set -- testdata/mutants/*.patch
patches=
for patch in "$@"; do
	[ ! -e "$patch" ] || patches="$patches $(realpath "$patch")"
done
cd "$tree"
export CGO_ENABLED=0
survived=0 killed=0
for patch in $patches; do
	name=$(basename "$patch" .patch)
	test=$(sed -n 's/^Test: //p' "$patch" | head -1)
	if [ -z "$test" ] || ! git apply "$patch"; then
		echo "BROKEN   $name: no Test line, or it no longer applies"
		survived=$((survived + 1))
		continue
	fi
	# Several packages are compiled without a program being linked.
	# shellcheck disable=SC2086 # package and flags
	if ! { go build -tags nosqlite ./instance ./node ./app/config && go test -tags nosqlite -count=1 $test -run '^$'; } >"$tree.log" 2>&1; then
		echo "BROKEN   $name: does not compile"
		cat "$tree.log"
		survived=$((survived + 1))
	elif go test -tags nosqlite -count=1 -timeout 5m $test >"$tree.log" 2>&1; then
		echo "SURVIVED $name: $test passes"
		survived=$((survived + 1))
	else
		echo "killed   $name"
		killed=$((killed + 1))
	fi
	rm -f "$tree.log"
	git apply -R "$patch"
done
echo "$killed killed, $survived survived"
[ "$survived" = 0 ]
