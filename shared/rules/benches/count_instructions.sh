#!/bin/sh
# Counts the instructions of one run of the index with valgrind, for 5,000 and for 50,000 rules of which the same match.
# Fails when 50,000 rules need more than three times those of 5,000. Needs valgrind; run it anywhere in the workspace.
set -eu
log=$(CARGO_PROFILE_BENCH_STRIP=none cargo bench -p rules --no-run 2>&1) || { echo "$log" >&2; exit 2; }
binary=$(echo "$log" | sed -n 's/.*Executable .*(\(.*\))$/\1/p' | grep '/rules-' | head -1)
case $binary in /*) ;; *) binary=$(dirname "$(cargo locate-project --workspace --message-format plain)")/$binary ;; esac

count() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect='*measured_run*' "$binary" --count "$1" 100 2>&1 |
        sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}

small=$(count 5000)
large=$(count 50000)
echo "instructions of one run: $((small / 100)) with 5,000 rules, $((large / 100)) with 50,000 rules"
test "$large" -le $((small * 3))
