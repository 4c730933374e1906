//! When in a compile an error is found. One that is found late is not seen as long as there is one that is found early.
//!
//! As of rustc 1.95. A code that is not listed belongs to type checking, which is where most do; what has no code is taken
//! for the earliest, because nothing can then be said to have hidden it.

use crate::advise::diagnostic::Diagnostic;

/// In the order of a compile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Reading and expanding: hides all that comes later in the crate.
    Syntax,
    /// What `use` and `extern crate` bring: hides what names mean.
    Imports,
    /// What names mean: hides all that comes later in the crate.
    Names,
    /// Types, bounds, constants. Hides what comes later in the same body.
    Types,
    /// Patterns, moves and borrows, body by body.
    Borrows,
    /// Lints that are errors here.
    Lints,
}

const IMPORTS: &str = "E0364 E0365 E0432 E0463 E0583";
const NAMES: &str = "E0106 E0107 E0128 E0130 E0131 E0197 E0198 E0201 E0226 E0232 E0253 E0254 E0255 E0259 E0260 E0261 E0262 E0263 \
     E0379 E0401 E0403 E0404 E0405 E0407 E0408 E0411 E0412 E0415 E0416 E0422 E0423 E0424 E0425 E0426 E0428 E0429 E0430 \
     E0431 E0433 E0434 E0435 E0437 E0438 E0451 E0452 E0531 E0532 E0536 E0537 E0538 E0539 E0573 E0574 E0575 E0576 E0578 \
     E0585 E0603 E0635 E0658 E0670 E0726 E0742 E0753";
const BORROWS: &str = "E0004 E0005 E0030 E0133 E0170 E0301 E0302 E0373 E0381 E0382 E0383 E0384 E0387 E0492 E0493 E0499 E0501 E0502 \
     E0503 E0505 E0506 E0507 E0508 E0509 E0510 E0515 E0521 E0524 E0594 E0595 E0596 E0597 E0621 E0626 E0700 E0712 E0713 E0716 \
     E0744 E0746";

impl Phase {
    /// Of an error.
    pub fn of(error: &Diagnostic) -> Self {
        let code = error.code();
        let is_numbered = code.len() == 5 && code.starts_with('E') && code[1..].bytes().all(|b| b.is_ascii_digit());
        if code.is_empty() {
            // Borrow checking has one message without a code.
            let late = error.message.starts_with("lifetime may not live long enough");
            return if late { Self::Borrows } else { Self::Syntax };
        }
        if !is_numbered {
            return Self::Lints;
        }
        let is_in = |list: &str| list.split_whitespace().any(|c| c == code);
        if is_in(IMPORTS) {
            Self::Imports
        } else if is_in(NAMES) {
            Self::Names
        } else if is_in(BORROWS) {
            Self::Borrows
        } else {
            Self::Types
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::advise::diagnostic::Code;

    #[test]
    fn the_order_of_a_compile() {
        let of = |code: &str, message: &str| {
            let code = (!code.is_empty()).then(|| Code { code: code.into(), explanation: None });
            Phase::of(&Diagnostic { code, message: message.into(), ..Diagnostic::default() })
        };
        let order = [
            of("", "expected `;`"),
            of("E0432", ""),
            of("E0425", ""),
            of("E0308", ""),
            of("", "lifetime may not live long enough"),
            of("unused_mut", ""),
        ];
        assert!(order.is_sorted() && order.windows(2).all(|w| w[0] != w[1]), "{order:?}");
        assert_eq!((of("E0382", ""), of("E0277", "")), (Phase::Borrows, Phase::Types));
    }
}
