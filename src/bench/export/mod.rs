//! Reports in formats for people and programs; one file each.
//!
//! They must never compute a figure: what they print stands in the report.

mod csv;
mod markdown;

use std::{path::Path, str::FromStr};

use super::{error::BenchError, report::Report};

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Markdown,
    Json,
    Csv,
}

/// A format alone (to standard output), or a file whose name tells the format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    pub format: Format,
    pub file: Option<std::path::PathBuf>,
}

impl Format {
    fn of(extension: &str) -> Option<Self> {
        match extension {
            "md" => Some(Self::Markdown),
            "json" => Some(Self::Json),
            "csv" => Some(Self::Csv),
            _ => None,
        }
    }

    /// The text, without a newline at the end.
    ///
    /// # Errors
    /// If it cannot be encoded.
    pub fn render(self, report: &Report) -> Result<String, BenchError> {
        match self {
            Self::Markdown => Ok(markdown::render(report)),
            Self::Json => Ok(serde_json::to_string_pretty(report)?),
            Self::Csv => Ok(csv::render(report)),
        }
    }
}

impl FromStr for Export {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(format) = Format::of(text) {
            return Ok(Self { format, file: None });
        }
        let extension = Path::new(text).extension().and_then(|e| e.to_str());
        let format = extension.and_then(Format::of).ok_or("`md`, `json`, `csv`, or a file that ends like one of them")?;
        Ok(Self { format, file: Some(text.into()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::report::tests::small;

    #[test]
    fn formats_and_files_are_told_apart() {
        assert_eq!("md".parse(), Ok(Export { format: Format::Markdown, file: None }));
        assert_eq!("out/a.csv".parse(), Ok(Export { format: Format::Csv, file: Some("out/a.csv".into()) }));
        assert!("table".parse::<Export>().is_err() && "a.txt".parse::<Export>().is_err());
    }

    #[test]
    fn every_format_has_every_cell() {
        let report = small();
        let rendered = |format: Format| format.render(&report).expect("rendered");
        assert_eq!(serde_json::from_str::<Report>(&rendered(Format::Json)).expect("decodes"), report);
        let csv = rendered(Format::Csv);
        assert_eq!(csv.lines().count(), 1 + report.cells.len());
        assert!(csv.lines().all(|l| l.matches(',').count() == 13), "{csv}");
        let markdown = rendered(Format::Markdown);
        for expected in
            ["| cold, empty cache | 11 (10–12) | 11 | 1.00× |", "24× ± 9", "`f` in base/src/lib.rs", "lie far off", "3 restored"]
        {
            assert!(markdown.contains(expected), "{expected} in\n{markdown}");
        }
    }
}
