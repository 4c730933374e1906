#!/usr/bin/env bash
# Compares plain cargo, rustc-hyperopt, and other build caches where they are installed, in one run, and prints Markdown.
#
#   benches/compare.sh [options] [CRATE | DIRECTORY]
#
#   CRATE        a program or library in the crates registry, as NAME or NAME@VERSION (default: ripgrep)
#   DIRECTORY    a project of yours (contains a / or is `.`); it is copied, not touched
#   --release    build with the release profile (default: dev)
#   --runs N     how often everything is done (default: 3); tools take turns within each run
#   --tools LIST of plain,hyperopt,sccache,kache,mbx (default: all that are installed)
#   --edit FILE  the file that is edited, from the root of the project (default: the crate root of its library or program)
#   --keep       leave the scratch directory, with all logs, and say where it is
#
# Each run starts with an empty store for each tool and does, in this order:
#
#   cold                build in directory A
#   no-op               build in A again
#   warm, same dir      remove A's target directory, build in A
#   other directory     build a copy in B
#   first edit          add a function to the crate root in B, build
#   steady edit         add another one, build
#   comment             add a line of comment, build
#
# A cell is the median with the fastest and the slowest run, in seconds. CPU is user and system time of the build and of
# what a tool's background processes did until they rested. sccache cannot cache incremental builds, so CARGO_INCREMENTAL=0
# is set for it. Each of the other tools gets a home directory of its own: neither your caches nor your settings take part.
set -euo pipefail
here=$PWD
cd "$(dirname "$0")/.."
# shellcheck source=benches/measure.sh
source benches/measure.sh
# shellcheck source=benches/tools.sh
source benches/tools.sh

subject=ripgrep runs=3 profile=dev tools='' edit='' keep=''
flags=()
while (($#)); do
    case $1 in
    --release) profile=release flags=(--release) ;;
    --runs) runs=${2:?--runs needs a number} && shift ;;
    --tools) tools=${2:?--tools needs a list} && shift ;;
    --edit) edit=${2:?--edit needs a file} && shift ;;
    --keep) keep=1 ;;
    -h | --help) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//p}' "$0" && exit ;;
    -*) fail "unknown option $1 (see --help)" ;;
    *) subject=$1 ;;
    esac
    shift
done
[[ $runs =~ ^[1-9][0-9]*$ ]] || fail "--runs needs a number"

unset CARGO_TARGET_DIR CARGO_BUILD_TARGET_DIR CARGO_INCREMENTAL RUSTC_WRAPPER RUSTC_WORKSPACE_WRAPPER RUSTC_HYPEROPT
export CARGO_HOME=${CARGO_HOME:-$HOME/.cargo} RUSTUP_HOME=${RUSTUP_HOME:-$HOME/.rustup}
# Below /proc a path is shown without links, and that is how background processes are found.
scratch=$(realpath "$(mktemp -d)")
program=$PWD/target/release/rustc-hyperopt

# Not the user's own server.
sccache_port=$((20000 + RANDOM % 20000))
trap finish EXIT

choose_tools
if [[ ,$tools, == *,hyperopt,* ]]; then
    cargo build --release --locked --target-dir target >&2
fi

# ---- The project

copy_project "$subject" "$here"

# The crate root of the first library, else of the first program, that cargo names.
crate_root() {
    local kind targets
    targets=$(cargo metadata --no-deps --format-version 1 --manifest-path "$source_dir/Cargo.toml" | grep -o '{"kind":\[[^}]*}')
    for kind in lib proc-macro bin; do
        local root
        root=$(grep "^{\"kind\":\[\"$kind\"" <<<"$targets" | head -n 1 | grep -o '"src_path":"[^"]*"' | cut -d '"' -f 4) || continue
        if [[ -n $root ]]; then
            printf '%s' "${root#"$source_dir"/}"
            return
        fi
    done
    fail "no crate root was found; name a file with --edit"
}
if [[ -z $edit ]]; then edit=$(crate_root); fi
[[ -f $source_dir/$edit ]] || fail "there is no file $edit in the project"

# ---- The measurements

rows=("cold" "no-op" "warm, same dir" "other directory" "first edit" "steady edit" "comment")
mkdir -p "$scratch/results" "$scratch/logs"
failures=0

has_built() {
    if [[ $profile == dev ]]; then [[ -d target/debug/deps ]]; else [[ -d target/release/deps ]]; fi
}

# row TITLE TOOL STORE DIRECTORY: one build, its figures kept. A tool that fails gets no figure, and the others go on.
row() {
    local title=$1 tool=$2 store=$3 dir=$4 log
    log="$scratch/logs/$tool-$run-${title// /_}"
    printf 'run %d of %d: %-9s %-16s' "$run" "$runs" "$tool" "$title" >&2
    cd "$dir"
    # A tool that succeeds without having built anything has failed.
    if measure "$(file_of "$tool")" "$log" build "$tool" "$store" build --locked "${flags[@]+"${flags[@]}"}" && has_built; then
        printf '%8.2f s\n' "$wall" >&2
        echo "$wall" >>"$scratch/results/$title.$tool.wall"
        echo "$cpu" >>"$scratch/results/$title.$tool.cpu"
    else
        printf '   failed\n' >&2
        tail -n 20 "$log" >&2
        failures=$((failures + 1))
    fi
    cd "$OLDPWD"
}

# Adds a function that no documentation lint and no other name can trouble: add_function DIRECTORY NUMBER
add_function() {
    printf '\n#[doc(hidden)]\n#[allow(dead_code)]\npub fn hyperopt_edit_%d() -> u32 {\n    %d\n}\n' "$2" "$2" >>"$1/$edit"
}

all_rows() {
    local tool=$1 store=$scratch/stores/$1-$run a=$scratch/$1-a b=$scratch/$1-b
    # The same directories in every run: nothing may differ between runs but the clock.
    rm -rf "$a" "$b"
    cp -R "$source_dir" "$a"
    cp -R "$source_dir" "$b"
    mkdir -p "$store/home"
    row "cold" "$tool" "$store" "$a"
    row "no-op" "$tool" "$store" "$a"
    rm -rf "$a/target"
    row "warm, same dir" "$tool" "$store" "$a"
    row "other directory" "$tool" "$store" "$b"
    add_function "$b" $((run * 10 + 1))
    row "first edit" "$tool" "$store" "$b"
    add_function "$b" $((run * 10 + 2))
    row "steady edit" "$tool" "$store" "$b"
    printf '// A comment of run %d.\n' "$run" >>"$b/$edit"
    row "comment" "$tool" "$store" "$b"
    retire "$tool" "$store"
    rm -rf "$store" "$a" "$b"
}

for ((run = 1; run <= runs; run++)); do
    for ((n = 0; n < ${#tools_list[@]}; n++)); do
        # Each run begins with another tool.
        all_rows "${tools_list[(n + run - 1) % ${#tools_list[@]}]}"
    done
done

# ---- The tables

table() {
    local title tool
    printf '\n| %s |' "$2"
    for tool in "${tools_list[@]}"; do
        case $tool in plain) printf ' plain cargo |' ;; hyperopt) printf ' rustc-hyperopt |' ;; *) printf ' %s |' "$tool" ;; esac
    done
    printf '\n| --- |'
    for tool in "${tools_list[@]}"; do printf ' ---: |'; done
    printf '\n'
    for title in "${rows[@]}"; do
        printf '| %s |' "$title"
        for tool in "${tools_list[@]}"; do printf ' %s |' "$(spread "$scratch/results/$title.$tool.$1")"; done
        printf '\n'
    done
}

printf '\n### %s, %s profile\n\n' "$title" "$profile"
printf 'Runs: %d. Processors: %d. Compiler: %s. Edited file: %s.\n\n' "$runs" "$(nproc)" "$(rustc --version)" "$edit"
for tool in "${tools_list[@]}"; do printf -- '- %s\n' "$(version_of "$tool")"; done
table wall "wall seconds"
table cpu "CPU seconds"
((failures == 0)) || fail "$failures builds failed"
