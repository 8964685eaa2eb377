//! Ways into the program from outside: files that frameworks call by convention, decorators and the instances that
//! frameworks make, functions that look like handlers, and what a library offers to unknown callers.

mod conventions;
mod decorators;
mod handlers;
mod offers;

use smallvec::SmallVec;

use crate::heap::instance::Phase;
use crate::heap::object::{Data, InstanceId, ObjectId, ObjectKind, Source, Value};
use crate::heap::solver::{Arg, EntryId, Invocation, InvocationId, InvocationKind, RootCause, Solver, This};
use crate::models::facts::{ParamFacts, Position};

/// A way into the program: what is called there runs with this cause and these parameters.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    cause: RootCause,
    params: Vec<(u32, ParamFacts)>,
    caller: InstanceId,
    this: This,
}

/// How values of a library are offered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Offer {
    cause: RootCause,
    caller: InstanceId,
}

impl Solver<'_> {
    /// A function that an entry calls.
    pub(super) fn enter(&mut self, value: Value, entry: EntryId) {
        let Some((object, _)) = value.as_object() else { return };
        if self.objects[object].kind != ObjectKind::Function {
            return;
        }
        let entry = self.entries[entry].clone();
        let invocation = self.outside_invocation(&entry, object);
        self.invoke(invocation, value.promoted());
    }

    fn outside_invocation(&mut self, entry: &Entry, function: ObjectId) -> InvocationId {
        let count = match self.objects[function].source {
            Source::Function { file, function, .. } => self.input.facts[file].params_of(function).len(),
            _ => 0,
        };
        let invocation = self.invocation(Invocation {
            caller: entry.caller,
            call: None,
            this: entry.this,
            args: SmallVec::new(),
            dst: None,
            kind: InvocationKind::Call,
            position: Some(Position::Repeat),
            phase: Phase::Repeat,
            root: Some(entry.cause),
            hops: 0,
        });
        for index in 0..count {
            let node = self.fresh_node();
            let at = u32::try_from(index).unwrap_or(u32::MAX);
            let mut is_known = false;
            for (_, facts) in entry.params.iter().filter(|(param, _)| *param == at) {
                is_known = true;
                self.fill_param(node, facts, invocation);
            }
            if !is_known {
                self.graph.insert(node, Value::data(Data::Unknown));
            }
            self.invocations[invocation].args.push(Arg { node, is_spread: false });
        }
        invocation
    }
}
