//! Names of outputs. An [`OutputName`] is one normal path component and cannot be anything else, so that no stored or
//! received name can ever point outside the directory it is restored into.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One normal path component: not empty, no `/`, no NUL, not `.` or `..`, at most 255 bytes, valid Unicode.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OutputName(String);

/// Why a name was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a plain file name")]
pub struct BadName(String);

impl OutputName {
    /// Checks `name`.
    ///
    /// # Errors
    /// [`BadName`] for anything but one normal component.
    pub fn new(name: impl Into<String>) -> Result<Self, BadName> {
        let name = name.into();
        let bad = name.is_empty()
            || name.len() > 255
            || name == "."
            || name == ".."
            || name.chars().any(|c| c == '/' || c == '\\' || c == ':' || c.is_control());
        if bad { Err(BadName(name.escape_debug().to_string())) } else { Ok(Self(name)) }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for OutputName {
    type Error = BadName;
    fn try_from(name: String) -> Result<Self, BadName> {
        Self::new(name)
    }
}

impl From<OutputName> for String {
    fn from(name: OutputName) -> Self {
        name.0
    }
}

impl fmt::Display for OutputName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for OutputName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names() {
        for bad in ["", ".", "..", "a/b", "/a", "a\\b", "C:x", "a\0b", "a\nb", &"x".repeat(256)] {
            assert!(OutputName::new(bad).is_err(), "{bad:?}");
        }
        for good in ["liba-1.rlib", "a", ".x", "...", "a b"] {
            assert_eq!(OutputName::new(good).map(String::from), Ok(good.to_owned()));
        }
        let wire = postcard::to_stdvec("../x").expect("encodes");
        assert!(postcard::from_bytes::<OutputName>(&wire).is_err(), "also checked when it is read");
    }
}
