//! The known findings of a project: one a line, sorted, so that versions of the file merge well.
//!
//! A line is `FINGERPRINT RULE FILE`. Only the fingerprint counts; the rest is there for those who read the file. Empty
//! lines and lines that begin with `#` are skipped.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::report::format::escape;

/// A known finding.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct BaselineEntry {
    /// What identifies it.
    pub fingerprint: String,
    /// The rule that found it.
    pub rule: String,
    /// The file in which it was found.
    pub file: String,
}

/// The known findings.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Baseline {
    entries: BTreeSet<BaselineEntry>,
}

/// What a run does with a baseline.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum BaselineUse {
    /// There is none.
    #[default]
    Unused,
    /// Known findings are hidden.
    Known(Baseline),
    /// All present findings become known, and what nothing matches any more is dropped.
    Update(Baseline),
}

/// A line that is no entry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BaselineError {
    /// The line, from 1.
    pub line: usize,
}

impl Baseline {
    /// A baseline of these entries.
    pub fn new(entries: impl IntoIterator<Item = BaselineEntry>) -> Self {
        Self { entries: entries.into_iter().collect() }
    }

    /// Reads a baseline's text.
    ///
    /// # Errors
    ///
    /// If a line does not begin with a fingerprint.
    pub fn parse(text: &str) -> Result<Self, BaselineError> {
        let mut entries = BTreeSet::new();
        for (index, line) in text.trim_start_matches('\u{FEFF}').lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let mut parts = line.splitn(3, char::is_whitespace);
            let fingerprint = parts.next().unwrap_or_default();
            if fingerprint.len() != 16 || !fingerprint.bytes().all(|it| it.is_ascii_hexdigit()) {
                return Err(BaselineError { line: index + 1 });
            }
            entries.insert(BaselineEntry {
                fingerprint: fingerprint.to_ascii_lowercase(),
                rule: parts.next().unwrap_or_default().to_owned(),
                file: parts.next().unwrap_or_default().to_owned(),
            });
        }
        Ok(Self { entries })
    }

    /// The text of a baseline that holds these entries.
    pub fn render(&self) -> String {
        let mut text = String::new();
        for entry in &self.entries {
            let (rule, file) = (escape::plain(&entry.rule), escape::plain(&entry.file));
            let _ = writeln!(text, "{} {rule} {file}", entry.fingerprint);
        }
        text
    }

    /// The entries, sorted.
    pub fn entries(&self) -> impl Iterator<Item = &BaselineEntry> {
        self.entries.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::{Baseline, BaselineError};

    #[test]
    fn a_baseline_survives_writing_and_reading() {
        let text = "# known\n\n00ff00ff00ff00ff some-rule src/a file.js\r\n00000000000000aa r b.js\n";
        let baseline = Baseline::parse(text).unwrap();
        assert_eq!(baseline.render(), "00000000000000aa r b.js\n00ff00ff00ff00ff some-rule src/a file.js\n");
        assert_eq!(Baseline::parse(&baseline.render()).unwrap(), baseline);
        assert_eq!(Baseline::parse("a\n"), Err(BaselineError { line: 1 }));
    }
}
