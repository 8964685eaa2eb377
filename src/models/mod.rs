//! What libraries do, as data: model files are parsed into a trie of access paths that the heap walks.
//!
//! The data is in `rules/models/` (its README describes the format); users' own model files have the same format,
//! parser and errors.
//!
//! [`parse`] works in three steps. First every path of every file becomes a node of the trie (`trie`), without facts.
//! Then `like` links are set, so that a reference can name what a node only has through another. At last the
//! facts are read (`entries`, `calls`): every reference in them must lead to a node.

mod calls;
mod conventions;
mod entries;
pub mod facts;
mod path;
mod providers;
mod read;
mod trie;
mod words;

#[cfg(test)]
mod tests;

use rustc_hash::FxHashSet;

pub use facts::Step;
use facts::{Convention, Counterparts, Effect, HandlerShape, PathFacts, PathId, ProviderWords, Restored, Since};
use trie::Trie;

pub use entries::parse;
pub use read::ModelError;

/// All models that a run knows.
#[derive(Debug, Default)]
pub struct Models {
    trie: Trie,
    conventions: Vec<Convention>,
    handler_shapes: Vec<HandlerShape>,
    counterparts: Vec<Counterparts>,
    provider_words: ProviderWords,
}

impl Models {
    /// The access path of a package's exports. Node's own modules are named `node:fs`.
    pub fn package(&self, name: &str) -> Option<PathId> {
        self.trie.package(name)
    }

    /// The access path of a global: `setInterval`, `process`, `jest`.
    pub fn global(&self, name: &str) -> Option<PathId> {
        let root = self.trie.globals()?;
        match name {
            "globalThis" | "global" | "window" | "self" => Some(root),
            _ => self.trie.step(root, Step::Member(name)),
        }
    }

    /// The access path of values whose declared type is that package's: `("express", "Request")`. What is no type of
    /// its own may be a class: then it is the class's instances.
    pub fn type_named(&self, package: &str, name: &str) -> Option<PathId> {
        let root = self.trie.package(package)?;
        self.trie
            .type_at(root, name)
            .or_else(|| self.trie.step(self.trie.step(root, Step::Member(name))?, Step::Instance))
    }

    /// One step on, if the models know anything there.
    pub fn step(&self, at: PathId, step: Step<'_>) -> Option<PathId> {
        self.trie.step(at, step)
    }

    /// What is known at a path.
    pub fn facts(&self, at: PathId) -> &PathFacts {
        self.trie.facts(at)
    }

    /// The names of methods with which a test's double takes itself off, where packages have the versions that `has` says.
    pub fn restoring_members(&self, has: impl Fn(&Since) -> bool) -> FxHashSet<&str> {
        let is_restoring = |effect: &Effect| match effect {
            Effect::Restore { what: Restored::Receiver, since } => since.as_ref().is_none_or(&has),
            _ => false,
        };
        let restoring = self
            .trie
            .all_facts()
            .filter(|facts| facts.call.as_ref().is_some_and(|call| call.effects.iter().any(is_restoring)));
        restoring.filter_map(|facts| facts.label.rsplit('.').next()).collect()
    }

    /// Files that frameworks call.
    pub fn conventions(&self) -> &[Convention] {
        &self.conventions
    }

    /// The words of objects that describe what a container of dependencies provides.
    pub fn provider_words(&self) -> &ProviderWords {
        &self.provider_words
    }

    /// Whether a framework that calls the method `puts` calls `takes` in the end, to undo what that did.
    pub fn are_counterparts(&self, puts: &str, takes: &str) -> bool {
        let is_pair =
            |pair: &Counterparts| pair.puts.iter().any(|it| it == puts) && pair.takes.iter().any(|it| it == takes);
        self.counterparts.iter().any(is_pair)
    }

    /// Parameter lists that show a handler.
    pub fn handler_shapes(&self) -> &[HandlerShape] {
        &self.handler_shapes
    }
}
