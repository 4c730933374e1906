//! Layer 7: facts about what happened, as they are stored, sent and shown.
//!
//! It must never know who shows them or how. Types here are part of the stored format ([`crate::artifact::record::FORMAT`])
//! and of the versioned `--json` output.

pub mod ahead;
pub mod cut_off;
pub mod detail;
pub mod linkers;
pub mod live;
pub mod outcome;
pub mod reason;
pub mod states;
pub mod timing;
pub mod tools;
pub mod totals;
pub mod units;

pub use ahead::AheadTotals;
pub use cut_off::{CutOff, Refusal};
pub use detail::{CrateTotals, Gain, Loss, Predictions};
pub use linkers::{LinkTimes, LinkerTime};
pub use live::{Ended, Live, Running};
pub use outcome::{HitKind, Outcome, UnitEvent};
pub use reason::Reason;
pub use states::StateTotals;
pub use timing::{BuildHead, BuildRecord, Deed, KnownUnit, Need, Spent, UnitRun};
pub use tools::Tools;
pub use totals::Totals;
pub use units::{LeftOut, UnitTotals};
