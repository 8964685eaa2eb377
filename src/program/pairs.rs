//! Removals that belong to one insertion: a closure that takes away what the function around it put in.

use crate::heap::object::{InstanceId, Source, Value};
use crate::program::changes::{Change, Target, binding_node};
use crate::program::{ChangeId, Program};
use crate::syntax::facts::{Constraint, FunctionId, MODULE_BODY};

/// So many growths of one container are looked at.
const GROWTHS: usize = 500;

impl Program<'_> {
    /// Whether a removal is registered only where something else than this growth puts entries in:
    ///
    /// ```js
    /// add(user) { users.set(user.id, user); user.once('close', () => users.delete(user.id)); }
    /// get(id) { users.set(id, load(id)); }   // nothing takes these away
    /// ```
    pub(super) fn is_of_other_path(&self, growth: &Change, removal: ChangeId) -> bool {
        self.undoes_some(growth.target, removal) && !self.is_undoing(growth, self.change(removal))
    }

    /// Whether a removal undoes one of a container's growths.
    fn undoes_some(&self, target: Target, removal: ChangeId) -> bool {
        if let Some(&known) = self.tables.undoing.borrow().get(&(target, removal)) {
            return known;
        }
        let growths = self.growths_of(target).iter().take(GROWTHS);
        let is_some = growths.into_iter().any(|&id| self.is_undoing(self.change(id), self.change(removal)));
        self.tables.undoing.borrow_mut().insert((target, removal), is_some);
        is_some
    }

    /// Whether a removal is a closure made where a growth is, for what was put in there: the unsubscribing function
    /// that the caller gets, or a listener for the end.
    pub(super) fn is_undoing(&self, growth: &Change, removal: &Change) -> bool {
        let heap = self.stages.heap;
        if self.is_what_was_put_in(growth, removal) {
            return true;
        }
        let outer = |instance: InstanceId| heap.instance(instance).key.parent;
        std::iter::successors(outer(removal.instance), |&at| outer(at)).any(|at| {
            let around = heap.instance(at).key;
            around.function != MODULE_BODY
                && around.file == growth.file
                && self.encloses(around.function, growth.instance)
                && (self.has_captured_key(removal, around.function) || self.names_what_was_put_in(growth, removal))
        })
    }

    /// Whether a removal stands in the very function that a growth puts in: a clean-up that takes itself off the list.
    fn is_what_was_put_in(&self, growth: &Change, removal: &Change) -> bool {
        let heap = self.stages.heap;
        let is_it = |value: Value| {
            value.as_object().is_some_and(|(object, _)| match heap.object(object).source {
                Source::Function { file, function, .. } => (file, function) == (removal.file, removal.function),
                _ => false,
            })
        };
        growth.values.iter().any(|&node| heap.points_to(node).iter().any(is_it))
    }

    /// Whether a closure, or a callback in it, mentions the very variable whose value a growth put in:
    /// `() => list.splice(list.indexOf(fn), 1)`, `() => { list = list.filter((other) => other !== fn); }`.
    fn names_what_was_put_in(&self, growth: &Change, removal: &Change) -> bool {
        self.mentions_of(removal.file, removal.function).iter().any(|&binding| {
            binding_node(&self.stages, growth.instance, binding).is_some_and(|(node, _)| growth.values.contains(&node))
        })
    }

    /// Whether the key of a removal comes from a variable of the function around it.
    fn has_captured_key(&self, removal: &Change, around: FunctionId) -> bool {
        let Some(key) = removal.key else { return false };
        let heap = self.stages.heap;
        let facts = &self.stages.facts[removal.file];
        let node = |value| heap.node(removal.instance, value);
        let captured: Vec<_> = facts
            .constraints_of(removal.function)
            .iter()
            .filter_map(|constraint| match constraint {
                Constraint::LoadOuter { dst, binding } if facts.bindings[*binding].function == around => {
                    Some(node(*dst))
                }
                _ => None,
            })
            .collect();
        captured.contains(&key)
            || facts.constraints_of(removal.function).iter().any(|constraint| match constraint {
                Constraint::Load { dst, base, .. } => node(*dst) == key && captured.contains(&node(*base)),
                _ => false,
            })
    }

    /// Whether an instance is of a function or of one inside it.
    pub(super) fn encloses(&self, function: FunctionId, instance: InstanceId) -> bool {
        let mut at = Some(instance);
        while let Some(id) = at {
            let key = self.stages.heap.instance(id).key;
            if key.function == function {
                return true;
            }
            at = key.parent;
        }
        false
    }
}
