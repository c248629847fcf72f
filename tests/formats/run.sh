#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every report format, on findings with awkward names and in files with awkward names, against the published schema of
# the format where there is one. Usage: run.sh PROGRAM SOURCE_DIR WORK_DIR. Status 77: the validators are not to be had.
set -euo pipefail
program=$1 source=$2 work=$3
here=$source/tests/formats
formats=(json jsonl sarif github gitlab junit rdjson checkstyle markdown)

what="the report formats were NOT validated against their schemas"
# shellcheck source=tests/support/npm.sh
source "$source/tests/support/npm.sh"
for tool in xmllint cmark; do command -v "$tool" >/dev/null || skip "$what" "$tool is not installed"; done
npm_install "$what" "$here" "$work"
chmod u+x "$work/node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool"

# case NAME STATUS ARGUMENTS…: one run in the directory $inputs that writes every format.
inputs=$work/inputs
reports=$work/reports
rm -rf "$inputs" "$reports"
mkdir -p "$inputs" "$reports"
case_() {
    local name=$1 wanted=$2 status=0 outputs=() format
    shift 2
    mkdir -p "$reports/$name"
    for format in "${formats[@]}"; do outputs+=(--output "$format=$reports/$name/$format"); done
    (cd "$inputs" && "$program" "$@" "${outputs[@]}") >"$reports/$name/text" 2>"$reports/$name/stderr" || status=$?
    if [ "$status" -ne "$wanted" ]; then
        echo "$name: status $status instead of $wanted" && cat "$reports/$name/stderr"
        exit 1
    fi
    for format in "${formats[@]}"; do
        [ -e "$reports/$name/$format" ] || { echo "$name: no report $format was written" && exit 1; }
    done
}

# Names that are quotes, markup, commands, percent escapes, links, mentions, other writing directions, other lines.
hostile=$'"><script>alert(1)</script>\'`|x|` ##[error]x ::error::y %0A [z](http://example.org) @admin \u202e \ufffe ]]>'
long=$(printf 'n%.0s' {1..10000})
escaped=${hostile//\\/\\\\}
escaped=${escaped//\"/\\\"}

cp -r "$source/fixtures/story" "$inputs/story"
cp "$source/fixtures/story/edge.nft" "$inputs/::error::100%0A \"quoted\" <script> ##[x].nft"
cp "$source/fixtures/story/edge.nft" "$inputs/"$'two\nlines\ttab\e[31m.nft'
mkdir "$inputs/büro 日本"
cp "$source/fixtures/story/edge.nft" "$inputs/büro 日本/"$'\u202egnp.nft'
cp "$source/fixtures/story/edge.nft" "$inputs/"$'latin-1 caf\xe9.nft'
# The same outage with hostile names of objects, and with one of 10 kB.
node - "$source/fixtures/fortios/edge.conf" "$inputs" "$escaped" "$long" <<'EOF'
const { readFileSync, writeFileSync } = require("node:fs");
const [source, inputs, hostile, long] = process.argv.slice(2);
const text = readFileSync(source, "utf8");
for (const [name, value] of [["hostile", hostile], ["long", long]])
  writeFileSync(`${inputs}/${name}.conf`, text.replace(/"edge"|mailserver|mail in/g, (old) => (old === '"edge"' ? `"${value}"` : value)));
EOF
# shellcheck disable=SC2016 # nft's variables
sed 's|^\t\tiifname \$lan oifname \$wan ip saddr \$office accept|\t\t# egresslint: allow EL102 -- '"${hostile//[\/&|\\]/}"'\n&|' \
    "$inputs/story/edge.nft" >"$inputs/suppressed.nft"
mkdir "$inputs/refused" && echo 'this is no ruleset' >"$inputs/refused/"$'no\n"ruleset".nft'
printf 'table ip fw {\n\tchain forward {\n\t\ttype filter hook forward priority 0; policy drop;\n\t}\n}\n' >"$inputs/clean.nft"
ln -s story/edge.nft "$inputs/link.nft"

case_ story 1 audit story/edge.nft
case_ hygiene 1 audit story/edge.nft --select ALL
case_ names 1 check --isolated ./*.nft "büro 日本" hostile.conf long.conf --select ALL
case_ suppressed 1 check --isolated suppressed.nft --sarif-suppressed
case_ clean 0 check --isolated clean.nft --select EL1
case_ link 1 check --isolated link.nft
case_ diff 1 diff --isolated clean.nft hostile.conf
case_ diff-story 1 diff --isolated story/edge-repaired.nft story/edge.nft --select ALL
case_ diff-dialects 1 diff --isolated long.conf suppressed.nft
case_ diff-broken 2 diff --isolated clean.nft refused
case_ broken 2 check --isolated refused
case_ missing 2 check --isolated no-such-file.nft

# Both schemas refuse what is wrong.
for format in junit checkstyle; do
    sed 's/<\(testcase\|error\) /<\1 extra="1" /' "$reports/story/$format" >"$work/spoilt"
    ! xmllint --noout --schema "$here/$format.xsd" "$work/spoilt" 2>/dev/null || { echo "$format.xsd takes anything" && exit 1; }
done
for file in "$reports"/*/junit; do xmllint --noout --schema "$here/junit.xsd" "$file" 2>&1 | grep -v ' validates$' && exit 1; done
for file in "$reports"/*/checkstyle; do
    xmllint --noout --schema "$here/checkstyle.xsd" "$file" 2>&1 | grep -v ' validates$' && exit 1
done
cp "$here/validate.mjs" "$work/"
node "$work/validate.mjs" "$source" "$inputs" "$reports"
