//! The same sources in another directory: what does not depend on the place hits, what does is made anew, and a program
//! says in every directory what it says there when plain cargo has built it.

mod generated;
mod places;
mod traps;
mod unaffected;
