//! Generators that are run as asynchronous functions, by what compilers write for `async` and by what was used before it:
//! `asyncToGenerator(function* () { … })`, `__awaiter(this, …, function* () { … })`, `co(function* () { … })`; and functions
//! with callbacks that are made to give promises.

use crate::heap::field::Field;
use crate::heap::graph::NodeId;
use crate::heap::object::{Data, Lifetime, ObjectKind, Source, Value};
use crate::heap::solver::{Arg, Invocation, InvocationId, Listener, Solver, Special};
use crate::syntax::facts::CallId;

impl Solver<'_> {
    /// `dst` gets a promise of what a generator gives in the end; the generator comes into the node that is returned.
    pub(super) fn driven_result(&mut self, inv: &Invocation, dst: NodeId) -> NodeId {
        let promise = self.made(inv.caller, inv.call, 8, ObjectKind::Promise);
        let promised = self.field(promise, Field::PROMISED);
        let generator = self.fresh_node();
        self.listen(generator, Listener::Driven { dst: promised });
        self.graph.insert(dst, Value::object(promise, Lifetime::Fresh));
        generator
    }

    /// `dst` gets a function that calls `function` in another way.
    pub(super) fn make_runner(&mut self, inv: &Invocation, function: Value, dst: NodeId, way: fn(NodeId) -> Special) {
        let call = inv.call.unwrap_or(CallId(u32::MAX - 1));
        let object = self.object(Source::Bound { instance: inv.caller, call }, ObjectKind::Function);
        let target = match self.specials.get(&object) {
            Some(Special::Drives(target) | Special::Promises(target)) => *target,
            _ => self.fresh_node(),
        };
        self.graph.insert(target, function);
        self.specials.insert(object, way(target));
        self.graph.insert(dst, Value::object(object, Lifetime::Fresh));
    }

    /// A call of a function that runs the generator which another gives.
    pub(super) fn call_driver(&mut self, invocation: InvocationId, target: NodeId) {
        let mut inner = self.invocations[invocation].clone();
        inner.dst = inner.dst.map(|dst| self.driven_result(&self.invocations[invocation].clone(), dst));
        let inner = self.invocation(inner);
        self.listen(target, Listener::Invoke { invocation: inner });
    }

    /// A call of a function that was made of one with a callback behind its arguments.
    pub(super) fn call_promisified(&mut self, invocation: InvocationId, target: NodeId) {
        let inv = self.invocations[invocation].clone();
        let promise = self.made(inv.caller, inv.call, 8, ObjectKind::Promise);
        let promised = self.field(promise, Field::PROMISED);
        self.graph.insert(promised, Value::data(Data::Unknown));
        if let Some(dst) = inv.dst {
            self.graph.insert(dst, Value::object(promise, Lifetime::Fresh));
        }
        let callback = self.made(inv.caller, inv.call, 9, ObjectKind::Function);
        self.specials.insert(callback, Special::Settles(promise));
        let (behind, given) = (self.fresh_node(), self.fresh_node());
        self.graph.insert(behind, Value::object(callback, Lifetime::Fresh));
        self.listen(given, Listener::Await { dst: promised });
        let mut inner = inv;
        inner.dst = Some(given);
        inner.args.push(Arg { node: behind, is_spread: false });
        let inner = self.invocation(inner);
        self.listen(target, Listener::Invoke { invocation: inner });
    }

    /// `dst` gets what a generator gives in the end.
    pub(super) fn drive(&mut self, value: Value, dst: NodeId) {
        match value.as_object() {
            Some((object, lifetime)) if self.objects[object].kind == ObjectKind::Iterator => {
                let last = self.field(object, Field::PROMISED);
                let last = self.read_through(last, lifetime);
                self.listen(last, Listener::Await { dst });
            }
            _ => self.await_value(value, dst),
        }
    }
}
