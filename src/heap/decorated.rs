//! The project's own decorators: functions that are called with what they stand on while the class is made, and whose
//! result or changed descriptor takes its place.

use smallvec::SmallVec;

use crate::heap::field::Field;
use crate::heap::graph::{EdgeKind, NodeId};
use crate::heap::instance::{InstanceKey, Phase};
use crate::heap::limits::CLONES;
use crate::heap::object::{InstanceId, Lifetime, ObjectId, ObjectKind, Source, Value};
use crate::heap::record::CallEdge;
use crate::heap::solver::{Arg, Listener, Solver};
use crate::syntax::facts::{CallId, Decorated, FunctionId};

/// The object that describes a decorated method is the one part of a call that nothing else makes.
const DESCRIPTOR: u8 = 10;

impl Solver<'_> {
    /// A function stands as a decorator.
    pub(super) fn decorate(&mut self, decorator: Value, at: InstanceId, place: u32) {
        let Some((function, _)) = decorator.as_object() else { return };
        let Source::Function { file, function, .. } = self.objects[function].source else { return };
        let decorated = self.facts_of(at).decorators[place as usize];
        let Some(class) = self.class_object(at, decorated.class) else { return };
        match decorated.target {
            Decorated::Class => {
                self.call_decorator(decorator, (at, place), &[Value::object(class, Lifetime::Fresh)]);
            }
            Decorated::Method(method) => {
                let count = self.input.facts[file].params_of(function).len();
                self.decorate_method(decorator, at, (class, method), (place, count));
            }
            Decorated::Field(name) => {
                let name = self.global_name(self.instances[at].key.file, name);
                let key = self.strings.constant(self.names.text(name));
                let prototype = self.prototype_of(class);
                self.call_decorator(
                    decorator,
                    (at, place),
                    &[Value::object(prototype, Lifetime::Fresh), Value::string(key)],
                );
            }
            Decorated::Param(..) => {}
        }
    }

    /// With three parameters it gets the prototype, the name and the descriptor; with fewer it may be one of those that
    /// get the method itself and give another for it.
    fn decorate_method(
        &mut self,
        decorator: Value,
        at: InstanceId,
        (class, method): (ObjectId, FunctionId),
        (place, count): (u32, usize),
    ) {
        let file = self.instances[at].key.file;
        let Some(name) = self.input.facts[file].functions[method].name else { return };
        let name = self.global_name(file, name);
        let own = self.object(Source::Function { file, function: method, parent: at }, ObjectKind::Function);
        let prototype = self.prototype_of(class);
        let holds = |solver: &Self, holder| {
            let held = solver.known_field(holder, Field::name(name));
            held.is_some_and(|node| solver.graph.set(node).iter().any(|it| it == Value::object(own, Lifetime::Fresh)))
        };
        let holder = if holds(self, class) { class } else { prototype };
        let held = self.field(holder, Field::name(name));
        let key = Value::string(self.strings.constant(self.names.text(name)));
        let method = Value::object(own, Lifetime::Fresh);
        if count < 3 {
            let given =
                self.call_decorator(decorator, (at, place), &[method, Value::data(crate::heap::object::Data::Unknown)]);
            self.graph.add_edge(given, held, EdgeKind::Copy);
            return;
        }
        let call = place_of(place);
        let descriptor = self.object(Source::Call { instance: at, call, part: DESCRIPTOR }, ObjectKind::Plain);
        let value = self.field(descriptor, Field::name(self.well_known.value));
        self.graph.insert(value, method);
        self.memo.descriptors.insert(descriptor, held);
        let descriptor = Value::object(descriptor, Lifetime::Fresh);
        let given =
            self.call_decorator(decorator, (at, place), &[Value::object(holder, Lifetime::Fresh), key, descriptor]);
        self.listen(given, Listener::Load { dst: held, field: Field::name(self.well_known.value) });
    }

    /// What takes a method's place in its descriptor (`descriptor.value = function …`) is held where the method is. The
    /// descriptor itself goes on giving the method: decorators read it before they replace it.
    pub(super) fn replaces_decorated(&mut self, object: ObjectId, field: Field, src: NodeId) -> bool {
        if self.memo.descriptors.is_empty() || field != Field::name(self.well_known.value) {
            return false;
        }
        let Some(&held) = self.memo.descriptors.get(&object) else { return false };
        self.graph.add_edge(src, held, EdgeKind::Copy);
        true
    }

    /// Calls a decorator; the node of what it gives. Each place has a call of its own, so that what is decorated in one is
    /// not mixed with what is decorated in others; with more than a few of them, nothing is known of the rest.
    fn call_decorator(&mut self, decorator: Value, (at, place): (InstanceId, u32), args: &[Value]) -> NodeId {
        let given = self.fresh_node();
        let Some((object, lifetime)) = decorator.as_object() else { return given };
        let Source::Function { file, function, parent } = self.objects[object].source else { return given };
        let owner = &self.instances[parent].key;
        let environment = if owner.parent.is_none() && owner.file == file { Lifetime::Module } else { lifetime };
        let key = InstanceKey {
            file,
            function,
            parent: Some(parent),
            environment,
            this: Lifetime::Fresh,
            phase: Phase::Init,
            site: Some((at, place_of(place))),
        };
        if !self.instance_ids.contains_key(&key) {
            let count = self.clones.entry((file, function)).or_default();
            if *count == CLONES {
                return given;
            }
            *count += 1;
        }
        let target = self.instance(key, self.instances[parent].clone_depth);
        self.bind_self(target, decorator);
        self.record.call(CallEdge { caller: at, call: None, callee: target, position: None });
        let args: SmallVec<[Arg; 3]> = args
            .iter()
            .map(|&value| {
                let node = self.fresh_node();
                self.graph.insert(node, value);
                Arg { node, is_spread: false }
            })
            .collect();
        self.bind_arguments(target, &args);
        self.bind_result(target, Some(given));
        given
    }
}

/// Stands for the call of a decorator, which no code writes down.
fn place_of(decorator: u32) -> CallId {
    CallId(u32::MAX - 16 - decorator)
}
