//! One sentence for every name that statistics count. The name alone is stored, so details stand as `…`.

use crate::{base::text, engine::units::Refused, events::HitKind, rustc::WhyNot};

/// Why results of this name were restored; what is exact needs no words.
pub fn of_hit(name: &str) -> String {
    let kind = HitKind::ALL.into_iter().find(|k| k.name() == name && *k != HitKind::Exact);
    kind.map(|k| k.sentence().to_owned()).unwrap_or_default()
}

/// Why results of this name were compiled.
pub fn of_miss(name: &str) -> String {
    match name {
        "first-seen" => "it was never compiled through this cache before".into(),
        "not-stored" => "nothing changed, but the result was removed to make room or never stored".into(),
        "damaged" => "the stored result was damaged and has been set aside".into(),
        "toolchain-changed" => "the toolchain is another one".into(),
        "argument-changed" => "a compiler argument differs".into(),
        "feature-changed" => "a feature was switched on or off".into(),
        "environment-changed" => "an environment variable that the compile reads differs".into(),
        "configuration-changed" => "a setting that is part of the key differs".into(),
        "linker-changed" => "the linker or one of its files differs".into(),
        "source-changed" => "a source or included file differs".into(),
        "dependency-changed" => "a crate that it depends on differs".into(),
        "native-changed" => "a native library differs".into(),
        "macro-input-changed" => "a file that a procedural macro may read differs".into(),
        "location-changed" => "an absolute path is baked into the result, and this is another place".into(),
        "width-changed" => "the terminal has another width, and there are warnings to lay out".into(),
        _ => String::new(),
    }
}

/// What was put in place before a build.
pub fn of_seeding(units: u64) -> String {
    format!("{} put in place before cargo began", text::count(units, "unit"))
}

/// Why units could not be put in place before a build.
pub fn of_refused(name: &str) -> &'static str {
    Refused::ALL.into_iter().find(|r| r.name() == name).map_or("", Refused::sentence)
}

/// Why invocations of this name were not looked up.
pub fn of_bypass(name: &str) -> String {
    let some = || "…".to_owned();
    let all = [
        WhyNot::NotACompile,
        WhyNot::UnknownArgument(some()),
        WhyNot::ResponseFile(some()),
        WhyNot::Emit(some()),
        WhyNot::CrateType(some()),
        WhyNot::UnstableFlag(some()),
        WhyNot::SideEffect(some()),
        WhyNot::Toolchain(some()),
        WhyNot::Linker(some()),
        WhyNot::Secret(some()),
        WhyNot::Excluded,
        WhyNot::AwkwardPath(some()),
        WhyNot::Input(some()),
        WhyNot::Disabled,
    ];
    all.iter().find(|w| w.name() == name).map(WhyNot::sentence).unwrap_or_default()
}

/// Whether the dependents of a crate that was compiled were spared, or why not.
pub fn of_cut_off(name: &str) -> &'static str {
    match name {
        "grafted" => "only the crate itself was compiled: those that depend on it cannot see the edit",
        "switched-off" => "`ai.semantic_analysis` is off",
        "flag" => "a compiler flag may carry code from one crate into another",
        "optimised" => "an optimised build without incremental compilation has exported something else",
        "as-it-stands" => "an edited file counts byte for byte (`why` names the reason)",
        "interface" => "something that other crates see, or compile again for themselves, has changed",
        "moved" => "lines that other crates carry in panics or debug information have moved (`ai.line_drift`)",
        "lost-symbols" => "machine code that other crates may share is not there any more",
        "new-dependency" => "the edit uses a dependency that the crate had not used before",
        "native-members" => "the library carries other native objects than before",
        "not-readable" => "a library or its metadata could not be read",
        "nothing-left" => "no earlier result was left to compare with",
        _ => "",
    }
}

/// What went wrong without harm.
pub fn of_trouble(name: &str) -> &'static str {
    match name {
        "place-failed" => "a result could not be put in place; it was compiled",
        "publish-failed" => "a result could not be stored; it will be compiled again next time",
        "verify-mismatch" => "a result was not what a plain compile makes; it has been set aside (report it)",
        "seeds-withdrawn" => "units that were put into a target directory did not fit together; they were taken back and built",
        "units-not-taken-in" => "what a build had made could not be stored as units; the next one tries again",
        "ingest-panicked" => "taking in what a build had made failed (report it)",
        "metrics-not-served" => {
            "figures could not be served at the port that `daemon.metrics_port` names; another process may have it"
        }
        "event-not-logged" => "a line could not be written to `events.jsonl`",
        "state-damaged" => "kept incremental state was damaged; the crate was compiled without",
        "state-not-kept" => "incremental state could not be kept",
        "tried-in-vain" => {
            "the configured linker or code generator failed; it was done without, and will be from now on (see `why`)"
        }
        "damaged-blob" => "stored bytes were damaged; they have been set aside",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        events::Reason,
        fingerprint::{
            Part,
            explain::{Change, How},
        },
    };

    #[test]
    fn no_reason_is_without_a_sentence() {
        use Part::{
            Argument, Configuration, Dependency, Environment, Feature, Linker, Location, MacroInput, Native, Source, Toolchain,
            Width,
        };
        let parts = [
            Toolchain,
            Argument,
            Feature,
            Environment,
            Configuration,
            Linker,
            Source,
            Dependency,
            Native,
            MacroInput,
            Location,
            Width,
        ];
        let changed = parts.map(|part| Reason::Changed(vec![Change { part, name: "x".into(), how: How::Changed }]));
        for reason in changed.into_iter().chain([Reason::FirstSeen, Reason::NotStored, Reason::Damaged]) {
            assert!(!of_miss(&reason.name()).is_empty(), "{}", reason.name());
        }
        assert!(of_bypass("side-effect").contains('…'));
    }
}
