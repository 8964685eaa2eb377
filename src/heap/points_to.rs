//! Sets of values: a small sorted vector. The cap on objects in a node ([`crate::heap::limits::MANY`]) keeps it small,
//! so that no bit set is needed.

use smallvec::SmallVec;

use crate::heap::object::{Value, ValueKind};

/// A set of values, sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PointsToSet {
    values: SmallVec<[Value; 4]>,
}

impl PointsToSet {
    /// Adds a value; whether it was new.
    pub fn insert(&mut self, value: Value) -> bool {
        match self.values.binary_search(&value) {
            Ok(_) => false,
            Err(at) => {
                self.values.insert(at, value);
                true
            }
        }
    }

    /// The place where a value that is not there would be.
    pub(super) fn place_for(&self, value: Value) -> Option<usize> {
        self.values.binary_search(&value).err()
    }

    /// Puts a value at its place.
    pub(super) fn insert_at(&mut self, place: usize, value: Value) {
        self.values.insert(place, value);
    }

    /// Whether the value is there.
    pub fn contains(&self, value: Value) -> bool {
        self.values.binary_search(&value).is_ok()
    }

    /// The values in order.
    pub fn iter(&self) -> std::iter::Copied<std::slice::Iter<'_, Value>> {
        self.values.iter().copied()
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// How many objects there are: they come first in the order.
    pub fn object_count(&self) -> usize {
        self.values.partition_point(|value| value.is_object())
    }

    /// How many strings there are: they come between objects and data.
    pub fn string_count(&self) -> usize {
        let end = self.values.partition_point(|value| !matches!(value.kind(), ValueKind::Data(_)));
        end - self.object_count()
    }

    /// Whether there is no value.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}

impl<'a> IntoIterator for &'a PointsToSet {
    type Item = Value;
    type IntoIter = std::iter::Copied<std::slice::Iter<'a, Value>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
