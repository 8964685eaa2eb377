//! Source files and their lines.

crate::newtype_index! {
    /// A file of the project. Numbered in the order of the paths, so that ids compare as the paths do.
    pub struct FileId;
}

/// Where the paths and texts of files come from, for what is said to people.
pub trait Texts {
    /// The file's path, relative to the analysed folder, with `/`.
    fn path(&self, file: FileId) -> &str;
    /// The file's text as it was analysed; none if it can't be had any more.
    fn text(&self, file: FileId) -> Option<std::sync::Arc<str>>;
}

/// A place as people and editors count it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Position {
    /// From 1. `\n`, `\r\n`, a lone `\r`, U+2028 and U+2029 end a line, as in ECMA-262.
    pub line: u32,
    /// From 1, in UTF-16 code units.
    pub column: u32,
    /// In bytes, from 0.
    pub offset: u32,
}

/// Where the lines of a text begin. Made only for files that are reported.
#[derive(Clone, Debug)]
pub struct LineIndex {
    starts: Vec<u32>,
    /// UTF-16 code units before every [`BLOCK`]th byte, so that a place on a very long line is found as fast as any.
    units: Vec<u32>,
}

/// How many bytes are counted for one place at most.
const BLOCK: usize = 4096;

/// UTF-16 code units of UTF-8 bytes: one for each character, and one more for those of four bytes.
fn units_of(bytes: &[u8]) -> u32 {
    let units = bytes.iter().map(|&byte| u32::from(byte & 0xC0 != 0x80) + u32::from(byte >= 0xF0));
    units.sum()
}

impl LineIndex {
    /// Finds the lines of `text`.
    pub fn new(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut starts = vec![0];
        let mut at = 0;
        while at < bytes.len() {
            let width = match bytes[at] {
                b'\r' if bytes.get(at + 1) == Some(&b'\n') => 2,
                b'\n' | b'\r' => 1,
                // U+2028 and U+2029 are E2 80 A8 and E2 80 A9.
                0xE2 if bytes[at..].starts_with(&[0xE2, 0x80]) && matches!(bytes.get(at + 2), Some(0xA8 | 0xA9)) => 3,
                _ => {
                    at += 1;
                    continue;
                }
            };
            at += width;
            starts.push(u32::try_from(at).unwrap_or(u32::MAX));
        }
        let mut total = 0;
        let mut units = Vec::with_capacity(bytes.len() / BLOCK + 1);
        for block in bytes.chunks(BLOCK) {
            units.push(total);
            total += units_of(block);
        }
        units.push(total);
        Self { starts, units }
    }

    /// The place of a byte offset of `text`, the text that the index was made of. An offset inside a character or
    /// beyond the end is moved back to the character's start or the end.
    pub fn position(&self, text: &str, offset: u32) -> Position {
        let mut offset = (offset as usize).min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let offset32 = u32::try_from(offset).unwrap_or(u32::MAX);
        let line = self.starts.partition_point(|&start| start <= offset32);
        let start = self.starts[line - 1] as usize;
        let units = self.units_before(text, offset).saturating_sub(self.units_before(text, start));
        Position { line: u32::try_from(line).unwrap_or(u32::MAX), column: units.saturating_add(1), offset: offset32 }
    }

    fn units_before(&self, text: &str, offset: usize) -> u32 {
        let block = offset / BLOCK;
        let counted = self.units.get(block).copied().unwrap_or_default();
        counted + text.as_bytes().get(block * BLOCK..offset).map_or(0, units_of)
    }

    /// The byte offset at which a line begins; lines count from 1.
    pub fn line_start(&self, line: u32) -> Option<u32> {
        self.starts.get((line as usize).checked_sub(1)?).copied()
    }

    /// How many lines there are.
    pub fn line_count(&self) -> u32 {
        u32::try_from(self.starts.len()).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::LineIndex;

    #[test]
    fn columns_count_utf16_units() {
        let text = "a\u{1F600}b\r\nc\u{2028}d";
        let index = LineIndex::new(text);
        let b = index.position(text, 5);
        assert_eq!((b.line, b.column), (1, 4));
        let d = index.position(text, 12);
        assert_eq!((d.line, d.column), (3, 1));
        assert_eq!(index.line_count(), 3);
        let long = "\u{1F600}é".repeat(5000);
        let place = LineIndex::new(&long).position(&long, 6 * 4000);
        assert_eq!((place.line, place.column), (1, 3 * 4000 + 1));
    }
}
