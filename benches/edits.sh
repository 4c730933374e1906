# Functions for benches that edit a workspace and build it with plain cargo and with rustc-hyperopt; to be sourced by bash
# behind measure.sh, never run.
#
# `scratch`, `hyperopt` and `store` must be set: a directory of the caller, the release binary, and its cache. Nothing here
# touches the user's own caches.
# shellcheck shell=bash disable=SC2154

# Plain cargo in the current directory. An empty name overrides a wrapper in the user's cargo configuration.
plain_cargo() { RUSTC_WRAPPER='' RUSTC_HYPEROPT=off cargo "$@"; }

# rustc-hyperopt in the current directory, with the cache of the bench.
ours_cargo() { RUSTC_HYPEROPT_CACHE_PATH=$store "$hyperopt" "$@"; }

# Code with everything that is edited, for the end of a library or its middle.
edited_block() {
    cat <<'RUST'

// A comment with the number 100000.
/// Documentation with the number 100000.
#[doc(hidden)]
pub fn edited_public(x: u64) -> u64 {
    edited_private(x)
}

fn edited_private(x: u64) -> u64 {
    let number = 100000u64; // body
    x.wrapping_mul(number)
}

/// Its signature is edited.
#[doc(hidden)]
pub fn edited_signature(x: [u8; 100000]) -> u8 {
    x[0]
}
RUST
}

# Makes one edit: make_edit KIND FILE NUMBER (six digits)
#
# A private function is as many lines long as no other before: code behind it must not come to stand where it stood already.
make_edit() {
    local lines=
    case $1 in
    "comment") sed -i "s|^// A comment with the number .*|// A comment with the number $3.|" "$2" ;;
    "comment line") sed -i "s|^// A comment with the number .*|&\n// One more line of it: $3.|" "$2" ;;
    "doc comment") sed -i "s|^/// Documentation with the number .*|/// Documentation with the number $3.|" "$2" ;;
    "private body") sed -i "s|let number = .*; // body|let number = ${3}u64; // body|" "$2" ;;
    "private body, one line more") sed -i "s|^    let number = .*; // body|&\n    let x = x ^ $3;|" "$2" ;;
    "private function")
        printf -v lines '    // One line more.\\n%.0s' $(seq "${3#100}")
        sed -i "s|^fn edited_private|#[allow(dead_code)]\nfn added_$3() -> u64 {\n$lines    $3\n}\n\n&|" "$2"
        ;;
    "signature") sed -i "s|edited_signature(x: \[u8; .*\])|edited_signature(x: [u8; $3])|" "$2" ;;
    "nothing") ;;
    *) printf 'error: no such edit: %s\n' "$1" >&2 && return 1 ;;
    esac
}

# The counters since the last call, in a few words, once everything is stored: `12 exact, 1 missed`.
counted() {
    local json
    json=$(RUSTC_HYPEROPT_CACHE_PATH=$store "$hyperopt" stats --json)
    RUSTC_HYPEROPT_CACHE_PATH=$store "$hyperopt" stats --reset >/dev/null 2>&1
    # {"hits":{"exact":12},"misses":{"source-changed":1},…}
    awk -v json="$json" 'function group(name,   text) {
            text = json
            if (!sub(".*\"" name "\":[{]", "", text)) return ""
            sub("[}].*", "", text)
            return text
        }
        BEGIN {
            n = split(group("hits"), kinds, ",")
            for (i = 1; i <= n; i++) { split(kinds[i], k, ":"); gsub("\"", "", k[1]); out = out k[2] " " k[1] ", " }
            n = split(group("misses"), kinds, ",")
            for (i = 1; i <= n; i++) { split(kinds[i], k, ":"); missed += k[2] }
            print out missed + 0 " compiled"
        }'
}

# The workspace of a crate in the registry: it and the packages that match a pattern become members:
# fetch_workspace NAME REQUIREMENT PATTERN DESTINATION
fetch_workspace() {
    local found name dir members='' patches=''
    found=$(fetch_crate "$1" "$2" "$4")
    (cd "$4" && cargo vendor --locked --versioned-dirs copies >"$scratch/vendor.log" 2>&1) || { cat "$scratch/vendor.log" >&2 && return 1; }
    for dir in "$4"/copies/*; do
        name=$(basename "$dir")
        name=${name%-[0-9]*}
        if [[ $name =~ ^($3)$ ]]; then
            mkdir -p "$4/crates"
            rm -rf "$dir/.cargo-checksum.json"
            mv "$dir" "$4/crates/$name"
            members+="\"crates/$name\", "
            patches+="$name = { path = \"crates/$name\" }"$'\n'
        fi
    done
    rm -rf "$4/copies"
    printf '\n[workspace]\nmembers = [%s]\n\n[patch.crates-io]\n%s' "$members" "$patches" >>"$4/Cargo.toml"
    printf '%s' "$found"
}
