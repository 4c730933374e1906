#!/usr/bin/env bash
# Whether it helps to read libraries ahead of a build: the first edit in a fresh copy, with nothing in the page cache.
#
#   sudo benches/ahead.sh [--runs N] [--program FILE] [DIRECTORY]
#
#   DIRECTORY       a project (default: tests/real/service), which is copied, not touched
#   --runs N        how many builds of each kind, in turns (default: 7)
#   --program FILE  a rustc-hyperopt that is already built (default: builds the release binary)
#
# Two kinds: as it is, and with every library that the linker may want read by somebody else from the moment the build begins.
# The second is the most that a background process could do. It drops the page cache of the whole machine, which needs root.
set -euo pipefail
here=$PWD
cd "$(dirname "$0")/.."
# shellcheck source=benches/measure.sh
source benches/measure.sh

runs=7 program='' subject=tests/real/service
while (($#)); do
    case $1 in
    --runs) runs=${2:?--runs needs a number} && shift ;;
    --program) program=$(cd "$here" && realpath "${2:?--program needs a file}") && shift ;;
    -h | --help) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//p}' "$0" && exit ;;
    -*) fail "unknown option $1 (see --help)" ;;
    *) subject=$(cd "$here" && realpath "$1") ;;
    esac
    shift
done
[[ -w /proc/sys/vm/drop_caches ]] || fail "the page cache cannot be dropped; this needs root"
scratch=$(realpath "$(mktemp -d)")
export RUSTC_HYPEROPT_CACHE_PATH=$scratch/store
trap leave EXIT
program=$(program_or_release "$program")

copy() {
    rm -rf "$2" && mkdir -p "$2"
    tar -C "$1" --exclude=./target --exclude=./.git -cf - . | tar -C "$2" -xf -
}

read_ahead() {
    find "$scratch/donor/target/debug/deps" \( -name '*.rlib' -o -name '*.rmeta' -o -name '*.so' \) -exec nice -n 19 cat {} + >/dev/null
}

copy "$subject" "$scratch/donor"
(cd "$scratch/donor" && "$program" build --quiet)
"$program" cache stop >/dev/null 2>&1
for ((run = 1; run <= runs; run++)); do
    for kind in plain ahead; do
        copy "$subject" "$scratch/copy"
        printf 'pub fn edit_%s_%s() -> u32 { %s }\n' "$kind" "$run" "$run" >>"$scratch/copy/src/main.rs"
        sync
        echo 3 >/proc/sys/vm/drop_caches
        cd "$scratch/copy"
        if [[ $kind == ahead ]]; then read_ahead & fi
        measure "" "$scratch/log" "$program" build --quiet || fail "$(cat "$scratch/log")"
        wait
        cd "$OLDPWD"
        printf '%-6s %8.2f s\n' "$kind" "$wall" >&2
        echo "$wall" >>"$scratch/$kind"
    done
done
printf '| first edit, nothing in the page cache | s |\n| --- | ---: |\n'
printf '| as it is | %s |\n| libraries (%s) read ahead | %s |\n' "$(spread "$scratch/plain")" \
    "$(find "$scratch/donor/target/debug/deps" \( -name '*.rlib' -o -name '*.rmeta' -o -name '*.so' \) -print0 | du -ch --files0-from=- | tail -n 1 | cut -f 1)" \
    "$(spread "$scratch/ahead")"
