//! What libraries do, as data: model files are parsed into a trie of access paths that the heap walks.
//!
//! The data is in `rules/models/`; users' own model files have the same format, parser and errors.

pub mod facts;

use facts::{Convention, HandlerShape, PathFacts, PathId, Step};

/// All models that a run knows.
#[derive(Debug, Default)]
pub struct Models {
    _private: (),
}

impl Models {
    /// The access path of a package's exports. Node's own modules are named `node:fs`.
    pub fn package(&self, _name: &str) -> Option<PathId> {
        None
    }

    /// The access path of a global: `setInterval`, `process`, `jest`.
    pub fn global(&self, _name: &str) -> Option<PathId> {
        None
    }

    /// The access path of values whose declared type is that package's: `("express", "Request")`.
    pub fn type_named(&self, _package: &str, _name: &str) -> Option<PathId> {
        None
    }

    /// One step on, if the models know anything there.
    pub fn step(&self, _at: PathId, _step: Step<'_>) -> Option<PathId> {
        None
    }

    /// What is known at a path.
    pub fn facts(&self, _at: PathId) -> &PathFacts {
        unimplemented!()
    }

    /// Files that frameworks call.
    pub fn conventions(&self) -> &[Convention] {
        &[]
    }

    /// Parameter lists that show a handler.
    pub fn handler_shapes(&self) -> &[HandlerShape] {
        &[]
    }
}
