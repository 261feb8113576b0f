#!/usr/bin/env bash
# A minute of fuzzing: each target for some seconds, from what testdata/ and the regressions give it.
set -euo pipefail
cd "$(dirname "$0")/.."

# Not from within fuzz/, whose flags are for the targets alone.
CKPT_CORPORA=fuzz/corpus cargo test --locked --quiet --test regressions
cd fuzz
cargo build --locked --release --bins

found=$(mktemp -d)
for source in fuzz_targets/*.rs; do
    target=$(basename "$source" .rs)
    kept=regressions/$target
    dictionary=dictionaries/$target.dict
    [ -e "$dictionary" ] || dictionary=dictionaries/checkpoint.dict
    [ -d "$kept" ] || kept=
    printf '%-10s' "$target"
    # What is new stays out of the corpus: each run starts from the same.
    new=$(mktemp -d)
    if ! target/*/release/"$target" -max_total_time=6 -max_len=65536 -timeout=20 -rss_limit_mb=1024 -verbosity=0 \
        -print_final_stats=1 -dict="$dictionary" -artifact_prefix="$found/" "$new" "corpus/$target" $kept \
        > "$found/log" 2>&1; then
        cat "$found/log"
        printf 'inputs that went wrong: %s\n' "$found"
        exit 1
    fi
    sed -n 's/^stat::number_of_executed_units: *//p' "$found/log"
    rm -r "$new"
done
rm -r "$found"
