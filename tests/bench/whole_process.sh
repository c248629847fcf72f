#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Whole-process benchmarks, printed as ratios of medians over interleaved runs: the machine may be shared and noisy, so a
# figure only means something against another one measured in the same minute. Processor time (user and system) is printed
# beside wall time, since it is what stays the same when others use the machine; goals are judged by it.
#
#   whole_process.sh EGRESSLINT GENERATE_RULESET [RULES…]      (default 1000 10000 100000 1000000)
#
# BENCH_RUNS: runs of each (default 5; at most 3 from 100,000 rules on and 1 from a million on)
# BENCH_DIALECTS: "nft iptables"
#
# Peers only parse and check (`nft -c -f`, `iptables-legacy-restore --test`), in a network namespace of their own; egresslint
# parses, infers, computes every mail rule and prints its verdict.
set -euo pipefail
egresslint=$1 generate=$2
shift 2
sizes=("$@")
[ ${#sizes[@]} -gt 0 ] || sizes=(1000 10000 100000 1000000)
read -r -a dialects <<<"${BENCH_DIALECTS:-nft iptables}"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
isolate=(unshare -n)
"${isolate[@]}" true 2>/dev/null || isolate=(unshare -rn)
runner=$(dirname "$generate")/measure

# measure COMMAND…: "wall cpu peak" of one run: seconds, seconds, KiB; the exit status must be one of those expected (0,
# or 1 = findings).
measure() {
    "$runner" "$@" 2>"$scratch/stderr" && return
    head -n 3 "$scratch/stderr" >&2
    return 1
}
# median COLUMN <FILE
median() { awk -v c="$1" '{ print $c }' | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
# accepted COMMAND…: a tool that leaves 1 here has refused the ruleset, which would make the ratio meaningless.
accepted() {
    "$@" >/dev/null 2>"$scratch/stderr" || { echo "peer refused the generated ruleset: $*" >&2; head -n 3 "$scratch/stderr" >&2; return 1; }
}
# judge VALUE GOAL: ", goal below 1.00: met"; nothing where there is no goal.
judge() {
    [ -z "$2" ] || awk -v v="$1" -v g="$2" 'BEGIN { printf ", goal %.2f: %s", g, (v <= g ? "met" : "MISSED") }'
}
runs_for() {
    local runs=${BENCH_RUNS:-5}
    if [ "$1" -ge 1000000 ] && [ "$runs" -gt 1 ]; then runs=1; fi
    if [ "$1" -ge 100000 ] && [ "$runs" -gt 3 ]; then runs=3; fi
    echo "$runs"
}

compare() {  # NAME RULES FILE GOAL PEER…; leaves the medians of egresslint in ours_cpu and ours_peak
    local name=$1 rules=$2 file=$3 goal=$4 runs peer=1
    shift 4
    runs=$(runs_for "$rules")
    if [ "$rules" -ge 1000000 ]; then
        peer=0  # minutes and gigabytes; the goals are about smaller ones
    elif ! command -v "$1" >/dev/null 2>&1; then
        echo "$name: peer SKIPPED, $1 is not installed"
        peer=0
    elif [ "$rules" -lt 100000 ] && ! accepted "${isolate[@]}" "$@" "$file"; then
        echo "$name: peer SKIPPED, see above"
        peer=0
    fi
    : >"$scratch/ours"
    : >"$scratch/theirs"
    for _ in $(seq "$runs"); do
        measure "$egresslint" audit --no-progress "$file" >>"$scratch/ours"
        # A peer may need minutes there: once is enough.
        [ "$peer" = 0 ] || { [ "$rules" -ge 100000 ] && [ -s "$scratch/theirs" ]; } ||
            measure "${isolate[@]}" "$@" "$file" >>"$scratch/theirs"
    done
    ours_cpu=$(median 2 <"$scratch/ours") ours_peak=$(median 3 <"$scratch/ours")
    local wall
    wall=$(median 1 <"$scratch/ours")
    if [ "$peer" = 0 ]; then
        printf '%-52s %8.2f s wall %8.2f s cpu (median of %d)\n' "$name" "$wall" "$ours_cpu" "$runs"
        return
    fi
    local their_wall their_cpu
    their_wall=$(median 1 <"$scratch/theirs") their_cpu=$(median 2 <"$scratch/theirs")
    local ratio
    ratio=$(awk -v a="$ours_cpu" -v b="$their_cpu" 'BEGIN { printf "%.2f", (b > 0 ? a / b : 0) }')
    printf '%-52s wall %.2f / %.2f s = %.2f, cpu %.2f / %.2f s = %.2f%s (median of %d, interleaved)\n' "$name" "$wall" \
        "$their_wall" "$(awk -v a="$wall" -v b="$their_wall" 'BEGIN { printf "%.2f", (b > 0 ? a / b : 0) }')" "$ours_cpu" \
        "$their_cpu" "$ratio" "$(judge "$ratio" "$goal")" "$runs"
}

for dialect in "${dialects[@]}"; do
    declare -A cpu=()
    largest=0
    for rules in "${sizes[@]}"; do
        file=$scratch/rules.$dialect goal=
        "$generate" "$dialect" "$rules" >"$file"
        case $dialect:$rules in
        nft:10000) goal=0.25 ;;
        iptables:100000) goal=1.00 ;;
        esac
        case $dialect in
        nft) compare "audit / nft -c -f, $rules rules" "$rules" "$file" "$goal" nft -c -f ;;
        iptables)
            compare "audit / iptables-legacy-restore --test, $rules rules" "$rules" "$file" "$goal" \
                iptables-legacy-restore --test
            ;;
        esac
        cpu[$rules]=$ours_cpu
        [ "$rules" -le "$largest" ] || largest=$rules
        goal=
        [ "$rules" -ne 1000000 ] || goal=40
        bytes=$(awk -v k="$ours_peak" -v b="$(stat -c %s "$file")" 'BEGIN { printf "%.1f", k * 1024 / b }')
        echo "    peak memory: $((ours_peak / 1024)) MiB, $bytes bytes for each byte of input$(judge "$bytes" "$goal")"
        rm -f "$file"
    done
    if [ -n "${cpu[10000]:-}" ] && [ "$largest" -gt 10000 ]; then
        exponent=$(awk -v a="${cpu[10000]}" -v b="${cpu[$largest]}" -v n="$largest" \
            'BEGIN { printf "%.2f", log(b / (a > 0.01 ? a : 0.01)) / log(n / 10000) }')
        goal=
        [ "$largest" -ne 1000000 ] || goal=1.1
        echo "    $dialect: growth of processor time from 10000 to $largest rules: exponent $exponent$(judge "$exponent" "$goal")"
    fi
    unset cpu
done

story=$(dirname "$0")/../../fixtures/story/edge.nft
if [ -f "$story" ]; then
    for _ in $(seq 20); do
        # user time of one run in seconds
        { TIMEFORMAT=%U; time "$egresslint" audit --no-progress "$story" >/dev/null 2>&1 || true; } 2>>"$scratch/story"
    done
    echo "story file, start to verdict: $(median 1 <"$scratch/story") s of user time (median of 20)"
fi
