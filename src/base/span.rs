//! Places in files, as byte ranges.

use crate::base::source::FileId;

/// A byte range of one file, of which the end is exclusive.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// The bytes.
    pub range: ByteRange,
}

/// A byte range of a file that is known from elsewhere, of which the end is exclusive.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct ByteRange {
    /// The first byte's offset, from 0.
    pub start: u32,
    /// The offset after the last byte.
    pub end: u32,
}

impl ByteRange {
    /// The range from `start` up to `end`, exclusive.
    pub fn new(start: u32, end: u32) -> Self {
        Self { start, end }
    }

    /// Whether `other` lies within this range.
    pub fn contains(self, other: ByteRange) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// This range as a place in `file`.
    pub fn at(self, file: FileId) -> Span {
        Span { file, range: self }
    }
}
