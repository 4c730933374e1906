#!/usr/bin/env bash
# What an edit at the bottom of a workspace costs with plain cargo and with rustc-hyperopt, in one run; prints Markdown.
#
#   benches/chain.sh [options]
#
#   --ripgrep        ripgrep's workspace, edited in globset (default: a generated chain of libraries with an app on top)
#   --web            the web service of benches/cold.sh, edited in its program
#   --edit FILE      edit this file of ripgrep's instead, for example crates/core/main.rs
#   --edits LIST     of the kinds of edits, with commas (default: all); the first ones after a restore are made in any case
#   --crates N       how many libraries the chain has (default: 12)
#   --lines N        about how many lines each of them has (default: 2000)
#   --runs N         how often every edit is made (default: 5)
#   --commands LIST  of build,check (default: both)
#   --release        with the release profile (default: dev, which is incremental)
#   --env NAME=VALUE for both, for example CARGO_INCREMENTAL=0; may be repeated
#   --program FILE   a rustc-hyperopt that is already built (default: builds the release binary)
#   --keep           leave the scratch directory, with all logs, and say where it is
#
# Each side has a directory of its own that is built once. Then, in each run and for each kind of edit, one edit is made in
# both and both are built, in turn. For edits that are the first after a restore the sources are copied to a place where they
# never were, built there from the cache, and then edited: at once, or after a rest, in which the background process has made
# incremental state. For those after `clean` the same place is cleaned, built from the cache, and edited again. They are
# compared with plain cargo's edit in a directory that it has built, because plain cargo restores nothing. Cells are seconds
# of wall time: the median with the fastest and the slowest run. The last column says what the cache did in the last run.
set -euo pipefail
here=$PWD
cd "$(dirname "$0")/.."
# shellcheck source=benches/measure.sh
source benches/measure.sh
# shellcheck source=benches/edits.sh
source benches/edits.sh

subject=chain edit='' kinds='' crates=12 lines=2000 runs=5 commands=build,check keep='' hyperopt=''
flags=() settings=()
while (($#)); do
    case $1 in
    --ripgrep) subject=ripgrep ;;
    --web) subject=web ;;
    --edit) edit=${2:?--edit needs a file} && shift ;;
    --edits) kinds=${2:?--edits needs a list} && shift ;;
    --crates) crates=${2:?--crates needs a number} && shift ;;
    --lines) lines=${2:?--lines needs a number} && shift ;;
    --runs) runs=${2:?--runs needs a number} && shift ;;
    --commands) commands=${2:?--commands needs a list} && shift ;;
    --release) flags=(--release) ;;
    --env) settings+=("${2:?--env needs NAME=VALUE}") && shift ;;
    --program) hyperopt=$(cd "$here" && realpath "${2:?--program needs a file}") && shift ;;
    --keep) keep=1 ;;
    -h | --help) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//p}' "$0" && exit ;;
    *) fail "unknown option $1 (see --help)" ;;
    esac
    shift
done
[[ $runs =~ ^[1-9][0-9]*$ && $crates =~ ^[1-9][0-9]*$ && $lines =~ ^[1-9][0-9]*$ ]] || fail "--runs, --crates and --lines need numbers"

unset CARGO_TARGET_DIR CARGO_BUILD_TARGET_DIR CARGO_INCREMENTAL RUSTC_WRAPPER RUSTC_WORKSPACE_WRAPPER RUSTC_HYPEROPT
for setting in "${settings[@]+"${settings[@]}"}"; do export "${setting?}"; done
# Below /proc a path is shown without links, and that is how background processes are found.
scratch=$(realpath "$(mktemp -d)")
store=$scratch/store
finish() {
    end_background "$hyperopt" "$store"
    if [[ $keep ]]; then printf 'Kept: %s\n' "$scratch" >&2; else rm -rf "$scratch"; fi
}
trap finish EXIT
hyperopt=$(program_or_release "$hyperopt")

# ---- The workspace

# A part of a library: types with derives, methods, functions that nobody else sees; about 40 lines.
part() {
    cat <<RUST
/// A record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record$1 {
    pub id: u64,
    pub name: String,
    tags: Vec<String>,
    next: Option<Box<Record$1>>,
}

/// What can happen to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Event$1 {
    Made { id: u64 },
    Named(String),
    Gone,
}

impl Record$1 {
    pub fn new(id: u64) -> Self {
        Self { id, name: format!("record {id}"), tags: Vec::new(), next: None }
    }

    pub fn apply(&mut self, event: Event$1) -> usize {
        match event {
            Event$1::Made { id } => self.id = id,
            Event$1::Named(name) => self.tags.push(std::mem::replace(&mut self.name, name)),
            Event$1::Gone => self.next = Some(Box::new(self.clone())),
        }
        self.weigh()
    }

    fn weigh(&self) -> usize {
        let words: Vec<&str> = self.name.split(' ').collect();
        words.iter().map(|w| w.len()).sum::<usize>() + self.tags.len() + step$1(self.id as usize)
    }
}

fn step$1(x: usize) -> usize {
    (0..x % 7).filter(|n| n % 2 == 0).map(|n| n * $1).sum()
}

RUST
}

chain_crate() {
    local number=$1 dir=$2 below=$3 parts=$((lines / 43)) n
    mkdir -p "$dir/src"
    {
        printf '[package]\nname = "lib%02d"\nversion = "0.1.0"\nedition = "2021"\n\n[dependencies]\nserde = { version = "1", features = ["derive"] }\n' "$number"
        if [[ $below ]]; then printf '%s = { path = "../%s" }\n' "$below" "$below"; fi
    } >"$dir/Cargo.toml"
    {
        printf '//! Library %d of a chain.\n\nuse serde::{Deserialize, Serialize};\n\n' "$number"
        for ((n = 0; n < parts / 2; n++)); do part "$n"; done
        if [[ ! $below ]]; then edited_block; fi
        for (( ; n < parts; n++)); do part "$n"; done
        printf '/// All of the chain up to here.\npub fn total(x: u64) -> usize {\n    let mut record = Record0::new(x);\n'
        if [[ $below ]]; then
            printf '    let mut lower = %s::Record1::new(x);\n    lower.apply(%s::Event1::Gone) + %s::total(x)\n' "$below" "$below" "$below"
        else
            printf '    edited_public(x) as usize %% 9\n'
        fi
        printf '        + record.apply(Event0::Named("x y".into()))\n}\n'
    } >"$dir/src/lib.rs"
}

make_chain() {
    local n below='' members='"app"'
    for ((n = 0; n < crates; n++)); do
        chain_crate "$n" "$1/$(printf 'lib%02d' "$n")" "$below"
        below=$(printf 'lib%02d' "$n")
        members+=", \"$below\""
    done
    mkdir -p "$1/app/src"
    printf '[workspace]\nresolver = "2"\nmembers = [%s]\n' "$members" >"$1/Cargo.toml"
    printf '[package]\nname = "app"\nversion = "0.1.0"\nedition = "2021"\n\n[dependencies]\nserde_json = "1"\n%s = { path = "../%s" }\n' \
        "$below" "$below" >"$1/app/Cargo.toml"
    printf 'fn main() {\n    println!("{} {}", %s::total(5), serde_json::to_string(&%s::Record2::new(7)).unwrap());\n}\n' \
        "$below" "$below" >"$1/app/src/main.rs"
    printf 'a chain of %d libraries of %d lines' "$crates" "$(wc -l <"$1/lib00/src/lib.rs")"
}

source_dir=$scratch/source
if [[ $subject == ripgrep ]]; then
    title=$(fetch_workspace ripgrep 15 'grep.*|globset|ignore' "$source_dir")
    edit=${edit:-crates/globset/src/lib.rs}
    edited_block >>"$source_dir/$edit"
elif [[ $subject == web ]]; then
    title="the web service"
    edit=src/main.rs
    mkdir "$source_dir"
    cp -R benches/web/{Cargo.toml,Cargo.lock,src} "$source_dir"
    edited_block >>"$source_dir/$edit"
else
    title=$(make_chain "$source_dir")
    edit=lib00/src/lib.rs
fi
# One lock file for both, and no download while the clock runs.
cargo fetch --manifest-path "$source_dir/Cargo.toml" >&2

# ---- The measurements

mkdir -p "$scratch/results" "$scratch/logs"
first=("private body" "private function")
ways=("first after a restore" "first after a restore and a rest" "first after clean")

# once SIDE DIRECTORY ROW COMMAND: one build, its time kept unless ROW is empty.
once() {
    local side=$1 dir=$2 row=$3 command=$4 log
    log="$scratch/logs/$side-$command-${row// /_}"
    cd "$dir"
    measure "" "$log" "${side}_cargo" "$command" --offline "${flags[@]+"${flags[@]}"}" || { cat "$log" >&2 && fail "$row: $side"; }
    cd "$OLDPWD"
    if [[ $row ]]; then
        echo "$wall" >>"$scratch/results/$command $row.$side"
        printf '%s %s, %s: %s s\n' "$command" "$row" "$side" "$wall" >&2
    fi
    if [[ $side == ours ]]; then counted >"$scratch/results/$command $row.counted"; fi
}

# fresh DIRECTORY COMMAND: a copy of the sources, built from the cache.
fresh() {
    rm -rf "$1"
    mkdir -p "$1"
    tar -C "$scratch/ours" --exclude=./target -cf - . | tar -C "$1" -xf -
    once ours "$1" "" "$2"
}

# Does now what the background process does when nothing is built, and waits for it.
rest() { RUSTC_HYPEROPT_CACHE_PATH=$store "$hyperopt" cache settle; }

# firsts COMMAND KIND DIRECTORY: edits that are the first after a restore.
firsts() {
    local command=$1 kind=$2 dir=$3 way
    for way in "${ways[@]}"; do
        case $way in
        *rest)
            rm -rf "$dir"
            dir+=-rested
            fresh "$dir" "$command"
            rest
            ;;
        *clean) (cd "$dir" && ours_cargo clean --quiet) && once ours "$dir" "" "$command" ;;
        *) fresh "$dir" "$command" ;;
        esac
        number=$((number + 1))
        make_edit "$kind" "$dir/$edit" "$number"
        once ours "$dir" "$kind, $way" "$command"
    done
    rm -rf "$dir"
}

edits=("nothing" "comment" "comment line" "doc comment" "private body" "private body, one line more" "private function" "signature")
if [[ $kinds ]]; then IFS=, read -ra edits <<<"$kinds"; fi
number=100000
for side in plain ours; do cp -R "$source_dir" "$scratch/$side"; done
for command in ${commands//,/ }; do
    for side in plain ours; do once "$side" "$scratch/$side" "" "$command"; done
    for ((run = 1; run <= runs; run++)); do
        for kind in "${edits[@]}"; do
            number=$((number + 1))
            for side in plain ours; do make_edit "$kind" "$scratch/$side/$edit" "$number"; done
            # Each run begins with the other side.
            if ((run % 2)); then order=(plain ours); else order=(ours plain); fi
            for side in "${order[@]}"; do once "$side" "$scratch/$side" "$kind" "$command"; done
        done
        # Not twice at one path: state may be known for it.
        for kind in "${first[@]}"; do firsts "$command" "$kind" "$scratch/elsewhere-$command-$run-${kind#private }"; done
    done
    for kind in "${first[@]}"; do
        for way in "${ways[@]}"; do
            if [[ -f "$scratch/results/$command $kind.plain" ]]; then
                cp "$scratch/results/$command $kind.plain" "$scratch/results/$command $kind, $way.plain"
            fi
        done
    done
done

# ---- The tables

printf '\n### %s\n\n' "$title"
printf 'Edited file: %s. Runs: %d. Processors: %d, load at the end: %s. Compiler: %s. %s %s\n' \
    "$edit" "$runs" "$(nproc)" "$(cut -d ' ' -f 1 /proc/loadavg)" "$(rustc --version)" "${flags[*]+"${flags[*]}"}" "${settings[*]+"${settings[*]}"}"
for command in ${commands//,/ }; do
    printf '\n| cargo %s after | plain cargo | rustc-hyperopt | faster | crates |\n| --- | ---: | ---: | ---: | --- |\n' "$command"
    rows=("${edits[@]}")
    for kind in "${first[@]}"; do for way in "${ways[@]}"; do rows+=("$kind, $way"); done; done
    for kind in "${rows[@]}"; do
        file="$scratch/results/$command $kind"
        printf '| %s | %s | %s | %s | %s |\n' "$kind" "$(spread "$file.plain")" "$(spread "$file.ours")" \
            "$(ratio "$file.plain" "$file.ours")" "$(cat "$file.counted")"
    done
done
