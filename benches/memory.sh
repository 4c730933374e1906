#!/usr/bin/env bash
# Several builds at once where memory is short: plain cargo's are killed, ours wait for one another.
#
#   benches/memory.sh [--builds N] [--units N] [--megabytes N] [--limit MB] [--program FILE]
#
#   --builds N      how many builds at once (default: 4)
#   --units N       memory-hungry crates in each (default: 3)
#   --megabytes N   what each of them needs besides the compiler itself (default: 500)
#   --limit MB      what all builds together may use (default: 1600)
#   --program FILE  a rustc-hyperopt that is already built (default: builds the release binary)
#
# Whoever is the largest is killed as soon as all of them together hold more than the limit: by the kernel, in a control
# group (systemd-run), or where that cannot be had, by a guard that looks every few hundredths of a second at the memory that is
# nobody else's (RssAnon). Before the builds that count, one build alone lets the daemon learn what the crates need; then
# every copy is given other constants, so that nothing can be restored.
set -euo pipefail
here=$PWD
cd "$(dirname "$0")/.."
# shellcheck source=benches/measure.sh
source benches/measure.sh

builds=4 units=3 megabytes=500 limit=1600 program=''
while (($#)); do
    case $1 in
    --builds) builds=${2:?--builds needs a number} && shift ;;
    --units) units=${2:?--units needs a number} && shift ;;
    --megabytes) megabytes=${2:?--megabytes needs a number} && shift ;;
    --limit) limit=${2:?--limit needs a number} && shift ;;
    --program) program=$(cd "$here" && realpath "${2:?--program needs a file}") && shift ;;
    -h | --help) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//p}' "$0" && exit ;;
    *) fail "unknown option $1 (see --help)" ;;
    esac
    shift
done
scratch=$(realpath "$(mktemp -d)")
export RUSTC_HYPEROPT_CACHE_PATH=$scratch/store RUSTC_HYPEROPT_PERFORMANCE_SPECULATIVE_COMPILATION=false
trap leave EXIT
program=$(program_or_release "$program")
group=''
systemd-run --user --scope --quiet true 2>/dev/null && group="systemd-run --user --scope --quiet -p MemoryMax=${limit}M -p MemorySwapMax=0"

# A workspace whose crates need memory for some seconds and leave little behind.
generate() {
    mkdir -p "$1"
    printf '[workspace]\nmembers = ["u*"]\nresolver = "2"\n' >"$1/Cargo.toml"
    for unit in $(seq "$units"); do
        mkdir -p "$1/u$unit/src"
        printf '[package]\nname = "u%s"\nversion = "0.1.0"\nedition = "2021"\n' "$unit" >"$1/u$unit/Cargo.toml"
        cat >"$1/u$unit/src/lib.rs" <<RUST
#![allow(long_running_const_eval)]
const SIZE: usize = $megabytes * 1_000_000;
const fn work() -> u64 {
    let big = [$2u8; SIZE];
    let (mut at, mut sum) = (0, 0u64);
    while at < 200_000 {
        sum = sum.wrapping_mul(31).wrapping_add(big[at] as u64);
        at += 1;
    }
    sum
}
pub const SUM: u64 = work();
RUST
    done
}

# pid and anonymous KiB of everything in the sessions of the builds, the largest first
held() {
    local session=$1 pid
    for pid in $(ps -o pid= -s "$session" 2>/dev/null); do
        awk -v pid="$pid" '/^RssAnon:/ { print pid, $2 }' "/proc/$pid/status" 2>/dev/null || true
    done
}

guard() {
    local all
    while sleep 0.03; do
        all=$(for session in "$@"; do held "$session"; done | sort -k2 -rn)
        awk -v limit="$limit" '{ sum += $2 } NR == 1 { largest = $1 }
            END { mb = int(sum / 1024); print mb; if (mb > limit) exit 1 }' <<<"$all" >>"$scratch/seen" || {
            kill -9 "$(head -1 <<<"$all" | cut -d' ' -f1)" 2>/dev/null && echo >>"$scratch/killed" || true
            sleep 0.1
        }
    done
}

# $1: what is shown; the rest: the command for one copy
round() {
    local name=$1 sessions=() pid failed=0 started
    shift
    : >"$scratch/killed" && : >"$scratch/seen"
    started=$(date +%s.%N)
    for n in $(seq "$builds"); do
        # shellcheck disable=SC2086
        (cd "$scratch/$name-$n" && exec setsid $group "$@") >"$scratch/$name-$n.log" 2>&1 &
        sessions+=("$!")
    done
    local guarding=''
    [[ $group ]] || { guard "${sessions[@]}" & guarding=$!; }
    for pid in "${sessions[@]}"; do wait "$pid" || failed=$((failed + 1)); done
    [[ ! $guarding ]] || { kill "$guarding" && wait "$guarding" 2>/dev/null || true; }
    printf '%-20s %s of %s builds failed, %s compilers killed, at most %s MB, %.1f s\n' "$name" "$failed" "$builds" \
        "$(wc -l <"$scratch/killed")" "$(sort -n "$scratch/seen" | tail -1)" \
        "$(echo "$(date +%s.%N) - $started" | bc)"
}

for n in $(seq "$builds"); do
    generate "$scratch/cargo-$n" "$n"
    generate "$scratch/ours-$n" "$((n + 100))"
done
generate "$scratch/learn" 50
round cargo cargo build --quiet
(cd "$scratch/learn" && "$program" build --quiet -j1 2>/dev/null)
export RUSTC_HYPEROPT_PERFORMANCE_MEMORY_LIMIT_GB
RUSTC_HYPEROPT_PERFORMANCE_MEMORY_LIMIT_GB=$(echo "scale=3; $limit * 1.048576 / 1000" | bc)
round ours "$program" build --quiet
"$program" stats | grep -E 'Waited|Compiled' || true
