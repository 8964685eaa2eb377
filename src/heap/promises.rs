//! Transfer functions of promises.

use crate::heap::builtins::NativeCall;
use crate::heap::calls::edge_through;
use crate::heap::field::Field;
use crate::heap::graph::{EdgeKind, NodeId};
use crate::heap::object::{Lifetime, ObjectId, ObjectKind, Value};
use crate::heap::solver::{ExceptId, Listener, Solver, Special};
use crate::models::facts::Position;

/// The names that a copy leaves out, if it is of what each property gives when it is awaited.
pub(super) const AWAITED: ExceptId = ExceptId(2);

impl Solver<'_> {
    pub(super) fn call_promise(&mut self, call: &NativeCall, this: Value, promise: ObjectId, name: &str) {
        let result = self.made(call.caller, call.call, 0, ObjectKind::Promise);
        self.give(call, Value::object(result, Lifetime::Fresh));
        let promised = self.field(result, Field::PROMISED);
        let value = self.fresh_node();
        let own = self.field(promise, Field::PROMISED);
        let read = self.fresh_node();
        self.graph.add_edge(own, read, edge_through(this));
        self.listen(read, Listener::Await { dst: value });
        match name {
            "then" => {
                self.call_back(call, call.arg(0), &[value], Some(promised), Position::Once);
                let error = self.fresh_node();
                self.call_back(call, call.arg(1), &[error], Some(promised), Position::Once);
            }
            "catch" => {
                let error = self.fresh_node();
                self.graph.add_edge(value, promised, EdgeKind::Copy);
                self.call_back(call, call.arg(0), &[error], Some(promised), Position::Once);
            }
            _ => {
                self.graph.add_edge(value, promised, EdgeKind::Copy);
                self.call_back(call, call.arg(0), &[], None, Position::Once);
            }
        }
    }

    pub(super) fn make_promise(&mut self, call: &NativeCall) {
        let promise = self.made(call.caller, call.call, 0, ObjectKind::Promise);
        self.give(call, Value::object(promise, Lifetime::Fresh));
        let resolve = self.made(call.caller, call.call, 1, ObjectKind::Function);
        self.specials.insert(resolve, Special::Resolve(promise));
        let (first, second) = (self.fresh_node(), self.fresh_node());
        self.graph.insert(first, Value::object(resolve, Lifetime::Fresh));
        let reject = self.made(call.caller, call.call, 2, ObjectKind::Function);
        self.graph.insert(second, Value::object(reject, Lifetime::Fresh));
        self.call_back(call, call.arg(0), &[first, second], None, Position::Sync);
    }

    pub(super) fn call_promise_static(&mut self, call: &NativeCall, name: &str) {
        let promise = self.made(call.caller, call.call, 0, ObjectKind::Promise);
        let promised = self.field(promise, Field::PROMISED);
        match name {
            "withResolvers" => {
                let holder = self.made(call.caller, call.call, 3, ObjectKind::Plain);
                let resolve = self.made(call.caller, call.call, 1, ObjectKind::Function);
                self.specials.insert(resolve, Special::Resolve(promise));
                for (key, value) in [("promise", promise), ("resolve", resolve)] {
                    let key = self.names.intern(key);
                    let field = self.field(holder, Field::name(key));
                    self.graph.insert(field, Value::object(value, Lifetime::Fresh));
                }
                self.give(call, Value::object(holder, Lifetime::Fresh));
                return;
            }
            "resolve" => {
                if let Some(value) = call.arg(0) {
                    self.graph.add_edge(value, promised, EdgeKind::Copy);
                }
            }
            "try" => self.call_back(call, call.arg(0), &[], Some(promised), Position::Sync),
            "all" => {
                let array = self.made(call.caller, call.call, 1, ObjectKind::Array);
                self.graph.insert(promised, Value::object(array, Lifetime::Fresh));
                if let Some(source) = call.arg(0) {
                    self.listen(source, Listener::AwaitAll { array });
                }
            }
            "allSettled" => {
                let array = self.made(call.caller, call.call, 1, ObjectKind::Array);
                self.graph.insert(promised, Value::object(array, Lifetime::Fresh));
                let element = self.field(array, Field::ELEMENT);
                let outcome = self.made(call.caller, call.call, 2, ObjectKind::Plain);
                self.graph.insert(element, Value::object(outcome, Lifetime::Fresh));
                let value = self.field(outcome, Field::name(self.well_known.value));
                self.await_elements(call, value);
            }
            "race" | "any" => self.await_elements(call, promised),
            _ => {}
        }
        self.give(call, Value::object(promise, Lifetime::Fresh));
    }

    /// The array gets what the elements of the value give, each in its place: `const [a, b] = await Promise.all([f(), g()])`.
    pub(super) fn await_all(&mut self, value: Value, array: ObjectId) {
        let is_array = value.as_object().is_some_and(|(object, _)| self.objects[object].kind == ObjectKind::Array);
        if is_array {
            self.copy_to(value, Value::object(array, Lifetime::Fresh), AWAITED);
            return;
        }
        let (read, element) = (self.fresh_node(), self.field(array, Field::ELEMENT));
        self.iterate(value, read, None);
        self.listen(read, Listener::Await { dst: element });
    }

    pub(super) fn await_elements(&mut self, call: &NativeCall, dst: NodeId) {
        if let Some(source) = call.arg(0) {
            let element = self.fresh_node();
            self.listen(source, Listener::Iterate { dst: element, index: None });
            self.listen(element, Listener::Await { dst });
        }
    }
}
