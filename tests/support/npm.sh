# SPDX-License-Identifier: Apache-2.0
# Sourced by tests that take a tool from npm.

# skip WHAT WHY…: ends the test with the status by which ctest lists it as skipped.
skip() {
    echo "SKIPPED: $1: ${*:2}"
    exit 77
}

# npm_install WHAT DIRECTORY WORK: what the lock file in DIRECTORY lists, in WORK/node_modules, once for each state of
# the lock file. No package runs a script of its own. Skips the test where it is not to be had.
npm_install() {
    local what=$1 from=$2 into=$3 tool
    for tool in node npm; do
        command -v "$tool" >/dev/null || skip "$what" "$tool is not installed"
    done
    mkdir -p "$into"
    if cmp -s "$from/package-lock.json" "$into/node_modules/.installed"; then return; fi
    rm -rf "$into/node_modules"
    cp "$from/package.json" "$from/package-lock.json" "$into/"
    (cd "$into" && npm ci --ignore-scripts --no-audit --no-fund --fetch-retries=1 --fetch-timeout=60000 \
        >npm.log 2>&1) || skip "$what" "npm could not fetch it, see $into/npm.log"
    cp "$from/package-lock.json" "$into/node_modules/.installed"
}
