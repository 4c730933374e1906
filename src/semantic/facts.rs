//! One source file reduced to what the compiler, or another crate, can tell of it.
//!
//! [`of`] is a pure function of the text and of [`Rules`], so its result can be kept by the text's digest. It must never
//! call two texts equal that a compiler can tell apart at the level in question; where that is in doubt, the text is
//! [`Unclear`] and counts byte by byte.

use proc_macro2::TokenStream;
use serde::{Deserialize, Serialize};

use super::{
    attributes::Trust,
    digests::{self, Digester},
    hollow::hollow,
    lex::{EASY, Lexed, Strain},
    marks::Marks,
    pieces::{self, Memory, NoMemory},
    source::{self, Lines},
    survey::{self, Survey},
    walk::walk,
};
pub use super::{marks::ModDecl, survey::Traits};
use crate::base::digest::Digest;

/// What of the crate around a file decides how the file is reduced.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Rules {
    /// Only metadata is made, as by `cargo check`: rustdoc may read documentation from it, and bodies are in none of it.
    pub metadata_only: bool,
    /// `cfg(test)` holds. Where it does not, what stands in a `#[cfg(test)] mod` is part of no interface; it still counts in
    /// the meaning, since the compiler reads it before it takes it away and may find it wrong.
    pub test: bool,
    /// A procedural macro in sight may read documentation.
    pub docs_seen: bool,
    /// std's macros are what their names say: no file of the crate has [`Traits::shadows_macros`].
    pub trust_macros: bool,
    /// The same for derives and attribute macros.
    pub trust_derives: bool,
}

impl Rules {
    /// What the command line says. The rest is for the crate to say: until then documentation is read and std is trusted.
    pub fn new(metadata_only: bool, test: bool) -> Self {
        Self { metadata_only, test, docs_seen: true, trust_macros: true, trust_derives: true }
    }

    pub(super) fn trust(self) -> Trust {
        Trust { macros: self.trust_macros, derives: self.trust_derives }
    }

    /// All of them in one byte.
    pub fn bits(self) -> u8 {
        let bits = [self.metadata_only, self.test, self.docs_seen, self.trust_macros, self.trust_derives];
        bits.iter().fold(0, |all, bit| all << 1 | u8::from(*bit))
    }
}

/// One source file reduced.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
pub struct Facts {
    /// Every token with its line and columns. Comments do not count, nor the words of documentation that nobody reads.
    pub meaning: Digest,
    /// Tokens without positions; none if the text asks where it stands.
    pub tokens: Option<Digest>,
    /// As `meaning` without the bodies of functions that no other crate can see.
    pub interface: Digest,
    /// As `interface` without positions; for metadata alone also without the bodies of generic and inline functions and of
    /// default methods. None as for `tokens`.
    pub interface_loose: Option<Digest>,
    /// `interface` without [`Self::private`].
    pub interface_x: Digest,
    /// `interface_loose` without [`Self::private`].
    pub interface_loose_x: Option<Digest>,
    /// Private free functions that the interface does without unless something in it has their name.
    pub private: Vec<Private>,
    /// Hashes of all names in the interface without `private`; sorted.
    pub retained: Vec<u32>,
    pub modules: Vec<ModDecl>,
    pub traits: Traits,
    /// Each line on which tokens begin, and how many do. Two texts with equal `tokens` have the same ones in the same order.
    pub lines: Vec<(u32, u32)>,
    /// Equal for texts with equal `tokens` whose lines have only moved: columns, and which tokens share a line.
    pub layout: Digest,
}

/// A private function without its body.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
pub struct Private {
    pub name: String,
    /// With positions.
    pub placed: Digest,
    /// Without.
    pub loose: Digest,
}

/// A text that cannot be reduced.
#[derive(Serialize, Deserialize, thiserror::Error, Clone, PartialEq, Eq, Debug)]
#[error("{why}")]
pub struct Unclear {
    pub why: Why,
    /// What it may mean for the rest of its crate all the same.
    pub traits: Box<Traits>,
}

/// Why a text counts as it stands.
#[derive(Serialize, Deserialize, thiserror::Error, Clone, PartialEq, Eq, Debug)]
pub enum Why {
    #[error("it does not parse ({0})")]
    Unparsable(String),
    #[error("it cannot be split into tokens")]
    Untokenised,
    #[error("it has characters that change the direction of text")]
    Bidi,
    #[error("it has a carriage return that ends no line")]
    LoneCarriageReturn,
    #[error("it begins with a byte order mark")]
    ByteOrderMark,
    #[error("it begins with a `#!` line")]
    Shebang,
    #[error("it begins with `---`")]
    Frontmatter,
    #[error("its tokens differ between editions")]
    Edition,
    #[error("it has white space that the compiler does not take for such")]
    WhiteSpace,
    #[error("it is nested too deeply")]
    Nested,
    #[error("it is larger than {} MB", LARGEST / 1_000_000)]
    Large,
    #[error("it is not UTF-8")]
    NotText,
    #[error("no thread could be started to read it")]
    NoThread,
}

/// Larger texts are tables of data; their bytes are hashed faster than they are parsed.
const LARGEST: usize = 16_000_000;
/// What no text that somebody wrote has.
const HARDEST: Strain = Strain { depth: 1_000, run: 20_000 };
const BIG_STACK: usize = 1 << 30;

impl Unclear {
    /// Whether the text is not even a sequence of tokens, so that the compiler cannot have read it as code.
    pub fn has_no_tokens(&self) -> bool {
        matches!(self.why, Why::Untokenised | Why::NotText)
    }
}

impl From<Why> for Unclear {
    fn from(why: Why) -> Self {
        Self { why, traits: Box::new(Traits::worst()) }
    }
}

/// Reduces one text.
///
/// # Errors
/// [`Unclear`] if it must count as it stands.
pub fn of(text: &str, rules: Rules) -> Result<Facts, Unclear> {
    with(text, rules, &NoMemory)
}

/// The same with a memory for pieces of long texts.
///
/// # Errors
/// [`Unclear`] if it must count as it stands.
pub fn with(text: &str, rules: Rules, memory: &dyn Memory) -> Result<Facts, Unclear> {
    if text.len() > LARGEST {
        return Err(Why::Large.into());
    }
    let (text, has_crlf) = source::normalise(text).map_err(|why| Unclear { why, traits: Box::new(traits(text, rules)) })?;
    if let Some((lexed, marks)) = pieces::read(&text, rules, memory) {
        if !lexed.strain().within(HARDEST) {
            return Err(Why::Nested.into());
        }
        let survey = survey::survey(&lexed, rules.trust(), rules.test);
        refuse(&lexed, &survey)?;
        return Ok(sum_up(&lexed, survey, marks, has_crlf));
    }
    whole(&text, rules, has_crlf)
}

/// Reduces a text whose line ends are all the same, in one piece.
pub(super) fn whole(text: &str, rules: Rules, has_crlf: bool) -> Result<Facts, Unclear> {
    super::parsing(|| {
        let stream: TokenStream = text.parse().map_err(|_| Why::Untokenised)?;
        let lines = Lines::new(text);
        let lexed = Lexed::new(&lines, stream.clone());
        let strain = lexed.strain();
        if strain.within(EASY) {
            return reduce(&lexed, &lines, stream, rules, has_crlf);
        }
        if !strain.within(HARDEST) {
            return Err(Why::Nested.into());
        }
        drop(stream);
        with_big_stack(|| {
            let stream: TokenStream = text.parse().map_err(|_| Why::Untokenised)?;
            reduce(&lexed, &lines, stream, rules, has_crlf)
        })
    })
}

/// What a text that counts as it stands means for its crate.
fn traits(text: &str, rules: Rules) -> Traits {
    let text = text.trim_start_matches('\u{feff}');
    let text = if text.starts_with("#!") { text.trim_start_matches(|c| c != '\n') } else { text };
    super::parsing(|| match text.parse::<TokenStream>() {
        Ok(stream) => survey::survey(&Lexed::new(&Lines::new(text), stream), rules.trust(), rules.test).traits,
        Err(_) => Traits::worst(),
    })
}

/// Runs `job` on a thread whose stack holds any tree that [`HARDEST`] lets through; only touched pages cost anything.
fn with_big_stack(job: impl FnOnce() -> Result<Facts, Unclear> + Send) -> Result<Facts, Unclear> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("parser".into()).stack_size(BIG_STACK).spawn_scoped(scope, job);
        let result = thread.map_err(|_| Why::NoThread)?.join();
        result.unwrap_or_else(|_| Err(Why::Unparsable("the parser failed".into()).into()))
    })
}

fn reduce(lexed: &Lexed<'_>, lines: &Lines<'_>, stream: TokenStream, rules: Rules, has_crlf: bool) -> Result<Facts, Unclear> {
    let survey = survey::survey(lexed, rules.trust(), rules.test);
    refuse(lexed, &survey)?;
    let unparsable = |e: syn::Error| Unclear { why: Why::Unparsable(e.to_string()), traits: Box::new(survey.traits.clone()) };
    let stream = hollow(lexed, &survey, rules.trust_macros, stream);
    let file: syn::File = syn::parse2(stream).map_err(unparsable)?;
    let marks = walk(lexed, lines, &file, &survey, rules, None);
    Ok(sum_up(lexed, survey, marks, has_crlf))
}

/// What the tokens alone forbid.
fn refuse(lexed: &Lexed<'_>, survey: &Survey) -> Result<(), Unclear> {
    let unclear = |why| Err(Unclear { why, traits: Box::new(survey.traits.clone()) });
    if survey.by_edition {
        return unclear(Why::Edition);
    }
    if source::has_odd_space(lexed.text) && lexed.gaps().any(source::has_odd_space) {
        return unclear(Why::WhiteSpace);
    }
    Ok(())
}

fn sum_up(lexed: &Lexed<'_>, survey: Survey, marks: Marks, has_crlf: bool) -> Facts {
    let digester = Digester::new(lexed, &marks, has_crlf);
    let all = digester.all();
    let placeless = |digest| (!survey.asks_position).then_some(digest);
    Facts {
        meaning: all.meaning,
        tokens: placeless(all.tokens),
        interface: all.interface,
        interface_loose: placeless(all.interface_loose),
        interface_x: all.interface_x,
        interface_loose_x: placeless(all.interface_loose_x),
        private: private(&digester, &marks),
        retained: digests::retained(lexed, &marks),
        lines: digests::lines(&lexed.tokens),
        layout: digests::layout(&lexed.tokens),
        modules: marks.modules,
        traits: survey.traits,
    }
}

fn private(digester: &Digester<'_>, marks: &Marks) -> Vec<Private> {
    let one = |p: &super::marks::Private| {
        let (placed, loose) = digester.skeleton(p.from, p.to);
        Private { name: p.name.clone(), placed, loose }
    };
    marks.private.iter().map(one).collect()
}
