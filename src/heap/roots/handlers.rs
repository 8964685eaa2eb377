//! Functions that look like handlers, though nothing is seen to call them.

use smallvec::SmallVec;

use crate::base::finding::Confidence;
use crate::base::source::FileId;
use crate::heap::object::{Lifetime, Source, Value};
use crate::heap::roots::Entry;
use crate::heap::solver::{Arg, InvocationId, RootCause, Solver, This};
use crate::models::facts::HandlerShape;
use crate::syntax::facts::{Constraint, FunctionId, Key};

impl Solver<'_> {
    /// A function given to unknown code that looks like a handler: the call also gets a path, or its parameters are
    /// named and used as a handler's.
    pub(in crate::heap) fn guess_handler(
        &mut self,
        invocation: InvocationId,
        file: FileId,
        function: FunctionId,
    ) -> Option<(RootCause, SmallVec<[Arg; 3]>)> {
        let shape = self.handler_shape(file, function)?;
        let (context, params) = (shape.context, shape.params.clone());
        let label = self.names.intern("{callee} handler");
        let cause =
            RootCause { kind: Some(context), confidence: Confidence::Medium, label, function: Some((file, function)) };
        let mut args = SmallVec::new();
        let count = self.input.facts[file].params_of(function).len();
        for index in 0..count {
            let node = self.fresh_node();
            for (at, facts) in &params {
                if *at as usize == index {
                    self.fill_param(node, facts, invocation);
                }
            }
            args.push(Arg { node, is_spread: false });
        }
        Some((cause, args))
    }

    fn handler_shape(&self, file: FileId, function: FunctionId) -> Option<&'_ HandlerShape> {
        let facts = &self.input.facts[file];
        let params = facts.params_of(function);
        self.input.models.handler_shapes().iter().find(|shape| {
            shape.names.len() == params.len()
                && shape.names.iter().zip(params).all(|(names, param)| {
                    param.name.is_some_and(|name| {
                        let name = facts.name(name).trim_start_matches('_');
                        names.iter().any(|known| known == name)
                    })
                })
                && (shape.members.is_empty() || self.uses_members(file, function, &shape.members))
        })
    }

    fn uses_members(&self, file: FileId, function: FunctionId, members: &[String]) -> bool {
        let facts = &self.input.facts[file];
        let params: Vec<_> = facts.params_of(function).iter().map(|param| param.value).collect();
        let is_member = |key: Key| matches!(key, Key::Name(name) if members.iter().any(|m| m == facts.name(name)));
        facts.constraints_of(function).iter().any(|constraint| match constraint {
            Constraint::Load { base, key, .. } => params.contains(base) && is_member(*key),
            Constraint::Call { call } => match facts.calls[*call].callee {
                crate::syntax::facts::Callee::Method { base, key } => params.contains(&base) && is_member(key),
                _ => false,
            },
            _ => false,
        })
    }

    /// Notes which functions the program itself calls.
    pub(in crate::heap) fn note_called(&mut self) {
        for edge in &self.record.calls {
            let caller = self.instances[edge.caller].key;
            let callee = self.instances[edge.callee].key;
            if !self.input.tests[caller.file] && (caller.file, caller.function) != (callee.file, callee.function) {
                self.called.insert((callee.file, callee.function));
            }
        }
    }

    /// Functions that nothing calls and that look like handlers.
    pub(in crate::heap) fn enter_handlers(&mut self) {
        for id in self.objects.ids().collect::<Vec<_>>() {
            let Source::Function { file, function, parent } = self.objects[id].source else { continue };
            if self.input.tests[file] || self.called.contains(&(file, function)) {
                continue;
            }
            let Some(shape) = self.handler_shape(file, function) else { continue };
            let (context, params) = (shape.context, shape.params.clone());
            let label = self.names.intern("function that looks like a handler");
            let cause = RootCause {
                kind: Some(context),
                confidence: Confidence::Medium,
                label,
                function: Some((file, function)),
            };
            let entry = Entry { cause, params, caller: parent, this: This::None };
            let invocation = self.outside_invocation(&entry, id);
            self.invoke(invocation, Value::object(id, Lifetime::Fresh));
        }
    }
}
