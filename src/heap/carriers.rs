//! What one function puts on a value that a framework hands on, for another to find: `req.session = …` in a middleware,
//! `ctx.state.user`, an application's settings, the context that GraphQL resolvers get, the store of an
//! `AsyncLocalStorage`.
//!
//! All values at a path whose model says `carries` have one *carrier*, an object that gets every property written to any of
//! them, and of which each of them reads. Each request has properties of its own, so reading keeps the lifetime of what
//! was stored: a session that came out of a module's map is module-lifetime for the next handler too, and a list that was
//! made for the request stays fresh.

use crate::heap::builtins::NativeCall;
use crate::heap::constraints::edge_of;
use crate::heap::field::Field;
use crate::heap::graph::{EdgeKind, NodeId};
use crate::heap::object::{Lifetime, ObjectId, ObjectKind, Source, Value};
use crate::heap::solver::{ExceptId, Listener, Solver};
use crate::models::facts::{Arguments, CarrierFacts, PathId, Step};

impl Solver<'_> {
    /// What the values at a path carry, as an object.
    fn carrier(&mut self, path: PathId) -> ObjectId {
        let label = self.names.intern(&self.input.models.facts(path).label);
        let source = Source::External { package: self.well_known.empty, path: Some(path), made: None, label };
        self.object(source, ObjectKind::Plain)
    }

    fn carrier_facts(&self, object: ObjectId) -> CarrierFacts {
        match self.objects[object].source {
            Source::External { path: Some(path), .. } => self.input.models.facts(path).carrier,
            _ => CarrierFacts::default(),
        }
    }

    /// The carrier that gets what is written to an object.
    pub(super) fn carrier_of(&mut self, object: ObjectId) -> Option<ObjectId> {
        let path = self.carrier_facts(object).common?;
        Some(self.carrier(path)).filter(|&carrier| carrier != object)
    }

    /// A property that was put on another value of the same path, or on what all of these inherit from.
    pub(super) fn load_carried(&mut self, object: ObjectId, lifetime: Lifetime, field: Field, dst: NodeId) {
        if let Some(carrier) = self.carrier_of(object) {
            let carried = self.field(carrier, field);
            self.graph.add_edge(carried, dst, edge_of(lifetime));
        }
        if let Some(path) = self.carrier_facts(object).inherits {
            let carrier = self.carrier(path);
            let inherited = self.field(carrier, field);
            self.graph.add_edge(inherited, dst, EdgeKind::Promote);
        }
    }

    /// A node for what a function gives (or promises) as the properties of the values at a path.
    pub(super) fn carried_result(&mut self, path: PathId) -> NodeId {
        let (given, awaited, target) = (self.fresh_node(), self.fresh_node(), self.fresh_node());
        let carrier = self.carrier(path);
        self.graph.insert(target, Value::object(carrier, Lifetime::Fresh));
        self.listen(given, Listener::Await { dst: awaited });
        self.listen(awaited, Listener::CopyFrom { dst: target, except: ExceptId(0) });
        given
    }

    /// The properties of arguments become those of the values at a path.
    pub(super) fn carry(&mut self, call: &NativeCall, values: &Arguments, to: PathId) {
        let given = self.carried_result(to);
        for value in self.selected(call.invocation, values) {
            self.graph.add_edge(value, given, EdgeKind::Copy);
        }
    }

    /// The receiver keeps values for what the course of events leads to.
    pub(super) fn keep(&mut self, call: &NativeCall, values: &Arguments) {
        let receivers = self.selected(call.invocation, &Arguments::Receiver);
        for value in self.selected(call.invocation, values) {
            for &receiver in &receivers {
                self.listen(receiver, Listener::Store { src: value, field: Field::KEPT });
            }
        }
    }

    /// What the receiver keeps, as it was given: however the receiver itself is held, each course of events has its own.
    pub(super) fn give_kept(&mut self, call: &NativeCall, path: PathId, dst: NodeId) {
        let models = self.input.models;
        if let Some(kind) = models.step(path, Step::Return).and_then(|path| models.facts(path).value.data) {
            self.insert_given(dst, kind, call.caller);
        }
        if let Some((receiver, _)) = call.this.and_then(Value::as_object) {
            let kept = self.field(receiver, Field::KEPT);
            self.graph.add_edge(kept, dst, EdgeKind::Copy);
        }
    }
}
