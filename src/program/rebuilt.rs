//! Entries that are put anew with one more: `m.set('all', [...m.get('all'), x])`. The key stays, and the list grows.

use crate::program::Program;
use crate::program::changes::{Change, Effect, Target};
use crate::syntax::facts::{Callee, Constraint, Key, ModuleFacts, ValueId};

impl Program<'_> {
    /// Whether a change puts a longer copy of an entry in its place, and nothing that runs puts something else there.
    pub(super) fn is_rebuilt_entry(&self, change: &Change) -> bool {
        let text = |change: &Change| change.key.and_then(|key| self.constant_text(key));
        // Under another constant another entry is put.
        let may_replace = |other: &Change| match (text(change), text(other)) {
            (Some(one), Some(other)) => one == other,
            _ => true,
        };
        self.lengthens_entry(change)
            && !self.growths_of(change.target).iter().map(|&id| self.change(id)).any(|other| {
                other.kind == change.kind
                    && self.is_repeated(other)
                    && may_replace(other)
                    && !self.lengthens_entry(other)
            })
    }

    fn lengthens_entry(&self, change: &Change) -> bool {
        if change.effect != Effect::Grow || change.write.is_some() || change.key.is_none() {
            return false;
        }
        let facts = &self.stages.facts[change.file];
        let node = |value| self.stages.heap.node(change.instance, value);
        facts.constraints_of(change.function).iter().any(|constraint| match *constraint {
            Constraint::SpreadInto { dst, src } => {
                change.values.contains(&node(dst)) && self.is_own_entry(change, src) && has_more(facts, change, dst)
            }
            _ => false,
        })
    }

    /// Whether a value is what the container gives: `m.get(k)`, also with a default.
    fn is_own_entry(&self, change: &Change, value: ValueId) -> bool {
        let Target::Object(object) = change.target else { return false };
        let facts = &self.stages.facts[change.file];
        let constraints = facts.constraints_of(change.function);
        let is_copied = |from: ValueId| {
            from == value
                || constraints.iter().any(|constraint| match *constraint {
                    Constraint::Copy { dst, src } | Constraint::Narrow { dst, src, .. } => dst == value && src == from,
                    _ => false,
                })
        };
        constraints.iter().any(|constraint| {
            let Constraint::Call { call } = *constraint else { return false };
            let call = &facts.calls[call];
            let Callee::Method { base, key: Key::Name(name) } = call.callee else { return false };
            facts.name(name) == "get"
                && is_copied(call.dst)
                && self.holds_object(self.stages.heap.node(change.instance, base), object)
        })
    }
}

/// Whether an array literal has elements beside one spread.
fn has_more(facts: &ModuleFacts, change: &Change, array: ValueId) -> bool {
    let parts = facts.constraints_of(change.function).iter().filter(|constraint| match **constraint {
        Constraint::Store { base, .. } | Constraint::Init { base, .. } | Constraint::InitConstant { base, .. } => {
            base == array
        }
        Constraint::SpreadInto { dst, .. } => dst == array,
        _ => false,
    });
    parts.count() > 1
}
