//! A table that grows by chunks: a vector that doubles copies millions of entries and touches three times the memory,
//! and the pages that it touches cost more than what is done with them.

use std::marker::PhantomData;
use std::ops::{Index, IndexMut};

use crate::base::index::Idx;

const CHUNK_BITS: usize = 11;
const CHUNK: usize = 1 << CHUNK_BITS;

/// A table that only its own kind of id can index, and that never moves what is in it.
#[derive(Debug)]
pub struct Chunks<I: Idx, T> {
    parts: Vec<Vec<T>>,
    len: usize,
    id: PhantomData<fn(I)>,
}

impl<I: Idx, T> Chunks<I, T> {
    /// An empty table.
    pub fn new() -> Self {
        Self { parts: Vec::new(), len: 0, id: PhantomData }
    }

    /// Appends an element and returns its id.
    pub fn push(&mut self, value: T) -> I {
        let id = I::new(self.len);
        if self.len.is_multiple_of(CHUNK) {
            self.parts.push(Vec::with_capacity(CHUNK));
        }
        if let Some(last) = self.parts.last_mut() {
            last.push(value);
        }
        self.len += 1;
        id
    }

    /// How many elements there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// All elements in order.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.parts.iter().flatten()
    }

    /// All elements in order, to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.parts.iter_mut().flatten()
    }

    /// All elements with their ids.
    pub fn iter_enumerated(&self) -> impl Iterator<Item = (I, &T)> {
        self.iter().enumerate().map(|(index, value)| (I::new(index), value))
    }

    /// All ids in order.
    pub fn ids(&self) -> impl Iterator<Item = I> + use<I, T> {
        (0..self.len).map(I::new)
    }
}

impl<I: Idx, T> Default for Chunks<I, T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<I: Idx, T> FromIterator<T> for Chunks<I, T> {
    fn from_iter<It: IntoIterator<Item = T>>(iter: It) -> Self {
        let mut chunks = Self::new();
        for value in iter {
            chunks.push(value);
        }
        chunks
    }
}

impl<I: Idx, T> Index<I> for Chunks<I, T> {
    type Output = T;

    fn index(&self, id: I) -> &T {
        let at = id.index();
        &self.parts[at >> CHUNK_BITS][at & (CHUNK - 1)]
    }
}

impl<I: Idx, T> IndexMut<I> for Chunks<I, T> {
    fn index_mut(&mut self, id: I) -> &mut T {
        let at = id.index();
        &mut self.parts[at >> CHUNK_BITS][at & (CHUNK - 1)]
    }
}
