#!/usr/bin/env bash
# All fuzz targets, one after the other, from the seeds and from what earlier rounds found. Needs a nightly
# toolchain and cargo-fuzz (`cargo install cargo-fuzz`).
#
#   scripts/fuzz.sh [MINUTES [TARGET...]]     so many minutes each (default 20, all targets)
#
# Prints what came of each: executions, coverage, the corpus, crashes. Ends with status 1 when there are any;
# they lie in fuzz/artifacts. Put one into fuzz/seeds under a name that says what it shows, and mend the fault.
set -euo pipefail
cd "$(dirname "$0")/.."

minutes=${1:-20}
shift || true
targets=("$@")
if [ "${#targets[@]}" -eq 0 ]; then targets=(records amounts run); fi
logs=$(mktemp -d)
failed=0
cargo +nightly fuzz build

for target in "${targets[@]}"; do
    log=$logs/$target.log
    mkdir -p "fuzz/corpus/$target"
    # A case of 4 KiB holds several batches of 64 rows and as many chunks as anyone likes.
    options=(-max_total_time="$((minutes * 60))" -max_len=4096 -timeout=20 -print_final_stats=1)
    if [ -e "fuzz/$target.dict" ]; then options+=(-dict="fuzz/$target.dict"); fi
    status=0
    cargo +nightly fuzz run "$target" "fuzz/corpus/$target" "fuzz/seeds/$target" -- "${options[@]}" \
        >"$log" 2>&1 || status=$?
    # libFuzzer names what it stops at; anything else went wrong before.
    crashes=$(grep -c 'Test unit written to' "$log" || true)
    printf '%s: %s executions, %s a second; %s; crashes %s\n' "$target" \
        "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")" \
        "$(sed -n 's/^stat::average_exec_per_sec: *//p' "$log")" \
        "$(grep -o 'cov: [0-9]* ft: [0-9]* corp: [^ ]*' "$log" | tail -n 1)" "$crashes"
    if [ "$status" -ne 0 ]; then
        failed=1
        grep -E 'panicked at|ERROR|Test unit written to' -A 4 "$log" | head -n 40 || tail -n 20 "$log"
    fi
done
echo "logs: $logs"
exit "$failed"
