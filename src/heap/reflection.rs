//! Transfer functions of `Object` and `Reflect`: keys, copies, definitions, prototypes.

use smallvec::{SmallVec, smallvec};

use crate::base::name::Name;
use crate::heap::builtins::NativeCall;
use crate::heap::field::Field;
use crate::heap::graph::{EdgeKind, NodeId};
use crate::heap::object::{Data, InstanceId, Lifetime, ObjectKind, Value, ValueKind};
use crate::heap::record::NativeEffect;
use crate::heap::solver::{Arg, ExceptId, InvocationKind, Listener, Solver, This};
use crate::models::facts::Position;
use crate::syntax::facts::{Constraint, Key, NameId, SiteKind, ValueId};

impl Solver<'_> {
    pub(super) fn call_object_method(&mut self, call: &NativeCall, this: Value, name: &str) {
        if let "__defineGetter__" | "__defineSetter__" = name {
            self.note(call, this, NativeEffect::Define, call.arg(0), call.values(1));
            return;
        }
        self.derive_all(call);
    }

    pub(super) fn call_object(&mut self, call: &NativeCall, name: &str) {
        match name {
            "assign" => self.assign(call),
            "keys" | "getOwnPropertyNames" | "getOwnPropertySymbols" => {
                let element = self.give_array(call);
                if let Some(source) = call.arg(0) {
                    self.listen(source, Listener::Keys { dst: element });
                }
            }
            "values" => {
                let element = self.give_array(call);
                if let Some(source) = call.arg(0) {
                    self.all_values(source, element);
                }
            }
            "entries" => {
                let element = self.give_array(call);
                let entry = self.made(call.caller, call.call, 1, ObjectKind::Array);
                self.graph.insert(element, Value::object(entry, Lifetime::Fresh));
                let (key, value) = (self.field(entry, Field::index(0)), self.field(entry, Field::index(1)));
                if let Some(source) = call.arg(0) {
                    self.listen(source, Listener::Keys { dst: key });
                    self.all_values(source, value);
                }
            }
            "fromEntries" | "groupBy" => self.object_from_entries(call, name),
            "create" => {
                let object = self.made(call.caller, call.call, 0, ObjectKind::Plain);
                self.give(call, Value::object(object, Lifetime::Fresh));
                if let Some(prototype) = call.arg(0) {
                    self.listen(prototype, Listener::Prototype { of: object });
                }
            }
            "defineProperty" | "defineProperties" => self.define(call, name),
            "freeze" | "seal" | "preventExtensions" => {
                if let (Some(arg), Some(dst)) = (call.arg(0), call.dst) {
                    self.graph.add_edge(arg, dst, EdgeKind::Copy);
                }
            }
            "setPrototypeOf" => self.set_prototype(call),
            "hasOwn" | "is" | "isFrozen" => self.give_finite(call),
            "getPrototypeOf" => {
                if let (Some(arg), Some(dst)) = (call.arg(0), call.dst) {
                    self.listen(arg, Listener::PrototypesOf { dst });
                }
            }
            _ => self.derive_all(call),
        }
    }

    /// All property values of the objects in `src`.
    pub(super) fn all_values(&mut self, src: NodeId, dst: NodeId) {
        let key = self.fresh_node();
        self.graph.insert(key, Value::data(Data::Unknown));
        self.listen(src, Listener::LoadBase { dst, key });
    }

    pub(super) fn object_from_entries(&mut self, call: &NativeCall, name: &str) {
        let object = self.made(call.caller, call.call, 0, ObjectKind::Plain);
        self.give(call, Value::object(object, Lifetime::Fresh));
        let Some(source) = call.arg(0) else { return };
        let (unknown, keys) = (self.field(object, Field::UNKNOWN), self.field(object, Field::KEYS));
        let entry = self.fresh_node();
        self.listen(source, Listener::Iterate { dst: entry, index: None });
        if name == "groupBy" {
            let group = self.made(call.caller, call.call, 1, ObjectKind::Array);
            let element = self.field(group, Field::ELEMENT);
            self.graph.add_edge(entry, element, EdgeKind::Copy);
            self.graph.insert(unknown, Value::object(group, Lifetime::Fresh));
            self.call_back(call, call.arg(1), &[entry], Some(keys), Position::Sync);
        } else {
            self.listen(entry, Listener::Load { dst: keys, field: Field::index(0) });
            self.listen(entry, Listener::Load { dst: unknown, field: Field::index(1) });
        }
    }

    pub(super) fn assign(&mut self, call: &NativeCall) {
        let Some(first) = call.args.first() else { return };
        let target = if first.is_spread { self.fresh_node() } else { first.node };
        if first.is_spread {
            self.listen(first.node, Listener::Iterate { dst: target, index: Some(0) });
        }
        for (index, arg) in call.args.iter().enumerate().skip(usize::from(!first.is_spread)) {
            let except = self.overwritten(call, index);
            let source = if arg.is_spread {
                let element = self.fresh_node();
                self.listen(arg.node, Listener::Iterate { dst: element, index: None });
                element
            } else {
                arg.node
            };
            self.listen(source, Listener::CopyFrom { dst: target, except });
        }
        if let Some(dst) = call.dst {
            self.graph.add_edge(target, dst, EdgeKind::Copy);
        }
        self.note_on(call, target, NativeEffect::AssignAll, None, call.values(1));
    }

    /// The properties that literals behind the argument at `index` set: `assign({}, defaults, {list: []})` takes no list
    /// from the defaults.
    fn overwritten(&mut self, call: &NativeCall, index: usize) -> ExceptId {
        let Some(id) = call.call else { return ExceptId(0) };
        let key = self.instances[call.caller].key;
        let facts = &self.input.facts[key.file];
        let behind = facts.arguments_of(id).get(index + 1..).unwrap_or_default();
        let constraints = facts.constraints_of(key.function);
        let is_literal = |value: ValueId| {
            constraints.iter().any(|constraint| match *constraint {
                Constraint::Alloc { dst, site } => dst == value && facts.sites[site].kind == SiteKind::Object,
                _ => false,
            })
        };
        let literals: Vec<ValueId> = behind
            .iter()
            .filter(|argument| !argument.is_spread && is_literal(argument.value))
            .map(|argument| argument.value)
            .collect();
        let names: Vec<NameId> = constraints
            .iter()
            .filter_map(|constraint| match *constraint {
                Constraint::Store { base, key: Key::Name(name), .. }
                | Constraint::Init { base, key: Key::Name(name), .. }
                | Constraint::InitConstant { base, key: Key::Name(name), .. }
                    if literals.contains(&base) =>
                {
                    Some(name)
                }
                _ => None,
            })
            .collect();
        if names.is_empty() {
            return ExceptId(0);
        }
        let names = names.into_iter().map(|name| self.global_name(key.file, name)).collect();
        self.excepts.push(names)
    }

    pub(super) fn define(&mut self, call: &NativeCall, name: &str) {
        let Some(target) = call.arg(0) else { return };
        if let Some(dst) = call.dst {
            self.graph.add_edge(target, dst, EdgeKind::Copy);
        }
        if name == "defineProperties" {
            self.note_on(call, target, NativeEffect::Define, None, call.values(1));
            return;
        }
        let (Some(key), Some(descriptor)) = (call.arg(1), call.arg(2)) else { return };
        let value = self.fresh_node();
        self.note_on(call, target, NativeEffect::Define, Some(key), smallvec![value]);
        if let Some(name) = self.name_of_own_key(call.caller, key, descriptor) {
            self.listen(descriptor, Listener::Descriptor { target, key: Field::name(name) });
        } else {
            self.define_one(target, key, descriptor, value);
        }
    }

    /// The property of the descriptor itself that the key is read from, as compiled classes have it:
    /// `defineProperty(target, descriptor.key, descriptor)`. Keys and values of several descriptors are not mixed then.
    fn name_of_own_key(&self, caller: InstanceId, key: NodeId, descriptor: NodeId) -> Option<Name> {
        let own = self.instances[caller].key;
        self.input.facts[own.file].constraints_of(own.function).iter().find_map(|constraint| match constraint {
            Constraint::Load { dst, base, key: Key::Name(name) }
                if self.node(caller, *dst) == key && self.node(caller, *base) == descriptor =>
            {
                Some(self.global_name(own.file, *name))
            }
            _ => None,
        })
    }

    /// One descriptor that has its key in itself.
    pub(super) fn define_own_key(&mut self, descriptor: Value, target: NodeId, key: Field) {
        let (name, own, value) = (self.fresh_node(), self.fresh_node(), self.fresh_node());
        self.graph.insert(own, descriptor);
        self.load(descriptor, key, name);
        self.define_one(target, name, own, value);
    }

    fn define_one(&mut self, target: NodeId, key: NodeId, descriptor: NodeId, value: NodeId) {
        self.computed_keys.push(key);
        self.listen(descriptor, Listener::Load { dst: value, field: Field::name(self.well_known.value) });
        self.listen(target, Listener::StoreBase { src: value, key });
        self.listen(key, Listener::StoreKey { src: value, base: target });
        let (get, set) = (self.names.intern("get"), self.names.intern("set"));
        for (accessor, name) in [(true, get), (false, set)] {
            let function = self.fresh_node();
            self.listen(descriptor, Listener::Load { dst: function, field: Field::name(name) });
            self.listen(key, Listener::AccessorKey { base: target, src: function, is_getter: accessor });
        }
    }

    /// An accessor defined under a key that is known.
    pub(super) fn define_accessor(&mut self, key: Value, base: NodeId, src: NodeId, is_getter: bool) {
        let ValueKind::String(id) = key.kind() else { return };
        let Some(text) = self.strings.text(id).map(str::to_owned) else { return };
        let name = self.names.intern(&text);
        if is_getter {
            // What the getter gives is what loads of the property give, also those that came before it was known.
            self.listen(src, Listener::GetterResult { base, field: Field::name(name) });
        } else {
            self.accessors.insert(name);
            self.listen(base, Listener::Store { src, field: Field::setter(name) });
        }
    }

    /// A getter's results become the property's values.
    pub(super) fn store_getter_result(&mut self, getter: Value, base: NodeId, field: Field) {
        let result = self.fresh_node();
        self.call_getter(getter, Value::data(Data::Unknown), result);
        self.listen(base, Listener::Store { src: result, field });
    }

    pub(super) fn set_prototype(&mut self, call: &NativeCall) {
        let (Some(target), Some(prototype)) = (call.arg(0), call.arg(1)) else { return };
        if let Some(dst) = call.dst {
            self.graph.add_edge(target, dst, EdgeKind::Copy);
        }
        self.listen(target, Listener::InheritsFrom { prototype });
        self.note_on(call, target, NativeEffect::SetPrototype, None, smallvec![prototype]);
    }

    pub(super) fn call_reflect(&mut self, call: &NativeCall, name: &str) {
        match name {
            "set" => {
                let target = call.arg(3).or(call.arg(0));
                if let (Some(target), Some(key), Some(value)) = (target, call.arg(1), call.arg(2)) {
                    self.computed_keys.push(key);
                    self.listen(target, Listener::StoreBase { src: value, key });
                    self.listen(key, Listener::StoreKey { src: value, base: target });
                    self.note_on(call, target, NativeEffect::SetProperty, Some(key), smallvec![value]);
                }
            }
            "get" => {
                if let (Some(target), Some(key), Some(dst)) = (call.arg(0), call.arg(1), call.dst) {
                    self.computed_keys.push(key);
                    self.listen(target, Listener::LoadBase { dst, key });
                    self.listen(key, Listener::LoadKey { dst, base: target });
                }
            }
            "defineProperty" => self.define(call, name),
            "deleteProperty" => {
                if let Some(target) = call.arg(0) {
                    self.note_on(call, target, NativeEffect::DeleteProperty, call.arg(1), SmallVec::new());
                }
            }
            "setPrototypeOf" => self.set_prototype(call),
            "apply" => {
                let mut inner = self.invocations[call.invocation].clone();
                inner.args = call.args.iter().skip(2).map(|arg| Arg { node: arg.node, is_spread: true }).collect();
                inner.this = call.arg(1).map_or(This::None, This::Node);
                let id = self.invocation(inner);
                if let Some(function) = call.arg(0) {
                    self.listen(function, Listener::Invoke { invocation: id });
                }
            }
            "construct" => {
                let mut inner = self.invocations[call.invocation].clone();
                inner.args =
                    call.args.iter().skip(1).take(1).map(|arg| Arg { node: arg.node, is_spread: true }).collect();
                inner.kind = InvocationKind::New;
                inner.this = This::None;
                let id = self.invocation(inner);
                if let Some(function) = call.arg(0) {
                    self.listen(function, Listener::Invoke { invocation: id });
                }
            }
            "ownKeys" => self.call_object(call, "keys"),
            _ => self.derive_all(call),
        }
    }
}
