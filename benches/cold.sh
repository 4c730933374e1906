#!/usr/bin/env bash
# What a fresh copy of a project costs when a cache knows everything in it, side by side in one run; prints Markdown.
#
#   benches/cold.sh [options] [SUBJECT] [-- CARGO WORDS]
#
#   SUBJECT         web (default; a service of about 320 units in benches/web), a crate of the registry as NAME or
#                   NAME@VERSION, or a directory of yours (contains a / or is `.`), which is copied, not touched
#   CARGO WORDS     what is run (default: build), for example `check`, `build --release`, `test --no-run`, or
#                   `+nightly -Zbuild-dir-new-layout build`
#   --runs N        how many fresh copies each tool gets (default: 5); tools take turns
#   --tools LIST    of plain,hyperopt,sccache,kache,mbx (default: all that are installed)
#   --moved-target  every directory has its target directory elsewhere (`CARGO_TARGET_DIR`)
#   --sibling       with web: then build a second service that shares most crates, with the caches that know the first
#   --program FILE  a rustc-hyperopt that is already built (default: builds the release binary)
#   --keep          leave the scratch directory, with all logs, and say where it is
#
# Each tool builds the project once in a directory of its own, which stays (some caches copy from it). Then, in each run,
# each tool builds a copy at a path where nothing ever was. All copies stay until the end, which takes room (a gigabyte for
# each copy of the web service by a tool that copies libraries). `no-op` is plain cargo in a directory that is built. Cells are
# seconds: the median with the fastest and the slowest run. CPU is user and system time of the build and of what a tool's
# background processes did until they rested. Work for the first edit of a copy (`performance.speculative_compilation`) is
# left out: it would fall into the next measurement; benches/edits.sh measures what it is good for. `commands` is how many compilers, wrappers and build scripts cargo has run,
# by its own account, in one more fresh copy.
set -euo pipefail
here=$PWD
cd "$(dirname "$0")/.."
# shellcheck source=benches/measure.sh
source benches/measure.sh
# shellcheck source=benches/tools.sh
source benches/tools.sh

subject=web runs=5 tools='' keep='' sibling='' moved='' program=''
words=()
while (($#)); do
    case $1 in
    --runs) runs=${2:?--runs needs a number} && shift ;;
    --tools) tools=${2:?--tools needs a list} && shift ;;
    --sibling) sibling=1 ;;
    --moved-target) moved=1 ;;
    --program) program=$(cd "$here" && realpath "${2:?--program needs a file}") && shift ;;
    --keep) keep=1 ;;
    -h | --help) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//p}' "$0" && exit ;;
    --) shift && words=("$@") && break ;;
    -*) fail "unknown option $1 (see --help)" ;;
    *) subject=$1 ;;
    esac
    shift
done
[[ $runs =~ ^[1-9][0-9]*$ ]] || fail "--runs needs a number"
[[ ! $sibling || $subject == web ]] || fail "--sibling goes with web"
if ((${#words[@]} == 0)); then words=(build); fi

unset CARGO_TARGET_DIR CARGO_BUILD_TARGET_DIR CARGO_INCREMENTAL RUSTC_WRAPPER RUSTC_WORKSPACE_WRAPPER RUSTC_HYPEROPT
export RUSTC_HYPEROPT_PERFORMANCE_SPECULATIVE_COMPILATION=false
export CARGO_HOME=${CARGO_HOME:-$HOME/.cargo} RUSTUP_HOME=${RUSTUP_HOME:-$HOME/.rustup}
# Below /proc a path is shown without links, and that is how background processes are found.
scratch=$(realpath "$(mktemp -d)")
# Not the user's own server.
sccache_port=$((20000 + RANDOM % 20000))
trap finish EXIT
choose_tools
program=$(program_or_release "$program")

# ---- The projects

if [[ $subject == web ]]; then subject=$PWD/benches/web; fi
copy_project "$subject" "$here"
if [[ $sibling ]]; then
    # Another service: three crates more, one less, and the versions of the first where it has them.
    cp -R "$source_dir" "$scratch/sibling"
    sed -i '/^regex = /d; s/^zstd = .*/&\nitertools = "0.14"\nrand = "0.9"\nbase64 = "0.22"/; s/^name = "web"/name = "sibling"/' "$scratch/sibling/Cargo.toml"
    cargo fetch --manifest-path "$scratch/sibling/Cargo.toml" >&2
fi

# ---- The measurements

mkdir -p "$scratch/results" "$scratch/logs"

# once TITLE TOOL DIRECTORY [WORD...]: one build, its figures kept under the title.
once() {
    local title=$1 tool=$2 dir=$3 log
    log="$scratch/logs/$tool-${title// /_}"
    shift 3
    mkdir -p "$scratch/stores/$tool/home"
    printf '%-9s %-12s' "$tool" "$title" >&2
    if [[ $moved ]]; then export CARGO_TARGET_DIR=$dir.target; fi
    cd "$dir"
    if measure "$(file_of "$tool")" "$log" build "$tool" "$scratch/stores/$tool" "${words[@]}" --locked "$@"; then
        printf '%8.2f s %8.2f CPU s\n' "$wall" "$cpu" >&2
        echo "$wall" >>"$scratch/results/$title.$tool.wall"
        echo "$cpu" >>"$scratch/results/$title.$tool.cpu"
    else
        printf '   failed\n' >&2
        tail -n 20 "$log" >&2
    fi
    cd "$OLDPWD"
}

# How many commands cargo has run, of those that compile or are build scripts.
count_commands() { grep -cE '^ *Running `' "$scratch/logs/$1-$2" || true; }

fresh() { rm -rf "$2" && cp -R "$1" "$2"; }

for tool in "${tools_list[@]}"; do
    fresh "$source_dir" "$scratch/donor-$tool"
    once cold "$tool" "$scratch/donor-$tool"
done
for ((run = 1; run <= runs; run++)); do
    for ((n = 0; n < ${#tools_list[@]}; n++)); do
        # Each run begins with another tool.
        tool=${tools_list[(n + run - 1) % ${#tools_list[@]}]}
        if [[ $tool == plain ]]; then
            once no-op plain "$scratch/donor-plain"
        else
            fresh "$source_dir" "$scratch/copy-$tool-$run"
            # It stays until the end: ext4 passes over inodes that were freed in the last minutes, one by one, so that
            # whatever makes files after a large removal pays for it (three times the system time after ten copies).
            once "fresh copy" "$tool" "$scratch/copy-$tool-$run"
        fi
    done
done
for tool in "${tools_list[@]}"; do
    if [[ $tool != plain ]]; then
        fresh "$source_dir" "$scratch/copy-$tool"
        once counted "$tool" "$scratch/copy-$tool" -v
    fi
done
if [[ $sibling ]]; then
    for tool in "${tools_list[@]}"; do
        fresh "$scratch/sibling" "$scratch/sibling-$tool"
        once sibling "$tool" "$scratch/sibling-$tool" -v
    done
fi

# ---- The table

printf '\n### %s, cargo %s%s\n\n' "$title" "${words[*]}" "${moved:+, target directory elsewhere}"
printf 'Fresh copies: %d. Processors: %d, load at the end: %s. Compiler: %s.\n\n' \
    "$runs" "$(nproc)" "$(cut -d ' ' -f 1 /proc/loadavg)" "$(rustc --version)"
printf '| | cold s | fresh copy s | CPU s | commands |\n| --- | ---: | ---: | ---: | ---: |\n'
for tool in "${tools_list[@]}"; do
    file="$scratch/results"
    if [[ $tool == plain ]]; then
        printf '| %s | %s | = cold | %s | |\n' "$(version_of plain)" "$(spread "$file/cold.plain.wall")" "$(spread "$file/cold.plain.cpu")"
        printf '| its no-op | | %s | %s | 0 |\n' "$(spread "$file/no-op.plain.wall")" "$(spread "$file/no-op.plain.cpu")"
    else
        printf '| %s | %s | %s | %s | %s |\n' "$(version_of "$tool")" "$(spread "$file/cold.$tool.wall")" \
            "$(spread "$file/fresh copy.$tool.wall")" "$(spread "$file/fresh copy.$tool.cpu")" "$(count_commands "$tool" counted)"
    fi
done
if [[ $sibling ]]; then
    printf '\n| a sibling service | s | CPU s | commands |\n| --- | ---: | ---: | ---: |\n'
    for tool in "${tools_list[@]}"; do
        printf '| %s | %s | %s | %s |\n' "$tool" "$(spread "$scratch/results/sibling.$tool.wall")" \
            "$(spread "$scratch/results/sibling.$tool.cpu")" "$(count_commands "$tool" sibling)"
    done
fi
