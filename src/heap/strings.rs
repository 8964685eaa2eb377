//! Strings as values: constants, and patterns of known text and holes.

use rustc_hash::FxHashMap;

use crate::base::index::IndexVec;
use crate::heap::limits::{PATTERN_PARTS, TEXT};
use crate::heap::object::StringId;
use crate::modules::PatternPart;

/// The strings of the solver.
#[derive(Debug, Default)]
pub struct StringTable {
    strings: IndexVec<StringId, Vec<PatternPart>>,
    ids: FxHashMap<Vec<PatternPart>, StringId>,
}

impl StringTable {
    /// The id of a constant.
    pub fn constant(&mut self, text: &str) -> StringId {
        self.pattern(vec![PatternPart::Text(text.to_owned())])
    }

    /// The id of a pattern; neighbouring texts and holes are joined.
    pub fn pattern(&mut self, parts: Vec<PatternPart>) -> StringId {
        let mut joined: Vec<PatternPart> = Vec::with_capacity(parts.len());
        let mut length = 0;
        for part in parts {
            if let PatternPart::Text(text) = &part {
                length += text.len();
            }
            let part = if length > TEXT { PatternPart::Hole } else { part };
            match (joined.last_mut(), &part) {
                (Some(PatternPart::Text(before)), PatternPart::Text(text)) => before.push_str(text),
                (Some(PatternPart::Hole), PatternPart::Hole) => {}
                (_, PatternPart::Text(text)) if text.is_empty() => {}
                _ => joined.push(part),
            }
        }
        if joined.is_empty() {
            joined.push(PatternPart::Text(String::new()));
        }
        if joined.len() > PATTERN_PARTS {
            joined.truncate(PATTERN_PARTS - 1);
            joined.push(PatternPart::Hole);
        }
        if let Some(&id) = self.ids.get(&joined) {
            return id;
        }
        let id = self.strings.push(joined.clone());
        self.ids.insert(joined, id);
        id
    }

    /// The parts of a string.
    pub fn parts(&self, id: StringId) -> &[PatternPart] {
        &self.strings[id]
    }

    /// The text, if all of it is known.
    pub fn text(&self, id: StringId) -> Option<&str> {
        match self.strings[id].as_slice() {
            [PatternPart::Text(text)] => Some(text),
            _ => None,
        }
    }
}

/// A pattern as people write it: holes are `*`, a directory's entries `<file>`.
pub fn display(parts: &[PatternPart]) -> String {
    parts
        .iter()
        .map(|part| match part {
            PatternPart::Text(text) => text.as_str(),
            PatternPart::Hole => "*",
            PatternPart::Entry => "<file>",
            PatternPart::Tree => "<path>",
        })
        .collect()
}

/// Joins path segments as `path.join` and `path.resolve` do, over patterns: `.` and `..` are taken away where the text
/// is known. `absolute` segments restart the path, for `resolve`.
pub fn join_paths(segments: &[Vec<PatternPart>], restart: Restart) -> Vec<PatternPart> {
    let mut parts: Vec<PatternPart> = Vec::new();
    for segment in segments {
        let is_absolute = matches!(segment.first(), Some(PatternPart::Text(text)) if text.starts_with('/'));
        if restart == Restart::AtAbsolute && is_absolute {
            parts.clear();
        } else if !parts.is_empty() {
            parts.push(PatternPart::Text("/".to_owned()));
        }
        parts.extend(segment.iter().cloned());
    }
    normalize(parts)
}

/// Whether an absolute segment starts the path anew.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Restart {
    /// As `path.resolve`.
    AtAbsolute,
    /// As `path.join`.
    Never,
}

/// Takes `.`, `..` and doubled slashes away, as far as the text is known.
pub fn normalize(parts: Vec<PatternPart>) -> Vec<PatternPart> {
    // A segment is a run of parts without a slash; holes never hold one here.
    let mut segments: Vec<Vec<PatternPart>> = vec![Vec::new()];
    for part in parts {
        match part {
            PatternPart::Text(text) => {
                for (index, piece) in text.split('/').enumerate() {
                    if index > 0 {
                        segments.push(Vec::new());
                    }
                    if !piece.is_empty()
                        && let Some(last) = segments.last_mut()
                    {
                        last.push(PatternPart::Text(piece.to_owned()));
                    }
                }
            }
            other => {
                if let Some(last) = segments.last_mut() {
                    last.push(other);
                }
            }
        }
    }
    let is_absolute = segments.first().is_some_and(Vec::is_empty) && segments.len() > 1;
    let mut kept: Vec<Vec<PatternPart>> = Vec::new();
    for segment in segments {
        match segment.as_slice() {
            [] => {}
            [PatternPart::Text(text)] if text == "." => {}
            [PatternPart::Text(text)] if text == ".." => match kept.last().map(Vec::as_slice) {
                Some([PatternPart::Text(before)]) if before != ".." => {
                    kept.pop();
                }
                Some([_, ..]) if kept.last().is_some_and(|last| !is_parent(last)) => {
                    kept.pop();
                }
                _ if is_absolute => {}
                _ => kept.push(segment),
            },
            _ => kept.push(segment),
        }
    }
    let mut out = Vec::new();
    for (index, segment) in kept.into_iter().enumerate() {
        if index > 0 || is_absolute {
            out.push(PatternPart::Text("/".to_owned()));
        }
        out.extend(segment);
    }
    out
}

fn is_parent(segment: &[PatternPart]) -> bool {
    matches!(segment, [PatternPart::Text(text)] if text == "..")
}

#[cfg(test)]
mod tests {
    use super::{Restart, StringTable, display, join_paths};
    use crate::modules::PatternPart;

    fn text(text: &str) -> Vec<PatternPart> {
        vec![PatternPart::Text(text.to_owned())]
    }

    #[test]
    fn paths_join_over_holes() {
        let joined = join_paths(&[text("/a/b"), text("../d"), vec![PatternPart::Hole]], Restart::Never);
        assert_eq!(display(&joined), "/a/d/*");
        let resolved = join_paths(&[text("/a"), text("/b"), text("./c.js")], Restart::AtAbsolute);
        assert_eq!(display(&resolved), "/b/c.js");
        let mut table = StringTable::default();
        let id = table.pattern(resolved);
        assert_eq!(table.text(id), Some("/b/c.js"));
    }
}
