#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Whole-process benchmarks, printed as ratios of medians over interleaved runs: the machine may be shared and noisy, so a
# figure only means something against another one measured in the same minute.
#
#   whole_process.sh EGRESSLINT GENERATE_RULESET [RULES…]      (default 1000 10000)
#
# Peers only parse and check (`nft -c -f`, `iptables-legacy-restore --test`), in a network namespace of their own; egresslint
# parses, infers, computes every mail rule and prints its verdict.
set -euo pipefail
egresslint=$1 generate=$2
shift 2
sizes=("$@")
[ ${#sizes[@]} -gt 0 ] || sizes=(1000 10000)
runs=${BENCH_RUNS:-5}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
isolate=(unshare -n)
"${isolate[@]}" true 2>/dev/null || isolate=(unshare -rn)

# seconds_of COMMAND…: wall seconds of one run; the exit status must be one of those expected (0, or 1 = findings).
seconds_of() {
    local begin end status=0
    begin=$(date +%s%N)
    "$@" >/dev/null 2>"$scratch/stderr" || status=$?
    end=$(date +%s%N)
    if [ "$status" -gt 1 ]; then
        echo "failed with status $status: $*" >&2
        head -n 3 "$scratch/stderr" >&2
        return 1
    fi
    awk -v ns=$((end - begin)) 'BEGIN { printf "%.4f\n", ns / 1e9 }'
}
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
# exclusive FILE…: a tool that leaves 1 here has refused the ruleset, which would make the ratio meaningless.
accepted() {
    "$@" >/dev/null 2>"$scratch/stderr" || { echo "peer refused the generated ruleset: $*" >&2; head -n 3 "$scratch/stderr" >&2; return 1; }
}

compare() {  # NAME FILE PEER…
    local name=$1 file=$2
    shift 2
    if ! command -v "$1" >/dev/null 2>&1; then
        echo "$name: SKIPPED, $1 is not installed"
        return
    fi
    if ! accepted "${isolate[@]}" "$@" "$file"; then
        echo "$name: SKIPPED, see above"
        return
    fi
    for _ in $(seq "$runs"); do
        seconds_of "$egresslint" audit --no-progress "$file" >>"$scratch/ours"
        seconds_of "${isolate[@]}" "$@" "$file" >>"$scratch/theirs"
    done
    local ours theirs
    ours=$(median <"$scratch/ours") theirs=$(median <"$scratch/theirs")
    rm -f "$scratch/ours" "$scratch/theirs"
    awk -v n="$name" -v a="$ours" -v b="$theirs" -v r="$runs" \
        'BEGIN { printf "%-58s %8.3f s %8.3f s  ratio %.2f  (median of %d, interleaved)\n", n, a, b, a / b, r }'
}

for rules in "${sizes[@]}"; do
    "$generate" nft "$rules" >"$scratch/rules.nft"
    "$generate" iptables "$rules" >"$scratch/rules.save"
    compare "audit / nft -c -f, $rules rules" "$scratch/rules.nft" nft -c -f
    compare "audit / iptables-legacy-restore --test, $rules rules" "$scratch/rules.save" iptables-legacy-restore --test
done

story=$(dirname "$0")/../../fixtures/story/edge.nft
if [ -f "$story" ]; then
    for _ in $(seq 20); do
        # user time of one run in milliseconds
        { TIMEFORMAT=%U; time "$egresslint" audit --no-progress "$story" >/dev/null 2>&1 || true; } 2>>"$scratch/story"
    done
    echo "story file, start to verdict: $(median <"$scratch/story") s of user time (median of 20)"
fi
