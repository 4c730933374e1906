# Functions for scripts that run plain cargo, rustc-hyperopt and other build caches side by side; to be sourced by bash
# behind measure.sh, never run.
#
# `program` must name the release binary, `sccache_port` a port that is free. Every other tool gets a home directory of its
# own, so that neither the user's caches nor the user's settings take part.
# shellcheck shell=bash disable=SC2154

# The file of a tool, without links; nothing for plain cargo or a tool that is not there.
file_of() {
    case $1 in
    plain) ;;
    hyperopt) printf '%s' "$program" ;;
    *) realpath "$(command -v "$1")" 2>/dev/null || true ;;
    esac
}

# Sets `tools` (a list with commas; all that are installed if it is empty) and `tools_list`.
choose_tools() {
    local tool
    if [[ -z $tools ]]; then
        tools=plain,hyperopt
        for tool in sccache kache mbx; do
            if command -v "$tool" >/dev/null; then tools+=,$tool; fi
        done
    fi
    IFS=, read -ra tools_list <<<"$tools"
    for tool in "${tools_list[@]}"; do
        case $tool in
        plain | hyperopt) ;;
        sccache | kache | mbx) command -v "$tool" >/dev/null || fail "$tool is not installed" ;;
        *) fail "unknown tool $tool" ;;
        esac
    done
}

# Runs a command of cargo in the current directory: build TOOL STORE WORD...
build() {
    local tool=$1 store=$2
    shift 2
    local elsewhere=(HOME="$store/home" XDG_CACHE_HOME="$store/cache" XDG_CONFIG_HOME="$store/config"
        XDG_DATA_HOME="$store/data" XDG_STATE_HOME="$store/state")
    case $tool in
    # An empty name overrides a wrapper in the user's cargo configuration.
    plain) RUSTC_WRAPPER='' cargo "$@" ;;
    hyperopt) RUSTC_HYPEROPT_CACHE_PATH=$store/hyperopt "$program" "$@" ;;
    sccache)
        env "${elsewhere[@]}" SCCACHE_DIR="$store/sccache" SCCACHE_SERVER_PORT="$sccache_port" CARGO_INCREMENTAL=0 \
            RUSTC_WRAPPER=sccache cargo "$@"
        ;;
    kache) env "${elsewhere[@]}" KACHE_CACHE_DIR="$store/kache" RUSTC_WRAPPER=kache cargo "$@" ;;
    mbx) env "${elsewhere[@]}" RUSTC_WRAPPER='' mbx "$@" ;;
    esac
}

# Ends what a tool runs in the background for a store.
retire() {
    if [[ $1 == sccache ]]; then SCCACHE_SERVER_PORT=$sccache_port sccache --stop-server >/dev/null 2>&1 || true; fi
    if [[ $1 != plain ]]; then end_background "$(file_of "$1")" "$2"; fi
}

version_of() {
    case $1 in
    plain) cargo --version ;;
    hyperopt) "$program" --version ;;
    *) "$1" --version ;;
    esac | head -n 1
}

# To be trapped at the end: ends what all tools run in the background, and removes `scratch` unless `keep` is set.
finish() {
    local tool
    for tool in ${tools//,/ }; do retire "$tool" "$scratch/stores"; done
    if [[ $keep ]]; then printf 'Kept: %s\n' "$scratch" >&2; else rm -rf "$scratch"; fi
}
