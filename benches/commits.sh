#!/usr/bin/env bash
# Builds the last commits of a public repository in order, with plain cargo and with rustc-hyperopt; prints Markdown.
#
#   benches/commits.sh [options] REPOSITORY
#
#   REPOSITORY       what git can clone: an https URL or a local git directory
#   --commits N      how many, along first parents (default: 100)
#   --until COMMIT   the last one (default: that of the repository; older ones suit an older compiler)
#   --command NAME   build or check (default: build), of the whole workspace (`--workspace`)
#   --release        with the release profile (default: dev)
#   --work DIR       keep everything there and go on where an earlier run with this directory has stopped
#   --program FILE   a rustc-hyperopt that is already built (default: builds the release binary)
#
# Repositories that were used:
#
#   https://github.com/BurntSushi/ripgrep     https://github.com/clap-rs/clap
#   https://github.com/rust-lang/mdBook       https://github.com/sharkdp/fd
#
# Each side has a checkout of its own. The commit before the first one is built without being measured (after a restart:
# the commit before the next one), so that every measured build is one that a developer would have after `git pull`. Crates
# are downloaded before the clock runs. Commits that plain cargo cannot build are counted and left out of the times; that one
# side builds and the other does not is an error. An edited crate is a package in which the commit changes a `.rs` file outside
# of its tests, examples and benches.
set -euo pipefail
here=$PWD
cd "$(dirname "$0")/.."
# shellcheck source=benches/measure.sh
source benches/measure.sh
# shellcheck source=benches/edits.sh
source benches/edits.sh

# A path as it was given, from where the script was started.
from_here() { if [[ $1 == /* ]]; then printf '%s' "$1"; else printf '%s/%s' "$here" "$1"; fi; }

repository='' commits=100 until=HEAD command=build work='' hyperopt=''
# That a package asks for a newer compiler does not mean that it needs one.
flags=(--workspace --verbose --ignore-rust-version)
while (($#)); do
    case $1 in
    --commits) commits=${2:?--commits needs a number} && shift ;;
    --until) until=${2:?--until needs a commit} && shift ;;
    --command) command=${2:?--command needs build or check} && shift ;;
    --release) flags+=(--release) ;;
    --work) work=$(from_here "${2:?--work needs a directory}") && shift ;;
    --program) hyperopt=$(realpath "$(from_here "${2:?--program needs a file}")") && shift ;;
    -h | --help) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//p}' "$0" && exit ;;
    -*) fail "unknown option $1 (see --help)" ;;
    *) repository=$1 ;;
    esac
    shift
done
[[ $repository ]] || fail "name a repository (see --help)"
[[ $commits =~ ^[1-9][0-9]*$ ]] || fail "--commits needs a number"
[[ $command == build || $command == check ]] || fail "--command needs build or check"
if [[ -d $(from_here "$repository") ]]; then repository=$(realpath "$(from_here "$repository")"); fi

unset CARGO_TARGET_DIR CARGO_BUILD_TARGET_DIR CARGO_INCREMENTAL RUSTC_WRAPPER RUSTC_WORKSPACE_WRAPPER RUSTC_HYPEROPT
# Not the compiler that some commit asks for: one for all.
if command -v rustup >/dev/null; then
    RUSTUP_TOOLCHAIN=${RUSTUP_TOOLCHAIN:-$(rustup show active-toolchain | cut -d ' ' -f 1)}
    export RUSTUP_TOOLCHAIN
fi
if [[ $work ]]; then
    mkdir -p "$work"
    scratch=$(realpath "$work")
else
    scratch=$(realpath "$(mktemp -d)")
fi
store=$scratch/store
if [[ -f $scratch/pid ]] && kill -0 "$(cat "$scratch/pid")" 2>/dev/null; then fail "another run works in $scratch"; fi
echo "$$" >"$scratch/pid"
finish() {
    rm -f "$scratch/pid"
    end_background "$hyperopt" "$store"
    if [[ ! $work ]]; then rm -rf "$scratch"; fi
}
trap finish EXIT
hyperopt=$(program_or_release "$hyperopt")

# ---- The commits

for side in plain ours; do
    [[ -d $scratch/$side/.git ]] || git clone --quiet --no-checkout "$repository" "$scratch/$side"
done
# Fixed when the run begins, so that a restart continues with the same ones. One more, to begin with.
if [[ ! -f $scratch/list ]]; then
    git -C "$scratch/plain" rev-list --first-parent --max-count "$((commits + 1))" "$until" | tac >"$scratch/list"
fi
mapfile -t list <"$scratch/list"
results=$scratch/results.tsv
touch "$results"
mkdir -p "$scratch/logs"

# Both checkouts at a commit, with everything downloaded and the same lock file; fails if that cannot be had.
get() {
    local side lock=$scratch/Cargo.lock
    for side in plain ours; do
        git -C "$scratch/$side" checkout --quiet --force --detach "$1"
        # A project without a lock file keeps the first one that cargo made.
        if ! git -C "$scratch/$side" ls-files --error-unmatch Cargo.lock >/dev/null 2>&1 && [[ -f $lock ]]; then
            cmp -s "$lock" "$scratch/$side/Cargo.lock" || cp "$lock" "$scratch/$side/Cargo.lock"
        fi
    done
    (cd "$scratch/plain" && plain_cargo fetch >"$scratch/logs/fetch" 2>&1) || return 1
    if ! cmp -s "$scratch/plain/Cargo.lock" "$scratch/ours/Cargo.lock"; then cp "$scratch/plain/Cargo.lock" "$scratch/ours/Cargo.lock"; fi
    cp "$scratch/plain/Cargo.lock" "$lock"
}

# How many packages a commit edits: edited FROM TO
edited() {
    local file dir
    git -C "$scratch/plain" diff --name-only --diff-filter=d "$1" "$2" -- '*.rs' ':!*tests/*' ':!*benches/*' ':!*examples/*' |
        while read -r file; do
            dir=$scratch/plain/$(dirname "$file")
            while [[ $dir != "$scratch/plain" && ! -f $dir/Cargo.toml ]]; do dir=$(dirname "$dir"); done
            printf '%s\n' "$dir"
        done | sort -u | wc -l
}

# one SIDE: builds, and sets `wall` and `cpu`.
one() {
    local status=0
    cd "$scratch/$1"
    measure "" "$scratch/logs/$1" "$1_cargo" "$command" --offline "${flags[@]}" || status=$?
    cd "$OLDPWD"
    return "$status"
}

# All counters of the cache since the last call: `hits/exact=12 misses/source-changed=1`.
counters() {
    local json
    json=$(ours_cargo stats --json)
    ours_cargo stats --reset >/dev/null 2>&1
    awk -v json="$json" 'BEGIN {
        sub(/.*"totals":[{]/, "", json)
        while (match(json, /^,?"[a-z_]+":([{][^}]*[}]|[0-9]+)/)) {
            part = substr(json, RSTART, RLENGTH)
            json = substr(json, RSTART + RLENGTH)
            if (part !~ /[{]/) continue
            group = part
            gsub(/^,?"|":.*/, "", group)
            sub(/^[^{]*[{]/, "", part)
            sub(/[}]$/, "", part)
            n = split(part, counts, ",")
            for (i = 1; i <= n; i++) { split(counts[i], c, ":"); gsub(/"/, "", c[1]); printf "%s/%s=%d ", group, c[1], c[2] }
        }
    }'
}

# ---- The builds

count=0 begun='' mismatches=0
for ((n = 1; n < ${#list[@]}; n++)); do
    sha=${list[n]}
    if grep -q "^$sha" "$results"; then continue; fi
    if [[ -z $begun ]]; then
        begun=1
        printf 'Building %s, to begin with\n' "${list[n - 1]:0:10}" >&2
        get "${list[n - 1]}" || printf 'its crates could not be downloaded\n' >&2
        for side in plain ours; do one "$side" || printf 'it does not build\n' >&2; done
        counters >/dev/null
    fi
    if ! get "$sha"; then
        printf '%s\tno-crates\n' "$sha" >>"$results"
        continue
    fi
    status=built
    if ((n % 2)); then order=(plain ours); else order=(ours plain); fi
    declare -A walls=() cpus=() ends=()
    for side in "${order[@]}"; do
        ends[$side]=0
        one "$side" || ends[$side]=1
        walls[$side]=$wall cpus[$side]=$cpu
    done
    counted=$(counters)
    if ((ends[plain] != ends[ours])); then
        status=mismatch mismatches=$((mismatches + 1))
        cp "$scratch/logs/plain" "$scratch/logs/plain-$sha"
        cp "$scratch/logs/ours" "$scratch/logs/ours-$sha"
    elif ((ends[plain])); then
        status=broken
    fi
    edited=$(edited "${list[n - 1]}" "$sha")
    compiled=$(grep -c '^ *Running `.* --crate-name ' "$scratch/logs/plain" || true)
    printf '%s\t%s\t%s\t%s\t%s\t%s\t%d\t%d\t%s\n' "$sha" "$status" "${walls[plain]}" "${walls[ours]}" "${cpus[plain]}" \
        "${cpus[ours]}" "$edited" "$compiled" "$counted" >>"$results"
    count=$((count + 1))
    printf '%d of %d: %s %-8s plain %s s, ours %s s, %d edited, %d compiles of plain cargo, %s\n' "$n" "$((${#list[@]} - 1))" \
        "${sha:0:10}" "$status" "${walls[plain]}" "${walls[ours]}" "$edited" "$compiled" "$counted" >&2
done

# ---- The table

printf '\n### The last %d commits of %s, cargo %s\n\n' "$((${#list[@]} - 1))" "$(basename "$repository" .git)" "$command ${flags[*]}"
printf 'Processors: %d. Compiler: %s. Newest commit: %s.\n\n' "$(nproc)" "$(rustc --version)" "${list[-1]}"
awk -F '\t' '{
        states[$2]++
        if ($2 != "built") next
        plain += $3; ours += $4; plain_cpu += $5; ours_cpu += $6; edited += $7; compiled += $8
        if ($7 + $8 == 0) idle++
        n = split($9, counts, " ")
        for (i = 1; i <= n; i++) { split(counts[i], c, "="); sums[c[1]] += c[2] }
    }
    function row(name, value) { printf "| %s | %s |\n", name, value }
    function percent(part, all) { return all ? sprintf("%d (%d %%)", part, 100 * part / all + 0.5) : part "" }
    END {
        print "| | |"; print "| --- | ---: |"
        row("commits built", states["built"] + 0)
        row("… of which plain cargo compiled nothing", idle + 0)
        row("commits that do not build", states["broken"] + 0)
        row("commits whose crates could not be downloaded", states["no-crates"] + 0)
        row("**commits that only one side could build**", states["mismatch"] + 0)
        row("plain cargo, all commits, wall", sprintf("%.1f s", plain))
        row("rustc-hyperopt, all commits, wall", sprintf("%.1f s", ours))
        row("plain cargo, CPU", sprintf("%.1f s", plain_cpu))
        row("rustc-hyperopt, CPU without its background process", sprintf("%.1f s", ours_cpu))
        for (name in sums) {
            if (name ~ /^misses\//) missed += sums[name]
        }
        row("crates edited", edited + 0)
        row("compiles of plain cargo", compiled + 0)
        row("compiles of rustc-hyperopt", percent(missed, compiled))
        row("semantic hits, per edited crate", percent(sums["hits/semantic"] + 0, edited))
        row("compiles whose dependents were spared, per edited crate", percent(sums["cut_offs/grafted"] + 0, edited))
        row("dependents that were spared a compile", sums["hits/cut-off"] + 0)
        for (name in sums) printf "| %s | %s |\n", name, sums[name] | "sort"
    }' "$results"
((mismatches == 0)) || fail "$mismatches commits were built by one side only; see $scratch/logs"
