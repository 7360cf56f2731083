#!/usr/bin/env bash
# Generates a synthetic pair of inputs with its answer key: presets of `spendfold generate`.
#
#     scripts/generate_data.sh small|1g|10g|dirty|wide|quoted [SEED] [DIR] [OPTION...]
#
# SEED defaults to 1 and DIR to bench-data/PRESET. Further options are passed to `spendfold generate`, after those of the
# preset. The same preset, seed and options give the same bytes on every machine. The program is $SPENDFOLD, or else
# target/release/spendfold, which is built if it is missing.
set -euo pipefail

usage() {
    sed -n '2,8s/^# \{0,1\}//p' "$0" >&2
    exit 2
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
[ $# -ge 1 ] || usage
preset=$1
shift

case $preset in
small) what="1,000 customers and 20,000 purchases, all of them plain"
    options=(--customers 1000 --purchases 20000) ;;
1g) what="one gigabyte, plain: 1,000,000 customers"
    options=(--customers 1000000 --size 1GB) ;;
10g) what="ten gigabytes, plain: 10,000,000 customers"
    options=(--customers 10000000 --size 10GB) ;;
dirty) what="an eighth of all records rejected or odd, for every reason there is; CRLF, byte order mark, three parts"
    options=(--customers 20000 --purchases 200000 --parts 3 --dirt 0.1 --odd 0.02 --quoted 0.05 --quoted-newlines 0.02
        --awkward 0.05 --crlf --bom) ;;
wide) what="forty further columns in each file, Zipf's law"
    options=(--customers 20000 --purchases 200000 --extra-columns 40 --keys zipf) ;;
quoted) what="every field quoted, a line break in a tenth of the records"
    options=(--customers 100000 --purchases 2000000 --quoted 1 --quoted-newlines 0.1 --awkward 0.1) ;;
*) usage ;;
esac

seed=1
if [ $# -gt 0 ] && [[ $1 != -* ]]; then
    seed=$1
    shift
fi
dir=$root/bench-data/$preset
if [ $# -gt 0 ] && [[ $1 != -* ]]; then
    dir=$1
    shift
fi

program=${SPENDFOLD:-$root/target/release/spendfold}
if [ -z "${SPENDFOLD:-}" ] && [ ! -x "$program" ]; then
    (cd "$root" && cargo build --release --locked)
fi

echo "$preset (seed $seed): $what"
"$program" generate "${options[@]}" --seed "$seed" -o "$dir" "$@" 2>&1

# Print commands to try; sort the purchases files by number.
shopt -s nullglob
mapfile -t purchases < <(printf '%s\n' "$dir"/purchases*.csv | sort -V)
echo "try:  $(printf '%q ' "$program" run -c "$dir/customers.csv" -p "${purchases[@]}" -o "$dir/results" --max-rejects 100%)"
echo "then: $(printf '%q ' "$program" verify "$dir/results" --expected "$dir/expected.json")"
