//! The texts of the files that a report names: positions and lines of source.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::base::source::{FileId, LineIndex, Position};
use crate::base::span::{ByteRange, Span};
use crate::report::{Place, Range};

/// Where paths and texts come from.
pub trait Sources {
    /// The file's path, relative to the analysed folder, with `/`.
    fn path(&self, file: FileId) -> &str;
    /// The file's text as it was analysed; none if it can't be had any more.
    fn text(&self, file: FileId) -> Option<Arc<str>>;
    /// The file that has this path.
    fn find(&self, path: &str) -> Option<FileId>;
}

/// A text and its lines.
#[derive(Clone, Debug)]
struct SourceText {
    text: Arc<str>,
    lines: LineIndex,
}

/// The texts of the files that were asked for, by path.
#[derive(Clone, Debug, Default)]
pub struct SourceTexts {
    by_path: FxHashMap<String, Option<SourceText>>,
}

impl SourceTexts {
    /// A span in lines. Keeps the file's text.
    pub(super) fn place(&mut self, sources: &dyn Sources, span: Span) -> Place {
        let file = sources.path(span.file).to_owned();
        let text = self.by_path.entry(file.clone()).or_insert_with(|| {
            let text = sources.text(span.file)?;
            Some(SourceText { lines: LineIndex::new(&text), text })
        });
        let range = text.as_ref().map_or_else(|| range_without_text(span.range), |it| it.range(span.range));
        Place { file, range }
    }

    /// A line of a file, without its end; lines count from 1.
    pub fn line(&self, file: &str, line: u32) -> Option<&str> {
        let source = self.by_path.get(file)?.as_ref()?;
        let start = source.lines.line_start(line)? as usize;
        let end = line.checked_add(1).and_then(|next| source.lines.line_start(next));
        let end = end.map_or(source.text.len(), |it| it as usize);
        let text = source.text.get(start..end)?;
        Some(text.trim_end_matches(['\n', '\r', '\u{2028}', '\u{2029}']))
    }

    /// The byte offset at which a line begins.
    pub fn line_start(&self, file: &str, line: u32) -> Option<u32> {
        self.by_path.get(file)?.as_ref()?.lines.line_start(line)
    }
}

impl SourceText {
    fn range(&self, range: ByteRange) -> Range {
        let start = self.lines.position(&self.text, range.start);
        let end = self.lines.position(&self.text, range.end.max(range.start));
        Range { start, end }
    }
}

/// A file that has vanished since it was analysed has one line.
fn range_without_text(range: ByteRange) -> Range {
    let at = |offset: u32| Position { line: 1, column: offset.saturating_add(1), offset };
    Range { start: at(range.start), end: at(range.end.max(range.start)) }
}
