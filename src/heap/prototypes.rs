//! Prototypes: what objects inherit from, and the classes and functions that have them.

use crate::heap::field::{Field, FieldKind};
use crate::heap::graph::{EdgeKind, NodeId};
use crate::heap::natives::{self, Native};
use crate::heap::object::{Data, Lifetime, ObjectId, ObjectKind, Source, Value};
use crate::heap::solver::{Listener, Solver};
use crate::models::facts::Step;

impl Solver<'_> {
    /// A load goes on in a prototype: what is found there is shared by all instances.
    pub(super) fn load_inherited(&mut self, prototype: Value, field: Field, dst: NodeId, this: Value) {
        let Some((object, own)) = prototype.as_object() else { return };
        if let (Source::External { path, .. }, FieldKind::Name(name)) = (&self.objects[object].source, field.kind())
            && path.and_then(|path| self.input.models.step(path, Step::Member(self.names.text(name)))).is_none()
        {
            // Most fields that no model knows of an external parent class are the subclass's own. What else it has may
            // be called, and is no object that the program shares.
            self.graph.insert(dst, Value::data(Data::Unknown));
            return;
        }
        let receiver = this.as_object().map(|(receiver, _)| &self.objects[receiver].source);
        if let (Source::Native(_), Some(&Source::Instance { class, .. })) = (&self.objects[object].source, receiver)
            && self.is_overridden(class, field)
        {
            return;
        }
        let lifetime = match self.objects[object].source {
            // `Object.create(context)`: what inherits from an object of the call is the call's.
            Source::Site { .. } | Source::Call { .. } | Source::Instance { .. } => {
                this.as_object().map_or(own, |(_, lifetime)| lifetime.max(own))
            }
            _ => Lifetime::Module,
        };
        self.load_object(object, lifetime, field, dst, this);
    }

    /// Another prototype of an object.
    pub(super) fn add_prototype(&mut self, of: ObjectId, prototype: Value) {
        let Some((object, _)) = prototype.as_object() else { return };
        if object == of || self.states[of].prototypes.contains(&prototype) {
            return;
        }
        self.states[of].prototypes.push(prototype);
        for invocation in self.super_calls.get(&of).cloned().unwrap_or_default() {
            self.pending.push((Listener::Invoke { invocation }, prototype));
        }
        for (field, dst, this) in self.states[of].loads.clone() {
            self.climb(|solver| solver.load_inherited(prototype, field, dst, this));
        }
    }

    /// The prototype object of a function or class.
    pub(super) fn prototype_of(&mut self, of: ObjectId) -> ObjectId {
        let source = Source::Prototype { of };
        if let Some(&id) = self.object_ids.get(&source) {
            return id;
        }
        let id = self.object(source, ObjectKind::Plain);
        let field = self.field(of, Field::name(self.well_known.prototype));
        self.graph.insert(field, Value::object(id, Lifetime::Fresh));
        let constructor = self.field(id, Field::name(self.well_known.constructor));
        self.graph.insert(constructor, Value::object(of, Lifetime::Fresh));
        id
    }

    /// A class extends another: its prototype inherits from the other's, and its statics from the other.
    pub(super) fn extend_class(&mut self, class: ObjectId, parent: Value) {
        let Some((parent_object, _)) = parent.as_object() else { return };
        self.add_prototype(class, parent);
        let prototype = self.prototype_of(class);
        if let Source::External { path, package, label, .. } = self.objects[parent_object].source {
            let instance = self.external_instance(path, package, label);
            self.add_prototype(prototype, instance);
            return;
        }
        let field = self.field(parent_object, Field::name(self.well_known.prototype));
        if self.objects[parent_object].kind == ObjectKind::Function {
            self.prototype_of(parent_object);
        }
        if let Source::Native(native) = self.objects[parent_object].source {
            let kind = natives::constructed_kind(native);
            if kind != ObjectKind::Plain {
                self.objects[prototype].kind = kind;
            }
            if let Native::Global(global) = native {
                let inherited = self.native_value(Native::Prototype(global));
                self.add_prototype(prototype, inherited);
            }
        }
        self.listen(field, Listener::Prototype { of: prototype });
    }

    /// What `super` is as an object.
    pub(super) fn load_super(&mut self, class: ObjectId, is_static: bool, dst: NodeId) {
        let holder = if is_static { class } else { self.prototype_of(class) };
        let node = self.field(holder, Field::name(self.well_known.proto));
        self.graph.add_edge(node, dst, EdgeKind::Promote);
        for prototype in self.states[holder].prototypes.clone() {
            self.graph.insert(dst, prototype.promoted());
        }
    }

    /// `Object.getPrototypeOf`.
    pub(super) fn prototypes_into(&mut self, value: Value, dst: NodeId) {
        let Some((object, _)) = value.as_object() else { return };
        for prototype in self.states[object].prototypes.clone() {
            self.graph.insert(dst, prototype.promoted());
        }
    }

    /// `Object.setPrototypeOf`, `util.inherits`.
    pub(super) fn inherit(&mut self, value: Value, prototype: NodeId) {
        if let Some((object, _)) = value.as_object() {
            self.listen(prototype, Listener::Prototype { of: object });
        }
    }
}
