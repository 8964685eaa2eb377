//! Caches of files: there are as many keys as there are files.

use crate::heap::graph::NodeId;
use crate::heap::object::{Source, Value};
use crate::program::Program;
use crate::program::changes::Change;
use crate::program::sources::Follow;
use crate::syntax::facts::{Call, Callee};

impl Program<'_> {
    /// Whether the growing function reads the file that the key names: `cache[path] = parse(readFileSync(path))`.
    pub(super) fn is_file_read(&self, change: &Change) -> bool {
        let Some(key) = change.key else { return false };
        let facts = &self.stages.facts[change.file];
        let keys = self.sources_of(change.instance, key, Follow::Copies);
        self.calls_in(change.file, change.function).iter().any(|&call| {
            let call = &facts.calls[call];
            let first = facts.arguments[call.arguments.indices()].first();
            let node = first.map(|argument| self.stages.heap.node(change.instance, argument.value));
            self.is_of_file_system(change, call)
                && node.is_some_and(|node| keys.iter().any(|&key| node == key || self.is_alias(node, key)))
        })
    }

    fn is_of_file_system(&self, change: &Change, call: &Call) -> bool {
        let callee = match call.callee {
            Callee::Value(value) => value,
            Callee::Method { base, .. } => base,
            _ => return false,
        };
        self.is_file_system(self.stages.heap.node(change.instance, callee))
    }

    fn is_file_system(&self, node: NodeId) -> bool {
        let heap = self.stages.heap;
        heap.points_to(node).iter().filter_map(Value::as_object).any(|(object, _)| match heap.object(object).source {
            Source::External { package, .. } => matches!(heap.text(package), "node:fs" | "node:fs/promises"),
            _ => false,
        })
    }
}
