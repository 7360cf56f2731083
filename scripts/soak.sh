#!/usr/bin/env bash
# Runs the random tests for hours: kills, renamed directories, and seeds of dirty inputs. Stop it at any time. Parts of
# the fault tests need root and strace; they print SKIPPED if these are missing.
#
#   scripts/soak.sh [ROUNDS]     each round has 1,200 kills, 400 renames and 2,000 seeds (default 10 rounds)
#
# A failure names its seed, or the time of the kill. SPENDFOLD_SEEDS=FROM-TO repeats seeds.
set -euo pipefail
cd "$(dirname "$0")/.."

rounds=${1:-10}
from=${SPENDFOLD_FROM:-1000}
test() { cargo test --locked --all-features --test "$@"; }

for ((round = 1; round <= rounds; round++)); do
    to=$((from + 2000))
    echo "round $round of $rounds: seeds $from to $to"
    SPENDFOLD_SEEDS=$from-$to test contract -- the_program_agrees_with_the_oracle
    SPENDFOLD_SOAK=20 test faults -- --nocapture kills_at_random_times directories_renamed_at_random_times
    # Changes by other programs to the directory, its files, the inputs and the terminal, and unusual sets for `verify`.
    test faults -- publication:: names:: sets:: sync:: fuse:: verified:: disk:: hangups:: inputs:: streams:: memory:: resident:: customers::
    # Every fifth round runs all fault tests, including those with more than 4 GiB of input.
    if ((round % 5 == 1)); then
        SPENDFOLD_SOAK=10 test faults
    fi
    from=$to
done
