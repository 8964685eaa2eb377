//! Colours of text for people, or none.

use crate::base::finding::Severity;
use crate::report::format::Colour;

/// Colours, or none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paint {
    colour: Colour,
}

impl Paint {
    pub(crate) fn new(colour: Colour) -> Self {
        Self { colour }
    }

    pub(crate) fn bold(self, text: &str) -> String {
        self.with("1", text)
    }

    pub(crate) fn dim(self, text: &str) -> String {
        self.with("2", text)
    }

    pub(crate) fn label(self, text: &str) -> String {
        self.with("36", text)
    }

    pub(crate) fn severity(self, severity: Severity, text: &str) -> String {
        match severity {
            Severity::Error => self.with("1;31", text),
            Severity::Warning => self.with("1;33", text),
            Severity::Info => self.with("1;34", text),
        }
    }

    pub(crate) fn underlined(self, text: &str) -> String {
        self.with("4", text)
    }

    fn with(self, code: &str, text: &str) -> String {
        match self.colour {
            Colour::Ansi if !text.is_empty() => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
            _ => text.to_owned(),
        }
    }
}
