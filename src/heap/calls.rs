//! The call graph, found on the fly: what a call does once it is known what is called.

use smallvec::{SmallVec, smallvec};

use crate::base::source::FileId;
use crate::heap::constraints::edge_of;
use crate::heap::field::Field;
use crate::heap::graph::{EdgeKind, NodeId};
use crate::heap::instance::{InstanceKey, Phase};
use crate::heap::limits::{BOUND, CLONE_DEPTH, CLONES, HOPS};
use crate::heap::object::{InstanceId, Lifetime, ObjectId, ObjectKind, Source, Value, ValueKind};
use crate::heap::record::{CallEdge, Root};
use crate::heap::solver::{Arg, Invocation, InvocationId, InvocationKind, Listener, Solver, Special, This};
use crate::models::facts::Position;
use crate::syntax::facts::{
    ARGUMENTS, CallId, CallKind, Callee, Cloning, FunctionForm, FunctionId, Key, RETURN, THIS, YIELDED,
};

impl Solver<'_> {
    /// Puts the listeners of a call into the graph.
    pub(super) fn constrain_call(&mut self, at: InstanceId, id: CallId) {
        let facts = self.facts_of(at);
        let call = facts.calls[id];
        let base = &self.instances[at];
        let args = facts
            .arguments_of(id)
            .iter()
            .map(|arg| Arg { node: base.node(arg.value), is_spread: arg.is_spread })
            .collect();
        let kind = match (call.kind, call.callee) {
            (_, Callee::Super(_)) => InvocationKind::Super,
            (CallKind::New, _) => InvocationKind::New,
            _ => InvocationKind::Call,
        };
        let invocation = Invocation {
            caller: at,
            call: Some(id),
            this: This::None,
            args,
            dst: Some(base.node(call.dst)),
            kind,
            position: None,
            phase: base.key.phase,
            root: None,
            hops: 0,
            is_opaque: false,
        };
        let invocation = self.invocation(invocation);
        self.connect_callee(at, call.callee, invocation);
    }

    fn connect_callee(&mut self, at: InstanceId, callee: Callee, invocation: InvocationId) {
        match callee {
            Callee::Value(value) => self.listen(self.node(at, value), Listener::Invoke { invocation }),
            Callee::Method { base, key } => {
                let node = self.node(at, base);
                match key {
                    Key::Computed(key) => {
                        let key = self.node(at, key);
                        self.computed_keys.push(key);
                        self.listen(node, Listener::InvokeComputed { invocation });
                        // The key is looked up again when it changes: listeners on it hand the bases over.
                        self.method_keys.insert(invocation, (key, node));
                        self.listen(key, Listener::InvokeKey { invocation });
                    }
                    key => {
                        if let Some(field) = self.static_field(at, key) {
                            self.listen(node, Listener::InvokeMethod { invocation, field });
                        }
                    }
                }
            }
            Callee::Super(class) => {
                self.invocations[invocation].this = This::Node(self.this_node(at));
                if let Some(class) = self.class_object(at, class) {
                    for parent in self.states[class].prototypes.clone() {
                        self.pending.push((Listener::Invoke { invocation }, parent));
                    }
                    self.super_calls.entry(class).or_default().push(invocation);
                }
            }
            Callee::SuperMethod { class, key, this } => {
                self.invocations[invocation].this = This::Node(self.node(at, this));
                let (Some(class), Some(field)) = (self.class_object(at, class), self.static_field(at, key)) else {
                    return;
                };
                let (above, method) = (self.fresh_node(), self.fresh_node());
                self.load_super(class, false, above);
                self.load_super(class, true, above);
                self.listen(above, Listener::Load { dst: method, field });
                self.listen(method, Listener::Invoke { invocation });
            }
            Callee::Import => self.constrain_import_call(at, invocation),
        }
    }

    /// `this` of a function, or of the one around an arrow.
    fn this_node(&self, at: InstanceId) -> NodeId {
        let mut at = at;
        loop {
            let key = &self.instances[at].key;
            let form = self.input.facts[key.file].functions[key.function].kind.form;
            match (form, key.parent) {
                (FunctionForm::Arrow, Some(parent)) => at = parent,
                _ => return self.node(at, THIS),
            }
        }
    }

    /// A method of one receiver is called: it is looked up from there, so that receivers and methods stay together.
    pub(super) fn invoke_method(&mut self, invocation: InvocationId, receiver: Value, field: Field) {
        if let ValueKind::Data(_) | ValueKind::String(_) = receiver.kind() {
            self.call_on_primitive(invocation, receiver, field);
            return;
        }
        if self.methods.contains_key(&(invocation, receiver)) {
            return;
        }
        let method = self.method_node(invocation, receiver);
        self.load(receiver, field, method);
    }

    /// The node of the methods that a call finds at one receiver: whatever comes into it is called with the receiver.
    fn method_node(&mut self, invocation: InvocationId, receiver: Value) -> NodeId {
        let method = self.fresh_node();
        self.methods.insert((invocation, receiver), method);
        let mut own = self.invocations[invocation].clone();
        own.this = This::Value(receiver);
        let own = self.invocation(own);
        self.listen(method, Listener::Invoke { invocation: own });
        method
    }

    /// The same under a computed key.
    pub(super) fn invoke_computed(&mut self, invocation: InvocationId, receiver: Value) {
        let Some(&(key, _)) = self.method_keys.get(&invocation) else { return };
        if !receiver.is_object() {
            self.opaque_call(invocation);
            return;
        }
        if self.methods.contains_key(&(invocation, receiver)) {
            let method = self.methods[&(invocation, receiver)];
            self.load_computed(receiver, key, method);
            return;
        }
        let method = self.method_node(invocation, receiver);
        self.load_computed(receiver, key, method);
    }

    /// Another key of a computed method call.
    pub(super) fn invoke_key(&mut self, invocation: InvocationId) {
        let Some(&(_, base)) = self.method_keys.get(&invocation) else { return };
        let receivers: Vec<Value> = self.graph.set(base).iter().collect();
        self.spend(receivers.len());
        for receiver in receivers {
            self.invoke_computed(invocation, receiver);
        }
    }

    /// One callee of a call.
    pub(super) fn invoke(&mut self, invocation: InvocationId, callee: Value) {
        if self.invocations[invocation].hops > HOPS {
            return;
        }
        let Some((object, lifetime)) = callee.as_object() else {
            // A method of data gives data: `request.json()`.
            if let (ValueKind::Data(_), Some(dst)) = (callee.kind(), self.invocations[invocation].dst) {
                self.graph.insert(dst, callee);
            }
            self.opaque_call(invocation);
            return;
        };
        if !self.applied.insert((invocation, callee)) {
            return;
        }
        match self.objects[object].source.clone() {
            Source::Function { file, function, parent } => {
                if self.invocations[invocation].kind == InvocationKind::New {
                    self.construct(invocation, object, callee);
                } else {
                    self.call_function(invocation, callee, file, function, parent, lifetime);
                }
            }
            Source::Class { file, class, parent } => match self.invocations[invocation].kind {
                InvocationKind::New => self.construct(invocation, object, callee),
                InvocationKind::Super => {
                    let constructor = self.input.facts[file].classes[class].constructor;
                    self.call_function(invocation, callee, file, constructor, parent, lifetime);
                }
                InvocationKind::Call => {}
            },
            Source::Native(native) => self.call_native(invocation, native),
            Source::External { .. } => self.call_external(invocation, object, lifetime),
            Source::Require(file) => self.call_require(invocation, file),
            Source::Bound { .. } | Source::Call { .. } => self.call_special(invocation, object, lifetime),
            _ => {}
        }
    }

    fn call_special(&mut self, invocation: InvocationId, object: ObjectId, lifetime: Lifetime) {
        if let Some(&file) = self.resolvers.get(&object) {
            self.call_resolve(invocation, file);
            return;
        }
        match self.specials.get(&object).cloned() {
            Some(Special::Resolve(promise)) => {
                let promised = self.field(promise, Field::PROMISED);
                if let Some(arg) = self.invocations[invocation].args.first().copied() {
                    self.graph.add_edge(arg.node, promised, EdgeKind::Copy);
                }
            }
            Some(Special::Gives(node)) => {
                if let Some(dst) = self.invocations[invocation].dst {
                    self.graph.add_edge(node, dst, EdgeKind::Copy);
                }
            }
            Some(Special::Settles(promise)) => {
                let promised = self.field(promise, Field::PROMISED);
                if let Some(arg) = self.invocations[invocation].args.get(1).copied() {
                    self.graph.add_edge(arg.node, promised, EdgeKind::Copy);
                }
            }
            Some(Special::Promises(target)) => self.call_promisified(invocation, target),
            Some(Special::Drives(target)) => self.call_driver(invocation, target),
            Some(Special::Bound { target, this, args }) => {
                self.note_memoized(invocation, object, lifetime);
                self.call_bound(invocation, (target, this, &args), lifetime);
            }
            Some(Special::Once { target }) => self.call_once(invocation, (object, target), lifetime),
            None => {}
        }
    }

    /// The first call of what runs once belongs to whoever made it: as often as that one runs, so often does it.
    fn call_once(&mut self, invocation: InvocationId, (object, target): (ObjectId, NodeId), lifetime: Lifetime) {
        let Source::Bound { instance, call } = self.objects[object].source else { return };
        let mut inner = self.invocations[invocation].clone();
        inner.caller = instance;
        inner.call = Some(call);
        inner.phase = self.instances[instance].key.phase;
        inner.position = Some(Position::Once);
        inner.dst = inner.dst.map(|dst| {
            let given = self.fresh_node();
            let kind = if lifetime == Lifetime::Module { EdgeKind::Promote } else { EdgeKind::Copy };
            self.graph.add_edge(given, dst, kind);
            given
        });
        let inner = self.invocation(inner);
        self.listen(target, Listener::Invoke { invocation: inner });
    }

    /// A call of a bound function. What it is bound to it holds as a closure holds its environment: reached through
    /// something module-lifetime, it is module-lifetime.
    fn call_bound(
        &mut self,
        invocation: InvocationId,
        (target, this, args): (NodeId, This, &[Arg]),
        lifetime: Lifetime,
    ) {
        let mut inner = self.invocations[invocation].clone();
        let mut all: SmallVec<[Arg; 3]> =
            args.iter().map(|arg| Arg { node: self.read_through(arg.node, lifetime), ..*arg }).collect();
        all.extend(inner.args.iter().copied());
        all.truncate(BOUND);
        inner.args = all;
        match this {
            This::Node(node) => {
                let receiver = self.read_through(node, lifetime);
                inner.this = This::None;
                let inner = self.invocation(inner);
                self.receivers_of.insert(inner, target);
                self.listen(receiver, Listener::InvokeOn { invocation: inner });
                if self.graph.set(receiver).is_empty() {
                    self.listen(target, Listener::Invoke { invocation: inner });
                }
            }
            This::Value(_) | This::None => {
                if this != This::None {
                    inner.this = this;
                }
                let inner = self.invocation(inner);
                self.listen(target, Listener::Invoke { invocation: inner });
            }
        }
    }

    /// `new F(…)`: an instance whose prototype is F's, and a call of the constructor with it.
    fn construct(&mut self, invocation: InvocationId, class: ObjectId, callee: Value) {
        let (caller, call) = (self.invocations[invocation].caller, self.invocations[invocation].call);
        let instance = self.instance_of(class, caller, call);
        let value = Value::object(instance, Lifetime::Fresh);
        if let Some(dst) = self.invocations[invocation].dst {
            self.graph.insert(dst, value);
        }
        self.run_constructor(invocation, class, callee, value);
    }

    /// The abstract instance of a class that a call makes.
    pub(super) fn instance_of(&mut self, class: ObjectId, caller: InstanceId, call: Option<CallId>) -> ObjectId {
        let prototype = self.prototype_of(class);
        let kind = self.objects[prototype].kind;
        let instance = self.object(Source::Instance { class, instance: caller, call }, kind);
        self.add_prototype(instance, Value::object(prototype, Lifetime::Module));
        let field = self.field(class, Field::name(self.well_known.prototype));
        self.listen(field, Listener::Prototype { of: instance });
        instance
    }

    /// Calls a class's constructor, or a constructor function, with an instance.
    pub(super) fn run_constructor(&mut self, invocation: InvocationId, class: ObjectId, callee: Value, this: Value) {
        let mut inner = self.invocations[invocation].clone();
        inner.this = This::Value(this);
        inner.kind = InvocationKind::Super;
        let inner = self.invocation(inner);
        let lifetime = callee.as_object().map_or(Lifetime::Fresh, |(_, lifetime)| lifetime);
        match self.objects[class].source.clone() {
            Source::Class { file, class, parent } => {
                let constructor = self.input.facts[file].classes[class].constructor;
                self.invocations[inner].dst = None;
                self.call_function(inner, callee, file, constructor, parent, lifetime);
            }
            Source::Function { file, function, parent } => {
                self.call_function(inner, callee, file, function, parent, lifetime);
            }
            _ => {}
        }
    }

    /// A call of a function of the project.
    pub(super) fn call_function(
        &mut self,
        invocation: InvocationId,
        callee: Value,
        file: FileId,
        function: FunctionId,
        parent: InstanceId,
        lifetime: Lifetime,
    ) {
        for (this_lifetime, this) in self.receivers(invocation, file, function) {
            let target = self.callee_instance(invocation, (file, function), parent, lifetime, this_lifetime);
            self.bind_this(target, this);
            self.bind_self(target, callee);
            let inv = self.invocations[invocation].clone();
            let edge = CallEdge { caller: inv.caller, call: inv.call, callee: target, position: inv.position };
            self.record.call(edge);
            if let Some(cause) = inv.root {
                let site = inv.call.map(|call| (inv.caller, call));
                self.record.root(Root { instance: target, cause, site, position: inv.position });
            }
            self.bind_arguments(target, &inv.args);
            self.bind_result(target, inv.dst);
        }
    }

    /// The receivers of a call by their lifetime: methods are cloned by it.
    fn receivers(
        &mut self,
        invocation: InvocationId,
        file: FileId,
        function: FunctionId,
    ) -> SmallVec<[(Lifetime, This); 1]> {
        let form = self.input.facts[file].functions[function].kind.form;
        if form == FunctionForm::Arrow {
            return smallvec![(Lifetime::Fresh, This::None)];
        }
        match self.invocations[invocation].this {
            This::Value(value) => {
                let lifetime = value.as_object().map_or(Lifetime::Fresh, |(_, lifetime)| lifetime);
                smallvec![(lifetime, This::Value(value))]
            }
            This::Node(node) => {
                // The receiver is the caller's own `this`.
                let lifetime = self.instances[self.invocations[invocation].caller].key.this;
                smallvec![(lifetime, This::Node(node))]
            }
            This::None => smallvec![(Lifetime::Fresh, This::None)],
        }
    }

    fn bind_this(&mut self, target: InstanceId, this: This) {
        let node = self.node(target, THIS);
        match this {
            This::None => {}
            This::Value(value) => {
                self.graph.insert(node, value);
            }
            This::Node(from) => self.graph.add_edge(from, node, EdgeKind::Copy),
        }
    }

    /// The instance that a call runs.
    fn callee_instance(
        &mut self,
        invocation: InvocationId,
        (file, function): (FileId, FunctionId),
        parent: InstanceId,
        lifetime: Lifetime,
        this: Lifetime,
    ) -> InstanceId {
        let facts = &self.input.facts[file];
        let owner = &self.instances[parent].key;
        let environment = if owner.parent.is_none() && owner.file == file { Lifetime::Module } else { lifetime };
        let inv = &self.invocations[invocation];
        let caller = &self.instances[inv.caller];
        let mut key =
            InstanceKey { file, function, parent: Some(parent), environment, this, phase: inv.phase, site: None };
        let mut depth = caller.clone_depth.max(self.instances[parent].clone_depth);
        let is_recursive = caller.key.function == function && caller.key.file == file;
        let is_cloned = match facts.functions[function].cloning {
            Cloning::None => false,
            Cloning::Constructor => inv.kind == InvocationKind::Super,
            Cloning::Factory | Cloning::Helper => true,
        };
        if is_cloned
            && inv.position.is_none()
            && !is_recursive
            && depth < CLONE_DEPTH
            && let Some(call) = inv.call
        {
            let cloned = InstanceKey { site: Some((inv.caller, call)), ..key };
            let count = self.clones.entry((file, function)).or_default();
            if self.instance_ids.contains_key(&cloned) || *count < CLONES {
                if !self.instance_ids.contains_key(&cloned) {
                    *count += 1;
                    if *count == CLONES {
                        self.graph.hits.clones += 1;
                    }
                }
                key = cloned;
                depth += 1;
            }
        }
        self.instance(key, depth)
    }

    pub(super) fn bind_arguments(&mut self, target: InstanceId, args: &[Arg]) {
        let key = self.instances[target].key;
        let facts = &self.input.facts[key.file];
        let mut spread = None;
        for (index, arg) in args.iter().enumerate() {
            if arg.is_spread && spread.is_none() {
                spread = Some(index);
            }
        }
        let rest_of_spread = spread.map(|at| (at, self.spread_from(&args[at..])));
        for (index, param) in facts.params_of(key.function).iter().enumerate() {
            let to = self.node(target, param.value);
            if param.is_rest {
                let rest =
                    self.object(Source::Call { instance: target, call: CallId(u32::MAX), part: 0 }, ObjectKind::Array);
                self.graph.insert(to, Value::object(rest, Lifetime::Fresh));
                let element = self.field(rest, Field::ELEMENT);
                for (at, arg) in args.iter().enumerate().skip(index) {
                    if rest_of_spread.is_none_or(|(first, _)| at < first) {
                        self.graph.add_edge(arg.node, element, EdgeKind::Copy);
                    }
                }
                if let Some((_, all)) = rest_of_spread {
                    self.graph.add_edge(all, element, EdgeKind::Copy);
                }
                continue;
            }
            match rest_of_spread {
                Some((first, all)) if index >= first => match place_in_spread(args, first, index) {
                    Some((from, place)) => self.listen(from, Listener::Iterate { dst: to, index: Some(place) }),
                    None => self.graph.add_edge(all, to, EdgeKind::Copy),
                },
                _ => {
                    if let Some(arg) = args.get(index) {
                        self.graph.add_edge(arg.node, to, EdgeKind::Copy);
                    }
                }
            }
        }
        self.bind_arguments_object(target, args, rest_of_spread);
    }

    fn bind_arguments_object(&mut self, target: InstanceId, args: &[Arg], rest: Option<(usize, NodeId)>) {
        if !self.uses_arguments(target) {
            return;
        }
        let source = Source::Call { instance: target, call: CallId(u32::MAX), part: 1 };
        let object = self.object(source, ObjectKind::Array);
        self.graph.insert(self.node(target, ARGUMENTS), Value::object(object, Lifetime::Fresh));
        for (index, arg) in args.iter().enumerate() {
            if rest.is_some_and(|(first, _)| index >= first) {
                break;
            }
            let place = self.field(object, Field::index(u32::try_from(index).unwrap_or(u32::MAX)));
            self.graph.add_edge(arg.node, place, EdgeKind::Copy);
        }
        let Some((first, all)) = rest else { return };
        let mut is_placed = false;
        for index in first..Field::TUPLE as usize {
            if let Some((from, place)) = place_in_spread(args, first, index) {
                let to = self.field(object, Field::index(u32::from(place) + u32::try_from(first).unwrap_or(u32::MAX)));
                self.listen(from, Listener::Iterate { dst: to, index: Some(place) });
                is_placed = true;
            }
        }
        if !is_placed {
            let element = self.field(object, Field::ELEMENT);
            self.graph.add_edge(all, element, EdgeKind::Copy);
        }
    }

    fn uses_arguments(&mut self, target: InstanceId) -> bool {
        let key = self.instances[target].key;
        self.has_arguments(key.file, key.function)
    }

    /// Whether a function uses its `arguments`.
    pub(super) fn has_arguments(&mut self, file: FileId, function: FunctionId) -> bool {
        let facts = &self.input.facts[file];
        *self
            .arguments_used
            .entry((file, function))
            .or_insert_with(|| crate::heap::arguments::uses_arguments(facts, function))
    }

    /// Where a function's result goes: through a promise or iterator, if it is asynchronous or a generator.
    pub(super) fn bind_result(&mut self, target: InstanceId, dst: Option<NodeId>) {
        let Some(dst) = dst else { return };
        let key = self.instances[target].key;
        let kind = self.input.facts[key.file].functions[key.function].kind;
        let returned = self.node(target, RETURN);
        if kind.is_generator {
            let object = self.object(Source::Result(target), ObjectKind::Iterator);
            let element = self.field(object, Field::ELEMENT);
            self.graph.add_edge(self.node(target, YIELDED), element, EdgeKind::Copy);
            // The last `next()` gives what it returns.
            let last = self.field(object, Field::PROMISED);
            self.graph.add_edge(returned, last, EdgeKind::Copy);
            self.graph.insert(dst, Value::object(object, Lifetime::Fresh));
        } else if kind.is_async {
            let object = self.object(Source::Result(target), ObjectKind::Promise);
            let promised = self.field(object, Field::PROMISED);
            self.graph.add_edge(returned, promised, EdgeKind::Copy);
            self.graph.insert(dst, Value::object(object, Lifetime::Fresh));
        } else {
            self.graph.add_edge(returned, dst, EdgeKind::Copy);
        }
    }

    /// What a call passes from its first spread argument on. All callees of the call share it.
    pub(super) fn spread_from(&mut self, args: &[Arg]) -> NodeId {
        let key: SmallVec<[NodeId; 2]> = args.iter().map(|arg| arg.node).collect();
        if let Some(&all) = self.memo.spreads.get(&key) {
            return all;
        }
        let all = self.fresh_node();
        self.memo.spreads.insert(key, all);
        for arg in args {
            if arg.is_spread {
                self.listen(arg.node, Listener::Iterate { dst: all, index: None });
            } else {
                self.graph.add_edge(arg.node, all, EdgeKind::Copy);
            }
        }
        all
    }

    /// A getter that is read.
    pub(super) fn call_getter(&mut self, getter: Value, this: Value, dst: NodeId) {
        self.call_accessor(getter, this, &[], Some(dst), dst);
    }

    /// A setter that is written to.
    pub(super) fn call_setter(&mut self, setter: Value, this: Value, src: NodeId) {
        self.call_accessor(setter, this, &[Arg { node: src, is_spread: false }], None, src);
    }

    /// Calls an accessor in the context of the function that a node belongs to: that is where it is used.
    pub(super) fn call_accessor(
        &mut self,
        function: Value,
        this: Value,
        args: &[Arg],
        dst: Option<NodeId>,
        used_at: NodeId,
    ) {
        let Some((object, _)) = function.as_object() else { return };
        let Source::Function { parent, .. } = self.objects[object].source else { return };
        let user = self.instance_at(used_at);
        let phases = match user {
            Some(user) => vec![self.instances[user].key.phase],
            None => vec![Phase::Init, Phase::Repeat],
        };
        for phase in phases {
            let invocation = Invocation {
                this: This::Value(this),
                args: SmallVec::from_slice(args),
                dst,
                ..Invocation::plain(user.unwrap_or(parent), phase)
            };
            let id = self.invocation(invocation);
            self.invoke(id, function);
        }
    }

    /// The instance that a node belongs to, if it is one of an instance's own.
    pub(super) fn instance_at(&self, node: NodeId) -> Option<InstanceId> {
        let bases = &self.record.instance_bases;
        let at = bases.partition_point(|(base, _)| *base <= node).checked_sub(1)?;
        let (base, id) = bases[at];
        let key = self.instances[id].key;
        let count = self.input.facts[key.file].functions[key.function].value_count;
        (node.0 - base.0 < count).then_some(id)
    }
}

/// Where the argument at `index` comes from, if all arguments from `first` on are the elements of one list, whose places
/// are told apart that far: `f.apply(this, arguments)`.
fn place_in_spread(args: &[Arg], first: usize, index: usize) -> Option<(NodeId, u8)> {
    let [spread] = args.get(first..)? else { return None };
    let place = u32::try_from(index.checked_sub(first)?).ok().filter(|&place| place < Field::TUPLE)?;
    Some((spread.node, u8::try_from(place).ok()?))
}

/// The edge by which something is read through a value.
pub(super) fn edge_through(value: Value) -> EdgeKind {
    edge_of(value.as_object().map_or(Lifetime::Fresh, |(_, lifetime)| lifetime))
}
