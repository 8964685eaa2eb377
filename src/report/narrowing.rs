//! What a report is narrowed to: files that were named, lines that were changed.
//!
//! Narrowing never touches what is analysed: a finding is kept when its place, one of its steps or its entry lies in a
//! kept file or on a kept line, since the changed file is often the one that holds the container.

use std::collections::BTreeMap;

use crate::report::{Diagnostic, Place};

/// The files that a report is narrowed to, by path relative to the analysed folder.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Narrowing {
    /// For each kept file: what of it.
    pub files: BTreeMap<String, Lines>,
}

/// What of a file is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Lines {
    /// All of it.
    All,
    /// Runs of lines, from 1, both ends inclusive.
    Runs(Vec<(u32, u32)>),
}

impl Narrowing {
    /// Whether a diagnostic is kept.
    pub fn keeps(&self, diagnostic: &Diagnostic) -> bool {
        let steps = diagnostic.steps.iter().map(|it| &it.place);
        let entry = diagnostic.context.iter().map(|it| &it.entry.place);
        std::iter::once(&diagnostic.place).chain(steps).chain(entry).any(|it| self.keeps_place(it))
    }

    fn keeps_place(&self, place: &Place) -> bool {
        match self.files.get(&place.file) {
            None => false,
            Some(Lines::All) => true,
            Some(Lines::Runs(runs)) => {
                let (first, last) = (place.range.start.line, place.range.end.line);
                runs.iter().any(|&(start, end)| start <= last && first <= end)
            }
        }
    }
}
