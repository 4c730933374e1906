//! rustc-hyperopt: nobody compiles the same thing twice on a machine, and nobody can tell a hit from a compile except by
//! the clock.
//!
//! # One binary, four personalities
//!
//! | started as | personality | must |
//! | --- | --- | --- |
//! | `RUSTC_WRAPPER` (first argument is a compiler) | [`wrapper`] | be invisible: the compiler's outputs, messages and exit code, in milliseconds |
//! | `rustc-hyperopt <command>` or `cargo hyperopt <command>` | [`cli`] | be a drop-in for cargo, plus commands of our own |
//! | started by either of them | [`daemon`] | own the store, answer lookups, store results in the background |
//! | a linker, by rustc, when a wrapper wants to know how a program is linked | [`wrapper::linker`] | be invisible as well |
//!
//! On linux-gnu the wrapper runs before the C++ constructors of RocksDB (`src/early.rs`), which it never needs.
//!
//! # The way of one compile
//!
//! ```text
//! cargo ──exec──▶ wrapper ──unix socket──▶ daemon ─▶ invocation key ─▶ input sets ─▶ action key ─▶ manifest
//!                   │                                        │
//!                   │◀──────────── verdict ──────────────────┘
//!         hit:  place outputs (reflink, else hard link where safe, else verified copy), replay messages, exit 0
//!         miss: run the compiler, pass its messages on, report; the daemon stores the result behind the build's back
//! ```
//!
//! The *invocation key* ([`fingerprint::invocation`]) is made of what the command line says: arguments without places,
//! the toolchain by content, the linker, cargo's package variables. Under it stand the *input sets* of earlier compiles
//! ([`fingerprint::InputSet`]): files and variables that rustc's dep-info named. Digested, together with every crate and
//! native library behind this one ([`fingerprint::closure`], [`fingerprint::native`]), they make the *action key*, under
//! which the manifest stands. No compiler is started to find out. File digests are remembered by inode, birth, size and times.
//!
//! Results are the same in every directory: members are compiled with the working directory mapped to `.` in debug
//! information alone, dep-info and messages are stored with placeholders ([`rustc::Places`]), and a result that has a
//! path baked in after all is kept for that path only ([`engine`]'s split).
//!
//! # Cold start
//!
//! What cargo has downloaded need not even be looked up. After a build the daemon takes every such unit of the target
//! directory into the store ([`engine::units`]): outputs, what its build script has made and said, cargo's fingerprint, and the
//! names of the stored units it was built against, all under one name made of all that. Before a build in a directory that
//! lacks them ([`seed`]; from the command line always, from a bare wrapper at cargo's first question in a fresh directory),
//! those that fit together are linked and written where cargo finds them fresh: no compiler and no build script runs for them.
//! Which ones: those that the same command has needed before, else all that the lock file allows. Cargo checks everything itself;
//! the one thing that it cannot see, crates that were built against others than those in place, is excluded by the names, and
//! healed if it should happen ([`wrapper`] hears the compiler say so, and withdraws what was put there).
//!
//! # What sources mean
//!
//! [`semantic`] reduces source text to digests that stay the same under edits which the compiler, or another crate, cannot
//! see: comments, documentation that no macro reads, bodies of functions that are compiled once and where they stand. Each
//! file is reduced by itself ([`semantic::facts`], kept by content); [`semantic::tree`] joins them along `mod` declarations,
//! and [`semantic::keys`] makes one digest per level. What it does not understand counts byte by byte, with a reason.
//!
//! # What an edit costs
//!
//! After an exact lookup that failed, the engine asks by meaning: the action key with every source counted at a level of
//! [`semantic::keys`] finds the result for sources that the compiler cannot tell apart, and its messages are moved to the new
//! lines or it is no hit. If the *interface* is that of an earlier result, cargo is not told of metadata until the compiler
//! has ended; then [`artifact::graft`] puts the earlier metadata around the new machine code, if no symbol is lost and no
//! crate is used for the first time. No byte of metadata is ever edited. Dependents see what they were compiled against and
//! hit exactly. A program of which only machine code behind it has changed is linked again from its recorded objects.
//!
//! Whatever stands on earlier metadata can be told apart: `engine::truth` lays out how a unit and everything between it and the
//! edit are compiled plainly in a scratch directory, for true messages and for `stats --verify`.
//!
//! # What builds cost
//!
//! The daemon puts down when each unit was made, by whom it is needed and what it took ([`events::timing`]), by build and, apart
//! from builds, by unit; [`analyze`] makes a report of that.
//!
//! # The first edit
//!
//! A member that was restored has no incremental state. [`engine::states`] keeps the state of a unit per directory and gives it
//! back to the wrapper, and the daemon's keeper makes it where there is none, while nobody builds.
//!
//! # While cargo compiles
//!
//! Where cargo shows a bar, its stderr is a pseudo-terminal ([`base::pty`]) that [`cli::bar`] reads: frames of the bar are found in the
//! stream and get more words ([`ui::frames`], [`ui::live`]), all other bytes go on as they are. The daemon counts by session
//! ([`events::Live`]); [`analyze::left`] tells the time that is left from recorded ones, or nothing.
//!
//! # Watching
//!
//! [`watch`] runs a command of ours again whenever something that cargo reads has changed, and shows what came of it, on a calm
//! screen or line by line. While it waits it has compiled ahead what will probably be asked for next, in a target directory below the
//! store, so that nothing of the user's is locked or touched and the results arrive as hits.
//!
//! # Help with errors
//!
//! In prompt mode ([`cli::prompt`]) cargo runs as ever, and a wrapper whose compile has failed puts down what the compiler has said
//! ([`wrapper::failure`]): nothing for a compile that succeeds, and nobody is told. Afterwards [`advise`] reads it: errors that share a
//! cause make a group ([`advise::causes`], [`advise::group`]), and each group is explained by sentences that are data
//! ([`advise::explain`]) and shown with its code and the compiler's proposal ([`advise::show`]).
//!
//! Mends are tried before they are made ([`advise::fix`]): a copy of the workspace is checked through the cache with the change, and
//! the errors before and after are compared. What the compiler proposes comes first; then, if the user has set one up, a language
//! model is asked (`advise::llm`, the only part that speaks to the network) about the items that the errors are in
//! ([`advise::context`]), without secrets ([`advise::redact`]). What it says is data. How an error was mended, by whomever, is kept by
//! the daemon for when one of its kind comes again ([`advise::memory`]).
//!
//! # Invariants
//!
//! - Whatever goes wrong in here, the compiler runs as if we were not there: no failure of the cache is one of the build.
//! - A wrong key is the worst fault. What is not understood is not cached ([`rustc::WhyNot`], a closed set), and what
//!   misses has a reason ([`events::Reason`], a closed set).
//! - One process owns the database. The wrapper opens no database, starts no async runtime and prints nothing.
//! - Every stored or sent byte has a version; another version is a miss and is never rewritten.
//! - A project's configuration can only reduce caching.
//!
//! # Layers
//!
//! The modules below are listed bottom-up, and each imports only from those above it; `tests/tidy.rs` holds that.

pub mod base;
pub mod config;
pub mod rustc;
pub mod cargo;
pub mod semantic;
pub mod fingerprint;
pub mod artifact;
pub mod events;
pub mod store;
pub mod engine;
pub mod ipc;
pub mod daemon;
pub mod wrapper;
pub mod seed;
pub mod predict;
pub mod ui;
pub mod advise;
pub mod analyze;
pub mod watch;
pub mod bench;
pub mod cli;
