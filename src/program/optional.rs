//! Removals that do not run when a container grows: on the other branch of a condition, or under an option of the
//! caller's.

use crate::heap::object::{Data, InstanceId, Value};
use crate::program::Program;
use crate::program::changes::Change;
use crate::syntax::facts::{Guard, Run, Test};

impl Program<'_> {
    /// Whether a removal runs only if a caller asks for it by an option: `if (options.override) handlers.length = 0`.
    pub(super) fn is_optional(&self, growth: &Change, removal: &Change) -> bool {
        let has_size = self.guards(removal).any(|guard| matches!(guard.test, Test::Size { .. } | Test::Compare { .. }));
        !has_size
            && self.guards(removal).any(|guard| {
                self.is_option(removal.instance, guard)
                    && !self.guards(growth).any(|other| growth.file == removal.file && other.range == guard.range)
            })
    }

    fn is_option(&self, instance: InstanceId, guard: &Guard) -> bool {
        let Test::Truthy { value, .. } = guard.test else { return false };
        let value = self.stages.heap.points_to(self.stages.heap.node(instance, value));
        guard.holds && value.contains(Value::data(Data::Parameter)) && value.object_count() == 0
    }

    /// Whether each way from the growing function to a removal is on another branch than the growth:
    /// `if (options.nocache) return clear(); cache[key] = value`.
    pub(super) fn is_on_other_branch(&self, growth: &Change, removal: &Change) -> bool {
        let is_same = removal.file == growth.file && removal.function == growth.function;
        if is_same {
            return self.are_exclusive(growth, removal.guards);
        }
        let heap = self.stages.heap;
        let mut calls = heap.record.calls_of(removal.instance).filter_map(|edge| {
            let caller = heap.instance(edge.caller).key;
            edge.call.filter(|_| (caller.file, caller.function) == (growth.file, growth.function))
        });
        let Some(first) = calls.next() else { return false };
        let facts = &self.stages.facts[growth.file];
        std::iter::once(first).chain(calls).all(|call| self.are_exclusive(growth, facts.calls[call].guards))
    }

    /// Whether guards of the growing function exclude the growth: one condition with the two outcomes. Of `a && b` the
    /// one branch has each part, the other the whole.
    fn are_exclusive(&self, growth: &Change, guards: Run) -> bool {
        let facts = &self.stages.facts[growth.file];
        facts.guard_lists[guards.indices()].iter().map(|&id| &facts.guards[id]).any(|guard| {
            self.guards(growth).any(|other| other.range.contains(guard.range) && other.holds != guard.holds)
        })
    }
}
