//! What became of the units that builds have left in their target directories.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Names that are kept for each reason.
const NAMES: usize = 8;

/// Counters since the last reset.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitTotals {
    /// Builds that were looked through.
    pub builds: u64,
    /// Units of these that the store has.
    pub taken_in: u64,
    /// The others, by the name of the reason.
    pub left_out: BTreeMap<String, LeftOut>,
}

/// Units that were left out for one reason.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    pub count: u64,
    /// Some of them as cargo names their directories, each once, the newest last.
    pub units: Vec<String>,
}

impl UnitTotals {
    /// Counts a build.
    pub fn build(&mut self, taken_in: u64) {
        self.builds += 1;
        self.taken_in += taken_in;
    }

    /// Counts a unit that was left out.
    pub fn left_out(&mut self, reason: &str, unit: &str) {
        let left_out = self.left_out.entry(reason.to_owned()).or_default();
        left_out.count += 1;
        left_out.units.retain(|known| known != unit);
        left_out.units.push(unit.to_owned());
        let surplus = left_out.units.len().saturating_sub(NAMES);
        left_out.units.drain(..surplus);
    }

    /// Nothing was counted.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_counted_and_some_are_named() {
        let mut totals = UnitTotals::default();
        totals.build(3);
        (0..10).for_each(|n| totals.left_out("location", &format!("u{n}")));
        totals.left_out("location", "u5");
        let left_out = &totals.left_out["location"];
        assert_eq!((totals.builds, totals.taken_in, left_out.count), (1, 3, 11));
        assert_eq!(left_out.units, ["u2", "u3", "u4", "u6", "u7", "u8", "u9", "u5"]);
    }
}
