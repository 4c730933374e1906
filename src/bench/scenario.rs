//! What is measured: a closed set, in the order in which one round does it.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::edit::Kind;

/// One kind of build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scenario {
    /// Nothing was ever built, and the cache is empty.
    Cold,
    /// Nothing has changed.
    NoOp,
    /// The target directory is gone.
    Warm,
    /// A copy at a path where nothing ever was.
    Other,
    /// The first edit in a directory that was restored a moment ago.
    FirstEdit,
    /// Another edit in the body of a private function.
    PrivateFn,
    Comment,
    Doc,
    /// What others can see of a function changes: no cache can help here.
    Signature,
}

impl Scenario {
    /// All of them, in order.
    pub const ALL: [Self; 9] = [
        Self::Cold,
        Self::NoOp,
        Self::Warm,
        Self::Other,
        Self::FirstEdit,
        Self::PrivateFn,
        Self::Comment,
        Self::Doc,
        Self::Signature,
    ];

    /// As it is given on the command line and written to files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cold => "cold",
            Self::NoOp => "no-op",
            Self::Warm => "warm",
            Self::Other => "other",
            Self::FirstEdit => "first-edit",
            Self::PrivateFn => "private-fn",
            Self::Comment => "comment",
            Self::Doc => "doc",
            Self::Signature => "signature",
        }
    }

    /// As people read it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Cold => "cold, empty cache",
            Self::NoOp => "nothing to do",
            Self::Warm => "target directory removed",
            Self::Other => "another directory",
            Self::FirstEdit => "first edit after that",
            Self::PrivateFn => "edit of a private body",
            Self::Comment => "edit of a comment",
            Self::Doc => "edit of documentation",
            Self::Signature => "edit of a signature",
        }
    }

    /// What is edited before the build.
    pub fn edit(self) -> Option<Kind> {
        match self {
            Self::FirstEdit | Self::PrivateFn => Some(Kind::Private),
            Self::Comment => Some(Kind::Comment),
            Self::Doc => Some(Kind::Doc),
            Self::Signature => Some(Kind::Signature),
            Self::Cold | Self::NoOp | Self::Warm | Self::Other => None,
        }
    }

    /// Done in the second directory.
    pub fn is_elsewhere(self) -> bool {
        self >= Self::Other
    }

    /// A cache is to restore what it knows.
    pub fn is_restore(self) -> bool {
        matches!(self, Self::Warm | Self::Other)
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Scenario {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let names = || Self::ALL.map(Self::name);
        Self::ALL.into_iter().find(|s| s.name() == text).ok_or_else(|| format!("one of {}", names().join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_and_the_order_is_that_of_a_round() {
        for scenario in Scenario::ALL {
            assert_eq!(scenario.name().parse(), Ok(scenario));
            assert_eq!(serde_json::to_value(scenario).expect("encodes"), scenario.name());
        }
        assert!(Scenario::ALL.is_sorted());
        assert!("private".parse::<Scenario>().expect_err("no such").contains("private-fn"));
    }
}
