//! `call`, `apply`, `bind`, and functions that were bound.

use smallvec::SmallVec;

use crate::heap::builtins::NativeCall;
use crate::heap::graph::{EdgeKind, NodeId};
use crate::heap::object::{Lifetime, ObjectKind, Source, Value};
use crate::heap::solver::{Arg, InvocationId, Listener, Solver, Special, This};
use crate::syntax::facts::CallId;

impl Solver<'_> {
    /// `f.call(o, …)`, `f.apply(o, […])`, `f.bind(o, …)`.
    pub(super) fn call_function_method(&mut self, call: &NativeCall, name: &str) {
        let Some(function) = call.this else { return };
        let target = self.fresh_node();
        self.graph.insert(target, function);
        let receiver = call.arg(0);
        let mut args: SmallVec<[Arg; 3]> = call.args.iter().skip(1).copied().collect();
        if name == "bind" {
            let bound = self.bound_object(call, target, receiver.map_or(This::None, This::Node), args);
            self.give(call, bound);
            return;
        }
        if name == "apply" {
            for arg in &mut args {
                arg.is_spread = true;
            }
            args.truncate(1);
        }
        let Some(receiver) = receiver else { return };
        let mut inner = self.invocations[call.invocation].clone();
        inner.args = args;
        let id = self.invocation(inner);
        self.receivers_of.insert(id, target);
        self.listen(receiver, Listener::InvokeOn { invocation: id });
        // `f.call(null, …)`: no object is the receiver.
        self.invocations[id].this = This::None;
        if self.graph.set(receiver).is_empty() {
            self.pending.push((Listener::Invoke { invocation: id }, function));
        }
    }

    /// A call whose receiver came later: `f.call(o)` for each object of `o`.
    pub(in crate::heap) fn invoke_on(&mut self, invocation: InvocationId, receiver: Value) {
        let Some(&target) = self.receivers_of.get(&invocation) else { return };
        let mut own = self.invocations[invocation].clone();
        own.this = if receiver.is_object() { This::Value(receiver) } else { This::None };
        let id = self.invocation(own);
        self.listen(target, Listener::Invoke { invocation: id });
    }

    /// A function that calls `target` with a receiver and first arguments.
    pub(in crate::heap) fn bound_object(
        &mut self,
        call: &NativeCall,
        target: NodeId,
        this: This,
        args: SmallVec<[Arg; 3]>,
    ) -> Value {
        let id = call.call.unwrap_or(CallId(u32::MAX - 1));
        let object = self.object(Source::Bound { instance: call.caller, call: id }, ObjectKind::Function);
        let target = match self.specials.get(&object) {
            // One call may bind several functions: they share the object, and its target takes them all.
            Some(Special::Bound { target: known, .. }) => {
                let known = *known;
                self.graph.add_edge(target, known, EdgeKind::Copy);
                known
            }
            _ => target,
        };
        self.specials.insert(object, Special::Bound { target, this, args });
        Value::object(object, Lifetime::Fresh)
    }
}
