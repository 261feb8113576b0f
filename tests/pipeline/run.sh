#!/usr/bin/env bash
# What a pipeline would do with `ckpt`, on checkpoints of testdata/: nothing is trained, and TensorFlow is
# not there. Reports go to a folder (the first argument, or one for the time of the run), and each step has
# to end with the status that is written beside it: a pipeline that cannot fail protects nothing.
set -euo pipefail
cd "$(dirname "$0")/../.."

ckpt=${CKPT:-target/debug/ckpt}
reports=${1:-}
if [ -z "$reports" ]; then
    reports=$(mktemp -d)
    trap 'rm -rf "$reports"' EXIT
fi
mkdir -p "$reports"

steps=0
# expect STATUS ARGUMENTS...: runs ckpt, and holds its exit status against STATUS.
expect() {
    local wanted=$1 status=0
    shift
    "$ckpt" --no-config "$@" > "$reports/log.txt" 2>&1 || status=$?
    steps=$((steps + 1))
    if [ "$status" != "$wanted" ]; then
        cat "$reports/log.txt"
        echo "status $status in the place of $wanted: ckpt $*" >&2
        exit 1
    fi
    printf '  %s  ckpt %s\n' "$status" "$*"
}
# The file is there and has something in it.
written() { [ -s "$reports/$1" ] || { echo "$1 was not written" >&2; exit 1; }; }

healthy=testdata/k3-adam
damaged=testdata/damaged/demo
# A layer was frozen after the checkpoint was saved. The restore raises nothing, and fills every layer but
# one with the weights of the layer before it.
old=testdata/renames/k3-frozen-equal/old/ckpt
new=testdata/renames/k3-frozen-equal/new/ckpt

echo "what is here, and what does the code expect?"
expect 0 ls "$healthy" --format json --output "$reports/expected.json"
written expected.json

echo "are the files whole?"
expect 0 doctor "$healthy"
expect 1 doctor "$damaged" --format junit --output "$reports/damaged.xml"
expect 0 doctor "$damaged" --exit-zero --format gitlab --output "$reports/damaged.json"
written damaged.xml
written damaged.json

echo "what changed?"
expect 1 diff "$old" "$new" --html "$reports/diff.html" --format markdown --output "$reports/diff.md"
expect 0 diff "$old" "$old" --for exact
written diff.html
written diff.md

echo "will it load?"
expect 0 doctor "$healthy" --against "$reports/expected.json" --for resume
expect 1 doctor "$old" --against "$new" --html "$reports/doctor.html" --format sarif --output "$reports/doctor.sarif"
expect 1 doctor "$old" --against "$new" --for infer --format github
grep -q '^::error ' "$reports/log.txt"
expect 0 doctor "$old" --against "$new" --fail-on never
written doctor.html
written doctor.sarif
grep -q O016 "$reports/doctor.sarif"

echo "known findings do not fail again, others do"
expect 0 doctor "$damaged" --baseline "$reports/known.toml" --write-baseline
expect 0 doctor "$damaged" --baseline "$reports/known.toml"
expect 1 doctor "$old" --against "$new" --baseline "$reports/known.toml"

echo "what cannot be looked at is no success"
expect 2 ls testdata/no-such-checkpoint
expect 1 doctor testdata/no-such-checkpoint
expect 2 doctor "$healthy" --against testdata/no-such-checkpoint --exit-zero

echo "the action of this repository"
script=$(sed -n '/id: doctor/,$p' action.yml | sed '1,/run: |/d; s/^        //')
# action STATUS NAME=VALUE...: runs the step of action.yml with these inputs.
action() {
    local wanted=$1 status=0
    shift
    : > "$reports/outputs.txt"
    env PATHS= AGAINST= GOAL= FAIL_ON=error SARIF= MORE=--no-config "$@" PATH="$(dirname "$(realpath "$ckpt")"):$PATH" \
        GITHUB_STEP_SUMMARY="$reports/summary.md" GITHUB_OUTPUT="$reports/outputs.txt" \
        bash -eo pipefail -c "$script" > "$reports/log.txt" 2>&1 || status=$?
    steps=$((steps + 1))
    if [ "$status" != "$wanted" ] || ! grep -qx "status=$wanted" "$reports/outputs.txt"; then
        cat "$reports/log.txt"
        echo "status $status in the place of $wanted: action.yml with $*" >&2
        exit 1
    fi
    printf '  %s  action.yml with %s\n' "$status" "$*"
}
action 0 PATHS="$healthy $old" SARIF="$reports/action.sarif"
action 1 PATHS="$damaged"
action 0 PATHS="$damaged" FAIL_ON=never
action 0 PATHS="$healthy" AGAINST="$reports/expected.json" GOAL=resume
action 1 PATHS="$old" AGAINST="$new" GOAL=infer
action 2 PATHS="$healthy" AGAINST=testdata/no-such-checkpoint
written action.sarif
written summary.md

echo "pipeline: $steps steps as expected"
