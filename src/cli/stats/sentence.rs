//! One sentence for every name that statistics count. The name alone is stored, so details stand as `…`.

use crate::rustc::WhyNot;

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

/// What went wrong without harm.
pub fn of_trouble(name: &str) -> &'static str {
    match name {
        "place-failed" => "a result could not be put in place; it was compiled",
        "publish-failed" => "a result could not be stored; it will be compiled again next time",
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
