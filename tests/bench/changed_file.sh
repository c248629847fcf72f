#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What the pre-commit hook waits for: one changed file in a repository of 200 devices, against the check of all of them.
#
#   changed_file.sh EGRESSLINT MEASURE [DEVICES]      (default 200)
#
# Medians of interleaved runs, processor time beside wall time as in whole_process.sh.
set -euo pipefail
egresslint=$1 measure=$2 devices=${3:-200}
source=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
mkdir .git
for i in $(seq "$devices"); do
    mkdir "device$i"
    sed "s/10\.20\./10.$((i % 200 + 1))./g" "$source/fixtures/story/edge-repaired.nft" >"device$i/ruleset.nft"
    printf '[[device]]\nname = "device%d"\nconfig = ["device%d/ruleset.nft"]\n' "$i" "$i" >>egresslint.toml
done
echo 'a file that is no configuration' >README.md
: >changed && : >two && : >all
for _ in $(seq "${BENCH_RUNS:-5}"); do
    "$measure" "$egresslint" check --changed device77/ruleset.nft >>changed 2>/dev/null
    "$measure" "$egresslint" check --changed device77/ruleset.nft README.md >>two 2>/dev/null
    "$measure" "$egresslint" check >>all 2>/dev/null
done
median() { awk -v c="$1" '{ print $c }' "$2" | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
line() { # NAME FILE GOAL
    local wall cpu
    wall=$(median 1 "$2") cpu=$(median 2 "$2")
    printf '%-52s %8.3f s wall %8.3f s cpu%s\n' "$1" "$wall" "$cpu" \
        "$([ -z "$3" ] || awk -v v="$cpu" -v g="$3" 'BEGIN { printf ", goal %.2f: %s", g, (v <= g ? "met" : "MISSED") }')"
}
line "one changed file of $devices devices" changed 0.10
line "the same beside a file that is no configuration" two 0.10
line "all $devices devices" all ""
