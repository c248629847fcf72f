# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Sourced by tests that hand parts of a run to other programs. Sets `scratch`, and `site`: a directory of many devices in
# several dialects, `whole.FORMAT` beside it: what one process makes of them.
scratch=$(mktemp -d)
site=$scratch/site
formats=(text json sarif junit markdown)
fail() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }

make_fleet() { # PROGRAM SOURCE_DIR HOW-MANY
    local program=$1 source=$2 i kinds=(story/edge.nft story/edge-repaired.nft fortios/edge.conf asa/office-faulty.cfg) kind
    mkdir "$site"
    for ((i = 0; i < $3; i++)); do
        kind=${kinds[i % 4]}
        sed "s/10\.20\./10.$((i % 200 + 20))./g" "$source/fixtures/$kind" >"$site/fw$i.${kind##*.}"
    done
    for format in "${formats[@]}"; do
        (cd "$scratch" && "$program" check site --isolated --jobs 1 --format "$format") >"$scratch/whole.$format" 2>/dev/null || [ $? = 1 ]
        [ -s "$scratch/whole.$format" ] || fail "no report in the format $format"
    done
}
# same PROGRAM PART…: merged, the parts are what one process makes.
same() {
    local program=$1 format
    shift
    for format in "${formats[@]}"; do
        cmp <("$program" merge "$@" --format "$format" 2>/dev/null) "$scratch/whole.$format" || fail "merged, $format is another report"
    done
}
