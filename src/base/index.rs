//! Typed indices: what must not be mixed up is a type of its own, and never a bare `usize`.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Index, IndexMut};

/// A 32-bit id that names an element of one kind of table.
pub trait Idx: Copy + Eq + Ord {
    /// The id of the element at `index`.
    fn new(index: usize) -> Self;
    /// The place of the element in its table.
    fn index(self) -> usize;
}

/// Declares typed ids (`newtype_index! { /// doc  pub struct FileId; }`), each a `u32`.
#[macro_export]
macro_rules! newtype_index {
    ($($(#[$meta:meta])* $vis:vis struct $name:ident;)*) => {$(
        $(#[$meta])*
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize,
        )]
        $vis struct $name($vis u32);

        impl $crate::base::index::Idx for $name {
            fn new(index: usize) -> Self {
                Self(u32::try_from(index).expect("tables hold fewer than 2^32 elements"))
            }

            fn index(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}

/// A vector that only its own kind of id can index.
#[derive(Clone, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct IndexVec<I: Idx, T> {
    raw: Vec<T>,
    #[serde(skip)]
    id: PhantomData<fn(I)>,
}

impl<I: Idx, T> IndexVec<I, T> {
    /// An empty table.
    pub fn new() -> Self {
        Self { raw: Vec::new(), id: PhantomData }
    }

    /// A table of these elements, in this order.
    pub fn from_raw(raw: Vec<T>) -> Self {
        Self { raw, id: PhantomData }
    }

    /// Gives back what it does not need.
    pub fn shrink(&mut self) {
        self.raw.shrink_to_fit();
    }

    /// Appends an element and returns its id.
    pub fn push(&mut self, value: T) -> I {
        let id = I::new(self.raw.len());
        self.raw.push(value);
        id
    }

    /// The id that the next pushed element gets.
    pub fn next_id(&self) -> I {
        I::new(self.raw.len())
    }

    /// How many elements there are.
    pub fn len(&self) -> usize {
        self.raw.len()
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.raw.is_empty()
    }

    /// The element, if the id is one of this table's.
    pub fn get(&self, id: I) -> Option<&T> {
        self.raw.get(id.index())
    }

    /// All elements in order.
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.raw.iter()
    }

    /// All elements with their ids.
    pub fn iter_enumerated(&self) -> impl Iterator<Item = (I, &T)> {
        self.raw.iter().enumerate().map(|(index, value)| (I::new(index), value))
    }

    /// All ids in order.
    pub fn ids(&self) -> impl Iterator<Item = I> + use<I, T> {
        (0..self.raw.len()).map(I::new)
    }

    /// The elements as a slice.
    pub fn as_slice(&self) -> &[T] {
        &self.raw
    }

    /// The elements as a vector.
    pub fn into_raw(self) -> Vec<T> {
        self.raw
    }
}

impl<I: Idx, T> Default for IndexVec<I, T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<I: Idx, T> FromIterator<T> for IndexVec<I, T> {
    fn from_iter<It: IntoIterator<Item = T>>(iter: It) -> Self {
        Self::from_raw(iter.into_iter().collect())
    }
}

impl<I: Idx, T> Index<I> for IndexVec<I, T> {
    type Output = T;

    fn index(&self, id: I) -> &T {
        &self.raw[id.index()]
    }
}

impl<I: Idx, T> IndexMut<I> for IndexVec<I, T> {
    fn index_mut(&mut self, id: I) -> &mut T {
        &mut self.raw[id.index()]
    }
}

impl<'a, I: Idx, T> IntoIterator for &'a IndexVec<I, T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.raw.iter()
    }
}

impl<I: Idx, T: fmt::Debug> fmt::Debug for IndexVec<I, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.raw.fmt(f)
    }
}
