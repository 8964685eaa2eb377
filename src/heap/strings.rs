//! Strings as values: constants, and patterns of known text and holes.

use std::hash::BuildHasher;

use rustc_hash::{FxBuildHasher, FxHashMap};
use smallvec::SmallVec;

use crate::base::index::IndexVec;
use crate::heap::limits::{PATTERN_PARTS, TEXT};
use crate::heap::object::StringId;
use crate::modules::PatternPart;

/// So many folders below each other are listed one by one; more are any path below the first.
const LISTED: usize = 2;

/// The strings of the solver.
#[derive(Debug, Default)]
pub struct StringTable {
    strings: IndexVec<StringId, Vec<PatternPart>>,
    /// By the hash of the parts.
    ids: FxHashMap<u64, SmallVec<[StringId; 1]>>,
}

impl StringTable {
    /// The id of a constant.
    pub fn constant(&mut self, text: &str) -> StringId {
        let parts = vec![PatternPart::Text(text.to_owned())];
        if text.len() > TEXT { self.pattern(parts) } else { self.id_of(parts) }
    }

    /// The id of a pattern; neighbouring texts and holes are joined.
    pub fn pattern(&mut self, parts: Vec<PatternPart>) -> StringId {
        let mut joined = joined(parts);
        if joined.is_empty() {
            joined.push(PatternPart::Text(String::new()));
        }
        if joined.len() > PATTERN_PARTS {
            joined.truncate(PATTERN_PARTS - 1);
            joined.push(PatternPart::Hole);
        }
        self.id_of(joined)
    }

    fn id_of(&mut self, parts: Vec<PatternPart>) -> StringId {
        let ids = self.ids.entry(FxBuildHasher.hash_one(&parts)).or_default();
        if let Some(&id) = ids.iter().find(|&&id| self.strings[id] == parts) {
            return id;
        }
        let id = self.strings.push(parts);
        ids.push(id);
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
            PatternPart::Folders => "<folders>/",
            PatternPart::Where(_) | PatternPart::Except(_) => "",
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
    let is_folder = matches!(parts.last(), Some(PatternPart::Text(last)) if last.ends_with('/'));
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
    if is_folder && !kept.is_empty() {
        kept.push(Vec::new());
    }
    let mut out = Vec::new();
    for (index, segment) in collapsed(kept).into_iter().enumerate() {
        if index > 0 || is_absolute {
            out.push(PatternPart::Text("/".to_owned()));
        }
        out.extend(segment);
    }
    out
}

/// Whether a segment is this part, with what is asked of it.
fn is_only(segment: &[PatternPart], part: &PatternPart) -> bool {
    let is_asked = |part: &PatternPart| matches!(part, PatternPart::Where(_));
    segment.split_first().is_some_and(|(first, rest)| first == part && rest.iter().all(is_asked))
}

/// Neighbouring texts and holes joined.
fn joined(parts: Vec<PatternPart>) -> Vec<PatternPart> {
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
    joined
}

/// What a walk through folders makes longer at each step is any path below.
fn collapsed(segments: Vec<Vec<PatternPart>>) -> Vec<Vec<PatternPart>> {
    let mut kept: Vec<Vec<PatternPart>> = Vec::with_capacity(segments.len());
    for segment in segments {
        let is_listed = |segment: &Vec<PatternPart>| is_only(segment, &PatternPart::Entry);
        let is_tree = |segment: &Vec<PatternPart>| is_only(segment, &PatternPart::Tree);
        let is_next = matches!(segment.first(), Some(PatternPart::Entry | PatternPart::Tree));
        let depth = kept.iter().rev().take_while(|segment| is_listed(segment)).count();
        if is_next && kept.last().is_some_and(is_tree) {
            kept.pop();
        } else if is_next && depth >= LISTED {
            kept.truncate(kept.len() - depth);
        } else {
            kept.push(segment);
            continue;
        }
        let ending = segment.into_iter().skip(1);
        kept.push(std::iter::once(PatternPart::Tree).chain(ending).collect());
    }
    kept
}

/// The way from one folder to a path, where the folder is known and the path is below it or beside it.
pub fn relative(from: &[PatternPart], to: &[PatternPart]) -> Vec<PatternPart> {
    let (from, to) = (normalize(from.to_vec()), normalize(to.to_vec()));
    let (from, to) = (joined(from), joined(to));
    let ([PatternPart::Text(from)], Some(PatternPart::Text(first))) = (from.as_slice(), to.first()) else {
        return vec![PatternPart::Hole];
    };
    let mut common = 0;
    let from = format!("{}/", from.trim_end_matches('/'));
    let start = if to.len() == 1 { format!("{first}/") } else { first.clone() };
    for (at, (one, other)) in from.bytes().zip(start.bytes()).enumerate() {
        if one != other {
            break;
        }
        if one == b'/' {
            common = at + 1;
        }
    }
    let up = from[common..].matches('/').count();
    let mut parts = vec![PatternPart::Text("../".repeat(up))];
    parts.push(PatternPart::Text(first.get(common..).unwrap_or_default().to_owned()));
    parts.extend_from_slice(&to[1..]);
    parts
}

/// The last part that stands for text.
pub fn last_named(parts: &mut [PatternPart]) -> Option<&mut PatternPart> {
    parts.iter_mut().rev().find(|part| !matches!(part, PatternPart::Where(_) | PatternPart::Except(_)))
}

/// A path without its extension.
pub fn without_extension(mut parts: Vec<PatternPart>) -> Vec<PatternPart> {
    if let Some(PatternPart::Text(text)) = last_named(&mut parts)
        && let Some(dot) = text.rfind('.')
        && dot > text.rfind('/').map_or(0, |slash| slash + 1)
    {
        text.truncate(dot);
    }
    parts
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
