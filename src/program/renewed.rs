//! Objects that a function makes anew before it calls them: `socket = io(url); socket.on('info', …)`. Each call has
//! its own, and what listens to it goes with it, although the place where it is kept lasts.

use crate::heap::object::{InstanceId, Lifetime, Value};
use crate::program::Program;
use crate::program::changes::Change;
use crate::syntax::facts::{
    CallId, Callee, Constraint, ModuleFacts, Place, Reuse, Run, THIS, Test, ValueId, Write, WriteForm,
};

/// Members of members so deep are looked at: `this.child.stdout.on(…)`.
const DEPTH: usize = 4;

impl Program<'_> {
    /// Whether a change of `this` sets up what each caller has just made: `table[id] = new Session(); table[id].start(user)`.
    pub(super) fn sets_up_something_new(&self, change: &Change) -> bool {
        let heap = self.stages.heap;
        let write = change.write.map(|id| self.stages.facts[change.file].writes[id].place);
        let mut calls = heap.record.calls_of(change.instance).peekable();
        matches!(write, Some(Place::Property { base: THIS, .. }))
            && !heap.record.is_root(change.instance)
            && calls.peek().is_some()
            && calls.all(|edge| edge.call.is_some_and(|call| self.is_receiver_renewed(edge.caller, call)))
    }

    /// Whether the receiver of a call was put in its place by the same function, before and whenever it is called.
    pub(super) fn is_receiver_renewed(&self, instance: InstanceId, call: CallId) -> bool {
        let key = self.stages.heap.instance(instance).key;
        let facts = &self.stages.facts[key.file];
        let at = &facts.calls[call];
        let Callee::Method { base, .. } = at.callee else { return false };
        let places = self.places_of(instance, base);
        !places.is_empty()
            && facts.writes.iter().any(|write| {
                write.function == key.function
                    && write.range.start < at.place.start
                    && holds_then(facts, write.guards, at.guards)
                    && places.iter().any(|&place| self.is_same_place(instance, write.place, place))
                    && self.puts_something_new(instance, write)
            })
    }

    /// The places that a value is read from: it itself, and what it is a member of.
    fn places_of(&self, instance: InstanceId, value: ValueId) -> Vec<Place> {
        let key = self.stages.heap.instance(instance).key;
        let mut places = Vec::new();
        let mut at = Some(value);
        while let Some(value) = at.take().filter(|_| places.len() < DEPTH) {
            let read = self.definitions_of(key.file, key.function, value).find_map(|constraint| match *constraint {
                Constraint::LoadOuter { dst, binding } if dst == value => Some((Place::Binding(binding), None)),
                Constraint::Load { dst, base, key } if dst == value => {
                    Some((Place::Property { base, key }, Some(base)))
                }
                _ => None,
            });
            if let Some((place, base)) = read {
                places.push(place);
                at = base;
            }
        }
        places
    }

    fn puts_something_new(&self, instance: InstanceId, write: &Write) -> bool {
        let Some(value) = write.value else { return false };
        let values = self.stages.heap.points_to(self.stages.heap.node(instance, value));
        let lasts = |value: Value| value.as_object().is_some_and(|(_, lifetime)| lifetime == Lifetime::Module);
        write.form == WriteForm::Assign && write.reuse == Reuse::None && !values.is_empty() && !values.iter().any(lasts)
    }

    /// Whether what a call gives is kept in the very place that was found empty before: `if (!timer) timer = setInterval(…)`.
    pub(super) fn is_kept_where_none_was(&self, instance: InstanceId, call: CallId) -> bool {
        let key = self.stages.heap.instance(instance).key;
        let facts = &self.stages.facts[key.file];
        let at = &facts.calls[call];
        facts.guards_in(at.guards).any(|guard| {
            let Test::Truthy { place: Some(place), .. } = guard.test else { return false };
            !guard.holds
                && facts.writes.iter().any(|write| {
                    write.function == key.function
                        && write.value == Some(at.dst)
                        && self.is_same_place(instance, write.place, place)
                })
        })
    }
}

/// Whether what had to hold for the one holds for the other too.
fn holds_then(facts: &ModuleFacts, one: Run, other: Run) -> bool {
    let other = &facts.guard_lists[other.indices()];
    facts.guard_lists[one.indices()].iter().all(|guard| other.contains(guard))
}
