#!/usr/bin/env bash
# What one start of the program costs, compared with a hello world of rustc.
#
#   benches/startup.sh [spawns]
#
# Builds the release binary, counts the user instructions of one run under callgrind (if valgrind is installed) and times
# 200 spawns of each program, in turn (or as many as asked for). The wrapper is switched off and asked for a compiler that
# does not exist, so it goes all the way to `exec` and ends there; cache look-ups are not part of this.
set -euo pipefail
cd "$(dirname "$0")/.."
spawns=${1:-200}
budget=1000000

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

echo "Building" >&2
cargo build --release
program=${CARGO_TARGET_DIR:-target}/release/rustc-hyperopt

cat >"$scratch/hello.rs" <<'RUST'
fn main() { println!("hello"); }
RUST
cat >"$scratch/spawn.rs" <<'RUST'
// spawn ROUNDS COMMAND...: starts each command in turn, prints "median fastest slowest" in microseconds, one line each.
use std::{process::{Command, Stdio}, time::Instant};
fn main() {
    let mut args = std::env::args().skip(1);
    let rounds: usize = args.next().unwrap().parse().unwrap();
    let commands: Vec<String> = args.collect();
    let mut times = vec![Vec::new(); commands.len()];
    for _ in 0..rounds {
        for (command, times) in commands.iter().zip(&mut times) {
            let mut words = command.split(' ');
            let mut command = Command::new(words.next().unwrap());
            command.args(words).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            let start = Instant::now();
            command.status().unwrap();
            times.push(start.elapsed().as_micros());
        }
    }
    for times in &mut times {
        times.sort_unstable();
        println!("{} {} {}", times[rounds / 2], times[0], times[rounds - 1]);
    }
}
RUST
rustc -O -C strip=symbols -o "$scratch/hello" "$scratch/hello.rs"
rustc -O -o "$scratch/spawn" "$scratch/spawn.rs"

export RUSTC_HYPEROPT=off
names=("hello world" "wrapper, to exec" "command line, --version")
commands=("$scratch/hello" "$program $scratch/none/rustc" "$program --version")

# Prints the instructions of one run, or nothing without valgrind.
instructions() {
    command -v valgrind >/dev/null || return 0
    # A missing compiler makes the program fail, and valgrind with it: the count is what matters.
    { valgrind --tool=callgrind --callgrind-out-file=/dev/null "$@" 2>&1 >/dev/null || true; } |
        sed -n 's/.*Collected *: *\([0-9]*\).*/\1/p'
}

mapfile -t times < <("$scratch/spawn" "$spawns" "${commands[@]}")
printf '| %-24s | %12s | %10s | %10s | %10s |\n' program instructions "median us" "min us" "max us"
printf '| %s | %s: | %s: | %s: | %s: |\n' ------------------------ ----------- --------- --------- ---------
failed=0
for n in "${!names[@]}"; do
    read -ra words <<<"${commands[$n]}"
    count=$(instructions "${words[@]}")
    read -r median fastest slowest <<<"${times[$n]}"
    printf '| %-24s | %12s | %10s | %10s | %10s |\n' "${names[$n]}" "${count:-no valgrind}" "$median" "$fastest" "$slowest"
    if [[ ${names[$n]} == wrapper* && ${count:-0} -gt $budget ]]; then
        failed=1
    fi
done
if ((failed)); then
    echo "error: the wrapper needs more than $budget instructions to reach its compiler" >&2
    exit 1
fi
