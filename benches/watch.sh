#!/usr/bin/env bash
# What `watch` costs and gains: from an edit to the first diagnostics, a build after an idle check, and doing nothing.
#
#   benches/watch.sh [--runs N] [--idle SECONDS] [--program FILE] [--edit FILE] [DIRECTORY]
#
#   DIRECTORY       a project (default: tests/real/service), which is copied, not touched
#   --edit FILE     a source of it that every build compiles (default: src/main.rs)
#   --runs N        how often each is measured, in turns (default: 7)
#   --idle SECONDS  for how long idling is looked at (default: 30)
#   --program FILE  a rustc-hyperopt that is already built (default: builds the release binary)
#
# First diagnostics: an error is written into FILE; plain cargo is started in the same moment, `watch` sees it by itself. Both work in
# copies that were checked before. A build after a check: FILE is edited, `watch` has checked it and has had time to compile ahead (or
# was told not to); then `cargo build` is run through the cache, as from another terminal.
set -euo pipefail
here=$PWD
cd "$(dirname "$0")/.."
# shellcheck source=benches/measure.sh
source benches/measure.sh

runs=7 idle=30 program='' subject=tests/real/service edited=src/main.rs
while (($#)); do
    case $1 in
    --runs) runs=${2:?--runs needs a number} && shift ;;
    --idle) idle=${2:?--idle needs seconds} && shift ;;
    --edit) edited=${2:?--edit needs a file} && shift ;;
    --program) program=$(cd "$here" && realpath "${2:?--program needs a file}") && shift ;;
    -h | --help) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//p}' "$0" && exit ;;
    -*) fail "unknown option $1 (see --help)" ;;
    *) subject=$(cd "$here" && realpath "$1") ;;
    esac
    shift
done
scratch=$(realpath "$(mktemp -d)")
export RUSTC_HYPEROPT_CACHE_PATH=$scratch/store
watcher='' fd=''
finish() {
    [[ ! $watcher ]] || kill -INT "$watcher" 2>/dev/null || true
    leave
}
trap finish EXIT
program=$(program_or_release "$program")

copy() {
    rm -rf "$1" && mkdir -p "$1"
    tar -C "$subject" --exclude=./target --exclude=./.git -cf - . | tar -C "$1" -xf -
    cp "$1/$edited" "$1.original"
}

# Starts `watch check` in a directory; what it says is read from descriptor `fd`.
start() {
    rm -f "$1.said" && mkfifo "$1.said"
    (cd "$1" && exec env RUSTC_HYPEROPT_PERFORMANCE_SPECULATIVE_COMPILATION="$2" "$program" watch --json check) >"$1.said" 2>/dev/null &
    watcher=$!
    exec {fd}<"$1.said"
    until_said '"event":"ended".*"result":"ok"'
}

end() {
    kill -INT "$watcher" && wait "$watcher" || true
    exec {fd}<&-
    watcher=''
}

until_said() {
    local line
    while read -r -t 600 line <&"$fd"; do
        [[ ! $line =~ $1 ]] || return 0
    done
    fail "watch says nothing more"
}

# Seconds since, with three digits.
since() {
    awk -v from="$1" -v to="$EPOCHREALTIME" 'BEGIN { printf "%.3f", to - from }'
}

edit() {
    { cat "$1.original" && printf '%s\n' "$2"; } >"$1/$edited"
}

# First diagnostics.
copy "$scratch/plain"
copy "$scratch/watched"
(cd "$scratch/plain" && RUSTC_WRAPPER='' cargo check --quiet)
start "$scratch/watched" false
for ((run = 1; run <= runs; run++)); do
    edit "$scratch/plain" "pub fn broken_$run() -> u32 { \"$run\" }"
    began=$EPOCHREALTIME
    (cd "$scratch/plain" && RUSTC_WRAPPER='' cargo check --message-format=json 2>/dev/null || true) | grep -m 1 '"level":"error"' >/dev/null
    since "$began" >>"$scratch/diagnostics-plain" && echo >>"$scratch/diagnostics-plain"
    edit "$scratch/watched" "pub fn broken_$run() -> u32 { \"$run\" }"
    began=$EPOCHREALTIME
    until_said '"event":"diagnostic".*"level":"error"'
    since "$began" >>"$scratch/diagnostics-watch" && echo >>"$scratch/diagnostics-watch"
    until_said '"event":"ended"'
done
edit "$scratch/watched" ""
until_said '"event":"ended".*"result":"ok"'

# Nothing to do. What is compiled ahead has to be over by then.
end
start "$scratch/watched" true
ahead() { "$program" stats --json | grep -o '"ahead":{[^}]*}' | grep -o "\"$1\":[0-9]*" | cut -d : -f 2; }
wait_ahead() { until (($(ahead runs) >= $1)); do sleep 0.2; done; }
wait_ahead 2
ticks() { awk '{ print $14 + $15 + $16 + $17 }' "/proc/$watcher/stat"; }
sleep 1
before=$(ticks)
sleep "$idle"
used=$(($(ticks) - before))
end

# A build after an idle check.
for ((run = 1; run <= runs; run++)); do
    for kind in false true; do
        copy "$scratch/$kind-$run"
        (cd "$scratch/$kind-$run" && "$program" build --quiet)
        wanted=$(($(ahead runs) + 2))
        start "$scratch/$kind-$run" "$kind"
        if [[ $kind == true ]]; then wait_ahead $wanted; fi
        edit "$scratch/$kind-$run" "pub fn edit_${kind}_$run() -> u32 { $run }"
        until_said '"event":"ended".*"result":"ok"'
        if [[ $kind == true ]]; then wait_ahead $((wanted + 2)); fi
        began=$EPOCHREALTIME
        (cd "$scratch/$kind-$run" && "$program" build --quiet)
        since "$began" >>"$scratch/build-$kind" && echo >>"$scratch/build-$kind"
        end
        rm -rf "$scratch/$kind-$run"
    done
done
printf '| %s | s |\n| --- | ---: |\n' "$(basename "$subject")"
printf '| an error, from the edit to its message, `cargo check` | %s |\n' "$(spread "$scratch/diagnostics-plain")"
printf '| the same, `watch` | %s |\n' "$(spread "$scratch/diagnostics-watch")"
printf '| build after an edit that was checked, nothing compiled ahead | %s |\n' "$(spread "$scratch/build-false")"
printf '| the same, compiled ahead | %s |\n' "$(spread "$scratch/build-true")"
printf '\nIdle for %s s: %s ticks of CPU time. Compiled ahead: %s\n' "$idle" "$used" \
    "$("$program" stats --detailed | sed -n 's/^Compiled ahead *//p')"
