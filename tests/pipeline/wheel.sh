#!/usr/bin/env bash
# The wheel: built, installed into a fresh virtual environment, and the program in it run. Needs Python and
# a package index; what it makes is left out of the checkout.
set -euo pipefail
cd "$(dirname "$0")/../.."

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

python3 -m venv "$folder/build"
"$folder/build/bin/pip" install --quiet --disable-pip-version-check "maturin>=1.9,<2"
"$folder/build/bin/maturin" build --quiet --release --locked --out "$folder/wheels"

python3 -m venv "$folder/fresh"
"$folder/fresh/bin/pip" install --quiet --disable-pip-version-check --no-index "$folder"/wheels/ckpt_doctor-*.whl
"$folder/fresh/bin/ckpt" doctor testdata/k3-adam
status=0
"$folder/fresh/bin/ckpt" doctor --quick testdata/damaged/demo > /dev/null || status=$?
[ "$status" = 1 ]
ls -l "$folder"/wheels/*.whl "$folder/fresh/bin/ckpt" | awk '{ print $5, $NF }' | sed "s|$folder/||"
