//! From two lists of components to the reasons why one key is not the other.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Component, Part};

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pub part: Part,
    pub name: String,
    pub how: How,
}

/// What happened to a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    Changed,
    Added,
    Removed,
}

/// What is different in `new`, in the order of its components; removed ones last.
pub fn differences(old: &[Component], new: &[Component]) -> Vec<Change> {
    let mut before: BTreeMap<(Part, &str), Vec<u64>> = BTreeMap::new();
    for c in old {
        before.entry((c.part, &c.name)).or_default().push(c.short);
    }
    let mut changes = Vec::new();
    for c in new {
        let how = match before.get_mut(&(c.part, c.name.as_str())) {
            Some(shorts) if !shorts.is_empty() => {
                if shorts.remove(0) == c.short {
                    continue;
                }
                How::Changed
            }
            _ => How::Added,
        };
        changes.push(Change { part: c.part, name: c.name.clone(), how });
    }
    let gone = before.iter().flat_map(|((part, name), left)| left.iter().map(move |_| (*part, *name)));
    changes.extend(gone.map(|(part, name)| Change { part, name: name.to_owned(), how: How::Removed }));
    changes
}

impl Change {
    /// One clause, lower-case.
    pub fn sentence(&self) -> String {
        let how = match self.how {
            How::Changed => "changed",
            How::Added => "is new",
            How::Removed => "is gone",
        };
        let name = &self.name;
        match self.part {
            Part::Toolchain => "the toolchain is another one".into(),
            Part::Argument => format!("the compiler argument `{name}` {how}"),
            Part::Feature => format!("the feature `{name}` {how}"),
            Part::Environment => format!("the environment variable `{name}` {how}"),
            Part::Configuration => format!("the setting `{name}` {how}"),
            Part::Linker => format!("the linker's {name} {how}"),
            Part::Source => format!("the source `{name}` {how}"),
            Part::Dependency => format!("the dependency `{name}` {how}"),
            Part::Native => format!("the native library `{name}` {how}"),
            Part::MacroInput => format!("`{name}`, which a procedural macro may read, {how}"),
            Part::Location => format!("{name} is baked into the result, and this is another place"),
            Part::Width => "the terminal has another width, and there are warnings to lay out".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn c(name: &str, short: u64) -> Component {
        Component { part: Part::Source, name: name.into(), short }
    }

    #[test]
    fn changed_added_removed() {
        let changes = differences(&[c("a", 1), c("b", 1), c("c", 1)], &[c("a", 1), c("b", 2), c("d", 1)]);
        let got: Vec<_> = changes.iter().map(|c| (c.name.as_str(), c.how)).collect();
        assert_eq!(got, [("b", How::Changed), ("d", How::Added), ("c", How::Removed)]);
        assert_eq!(differences(&[c("a", 1), c("a", 2)], &[c("a", 1), c("a", 2)]), []);
    }
}
