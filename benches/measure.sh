# Functions for scripts that compare builds; to be sourced by bash, never run.
#
# `scratch` must name a directory of the caller. Nothing here touches the user's own caches.
# shellcheck shell=bash disable=SC2034,SC2154

# Copies the sources of a package from the crates registry, and prints its name and version:
# fetch_crate NAME REQUIREMENT DESTINATION
#
# Cargo alone does the work: a scratch package depends on the crate and has what it depends on copied next to it.
fetch_crate() {
    local name=$1 requirement=$2 to=$3 found
    mkdir -p "$scratch/fetch/src"
    : >"$scratch/fetch/src/lib.rs"
    cat >"$scratch/fetch/Cargo.toml" <<TOML
[package]
name = "fetch"
version = "0.0.0"
edition = "2021"
[dependencies.wanted]
package = "$name"
version = "$requirement"
[workspace]
TOML
    # That a program has no library to depend on is only a warning.
    if ! (cd "$scratch/fetch" && cargo vendor --versioned-dirs copies >../fetch.log 2>&1); then
        cat "$scratch/fetch.log" >&2
        printf 'error: the crate %s %s could not be fetched\n' "$name" "$requirement" >&2
        return 1
    fi
    # Other crates may begin with the same name; versions begin with a digit.
    found=$(find "$scratch/fetch/copies" -mindepth 1 -maxdepth 1 -name "$name-[0-9]*" | sort | tail -n 1)
    mv "$found" "$to"
    rm -rf "$to/.cargo-checksum.json" "$to/.cargo_vcs_info.json" "$scratch/fetch"
    basename "$found"
}

# Copies what the command line has named to `source_dir`, sets `title`, and downloads what it depends on:
# copy_project SUBJECT DIRECTORY, where SUBJECT is NAME, NAME@VERSION, or a project's directory as seen from DIRECTORY.
#
# One lock file for all copies, and no download while the clock runs.
copy_project() {
    local subject=$1 version
    source_dir=$scratch/source
    if [[ $subject == */* || $subject == . ]]; then
        subject=$(cd "$2" && realpath "$subject")
        [[ -f $subject/Cargo.toml ]] || fail "$subject has no Cargo.toml"
        title=$(basename "$subject")
        mkdir "$source_dir"
        tar -C "$subject" --exclude=./target --exclude=./.git -cf - . | tar -C "$source_dir" -xf -
    else
        version=${subject#"${subject%%@*}"}
        version=${version#@}
        # A bare version of `cargo add` means that one or a compatible one; here it means just that one.
        title=$(fetch_crate "${subject%%@*}" "${version:+=}${version:-*}" "$source_dir")
    fi
    cargo fetch --manifest-path "$source_dir/Cargo.toml" >&2
}

# CPU ticks that a background process has used, with its ended children; nothing for a process that is gone.
ticks_of() {
    local stat fields
    { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 0
    read -ra fields <<<"${stat##*) }"
    printf '%d' "$((fields[11] + fields[12] + fields[13] + fields[14]))"
}

# The processes whose program is this file, or its companion in the background (`kache-engine`), other than those this shell
# waits for.
processes_of() {
    local exe
    # The links of the kernel's own threads are empty, too.
    if [[ -z $1 ]]; then return; fi
    for exe in /proc/[0-9]*/exe; do
        if [[ "$(readlink "$exe" 2>/dev/null)" =~ ^"$1"(-engine)?$ ]]; then
            exe=${exe%/exe}
            printf '%s\n' "${exe#/proc/}"
        fi
    done
}

# CPU ticks of all processes of a program; 0 without a program.
background_ticks() {
    local pid sum=0 ticks
    if [[ -n ${1:-} ]]; then
        for pid in $(processes_of "$1"); do
            ticks=$(ticks_of "$pid")
            sum=$((sum + ${ticks:-0}))
        done
    fi
    printf '%d' "$sum"
}

# Waits until the background processes of a program rest, so that what a build handed over is stored: at most 20 s.
settle() {
    local before after tries
    if [[ -z ${1:-} ]]; then return; fi
    after=$(background_ticks "$1")
    for ((tries = 0; tries < 40; tries++)); do
        before=$after
        sleep 0.5
        after=$(background_ticks "$1")
        if ((after - before <= 1)); then return; fi
    done
}

# Ends the background processes of a program that have files open below a directory: end_background PROGRAM DIRECTORY
end_background() {
    local pid
    for pid in $(processes_of "$1"); do
        if find "/proc/$pid/fd" -lname "$2/*" 2>/dev/null | grep -q .; then
            kill "$pid" 2>/dev/null || true
        fi
    done
}

# Runs a command and sets `wall` and `cpu` (seconds): measure PROGRAM LOG COMMAND...
#
# CPU is user and system time of the command and its children, and what the background processes of PROGRAM (empty for
# none) used until they rested again.
measure() {
    local program=$1 log=$2 before after status=0 user system
    shift 2
    before=$(background_ticks "$program")
    local TIMEFORMAT='%R %U %S'
    { time "$@" >"$log" 2>&1 </dev/null; } 2>"$scratch/time" || status=$?
    settle "$program"
    after=$(background_ticks "$program")
    read -r wall user system < <(tail -n 1 "$scratch/time")
    cpu=$(awk -v u="$user" -v s="$system" -v t="$((after > before ? after - before : 0))" -v hz="$(getconf CLK_TCK)" \
        'BEGIN { printf "%.2f", u + s + t / hz }')
    return "$status"
}

# The program that is measured: the one that the command line named, else the release binary, built now.
program_or_release() {
    if [[ $1 ]]; then
        printf '%s' "$1"
    else
        cargo build --release --locked --target-dir target >&2 && printf '%s' "$PWD/target/release/rustc-hyperopt"
    fi
}

# For the end of scripts whose store is below `scratch`: ends its background process and removes everything.
leave() {
    [[ ! $program ]] || "$program" cache stop >/dev/null 2>&1 || true
    rm -rf "$scratch"
}

# Says what is wrong and ends the script.
fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# The median of a file of numbers, with the least and the largest.
spread() {
    if [[ ! -s $1 ]]; then
        printf '–'
        return
    fi
    sort -n "$1" | awk '{ v[NR] = $1 } END {
        m = NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2
        if (NR == 1) printf "%.2f", m; else printf "%.2f (%.2f–%.2f)", m, v[1], v[NR] }'
}

# How many times the median of the second file is in that of the first.
ratio() {
    if [[ ! -s $1 || ! -s $2 ]]; then
        printf '–'
        return
    fi
    printf '%s %s' "$(spread "$1")" "$(spread "$2")" | awk '{ for (i = 1; i <= NF; i++) if ($i !~ /^\(/) v[++n] = $i
        r = (v[2] > 0) ? v[1] / v[2] : 0; printf "%.2f×", r }'
}
