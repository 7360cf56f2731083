#!/usr/bin/env bash
# Runs the fuzz targets one after the other, starting from the seeds and the corpus of earlier runs. Needs a nightly
# toolchain and cargo-fuzz (`cargo install cargo-fuzz`).
#
#   scripts/fuzz.sh [MINUTES [TARGET...]]     minutes per target (default 20), targets (default all)
#
# Prints executions, coverage, corpus size and crashes of each target. The exit status is 1 if there are crashes; they are
# in fuzz/artifacts. Fix the bug, and add the input to fuzz/seeds with a name that says what it shows.
set -euo pipefail
cd "$(dirname "$0")/.."

minutes=${1:-20}
shift || true
targets=("$@")
if [ "${#targets[@]}" -eq 0 ]; then targets=(records amounts run stored); fi
logs=$(mktemp -d)
failed=0

# Fuzzes a target with a sanitizer: fuzz TARGET SANITIZER LOG OPTION...
fuzz() {
    local target=$1 sanitizer=$2 log=$3
    shift 3
    cargo +nightly fuzz build -s "$sanitizer" "$target"
    cargo +nightly fuzz run -s "$sanitizer" "$target" "fuzz/corpus/$target" "fuzz/seeds/$target" -- \
        -max_len=4096 -timeout=20 -print_final_stats=1 "$@" >"$log" 2>&1 || status=$?
}

for target in "${targets[@]}"; do
    mkdir -p "fuzz/corpus/$target"
    log=$logs/$target.log
    status=0
    # The target `run` starts threads and allocates a lot: it is three times as fast without the sanitizer. Its corpus
    # is replayed with the sanitizer afterwards.
    sanitizer=address
    if [ "$target" = run ]; then sanitizer=none; fi
    words=()
    if [ -e "fuzz/$target.dict" ]; then words=(-dict="fuzz/$target.dict"); fi
    fuzz "$target" "$sanitizer" "$log" -max_total_time="$((minutes * 60))" "${words[@]}"
    printf '%s: %s executions, %s a second; %s; crashes %s\n' "$target" \
        "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")" \
        "$(sed -n 's/^stat::average_exec_per_sec: *//p' "$log")" \
        "$(grep -o 'cov: [0-9]* ft: [0-9]* corp: [^ ]*' "$log" | tail -n 1)" \
        "$(grep -c 'Test unit written to .*/\(crash\|timeout\|oom\|leak\)-' "$log" || true)"
    if [ "$status" -eq 0 ] && [ "$sanitizer" = none ]; then
        log=$logs/$target-address.log
        fuzz "$target" address "$log" -runs=0
        printf '%s: its corpus went through the address sanitizer\n' "$target"
    fi
    if [ "$status" -ne 0 ]; then
        failed=1
        grep -E 'panicked at|ERROR|Test unit written to' -A 4 "$log" | head -n 40 || tail -n 20 "$log"
    fi
done
echo "logs: $logs"
exit "$failed"
