//! Removals that run only if a caller switches them on.

use crate::heap::object::InstanceId;
use crate::program::Program;
use crate::program::changes::Change;
use crate::syntax::facts::{
    BindingKind, Constant, Constraint, FunctionId, Guard, Key, ModuleFacts, Origin, Place, Run, Test, ValueId, Write,
};

/// So many calls are gone back from a removal.
const CALLS: usize = 4;

impl Program<'_> {
    /// Whether each way to a removal leads through an option that is off unless a caller sets it:
    ///
    /// ```js
    /// exports.keep = (entry, lifespan = 0) => {
    ///   list.push(entry);
    ///   if (lifespan > 0) setTimeout(() => list.splice(list.indexOf(entry), 1), lifespan);
    /// };
    /// ```
    pub(super) fn is_switched_off(&self, growth: &Change, removal: &Change) -> bool {
        self.leads_through_option(growth, removal.instance, removal.guards, CALLS)
    }

    fn leads_through_option(&self, growth: &Change, instance: InstanceId, guards: Run, calls: usize) -> bool {
        let heap = self.stages.heap;
        let file = heap.instance(instance).key.file;
        // What the growth itself needs keeps nothing back.
        let is_common = |guard: &Guard| file == growth.file && self.guards(growth).any(|it| it.range == guard.range);
        let mut own = self.stages.facts[file].guards_in(guards).filter(|guard| !is_common(guard));
        if own.any(|guard| self.is_off_by_default(instance, guard)) {
            return true;
        }
        let mut edges = heap.record.calls_of(instance).peekable();
        calls > 0
            && edges.peek().is_some()
            && edges.all(|edge| {
                let facts = &self.stages.facts[heap.instance(edge.caller).key.file];
                edge.call.is_some_and(|call| {
                    self.leads_through_option(growth, edge.caller, facts.calls[call].guards, calls - 1)
                })
            })
    }

    fn is_off_by_default(&self, instance: InstanceId, guard: &Guard) -> bool {
        let value = match guard.test {
            Test::Truthy { value, .. } => value,
            // With a number that is written out: `lifespan > 0`.
            Test::Compare { value, other: None, .. } => value,
            _ => return false,
        };
        guard.holds && self.is_option_off(instance, value)
    }

    /// Whether a value is a parameter whose default is off, or a property that the default of a parameter lacks.
    fn is_option_off(&self, instance: InstanceId, value: ValueId) -> bool {
        let key = self.stages.heap.instance(instance).key;
        let facts = &self.stages.facts[key.file];
        if let Some((function, default)) = self.default_of(instance, value) {
            return is_off(facts, function, default);
        }
        self.definitions_of(key.file, key.function, value).any(|constraint| match *constraint {
            Constraint::Load { dst, base, key: name @ Key::Name(_) } if dst == value => self
                .default_of(instance, base)
                .is_some_and(|(function, default)| is_literal_without(facts, function, default, name)),
            _ => false,
        })
    }

    /// The default of the parameter that a value is.
    fn default_of(&self, instance: InstanceId, value: ValueId) -> Option<(FunctionId, ValueId)> {
        let heap = self.stages.heap;
        let file = heap.instance(instance).key.file;
        let facts = &self.stages.facts[file];
        let id = self.variable_of(heap.node(instance, value))?;
        let binding = facts.bindings[id];
        if binding.kind != BindingKind::Param || self.is_long(file, binding.function) {
            return None;
        }
        let is_set = |write: &&Write| write.place == Place::Binding(id) && !write.is_initializer;
        let mut sets = facts.writes.iter().filter(is_set);
        if let Some(set) = sets.next() {
            // As compilers write it: `if (lifespan === void 0) { lifespan = 0; }`.
            let is_missing = |guard: &Guard| {
                !guard.holds && matches!(guard.test, Test::Truthy { place: Some(place), .. } if place == set.place)
            };
            let is_default = sets.next().is_none() && facts.guards_in(set.guards).any(is_missing);
            return set.value.filter(|_| is_default).map(|value| (binding.function, value));
        }
        facts.constraints_of(binding.function).iter().find_map(|constraint| match *constraint {
            Constraint::Copy { dst, src } if dst == binding.home && is_written_out(facts, binding.function, src) => {
                Some((binding.function, src))
            }
            _ => None,
        })
    }
}

/// Whether a value stands in the code as a constant or an object literal.
fn is_written_out(facts: &ModuleFacts, function: FunctionId, value: ValueId) -> bool {
    facts.constraints_of(function).iter().any(|constraint| match *constraint {
        Constraint::String { dst, .. } | Constraint::Origin { dst, .. } | Constraint::Alloc { dst, .. } => dst == value,
        _ => false,
    })
}

fn is_off(facts: &ModuleFacts, function: FunctionId, default: ValueId) -> bool {
    facts.constraints_of(function).iter().any(|constraint| match *constraint {
        Constraint::String { dst, value } => dst == default && matches!(facts.name(value), "0" | ""),
        Constraint::Origin { dst, origin } => dst == default && origin == Origin::Finite,
        _ => false,
    })
}

/// Whether a value is an object literal that has no such property, or has it switched off.
fn is_literal_without(facts: &ModuleFacts, function: FunctionId, literal: ValueId, name: Key) -> bool {
    let constraints = facts.constraints_of(function);
    let is_literal = constraints.iter().any(|it| matches!(*it, Constraint::Alloc { dst, .. } if dst == literal));
    is_literal
        && constraints.iter().all(|constraint| match *constraint {
            Constraint::InitConstant { value: Constant::Origin(Origin::Finite), .. } => true,
            Constraint::InitConstant { base, key, .. } | Constraint::Init { base, key, .. } => {
                base != literal || key != name
            }
            Constraint::CopyAll { dst, .. } => dst != literal,
            _ => true,
        })
}
