//! rustc's diagnostics as it serialises them: the fields in rustc's own order, so that reading a line and writing it gives
//! the same bytes. Nothing here understands the text; a line with other fields or another order is refused.

use serde::{Deserialize, Serialize};

/// `{"$message_type":"diagnostic",…}`, or a child of one (which has no type).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Diagnostic {
    #[serde(rename = "$message_type", default, skip_serializing_if = "Option::is_none")]
    pub message_type: Option<String>,
    pub message: String,
    pub code: Option<Code>,
    pub level: String,
    pub spans: Vec<Span>,
    pub children: Vec<Diagnostic>,
    /// What people see; absent in children.
    pub rendered: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Code {
    pub code: String,
    pub explanation: Option<String>,
}

/// A place in a file. Lines and columns count from 1, columns count characters; bytes count from 0 in the file as it is on
/// disk (byte order mark and carriage returns included).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Span {
    pub file_name: String,
    pub byte_start: u32,
    pub byte_end: u32,
    pub line_start: u32,
    pub line_end: u32,
    pub column_start: u32,
    pub column_end: u32,
    pub is_primary: bool,
    /// One for each line from `line_start` to `line_end`, whole; none if rustc could not show the file.
    pub text: Vec<Line>,
    pub label: Option<String>,
    pub suggested_replacement: Option<String>,
    pub suggestion_applicability: Option<String>,
    pub expansion: Option<Box<Expansion>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    pub text: String,
    pub highlight_start: u32,
    pub highlight_end: u32,
}

/// The macro call that a span comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expansion {
    pub span: Span,
    pub macro_decl_name: String,
    pub def_site_span: Span,
}

/// `{"$message_type":"future_incompat",…}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FutureIncompat {
    #[serde(rename = "$message_type")]
    pub message_type: String,
    pub future_incompat_report: Vec<FutureItem>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FutureItem {
    pub diagnostic: Diagnostic,
}
