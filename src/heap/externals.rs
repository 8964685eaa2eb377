//! Packages and the platform: what the models say about their members and calls, applied.

use smallvec::{SmallVec, smallvec};

use crate::base::finding::ContextKind;
use crate::base::name::Name;
use crate::base::source::FileId;
use crate::heap::builtins::NativeCall;
use crate::heap::field::Field;
use crate::heap::graph::{EdgeKind, NodeId};
use crate::heap::instance::Phase;
use crate::heap::memoized::CONTAINER;
use crate::heap::natives::{self, Native};
use crate::heap::object::{Data, InstanceId, Lifetime, ObjectId, ObjectKind, Source, Value, ValueKind};
use crate::heap::solver::{Arg, Callback, ExceptId, Invocation, InvocationId, InvocationKind, Listener, Solver, This};
use crate::models::facts::{Arguments, CallFacts, Condition, ContainerLike, PathId, ResultFacts, SelfBound, Step};
use crate::syntax::facts::{CallId, NameId};

impl Solver<'_> {
    /// A free name: the module's own, the language's, the platform's, or a global of the project.
    pub(super) fn load_global(&mut self, file: FileId, name: NameId, dst: NodeId) {
        let global = self.global_name(file, name);
        let text = self.input.facts[file].name(name);
        if self.load_module_name(file, text, dst) {
            return;
        }
        if let "undefined" | "NaN" | "Infinity" = text {
            return;
        }
        self.load_global_member(global, dst);
        let field = self.field(self.well_known.global, Field::name(global));
        self.graph.add_edge(field, dst, EdgeKind::Promote);
    }

    /// A compiler's helper: as the models know it, or as it was written out.
    pub(super) fn load_helper(&mut self, file: FileId, name: NameId, dst: NodeId, written: NodeId) {
        let text = self.input.facts[file].name(name);
        // Bundlers number the copies of a name.
        let text =
            text.split_once('$').filter(|(_, number)| number.parse::<u32>().is_ok()).map_or(text, |(name, _)| name);
        if self.input.models.global(text).is_some() {
            let name = self.names.intern(text);
            self.load_global_member(name, dst);
        } else {
            self.graph.add_edge(written, dst, EdgeKind::Copy);
        }
    }

    fn load_global_member(&mut self, name: Name, dst: NodeId) {
        let text = self.names.text(name).to_owned();
        if let "globalThis" | "global" | "window" | "self" = text.as_str() {
            self.graph.insert(dst, Value::object(self.well_known.global, Lifetime::Module));
        } else if let Some(native) = natives::global(&text) {
            let value = self.native_value(native);
            self.graph.insert(dst, value);
        } else if let Some(path) = self.input.models.global(&text) {
            let source = Source::External { package: self.well_known.empty, path: Some(path), made: None, label: name };
            let object = self.object(source, ObjectKind::Plain);
            self.graph.insert(dst, Value::object(object, Lifetime::Module));
        }
    }

    /// A package's exports.
    pub(super) fn package_value(&mut self, package: &str) -> Value {
        let path = self.input.models.package(package);
        let name = self.names.intern(package);
        let source = Source::External { package: name, path, made: None, label: name };
        Value::object(self.object(source, ObjectKind::Plain), Lifetime::Module)
    }

    /// A value at an access path of the models.
    pub(super) fn external_at(&mut self, path: PathId, made: Option<(InstanceId, Option<CallId>)>) -> Value {
        let label = self.names.intern(&self.input.models.facts(path).label);
        let source = Source::External { package: self.well_known.empty, path: Some(path), made, label };
        Value::object(self.object(source, ObjectKind::Plain), Lifetime::Fresh)
    }

    /// What instances of an external class inherit from.
    pub(super) fn external_instance(&mut self, path: Option<PathId>, package: Name, label: Name) -> Value {
        let path = path.and_then(|path| self.input.models.step(path, Step::Instance));
        let source = Source::External { package, path, made: None, label };
        Value::object(self.object(source, ObjectKind::Plain), Lifetime::Module)
    }

    /// A member of something external. What the project itself wrote there is read besides.
    pub(super) fn load_external(&mut self, object: ObjectId, lifetime: Lifetime, field: Field, dst: NodeId) {
        let crate::heap::field::FieldKind::Name(name) = field.kind() else {
            if field == Field::ELEMENT {
                self.load_external_element(object, lifetime, dst);
            }
            return;
        };
        if object == self.well_known.global {
            self.load_global_member(name, dst);
            return;
        }
        let Source::External { package, path, made, label } = self.objects[object].source else { return };
        let text = self.names.text(name).to_owned();
        if text == "default" {
            self.graph.insert(dst, Value::object(object, lifetime));
        }
        if path.is_some_and(|path| self.input.models.facts(path).carrier.has_provided) {
            self.resolve_name(&text, dst);
            return;
        }
        let step = if text == "prototype" { Step::Instance } else { Step::Member(&text) };
        let inner = path.and_then(|path| self.input.models.step(path, step));
        let data = path.and_then(|path| self.input.models.facts(path).value.data);
        if inner.is_none()
            && let Some(kind) = data
        {
            match made {
                Some((maker, _)) => self.insert_given(dst, kind, maker),
                None => self.insert_data(dst, kind),
            }
            return;
        }
        if inner.is_none()
            && self.names.text(package).starts_with("node:")
            && let Some(method) = natives::function_method(&text)
        {
            // `path.join.apply(null, parts)`.
            let method = self.native_value(method);
            self.graph.insert(dst, method);
            return;
        }
        let inner = inner.or_else(|| self.wrapped_member(path?, &text));
        let is_named = inner.is_some() || made.is_none();
        let label = self.member_label(package, label, is_named, &text);
        let is_shared = inner.is_some_and(|path| self.input.models.facts(path).value.is_shared);
        if let Some(kind) = inner.and_then(|path| self.input.models.facts(path).value.data) {
            self.insert_data(dst, kind);
        }
        let member = self.object(Source::External { package, path: inner, made, label }, ObjectKind::Plain);
        let lifetime = if is_shared { Lifetime::Module } else { lifetime };
        self.graph.insert(dst, Value::object(member, lifetime));
    }

    /// What a package exports is told apart by the way to it. Members that no model mentions of what its calls give
    /// share one object, but for the platform's modules, whose functions the solver knows by name.
    fn member_label(&mut self, package: Name, label: Name, is_named: bool, member: &str) -> Name {
        let of_platform = self.names.text(package).starts_with("node:");
        if (is_named || of_platform) && self.names.text(label).len() < 60 {
            let text = format!("{}.{member}", self.names.text(label));
            self.names.intern(&text)
        } else if package == self.well_known.empty {
            label
        } else {
            package
        }
    }

    /// An element of something external.
    pub(super) fn load_external_element(&mut self, object: ObjectId, lifetime: Lifetime, dst: NodeId) {
        let Source::External { package, path: Some(path), made, label } = self.objects[object].source else {
            return;
        };
        let facts = self.input.models.facts(path);
        if let Some(inner) = self.input.models.step(path, Step::Element) {
            let element = self.object(Source::External { package, path: Some(inner), made, label }, ObjectKind::Plain);
            self.graph.insert(dst, Value::object(element, lifetime));
        } else if let Some(kind) = facts.value.data {
            self.insert_data(dst, kind);
        }
    }

    /// A call of something external.
    pub(super) fn call_external(&mut self, invocation: InvocationId, object: ObjectId, lifetime: Lifetime) {
        if self.call_platform(invocation, object) || self.call_chained(invocation, object, lifetime) {
            return;
        }
        let Source::External { package, path, label, .. } = self.objects[object].source else { return };
        let kind = self.invocations[invocation].kind;
        if kind == InvocationKind::Super {
            self.note_made_of(invocation);
        }
        let is_construct = kind != InvocationKind::Call;
        let models = self.input.models;
        let facts = path.and_then(|path| {
            let facts = models.facts(path);
            if is_construct { facts.construct.as_ref() } else { facts.call.as_ref() }
        });
        match (path, facts) {
            (Some(path), Some(facts)) if self.conditions_hold(invocation, &facts.when) => {
                self.apply_call_facts(invocation, (path, facts), is_construct, (package, label), lifetime);
            }
            _ => self.call_unmodelled(invocation, path, package, label),
        }
    }

    /// What a constructor above the program's own classes gets is kept there: `class Form extends URLSearchParams`.
    pub(super) fn note_made_of(&mut self, invocation: InvocationId) {
        let inv = self.invocations[invocation].clone();
        if inv.args.is_empty() {
            return;
        }
        let receivers: SmallVec<[Value; 2]> = match inv.this {
            This::Value(this) => smallvec![this],
            This::Node(node) => self.graph.set(node).iter().collect(),
            This::None => SmallVec::new(),
        };
        let given = self.spread_from(&inv.args);
        for (object, _) in receivers.into_iter().filter_map(Value::as_object) {
            let made_of = self.field(object, Field::MADE_OF);
            self.graph.add_edge(given, made_of, EdgeKind::Copy);
        }
    }

    /// A call of which the models say nothing: opaque, but the result is still the package's. If they know what it is,
    /// nothing else is in it.
    fn call_unmodelled(&mut self, invocation: InvocationId, path: Option<PathId>, package: Name, label: Name) {
        if path.is_some_and(|path| self.input.models.step(path, step_of(self.invocations[invocation].kind)).is_some()) {
            self.give_arguments(invocation);
        } else {
            self.opaque_call(invocation);
        }
        let data = path.and_then(|path| self.input.models.facts(path).value.data);
        let Invocation { caller, dst, .. } = self.invocations[invocation];
        if let (Some(kind), Some(dst)) = (data, dst) {
            self.insert_given(dst, kind, caller);
            return;
        }
        self.give_external_result(invocation, path, package, label);
    }

    fn give_external_result(&mut self, invocation: InvocationId, path: Option<PathId>, package: Name, label: Name) {
        let inv = self.invocations[invocation].clone();
        if inv.kind == InvocationKind::Super {
            return;
        }
        let Some(dst) = inv.dst else { return };
        // What unknown functions give is followed only where it can become one of the program's own lasting objects:
        // what a module's body or `new` makes. Else there would be one for each call in the program.
        let is_lasting = inv.kind == InvocationKind::New || self.instances[inv.caller].key.parent.is_none();
        if path.is_none() && !is_lasting {
            self.graph.insert(dst, Value::data(Data::Unknown));
            return;
        }
        let (caller, made) = (inv.caller, Some((inv.caller, inv.call)));
        let inner = path.and_then(|path| self.input.models.step(path, step_of(inv.kind)));
        if let Some(kind) = inner.and_then(|path| self.input.models.facts(path).value.data) {
            self.insert_given(dst, kind, caller);
        }
        let is_shared = inner.is_some_and(|path| self.input.models.facts(path).value.is_shared);
        let result = self.object(Source::External { package, path: inner, made, label }, ObjectKind::Plain);
        if inner.is_some() && !inv.args.is_empty() {
            // `client = connect(req.query.host)` is a client of that request's.
            let (given, made_of) = (self.spread_from(&inv.args), self.field(result, Field::MADE_OF));
            self.graph.add_edge(given, made_of, EdgeKind::Copy);
        }
        let lifetime = if is_shared { Lifetime::Module } else { Lifetime::Fresh };
        self.graph.insert(dst, Value::object(result, lifetime));
    }

    /// Whether the conditions of a model hold, as far as the arguments are known when the call is first seen.
    pub(super) fn conditions_hold(&self, invocation: InvocationId, conditions: &[Condition]) -> bool {
        let args = &self.invocations[invocation].args;
        conditions.iter().all(|condition| match condition {
            Condition::ArgumentIs(index, texts) => {
                self.argument_texts(invocation, *index).iter().any(|text| texts.iter().any(|t| matches_word(t, text)))
            }
            Condition::ArgumentIsNot(index, texts) => {
                !self.argument_texts(invocation, *index).iter().any(|text| texts.iter().any(|t| matches_word(t, text)))
            }
            Condition::AtLeast(count) => args.len() >= *count as usize,
            Condition::AtMost(count) => args.len() <= *count as usize,
            Condition::PathArgument(index) => {
                self.argument_texts(invocation, *index).iter().any(|text| text.starts_with('/'))
            }
        })
    }

    pub(super) fn argument_texts(&self, invocation: InvocationId, index: u32) -> Vec<String> {
        let Some(arg) = self.invocations[invocation].args.get(index as usize) else { return Vec::new() };
        self.graph
            .set(arg.node)
            .iter()
            .filter_map(|value| match value.kind() {
                ValueKind::String(id) => Some(crate::heap::strings::display(self.strings.parts(id))),
                _ => None,
            })
            .collect()
    }

    /// The nodes of the arguments that a model means.
    pub(super) fn selected(&mut self, invocation: InvocationId, arguments: &Arguments) -> SmallVec<[NodeId; 3]> {
        let inv = self.invocations[invocation].clone();
        let nodes = |args: &[Arg]| args.iter().map(|arg| arg.node).collect();
        match arguments {
            Arguments::At(index) => inv.args.get(*index as usize).map(|arg| arg.node).into_iter().collect(),
            Arguments::From(index) => nodes(inv.args.get(*index as usize..).unwrap_or_default()),
            Arguments::Last => inv.args.last().map(|arg| arg.node).into_iter().collect(),
            Arguments::All => nodes(&inv.args),
            Arguments::Receiver => match inv.this {
                This::Node(node) => SmallVec::from_slice(&[node]),
                This::Value(value) => {
                    let node = self.fresh_node();
                    self.graph.insert(node, value);
                    SmallVec::from_slice(&[node])
                }
                This::None => SmallVec::new(),
            },
            Arguments::MadeOf => match inv.this {
                This::Value(value) => {
                    value.as_object().map(|(it, _)| self.field(it, Field::MADE_OF)).into_iter().collect()
                }
                This::Node(_) | This::None => SmallVec::new(),
            },
        }
    }

    fn apply_call_facts(
        &mut self,
        invocation: InvocationId,
        (path, facts): (PathId, &CallFacts),
        is_construct: bool,
        (package, label): (Name, Name),
        lifetime: Lifetime,
    ) {
        let inv = self.invocations[invocation].clone();
        let call = NativeCall {
            invocation,
            caller: inv.caller,
            call: inv.call,
            this: match inv.this {
                This::Value(value) => Some(value),
                This::None | This::Node(_) => None,
            },
            args: inv.args.clone(),
            dst: if inv.kind == InvocationKind::Super { None } else { inv.dst },
            native: Native::Global(""),
        };
        for (index, callback) in facts.callbacks.iter().enumerate() {
            let is_held = self.is_held(invocation, lifetime, callback.context);
            if !self.conditions_hold(invocation, &callback.when) {
                continue;
            }
            let index = u8::try_from(index).unwrap_or(u8::MAX);
            let id = self.callbacks.push(Callback { invocation, path, is_construct, index, is_held });
            for node in self.selected(invocation, &callback.argument) {
                self.listen(node, Listener::Callback { callback: id, depth: 0 });
            }
        }
        for effect in &facts.effects {
            self.apply_effect(&call, effect, path, label);
        }
        if let Some(loader) = &facts.loader {
            self.apply_loader(&call, loader);
        }
        self.apply_result(&call, &facts.result, path, (package, label));
    }

    /// Whether what a call registers outlives it: it is registered while modules load, or on something
    /// module-lifetime or the platform. What a new object is made with goes with it, unless a clock calls it.
    fn is_held(&self, invocation: InvocationId, callee: Lifetime, context: Option<ContextKind>) -> bool {
        let inv = &self.invocations[invocation];
        match inv.this {
            This::Value(value) if self.is_passing(value) => false,
            _ if inv.phase == Phase::Init => true,
            _ if inv.kind == InvocationKind::New => context == Some(ContextKind::Timer),
            This::Value(value) => value.as_object().is_some_and(|(_, lifetime)| lifetime == Lifetime::Module),
            This::Node(_) => false,
            This::None => callee == Lifetime::Module,
        }
    }

    /// Whether a value belongs to one request or message, and goes with it: a response, even one that comes at the start.
    fn is_passing(&self, value: Value) -> bool {
        let Some((object, Lifetime::Fresh)) = value.as_object() else { return false };
        match self.objects[object].source {
            Source::External { path: Some(path), .. } => self.input.models.facts(path).value.data.is_some(),
            _ => false,
        }
    }

    fn apply_result(&mut self, call: &NativeCall, result: &ResultFacts, path: PathId, (package, label): (Name, Name)) {
        let Some(dst) = call.dst else { return };
        match result {
            ResultFacts::Path => self.give_external_result(call.invocation, Some(path), package, label),
            ResultFacts::Receiver => self.give_receiver(call, dst),
            ResultFacts::Property(key) => {
                self.give_receiver(call, dst);
                for key in self.selected(call.invocation, key) {
                    self.computed_keys.push(key);
                    for base in self.selected(call.invocation, &Arguments::Receiver) {
                        self.listen(base, Listener::LoadBase { dst, key });
                        self.listen(key, Listener::LoadKey { dst, base });
                    }
                }
            }
            ResultFacts::Argument(arguments) => {
                for node in self.selected(call.invocation, arguments) {
                    self.graph.add_edge(node, dst, EdgeKind::Copy);
                }
            }
            ResultFacts::At(path) => {
                let value = self.external_at(*path, Some((call.caller, call.call)));
                self.graph.insert(dst, value);
                if let Some(kind) = self.input.models.facts(*path).value.data {
                    self.insert_given(dst, kind, call.caller);
                }
            }
            ResultFacts::InstanceOf(arguments) => self.resolve_instance(call, arguments, dst),
            ResultFacts::Data(kind) => self.insert_given(dst, *kind, call.caller),
            ResultFacts::Derived => {
                self.derive_all(call);
                self.graph.insert(dst, Value::data(Data::Unknown));
                // It is an object as well, that can be changed, if something is known of that.
                if self.input.models.step(path, Step::Instance).is_some() {
                    self.give_external_result(call.invocation, Some(path), package, label);
                }
            }
            ResultFacts::CopyOf(arguments) => self.give_copy(call, arguments, ExceptId(0)),
            ResultFacts::DeepCopy => {
                let root = self.made(call.caller, call.call, 7, ObjectKind::Plain);
                if let Some(node) = call.args.first().map(|arg| arg.node) {
                    self.listen(node, Listener::Clone { dst, root });
                }
                self.derive_all(call);
            }
            ResultFacts::Container(container) => self.give_container(call, container.like, &container.bound),
            ResultFacts::Provided(tokens) => {
                for token in self.selected(call.invocation, tokens) {
                    self.listen(token, Listener::Resolve { dst });
                }
            }
            ResultFacts::Kept => self.give_kept(call, path, dst),
            ResultFacts::Opaque => {
                self.derive_all(call);
                self.graph.insert(dst, Value::data(Data::Unknown));
            }
            parts => self.give_parts(call, parts, dst),
        }
    }

    fn give_receiver(&mut self, call: &NativeCall, dst: NodeId) {
        for node in self.selected(call.invocation, &Arguments::Receiver) {
            self.graph.add_edge(node, dst, EdgeKind::Copy);
        }
    }

    pub(super) fn give_copy(&mut self, call: &NativeCall, arguments: &Arguments, except: ExceptId) {
        let object = self.made(call.caller, call.call, 0, ObjectKind::Plain);
        self.give(call, Value::object(object, Lifetime::Fresh));
        let target = self.fresh_node();
        self.graph.insert(target, Value::object(object, Lifetime::Fresh));
        for node in self.selected(call.invocation, arguments) {
            self.listen(node, Listener::CopyFrom { dst: target, except });
        }
    }

    fn give_container(&mut self, call: &NativeCall, like: ContainerLike, bound: &SelfBound) {
        let kind = match like {
            ContainerLike::Map => ObjectKind::Map,
            ContainerLike::Set => ObjectKind::Set,
            ContainerLike::Array => ObjectKind::Array,
            ContainerLike::Object => ObjectKind::Plain,
        };
        let object = self.made(call.caller, call.call, CONTAINER, kind);
        self.objects[object].bounds_itself |= match bound {
            SelfBound::Always => true,
            SelfBound::Never => false,
            SelfBound::Options(index, options) => self.has_option(call, *index, options),
        };
        self.give(call, Value::object(object, Lifetime::Fresh));
        if kind == ObjectKind::Map
            && let Some(source) = call.arg(0)
        {
            self.fill_map(object, source);
        }
    }

    /// Whether an argument is a number, or an object with one of these properties.
    fn has_option(&mut self, call: &NativeCall, index: u32, options: &[String]) -> bool {
        let Some(node) = call.arg(index as usize) else { return false };
        let values: Vec<Value> = self.graph.set(node).iter().collect();
        values.is_empty() && call.args.len() > index as usize
            || values.into_iter().any(|value| match value.kind() {
                ValueKind::Object(object, _) => options.iter().any(|option| {
                    let name = self.names.intern(option);
                    self.has_field(object, Field::name(name))
                }),
                ValueKind::String(_) | ValueKind::Data(_) => true,
            })
    }
}

/// What leads from a function to what a call of it gives.
fn step_of(kind: InvocationKind) -> Step<'static> {
    if kind == InvocationKind::New { Step::Instance } else { Step::Return }
}

/// A word of a model's condition: `SIG*` matches all that begins so.
fn matches_word(word: &str, text: &str) -> bool {
    match word.strip_suffix('*') {
        Some(prefix) => text.starts_with(prefix),
        None => word == text,
    }
}
