//! Entries that are found under one key and taken away under another: `pending.get(msg.replyTo)`, then
//! `pending.delete(msg.id)`.

use crate::heap::graph::NodeId;
use crate::program::Program;
use crate::program::changes::{Change, Target};
use crate::syntax::facts::{Callee, Constraint, Key, NameId, ValueId};

impl Program<'_> {
    /// Whether the function of a removal looks for an entry of the container under one member of a value, never under
    /// the member by which it removes.
    pub(super) fn is_looked_up_otherwise(&self, removal: &Change) -> bool {
        let Some((of, removed)) = removal.key.and_then(|key| self.member_read(removal, key)) else { return false };
        let asked: Vec<NameId> = self
            .lookup_keys(removal)
            .into_iter()
            .filter_map(|key| self.member_read(removal, key))
            .filter(|&(base, _)| base == of)
            .map(|(_, name)| name)
            .collect();
        !asked.is_empty() && !asked.contains(&removed)
    }

    /// The value and the member that a key of a change's function is read from.
    fn member_read(&self, change: &Change, key: NodeId) -> Option<(ValueId, NameId)> {
        let node = |value| self.stages.heap.node(change.instance, value);
        self.stages.facts[change.file].constraints_of(change.function).iter().find_map(|constraint| match *constraint {
            Constraint::Load { dst, base, key: Key::Name(name) } if node(dst) == key => Some((base, name)),
            _ => None,
        })
    }

    /// The keys under which a change's function looks into the container: `get(key)`, `has(key)`, `table[key]`.
    fn lookup_keys(&self, change: &Change) -> Vec<NodeId> {
        let Target::Object(object) = change.target else { return Vec::new() };
        let facts = &self.stages.facts[change.file];
        let node = |value| self.stages.heap.node(change.instance, value);
        let is_it = |base| self.holds_object(node(base), object);
        facts
            .constraints_of(change.function)
            .iter()
            .filter_map(|constraint| match *constraint {
                Constraint::Load { base, key: Key::Computed(key), .. } if is_it(base) => Some(node(key)),
                Constraint::Call { call } => {
                    let Callee::Method { base, key: Key::Name(name) } = facts.calls[call].callee else { return None };
                    let is_lookup = matches!(facts.name(name), "get" | "has") && is_it(base);
                    facts.arguments_of(call).first().filter(|_| is_lookup).map(|argument| node(argument.value))
                }
                _ => None,
            })
            .collect()
    }
}
