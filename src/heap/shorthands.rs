//! What stands for a function or a way in the arguments of libraries (`_.map(users, 'name')`, `_.get(tree, 'root.leaves')`), and
//! the tables that they make.

use crate::base::name::Name;
use crate::heap::builtins::NativeCall;
use crate::heap::field::Field;
use crate::heap::graph::{EdgeKind, NodeId};
use crate::heap::natives::Native;
use crate::heap::object::{Lifetime, ObjectKind, StringId, Value, ValueKind};
use crate::heap::solver::{CallbackId, ExceptId, Listener, Solver};
use crate::models::facts::{Arguments, CallbackResult, ParamFacts, ResultFacts};

/// The methods that make iterators of an object.
const ITERATORS: [Native; 2] = [Native::Static("Symbol", "iterator"), Native::Static("Symbol", "asyncIterator")];

impl Solver<'_> {
    /// A name in a callback's place: the result has what the elements have under it.
    pub(super) fn shorthand(&mut self, callback: CallbackId, value: Value, depth: u8) {
        let ValueKind::String(id) = value.kind() else { return };
        let facts = self.callback_facts(callback).clone();
        let Some((_, ParamFacts::ElementOf(list))) = facts.params.first() else { return };
        if depth != 0 || !facts.path.is_empty() || facts.returns != CallbackResult::Elements {
            return;
        }
        let Some(name) = self.strings.text(id).map(str::to_owned) else { return };
        let field = Field::name(self.names.intern(&name));
        let invocation = self.callbacks[callback].invocation;
        let inv = self.invocations[invocation].clone();
        let Some(dst) = inv.dst else { return };
        let array = self.made(inv.caller, inv.call, 6, ObjectKind::Array);
        self.graph.insert(dst, Value::object(array, Lifetime::Fresh));
        let given = self.field(array, Field::ELEMENT);
        for list in self.selected(invocation, list) {
            let element = self.fresh_node();
            self.elements_or_values(list, element);
            self.listen(element, Listener::Load { dst: given, field });
        }
    }

    /// What a call gives of the elements, properties and keys of its arguments.
    pub(super) fn give_parts(&mut self, call: &NativeCall, parts: &ResultFacts, dst: NodeId) {
        match parts {
            ResultFacts::ElementOf(arguments) => {
                for node in self.selected(call.invocation, arguments) {
                    self.elements_or_values(node, dst);
                }
            }
            ResultFacts::TableOf(arguments) => self.give_table(call, arguments),
            ResultFacts::GroupsOf(arguments) => self.give_groups(call, arguments),
            ResultFacts::Boxed(arguments) => {
                let boxed = self.made(call.caller, call.call, 0, ObjectKind::Plain);
                self.give(call, Value::object(boxed, Lifetime::Fresh));
                let value = self.field(boxed, Field::name(self.well_known.value));
                for node in self.selected(call.invocation, arguments) {
                    self.graph.add_edge(node, value, EdgeKind::Copy);
                }
            }
            ResultFacts::Nested(index) => self.give_nested(call, *index, dst),
            ResultFacts::ElementsOf(arguments) => {
                let element = self.give_array(call);
                for node in self.selected(call.invocation, arguments) {
                    self.elements_or_values(node, element);
                }
            }
            ResultFacts::KeysOf(arguments) => {
                let element = self.give_array(call);
                for node in self.selected(call.invocation, arguments) {
                    self.listen(node, Listener::Keys { dst: element });
                }
            }
            ResultFacts::RestOf(index) => {
                let except = self.named_behind(call, *index as usize);
                self.give_copy(call, &Arguments::At(*index), except);
            }
            _ => {}
        }
    }

    /// The properties that the arguments behind one name, if all of them are known: `omit(o, 'a', 'b')`, `omit(o, ['a', 'b'])`.
    fn named_behind(&mut self, call: &NativeCall, index: usize) -> ExceptId {
        let mut texts: Vec<StringId> = Vec::new();
        for arg in call.args.iter().skip(index + 1) {
            for value in self.graph.set(arg.node).iter().collect::<Vec<_>>() {
                match value.kind() {
                    ValueKind::String(text) => texts.push(text),
                    ValueKind::Object(list, _) => {
                        let elements = (0..Field::TUPLE).map(Field::index);
                        let values = elements.flat_map(|element| self.known_values(list, element));
                        texts.extend(values.filter_map(|value| match value.kind() {
                            ValueKind::String(text) => Some(text),
                            ValueKind::Object(..) | ValueKind::Data(_) => None,
                        }));
                    }
                    ValueKind::Data(_) => {}
                }
            }
        }
        let names: Vec<Name> = texts
            .into_iter()
            .filter_map(|text| self.strings.text(text).map(str::to_owned))
            .map(|text| self.names.intern(&text))
            .collect();
        if names.is_empty() { ExceptId(0) } else { self.excepts.push(names) }
    }

    /// A new object with elements under keys of its own.
    fn give_table(&mut self, call: &NativeCall, lists: &Arguments) {
        let table = self.made(call.caller, call.call, 0, ObjectKind::Plain);
        self.give(call, Value::object(table, Lifetime::Fresh));
        let unknown = self.field(table, Field::UNKNOWN);
        for list in self.selected(call.invocation, lists) {
            self.elements_or_values(list, unknown);
        }
    }

    /// The same with arrays of them.
    fn give_groups(&mut self, call: &NativeCall, lists: &Arguments) {
        let table = self.made(call.caller, call.call, 0, ObjectKind::Plain);
        let group = self.made(call.caller, call.call, 1, ObjectKind::Array);
        self.give(call, Value::object(table, Lifetime::Fresh));
        let (unknown, element) = (self.field(table, Field::UNKNOWN), self.field(group, Field::ELEMENT));
        self.graph.insert(unknown, Value::object(group, Lifetime::Fresh));
        for list in self.selected(call.invocation, lists) {
            self.elements_or_values(list, element);
        }
    }

    /// What an argument holds under the path that the next one is.
    fn give_nested(&mut self, call: &NativeCall, index: u32, dst: NodeId) {
        let index = index as usize;
        if let (Some(base), Some(path)) = (call.arg(index), call.arg(index + 1)) {
            self.listen(path, Listener::LoadPath { dst, base });
        }
    }

    /// `dst` gets what the base holds under a path: `'root.leaves'`, `'rows[0].cells'`.
    pub(super) fn load_path(&mut self, path: Value, base: NodeId, dst: NodeId) {
        let known = match path.kind() {
            ValueKind::String(id) => self.strings.text(id).map(str::to_owned),
            ValueKind::Object(..) | ValueKind::Data(_) => None,
        };
        let Some(path) = known else {
            self.all_values(base, dst);
            return;
        };
        let mut at = base;
        let mut names = path.split(['.', '[', ']']).filter(|name| !name.is_empty()).peekable();
        while let Some(name) = names.next() {
            let key = self.fresh_node();
            let text = self.strings.constant(name.trim_matches(['"', '\'']));
            self.graph.insert(key, Value::string(text));
            let next = if names.peek().is_some() { self.fresh_node() } else { dst };
            self.listen(at, Listener::LoadBase { dst: next, key });
            at = next;
        }
    }

    /// An object may make iterators of its own: `*[Symbol.iterator]() { … }`.
    pub(super) fn look_for_iterator(&mut self, value: Value, dst: NodeId, index: Option<u8>) {
        let Some((object, _)) = value.as_object() else { return };
        if self.objects[object].kind != ObjectKind::Plain {
            return;
        }
        for native in ITERATORS {
            if let Some(name) = self.names.get(&native.label()) {
                let method = self.fresh_node();
                self.load(value, Field::name(name), method);
                self.listen(method, Listener::OwnIterator { this: value, dst, index });
            }
        }
    }

    /// A method that makes iterators of an object is called where that is iterated.
    pub(super) fn iterate_own(&mut self, method: Value, this: Value, dst: NodeId, index: Option<u8>) {
        let iterator = self.fresh_node();
        self.call_accessor(method, this, &[], Some(iterator), dst);
        self.listen(iterator, Listener::Iterate { dst, index });
    }
}
