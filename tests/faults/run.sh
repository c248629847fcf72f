#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What becomes of files and of the exit status when a run is killed, the disk is full, a file may not grow, or nobody reads.
# Usage: run.sh PROGRAM SOURCE_DIR. Status 77: the kernel lets nobody mount a small disk here, and the rest passed.
# shellcheck disable=SC2016 # inner shells expand
set -euo pipefail
program=$(realpath "${1:?the program}")
source=$(realpath "${2:?the source directory}")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
checked=0
fail() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }
# status WANTED COMMAND…: in the background, so that bash does not tell of signals.
status() {
    local wanted=$1 got=0
    shift
    "$@" >out 2>err || got=$?
    [ "$got" = "$wanted" ] || { cat err >&2; fail "status $got, not $wanted: $*"; }
    checked=$((checked + 1))
}
says() { grep -qF -- "$1" err || { cat err >&2; fail "standard error lacks '$1'"; }; }
# only DIRECTORY 'NAMES ': nothing else is in it.
only() { local names; names=$(find "$1" -mindepth 1 -printf '%f\n' | LC_ALL=C sort | tr '\n' ' '); [ "$names" = "$2" ] || fail "$1 holds: $names"; }

# A file that could not be written is the old one, or a whole report that says that there is no verdict.
old_or_honest() {
    [ "$(cat "$1")" != old ] || return 0
    python3 -m json.tool "$1" >/dev/null 2>&1 || fail "$1 is no report"
    grep -qE '"status": "unreadable"|"executionSuccessful": false' "$1" || fail "$1 is a report as if nothing had happened"
}

# Some seconds of work, so that a signal comes while it is done; and a report of some size.
mkdir site results
for i in {1..60}; do sed "s/10\.20\./10.$i./g" "$source/fixtures/story/edge.nft" >"site/fw$i.nft"; done
lint() { "$program" check site --isolated --jobs 2 "$@"; }
status 1 lint --output json=whole.json

# -- signals: a file is there whole, is the old one, or is not there; nothing else lies about ----------------------------
begin=$(date +%s%N)
status 1 lint --output json=results/report.json
took=$(($(date +%s%N) - begin))
killed=0
for signal in KILL INT TERM; do
    for round in {1..12}; do
        if [ $((round % 2)) = 0 ]; then echo old >results/report.json; else rm -f results/report.json; fi
        # From the beginning to beyond the end.
        delay=$((took * (8 + round * 9) / 100))
        got=0
        { setsid "$program" check site --isolated --jobs 2 --output json=results/report.json >/dev/null 2>&1 & } 2>/dev/null
        pid=$!
        sleep "$(printf '%d.%09d' $((delay / 1000000000)) $((delay % 1000000000)))"
        kill -s $signal $pid 2>/dev/null || true
        wait $pid 2>/dev/null || got=$?
        case $got in
            1) cmp -s results/report.json whole.json || fail "a run that was not killed left another report" ;;
            137 | 130 | 143)
                killed=$((killed + 1))
                if [ -e results/report.json ]; then
                    [ "$(cat results/report.json)" = old ] || cmp -s results/report.json whole.json ||
                        fail "SIG$signal left half a report"
                fi
                ;;
            *) fail "SIG$signal: status $got" ;;
        esac
        rm -f results/report.json
        only results ""
        checked=$((checked + 1))
    done
done
[ $killed -ge 6 ] || fail "only $killed runs were killed in time"

# -- nobody reads, or nobody can ---------------------------------------------------------------------------------------------
status 2 bash -c '"$0" check site --isolated >/dev/full' "$program"
says "standard output could not be written"
status 2 bash -c '"$0" check site --isolated >&-' "$program"
says "standard output could not be written"
# With every standard stream closed no file takes one's place.
got=0
"$program" check site --isolated --output json=closed.json <&- >&- 2>&- || got=$?
[ $got = 2 ] || fail "status $got with closed streams"
grep -q '"status": "unreadable"' closed.json || fail "something was printed into a report"
# A reader that goes ends the program by SIGPIPE, after the files were written; where that is ignored, it is an error.
rm -f piped.json
ended=$(bash -c '"$0" check site --isolated --format json --output json=piped.json 2>/dev/null | true; echo "${PIPESTATUS[0]}"' "$program")
[ "$ended" = 141 ] || fail "a closed pipe: status $ended"
cmp -s piped.json whole.json || fail "a closed pipe kept a report from being written"
status 2 bash -c 'trap "" PIPE; set -o pipefail; "$0" check site --isolated --format json | true' "$program"

# -- files that may not grow: an error, the old file as it was, nothing beside it --------------------------------------------
for what in "--output json=results/report.json" "--write-baseline results/report.json"; do
    echo old >results/report.json
    # shellcheck disable=SC2086
    status 2 prlimit --fsize=4096 "$program" check site --isolated $what
    says "results/report.json: File too large"
    old_or_honest results/report.json
    only results "report.json "
done
printf '# theirs\n' >summary
GITHUB_STEP_SUMMARY=summary status 2 prlimit --fsize=4096 "$program" check site --isolated --format github
# Theirs, and that there is no verdict: nothing of the findings for which there was no room.
[ "$(head -n 1 summary)" = '# theirs' ] || fail "the summary of others is gone"
! grep -q EL1 summary || fail "half a summary was left"
cp site/fw1.nft before.nft
status 2 prlimit --fsize=1000 "$program" check site/fw1.nft --isolated --fix
cmp -s site/fw1.nft before.nft || fail "half a fix was written"
only site "$(for i in {1..60}; do echo "fw$i.nft"; done | LC_ALL=C sort | tr '\n' ' ')"

# -- a full disk ---------------------------------------------------------------------------------------------------------------
full_disk() {
    mount -t tmpfs -o size=64k small "$scratch/disk" || return 77
    cd "$scratch"
    for what in "--output json=disk/report" "--output sarif=disk/report" "--write-baseline disk/report" "--shard 1/1 --output part=disk/report"; do
        echo old >disk/report
        head -c 60000 /dev/zero >disk/others
        # shellcheck disable=SC2086
        status 2 "$program" check site --isolated $what
        says "disk/report: No space left on device"
        old_or_honest disk/report
        only disk "others report "
    done
    # A fix of two files of which the second has no room: neither is fixed.
    rm -f disk/*
    cp site/fw2.nft disk/
    dd if=/dev/zero of=disk/filler bs=4096 count=100 status=none 2>/dev/null || true
    mkdir a && cp site/fw1.nft a/
    status 2 "$program" check a/fw1.nft disk/fw2.nft --isolated --fix
    says "disk/fw2.nft: No space left on device"
    for file in a/fw1.nft disk/fw2.nft; do cmp -s "$file" "site/${file#*/}" || fail "$file was fixed, or half"; done
}
mkdir disk
export -f status says only fail old_or_honest full_disk
export scratch program checked
got=0
unshare --mount bash -euo pipefail -c full_disk || got=$?
case $got in
    0) echo "$checked runs, and those on a full disk, ended as they should" ;;
    77) echo "SKIPPED: no small disk can be mounted; $checked other runs ended as they should" && exit 77 ;;
    *) exit 1 ;;
esac
