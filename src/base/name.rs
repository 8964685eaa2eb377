//! Interned strings of the whole program.

use rustc_hash::FxHashMap;
use std::sync::Arc;

use crate::base::index::IndexVec;

crate::newtype_index! {
    /// An interned string: an identifier, a property's name, a string constant.
    pub struct Name;
}

/// Gives each distinct string one [`Name`]. Names are numbered in the order in which they are first seen, so that a
/// fixed order of files gives fixed numbers.
#[derive(Clone, Default, Debug)]
pub struct Interner {
    names: IndexVec<Name, Arc<str>>,
    ids: FxHashMap<Arc<str>, Name>,
}

impl Interner {
    /// The name of `text`, new or known.
    pub fn intern(&mut self, text: &str) -> Name {
        if let Some(&name) = self.ids.get(text) {
            return name;
        }
        let shared: Arc<str> = text.into();
        let name = self.names.push(Arc::clone(&shared));
        self.ids.insert(shared, name);
        name
    }

    /// The name of `text`, if something has it.
    pub fn get(&self, text: &str) -> Option<Name> {
        self.ids.get(text).copied()
    }

    /// The text of a name.
    pub fn text(&self, name: Name) -> &str {
        &self.names[name]
    }
}
