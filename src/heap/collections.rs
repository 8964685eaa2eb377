//! Transfer functions of maps, sets, weak containers and iterators.

use smallvec::SmallVec;

use crate::heap::builtins::NativeCall;
use crate::heap::calls::edge_through;
use crate::heap::field::Field;
use crate::heap::graph::{EdgeKind, NodeId};
use crate::heap::object::{Lifetime, ObjectId, ObjectKind, Source, Value};
use crate::heap::record::NativeEffect;
use crate::heap::solver::{Listener, Solver};
use crate::models::facts::Position;

impl Solver<'_> {
    pub(super) fn call_map(&mut self, call: &NativeCall, this: Value, map: ObjectId, name: &str) {
        let through = edge_through(this);
        let (keys, values) = (self.field(map, Field::KEYS), self.field(map, Field::MAP_VALUE));
        match name {
            "get" => {
                if let Some(dst) = call.dst {
                    self.graph.add_edge(values, dst, through);
                }
            }
            "set" | "append" | "getOrInsert" | "getOrInsertComputed" => {
                self.set_entry(call, this, keys, values, name);
            }
            "has" => self.give_finite(call),
            "delete" => {
                self.note(call, this, NativeEffect::TakeOne, call.arg(0), SmallVec::new());
                self.give_finite(call);
            }
            "clear" => self.note(call, this, NativeEffect::TakeMany, None, SmallVec::new()),
            "forEach" => {
                let (key, value, whole) = (self.fresh_node(), self.fresh_node(), self.fresh_node());
                self.graph.add_edge(keys, key, through);
                self.graph.add_edge(values, value, through);
                self.graph.insert(whole, this);
                self.call_back_this(call, call.arg(0), &[value, key, whole], None);
            }
            _ => {
                let iterator = self.made(call.caller, call.call, 0, ObjectKind::Iterator);
                self.give(call, Value::object(iterator, Lifetime::Fresh));
                let element = self.field(iterator, Field::ELEMENT);
                match name {
                    "keys" => self.graph.add_edge(keys, element, through),
                    "values" => self.graph.add_edge(values, element, through),
                    _ => {
                        let entry = self.map_entry(map);
                        let entry = if through == EdgeKind::Promote { entry.promoted() } else { entry };
                        self.graph.insert(element, entry);
                    }
                }
            }
        }
    }

    pub(super) fn set_entry(&mut self, call: &NativeCall, this: Value, keys: NodeId, values: NodeId, name: &str) {
        if let Some(key) = call.arg(0) {
            self.graph.add_edge(key, keys, EdgeKind::Copy);
            self.computed_keys.push(key);
        }
        if name == "getOrInsertComputed" {
            let key = call.arg(0).unwrap_or(keys);
            self.call_back(call, call.arg(1), &[key], Some(values), Position::Sync);
        } else if let Some(value) = call.arg(1) {
            self.graph.add_edge(value, values, EdgeKind::Copy);
        }
        // What is appended stays beside what the key has.
        let (effect, key) = match name {
            "append" => (NativeEffect::Append, None),
            _ => (NativeEffect::SetEntry, call.arg(0)),
        };
        self.note(call, this, effect, key, call.values(1));
        if name.starts_with("getOr") {
            if let Some(dst) = call.dst {
                self.graph.add_edge(values, dst, edge_through(this));
            }
        } else {
            self.give(call, this);
        }
    }

    pub(super) fn call_set(&mut self, call: &NativeCall, this: Value, set: ObjectId, name: &str) {
        let through = edge_through(this);
        let element = self.field(set, Field::ELEMENT);
        match name {
            "add" => {
                if let Some(value) = call.arg(0) {
                    self.graph.add_edge(value, element, EdgeKind::Copy);
                    self.computed_keys.push(value);
                }
                self.note(call, this, NativeEffect::AddMember, call.arg(0), call.values(0));
                self.give(call, this);
            }
            "has" => self.give_finite(call),
            "delete" => {
                self.note(call, this, NativeEffect::TakeOne, call.arg(0), SmallVec::new());
                self.give_finite(call);
            }
            "clear" => self.note(call, this, NativeEffect::TakeMany, None, SmallVec::new()),
            "forEach" => {
                let value = self.elements_through(set, through);
                let whole = self.fresh_node();
                self.graph.insert(whole, this);
                self.call_back_this(call, call.arg(0), &[value, value, whole], None);
            }
            "keys" | "values" => {
                let iterator = self.made(call.caller, call.call, 0, ObjectKind::Iterator);
                self.give(call, Value::object(iterator, Lifetime::Fresh));
                let to = self.field(iterator, Field::ELEMENT);
                self.graph.add_edge(element, to, through);
            }
            "entries" => self.array_iterator(call, set, through, name),
            _ => {
                let copy = self.made(call.caller, call.call, 0, ObjectKind::Set);
                self.give(call, Value::object(copy, Lifetime::Fresh));
                let to = self.field(copy, Field::ELEMENT);
                self.graph.add_edge(element, to, through);
                for arg in &call.args {
                    self.listen(arg.node, Listener::Iterate { dst: to, index: None });
                }
            }
        }
    }

    /// Weak containers hold their values as long as the key lives: as if the key itself held them. Nothing grows.
    pub(super) fn call_weak(&mut self, call: &NativeCall, weak: ObjectId, name: &str) {
        let values = self.field(weak, Field::MAP_VALUE);
        match name {
            "set" => {
                if let (Some(key), Some(src)) = (call.arg(0), call.arg(1)) {
                    self.listen(key, Listener::Store { src, field: Field::weak(weak) });
                }
                if let Some(this) = call.this {
                    self.give(call, this);
                }
            }
            "get" | "deref" => {
                let Some(dst) = call.dst else { return };
                self.graph.add_edge(values, dst, EdgeKind::Promote);
                if let Some(key) = call.arg(0) {
                    self.listen(key, Listener::Load { dst, field: Field::weak(weak) });
                }
            }
            _ => self.give_finite(call),
        }
    }

    /// Whether an object is what a module exports as a whole: `this` of functions that nobody is known to call on another
    /// object. It is no key of a weak map.
    pub(super) fn is_module_itself(&self, object: ObjectId) -> bool {
        matches!(self.objects[object].source, Source::Exports(_) | Source::Namespace(_) | Source::Module(_))
    }

    pub(super) fn call_iterator(&mut self, call: &NativeCall, this: Value, iterator: ObjectId, name: &str) {
        match name {
            "next" => {
                let result = self.made(call.caller, call.call, 0, ObjectKind::Plain);
                let element = self.field(iterator, Field::ELEMENT);
                let value = self.field(result, Field::name(self.well_known.value));
                let last = self.field(iterator, Field::PROMISED);
                for given in [element, last] {
                    self.graph.add_edge(given, value, edge_through(this));
                }
                self.give(call, Value::object(result, Lifetime::Fresh));
            }
            "return" | "throw" => {}
            "toArray" => self.copy_elements(call, iterator, edge_through(this), "slice"),
            "take" | "drop" => self.give(call, this),
            _ => self.call_array_callback(call, this, iterator, name),
        }
    }

    pub(super) fn make_collection(&mut self, call: &NativeCall, kind: ObjectKind) {
        let object = self.made(call.caller, call.call, 0, kind);
        self.give(call, Value::object(object, Lifetime::Fresh));
        let Some(source) = call.arg(0) else { return };
        let element = self.field(object, Field::ELEMENT);
        match kind {
            ObjectKind::Map => self.fill_map(object, source),
            ObjectKind::Set => self.listen(source, Listener::Iterate { dst: element, index: None }),
            _ => {
                let values = self.field(object, Field::MAP_VALUE);
                self.graph.add_edge(source, values, EdgeKind::Copy);
            }
        }
    }

    /// A map is made of the entries of an iterable.
    pub(super) fn fill_map(&mut self, map: ObjectId, source: NodeId) {
        let entry = self.fresh_node();
        self.listen(source, Listener::Iterate { dst: entry, index: None });
        let (keys, values) = (self.field(map, Field::KEYS), self.field(map, Field::MAP_VALUE));
        self.listen(entry, Listener::Load { dst: keys, field: Field::index(0) });
        self.listen(entry, Listener::Load { dst: values, field: Field::index(1) });
    }
}
