//! The transfer functions of the language's library: what a call of a built-in moves and changes. Applied anew at
//! each call site, so that callers never mix.

use smallvec::{SmallVec, smallvec};

use crate::heap::calls::edge_through;
use crate::heap::field::Field;
use crate::heap::graph::{EdgeKind, NodeId};
use crate::heap::natives::{self, Native};
use crate::heap::object::{Data, InstanceId, Lifetime, ObjectId, ObjectKind, Source, Value, ValueKind};
use crate::heap::record::{NativeEffect, NativeWrite};
use crate::heap::solver::{Arg, ExceptId, Invocation, InvocationId, InvocationKind, Listener, Solver, Special, This};
use crate::models::facts::{DataKind, Position};
use crate::syntax::facts::CallId;

/// A built-in's call at hand.
pub(super) struct NativeCall {
    pub(super) invocation: InvocationId,
    pub(super) caller: InstanceId,
    pub(super) call: Option<CallId>,
    pub(super) this: Option<Value>,
    pub(super) args: SmallVec<[Arg; 3]>,
    pub(super) dst: Option<NodeId>,
    pub(super) native: Native,
}

impl Solver<'_> {
    /// A call of a built-in.
    pub(super) fn call_native(&mut self, invocation: InvocationId, native: Native) {
        let inv = self.invocations[invocation].clone();
        if let This::Node(node) = inv.this {
            // Each receiver by itself; those that come later are handed over too.
            let callee = self.native_value(native);
            for receiver in self.graph.set(node).iter().collect::<Vec<_>>() {
                let mut own = inv.clone();
                own.this = This::Value(receiver);
                let own = self.invocation(own);
                self.invoke(own, callee);
            }
            if matches!(native, Native::Method(..)) {
                return;
            }
        }
        let this = match inv.this {
            This::Value(value) => Some(value),
            This::None | This::Node(_) => None,
        };
        let call =
            NativeCall { invocation, caller: inv.caller, call: inv.call, this, args: inv.args, dst: inv.dst, native };
        match native {
            Native::Global(name) => self.call_global(&call, name, inv.kind),
            Native::Static(object, name) => self.call_static(&call, object, name),
            Native::Method(class, name) => self.call_method(&call, class, name),
            Native::Prototype(_) => {}
        }
    }

    fn call_method(&mut self, call: &NativeCall, class: &str, name: &str) {
        if class == "Function" {
            self.call_function_method(call, name);
            return;
        }
        let Some(this) = call.this else { return };
        let Some((object, _)) = this.as_object() else {
            self.opaque_call(call.invocation);
            return;
        };
        match class {
            "Array" => self.call_array(call, this, object, name),
            "Map" => self.call_map(call, this, object, name),
            "Set" => self.call_set(call, this, object, name),
            "Weak" => self.call_weak(call, object, name),
            "Promise" => self.call_promise(call, this, object, name),
            "Iterator" => self.call_iterator(call, this, object, name),
            "Date" => self.note(call, this, NativeEffect::Mutate, None, SmallVec::new()),
            _ => self.call_object_method(call, this, name),
        }
    }

    fn call_object_method(&mut self, call: &NativeCall, this: Value, name: &str) {
        if let "__defineGetter__" | "__defineSetter__" = name {
            self.note(call, this, NativeEffect::Define, call.arg(0), call.values(1));
            return;
        }
        self.derive_all(call);
    }

    /// Notes a write through a call.
    pub(super) fn note(
        &mut self,
        call: &NativeCall,
        base: Value,
        effect: NativeEffect,
        key: Option<NodeId>,
        values: SmallVec<[NodeId; 2]>,
    ) {
        let Some(id) = call.call else { return };
        if !base.is_object() {
            return;
        }
        let name = self.names.intern(&call.native.label());
        self.record.write(NativeWrite { instance: call.caller, call: id, base, effect, key, values, name });
    }

    /// An object that this call makes.
    pub(super) fn made(&mut self, caller: InstanceId, call: Option<CallId>, part: u8, kind: ObjectKind) -> ObjectId {
        let call = call.unwrap_or(CallId(u32::MAX - 1));
        self.object(Source::Call { instance: caller, call, part }, kind)
    }

    pub(super) fn give(&mut self, call: &NativeCall, value: Value) {
        if let Some(dst) = call.dst {
            self.graph.insert(dst, value);
        }
    }

    /// A new array as the result; its element node.
    pub(super) fn give_array(&mut self, call: &NativeCall) -> NodeId {
        let array = self.made(call.caller, call.call, 0, ObjectKind::Array);
        self.give(call, Value::object(array, Lifetime::Fresh));
        self.field(array, Field::ELEMENT)
    }

    /// The result has the origins of receiver and arguments.
    pub(super) fn derive_all(&mut self, call: &NativeCall) {
        let Some(dst) = call.dst else { return };
        for arg in &call.args {
            self.graph.add_edge(arg.node, dst, EdgeKind::Derive);
        }
        if let Some(this) = call.this
            && let ValueKind::Data(_) = this.kind()
        {
            self.graph.insert(dst, this);
        }
    }

    /// Calls an argument back.
    pub(super) fn call_back(
        &mut self,
        call: &NativeCall,
        function: Option<NodeId>,
        args: &[NodeId],
        dst: Option<NodeId>,
        position: Position,
    ) {
        let Some(function) = function else { return };
        let phase = self.invocations[call.invocation].phase;
        let invocation = Invocation {
            caller: call.caller,
            call: call.call,
            this: This::None,
            args: args.iter().map(|&node| Arg { node, is_spread: false }).collect(),
            dst,
            kind: InvocationKind::Call,
            position: Some(position),
            phase,
            root: None,
            hops: 0,
        };
        let id = self.invocation(invocation);
        self.listen(function, Listener::Invoke { invocation: id });
    }

    fn call_array(&mut self, call: &NativeCall, this: Value, array: ObjectId, name: &str) {
        let through = edge_through(this);
        match name {
            "push" | "unshift" => self.append(call, this, array, 0),
            "splice" | "toSpliced" => {
                let element = self.give_array(call);
                let all = self.all_elements(array);
                self.graph.add_edge(all, element, through);
                if name == "toSpliced" {
                    self.add_values(call, 2, element);
                } else if call.args.len() > 2 || call.has_spread() {
                    self.append(call, this, array, 2);
                } else {
                    self.note(call, this, NativeEffect::TakeMany, None, SmallVec::new());
                }
            }
            "pop" | "shift" => {
                self.note(call, this, NativeEffect::TakeOne, None, SmallVec::new());
                self.give_elements(call, array, through);
            }
            "sort" | "reverse" | "fill" | "copyWithin" => {
                self.note(call, this, NativeEffect::Rearrange, None, SmallVec::new());
                self.give(call, this);
                if name == "sort" {
                    let element = self.elements_through(array, through);
                    self.call_back(call, call.arg(0), &[element, element], None, Position::Sync);
                } else if name == "fill"
                    && let Some(value) = call.arg(0)
                {
                    let element = self.field(array, Field::ELEMENT);
                    self.graph.add_edge(value, element, EdgeKind::Copy);
                }
            }
            "at" => self.give_elements(call, array, through),
            "slice" | "concat" | "flat" | "toSorted" | "toReversed" | "with" | "subarray" => {
                self.copy_elements(call, array, through, name);
            }
            "keys" | "values" | "entries" => self.array_iterator(call, array, through, name),
            "join" | "indexOf" | "lastIndexOf" | "includes" | "toString" | "set" => {
                let element = self.field(array, Field::ELEMENT);
                if let Some(dst) = call.dst {
                    self.graph.add_edge(element, dst, EdgeKind::Derive);
                }
                self.derive_all(call);
            }
            _ => self.call_array_callback(call, this, array, name),
        }
    }

    fn call_array_callback(&mut self, call: &NativeCall, this: Value, array: ObjectId, name: &str) {
        let through = edge_through(this);
        let element = self.elements_through(array, through);
        let (index, whole) = (self.fresh_node(), self.fresh_node());
        self.insert_data(index, DataKind::Finite);
        self.graph.insert(whole, this);
        let callback = call.arg(0);
        match name {
            "map" | "flatMap" => {
                let result = self.give_array(call);
                let returned = self.fresh_node();
                if name == "flatMap" {
                    self.listen(returned, Listener::Iterate { dst: result, index: None });
                }
                let dst = if name == "map" { result } else { returned };
                self.call_back_this(call, callback, &[element, index, whole], Some(dst));
            }
            "filter" => {
                let result = self.give_array(call);
                self.graph.add_edge(element, result, EdgeKind::Copy);
                self.call_back_this(call, callback, &[element, index, whole], None);
            }
            "find" | "findLast" => {
                if let Some(dst) = call.dst {
                    self.graph.add_edge(element, dst, EdgeKind::Copy);
                }
                self.call_back_this(call, callback, &[element, index, whole], None);
            }
            "reduce" | "reduceRight" => {
                let accumulator = self.fresh_node();
                let first = call.arg(1).unwrap_or(element);
                self.graph.add_edge(first, accumulator, EdgeKind::Copy);
                if let Some(dst) = call.dst {
                    self.graph.add_edge(accumulator, dst, EdgeKind::Copy);
                }
                self.call_back(
                    call,
                    callback,
                    &[accumulator, element, index, whole],
                    Some(accumulator),
                    Position::Sync,
                );
            }
            _ => {
                if let Some(dst) = call.dst {
                    self.insert_data(dst, DataKind::Finite);
                }
                self.call_back_this(call, callback, &[element, index, whole], None);
            }
        }
    }

    /// Calls a callback back, with the `thisArg` that array methods take as their second argument.
    fn call_back_this(&mut self, call: &NativeCall, function: Option<NodeId>, args: &[NodeId], dst: Option<NodeId>) {
        let Some(function) = function else { return };
        let phase = self.invocations[call.invocation].phase;
        let make = |this| Invocation {
            caller: call.caller,
            call: call.call,
            this,
            args: args.iter().map(|&node| Arg { node, is_spread: false }).collect(),
            dst,
            kind: InvocationKind::Call,
            position: Some(Position::Sync),
            phase,
            root: None,
            hops: 0,
        };
        let receivers: Vec<Value> = call.arg(1).map(|node| self.graph.set(node).iter().collect()).unwrap_or_default();
        let objects: Vec<Value> = receivers.into_iter().filter(|value| value.is_object()).collect();
        if objects.is_empty() {
            let this = call.arg(1).map_or(This::None, This::Node);
            let id = self.invocation(make(this));
            self.listen(function, Listener::Invoke { invocation: id });
        }
        for receiver in objects {
            let id = self.invocation(make(This::Value(receiver)));
            self.listen(function, Listener::Invoke { invocation: id });
        }
    }

    fn append(&mut self, call: &NativeCall, this: Value, array: ObjectId, from: usize) {
        let element = self.field(array, Field::ELEMENT);
        self.add_values(call, from, element);
        self.note(call, this, NativeEffect::Append, None, call.values(from));
        if let Some(dst) = call.dst
            && from == 0
        {
            self.insert_data(dst, DataKind::Counter);
        }
    }

    /// Arguments from `from` on flow into `element`.
    fn add_values(&mut self, call: &NativeCall, from: usize, element: NodeId) {
        for arg in call.args.iter().skip(from) {
            if arg.is_spread {
                self.listen(arg.node, Listener::Iterate { dst: element, index: None });
            } else {
                self.graph.add_edge(arg.node, element, EdgeKind::Copy);
            }
        }
    }

    fn give_elements(&mut self, call: &NativeCall, array: ObjectId, through: EdgeKind) {
        if let Some(dst) = call.dst {
            let all = self.all_elements(array);
            self.graph.add_edge(all, dst, through);
        }
    }

    /// A node with the elements as they are read through the receiver.
    pub(super) fn elements_through(&mut self, array: ObjectId, through: EdgeKind) -> NodeId {
        let all = self.all_elements(array);
        if through == EdgeKind::Copy {
            return all;
        }
        let node = self.fresh_node();
        self.graph.add_edge(all, node, through);
        node
    }

    fn copy_elements(&mut self, call: &NativeCall, array: ObjectId, through: EdgeKind, name: &str) {
        let element = self.give_array(call);
        let all = self.all_elements(array);
        if name == "flat" {
            let inner = self.fresh_node();
            self.graph.add_edge(all, inner, through);
            self.listen(inner, Listener::Iterate { dst: element, index: None });
        }
        self.graph.add_edge(all, element, through);
        if name == "concat" {
            for arg in &call.args {
                self.listen(arg.node, Listener::Iterate { dst: element, index: None });
                self.graph.add_edge(arg.node, element, EdgeKind::Derive);
            }
        } else if name == "with"
            && let Some(value) = call.arg(1)
        {
            self.graph.add_edge(value, element, EdgeKind::Copy);
        } else if name == "toSorted" {
            let elements = self.elements_through(array, through);
            self.call_back(call, call.arg(0), &[elements, elements], None, Position::Sync);
        }
    }

    fn array_iterator(&mut self, call: &NativeCall, array: ObjectId, through: EdgeKind, name: &str) {
        let iterator = self.made(call.caller, call.call, 0, ObjectKind::Iterator);
        self.give(call, Value::object(iterator, Lifetime::Fresh));
        let element = self.field(iterator, Field::ELEMENT);
        let all = self.all_elements(array);
        match name {
            "keys" => self.insert_data(element, DataKind::Finite),
            "values" => self.graph.add_edge(all, element, through),
            _ => {
                let entry = self.made(call.caller, call.call, 1, ObjectKind::Array);
                let (key, value) = (self.field(entry, Field::index(0)), self.field(entry, Field::index(1)));
                self.insert_data(key, DataKind::Finite);
                self.graph.add_edge(all, value, through);
                self.graph.insert(element, Value::object(entry, Lifetime::Fresh));
            }
        }
    }

    fn call_map(&mut self, call: &NativeCall, this: Value, map: ObjectId, name: &str) {
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

    fn set_entry(&mut self, call: &NativeCall, this: Value, keys: NodeId, values: NodeId, name: &str) {
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
        self.note(call, this, NativeEffect::SetEntry, call.arg(0), call.values(1));
        if name.starts_with("getOr") {
            if let Some(dst) = call.dst {
                self.graph.add_edge(values, dst, edge_through(this));
            }
        } else {
            self.give(call, this);
        }
    }

    fn give_finite(&mut self, call: &NativeCall) {
        if let Some(dst) = call.dst {
            self.insert_data(dst, DataKind::Finite);
        }
    }

    fn call_set(&mut self, call: &NativeCall, this: Value, set: ObjectId, name: &str) {
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

    /// Weak containers hold their values as long as the key lives: values are read back, nothing grows.
    fn call_weak(&mut self, call: &NativeCall, weak: ObjectId, name: &str) {
        let values = self.field(weak, Field::MAP_VALUE);
        match name {
            "set" => {
                if let Some(value) = call.arg(1) {
                    self.graph.add_edge(value, values, EdgeKind::Copy);
                }
                if let Some(this) = call.this {
                    self.give(call, this);
                }
            }
            "get" | "deref" => {
                if let Some(dst) = call.dst {
                    self.graph.add_edge(values, dst, EdgeKind::Promote);
                }
            }
            _ => self.give_finite(call),
        }
    }

    fn call_promise(&mut self, call: &NativeCall, this: Value, promise: ObjectId, name: &str) {
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

    fn call_iterator(&mut self, call: &NativeCall, this: Value, iterator: ObjectId, name: &str) {
        match name {
            "next" => {
                let result = self.made(call.caller, call.call, 0, ObjectKind::Plain);
                let element = self.field(iterator, Field::ELEMENT);
                let value = self.field(result, Field::name(self.well_known.value));
                self.graph.add_edge(element, value, edge_through(this));
                self.give(call, Value::object(result, Lifetime::Fresh));
            }
            "return" | "throw" => {}
            "toArray" => self.copy_elements(call, iterator, edge_through(this), "slice"),
            "take" | "drop" => self.give(call, this),
            _ => self.call_array_callback(call, this, iterator, name),
        }
    }

    /// `f.call(o, …)`, `f.apply(o, […])`, `f.bind(o, …)`.
    fn call_function_method(&mut self, call: &NativeCall, name: &str) {
        let Some(function) = call.this else { return };
        let target = self.fresh_node();
        self.graph.insert(target, function);
        let receiver = call.arg(0);
        let mut args: SmallVec<[Arg; 3]> = call.args.iter().skip(1).copied().collect();
        if name == "bind" {
            let bound = self.bound_object(call, target, receiver.map_or(This::None, This::Node), args);
            self.give(call, bound);
            return;
        }
        if name == "apply" {
            for arg in &mut args {
                arg.is_spread = true;
            }
            args.truncate(1);
        }
        let Some(receiver) = receiver else { return };
        let mut inner = self.invocations[call.invocation].clone();
        inner.args = args;
        let id = self.invocation(inner);
        self.receivers_of.insert(id, target);
        self.listen(receiver, Listener::InvokeOn { invocation: id });
        // `f.call(null, …)`: no object is the receiver.
        self.invocations[id].this = This::None;
        if self.graph.set(receiver).is_empty() {
            self.pending.push((Listener::Invoke { invocation: id }, function));
        }
    }

    /// A call whose receiver came later: `f.call(o)` for each object of `o`.
    pub(super) fn invoke_on(&mut self, invocation: InvocationId, receiver: Value) {
        let Some(&target) = self.receivers_of.get(&invocation) else { return };
        let mut own = self.invocations[invocation].clone();
        own.this = if receiver.is_object() { This::Value(receiver) } else { This::None };
        let id = self.invocation(own);
        self.listen(target, Listener::Invoke { invocation: id });
    }

    /// A function that calls `target` with a receiver and first arguments.
    pub(super) fn bound_object(
        &mut self,
        call: &NativeCall,
        target: NodeId,
        this: This,
        args: SmallVec<[Arg; 3]>,
    ) -> Value {
        let id = call.call.unwrap_or(CallId(u32::MAX - 1));
        let object = self.object(Source::Bound { instance: call.caller, call: id }, ObjectKind::Function);
        let target = match self.specials.get(&object) {
            // One call may bind several functions: they share the object, and its target takes them all.
            Some(Special::Bound { target: known, .. }) => {
                let known = *known;
                self.graph.add_edge(target, known, EdgeKind::Copy);
                known
            }
            _ => target,
        };
        self.specials.insert(object, Special::Bound { target, this, args });
        Value::object(object, Lifetime::Fresh)
    }

    fn call_global(&mut self, call: &NativeCall, name: &str, kind: InvocationKind) {
        let makes = natives::constructed_kind(Native::Global(match natives::global(name) {
            Some(Native::Global(known)) => known,
            _ => return,
        }));
        match name {
            "Promise" if kind != InvocationKind::Call => self.make_promise(call),
            "Map" | "Set" | "WeakMap" | "WeakSet" | "WeakRef" if kind != InvocationKind::Call => {
                self.make_collection(call, makes);
            }
            "Proxy" => {
                if let (Some(target), Some(dst)) = (call.arg(0), call.dst) {
                    self.graph.add_edge(target, dst, EdgeKind::Copy);
                }
                if let Some(handler) = call.arg(1) {
                    self.listen(handler, Listener::Traps { invocation: call.invocation });
                }
            }
            "Symbol" | "Boolean" => self.give_finite(call),
            "String" | "Number" | "BigInt" | "parseInt" | "parseFloat" | "isNaN" | "isFinite"
            | "decodeURIComponent" | "encodeURIComponent" | "encodeURI" | "decodeURI" => {
                self.derive_all(call);
                if let (Some(arg), Some(dst)) = (call.arg(0), call.dst) {
                    self.listen(arg, Listener::Text { dst, change: crate::heap::solver::TextChange::Same });
                }
            }
            "Object" if !call.args.is_empty() => {
                if let (Some(arg), Some(dst)) = (call.arg(0), call.dst) {
                    self.graph.add_edge(arg, dst, EdgeKind::Copy);
                }
            }
            _ => {
                let object = self.made(call.caller, call.call, 0, makes);
                self.give(call, Value::object(object, Lifetime::Fresh));
                if makes == ObjectKind::Array {
                    let element = self.field(object, Field::ELEMENT);
                    self.add_values(call, 0, element);
                }
            }
        }
    }

    fn make_promise(&mut self, call: &NativeCall) {
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

    fn make_collection(&mut self, call: &NativeCall, kind: ObjectKind) {
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

    fn call_static(&mut self, call: &NativeCall, object: &str, name: &str) {
        match (object, name) {
            ("Object", _) => self.call_object(call, name),
            ("Reflect", _) => self.call_reflect(call, name),
            ("Promise", _) => self.call_promise_static(call, name),
            ("Array", "from" | "fromAsync" | "of") => self.array_from(call, name),
            ("Array" | "Number", _) => self.give_finite(call),
            ("Symbol", _) => self.give_finite(call),
            ("JSON", "parse") => {
                // A deep copy: what was in it before is not in it now; only origins stay.
                self.derive_all(call);
                if let Some(dst) = call.dst {
                    self.graph.insert(dst, Value::data(Data::Unknown));
                }
            }
            ("JSON", _) => {
                // The text of an object has the origins of all that is in it, to a small depth.
                self.derive_all(call);
                if let (Some(arg), Some(dst)) = (call.arg(0), call.dst) {
                    self.derive_deep(arg, dst);
                }
            }
            ("String", "raw") => {
                if let (Some(arg), Some(dst)) = (call.arg(0), call.dst) {
                    self.listen(arg, Listener::Text { dst, change: crate::heap::solver::TextChange::Same });
                }
                self.derive_all(call);
            }
            ("Proxy", _) => {
                let object = self.made(call.caller, call.call, 0, ObjectKind::Plain);
                let proxy = self.names.intern("proxy");
                let field = self.field(object, Field::name(proxy));
                if let Some(target) = call.arg(0) {
                    self.graph.add_edge(target, field, EdgeKind::Copy);
                }
                self.give(call, Value::object(object, Lifetime::Fresh));
            }
            _ => self.derive_all(call),
        }
    }

    /// Origins of an object's properties flow into `dst`, two levels deep.
    pub(super) fn derive_deep(&mut self, src: NodeId, dst: NodeId) {
        let key = self.fresh_node();
        self.graph.insert(key, Value::data(Data::Unknown));
        let inner = self.fresh_node();
        self.listen(src, Listener::LoadBase { dst: inner, key });
        self.graph.add_edge(inner, dst, EdgeKind::Derive);
        let deeper = self.fresh_node();
        self.listen(inner, Listener::LoadBase { dst: deeper, key });
        self.graph.add_edge(deeper, dst, EdgeKind::Derive);
    }

    fn array_from(&mut self, call: &NativeCall, name: &str) {
        let element = self.give_array(call);
        if name == "of" {
            self.add_values(call, 0, element);
            return;
        }
        let Some(source) = call.arg(0) else { return };
        match call.arg(1) {
            Some(callback) => {
                let (item, index) = (self.fresh_node(), self.fresh_node());
                self.insert_data(index, DataKind::Finite);
                self.listen(source, Listener::Iterate { dst: item, index: None });
                self.call_back(call, Some(callback), &[item, index], Some(element), Position::Sync);
            }
            None => self.listen(source, Listener::Iterate { dst: element, index: None }),
        }
    }

    fn call_object(&mut self, call: &NativeCall, name: &str) {
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

    fn object_from_entries(&mut self, call: &NativeCall, name: &str) {
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

    fn assign(&mut self, call: &NativeCall) {
        let Some(target) = call.arg(0) else { return };
        for arg in call.args.iter().skip(1) {
            let source = if arg.is_spread {
                let element = self.fresh_node();
                self.listen(arg.node, Listener::Iterate { dst: element, index: None });
                element
            } else {
                arg.node
            };
            self.listen(source, Listener::CopyFrom { dst: target, except: ExceptId(0) });
        }
        if let Some(dst) = call.dst {
            self.graph.add_edge(target, dst, EdgeKind::Copy);
        }
        self.note_on(call, target, NativeEffect::AssignAll, None, call.values(1));
    }

    /// Notes a write on each object that an argument may hold.
    pub(super) fn note_on(
        &mut self,
        call: &NativeCall,
        target: NodeId,
        effect: NativeEffect,
        key: Option<NodeId>,
        values: SmallVec<[NodeId; 2]>,
    ) {
        let Some(id) = call.call else { return };
        let name = self.names.intern(&call.native.label());
        let write = NativeWrite {
            instance: call.caller,
            call: id,
            base: Value::data(Data::Unknown),
            effect,
            key,
            values,
            name,
        };
        let at = u32::try_from(self.write_templates.len()).unwrap_or(u32::MAX);
        self.write_templates.push(write);
        self.listen(target, Listener::Written { template: at });
    }

    /// An object that an argument of a writing call may hold.
    pub(super) fn written(&mut self, template: u32, base: Value) {
        if base.is_object() {
            let write = NativeWrite { base, ..self.write_templates[template as usize].clone() };
            self.record.write(write);
        }
    }

    fn define(&mut self, call: &NativeCall, name: &str) {
        let Some(target) = call.arg(0) else { return };
        if let Some(dst) = call.dst {
            self.graph.add_edge(target, dst, EdgeKind::Copy);
        }
        if name == "defineProperties" {
            self.note_on(call, target, NativeEffect::Define, None, call.values(1));
            return;
        }
        let (Some(key), Some(descriptor)) = (call.arg(1), call.arg(2)) else { return };
        self.computed_keys.push(key);
        let value = self.fresh_node();
        self.listen(descriptor, Listener::Load { dst: value, field: Field::name(self.well_known.value) });
        self.listen(target, Listener::StoreBase { src: value, key });
        self.listen(key, Listener::StoreKey { src: value, base: target });
        let (get, set) = (self.names.intern("get"), self.names.intern("set"));
        for (accessor, name) in [(true, get), (false, set)] {
            let function = self.fresh_node();
            self.listen(descriptor, Listener::Load { dst: function, field: Field::name(name) });
            self.listen(key, Listener::AccessorKey { base: target, src: function, is_getter: accessor });
        }
        self.note_on(call, target, NativeEffect::Define, Some(key), smallvec![value]);
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

    fn set_prototype(&mut self, call: &NativeCall) {
        let (Some(target), Some(prototype)) = (call.arg(0), call.arg(1)) else { return };
        if let Some(dst) = call.dst {
            self.graph.add_edge(target, dst, EdgeKind::Copy);
        }
        self.listen(target, Listener::InheritsFrom { prototype });
        self.note_on(call, target, NativeEffect::SetPrototype, None, smallvec![prototype]);
    }

    fn call_reflect(&mut self, call: &NativeCall, name: &str) {
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

    fn call_promise_static(&mut self, call: &NativeCall, name: &str) {
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
            "all" | "allSettled" => {
                let array = self.made(call.caller, call.call, 1, ObjectKind::Array);
                self.graph.insert(promised, Value::object(array, Lifetime::Fresh));
                let element = self.field(array, Field::ELEMENT);
                let value = if name == "all" {
                    element
                } else {
                    let outcome = self.made(call.caller, call.call, 2, ObjectKind::Plain);
                    self.graph.insert(element, Value::object(outcome, Lifetime::Fresh));
                    self.field(outcome, Field::name(self.well_known.value))
                };
                self.await_elements(call, value);
            }
            "race" | "any" => self.await_elements(call, promised),
            _ => {}
        }
        self.give(call, Value::object(promise, Lifetime::Fresh));
    }

    fn await_elements(&mut self, call: &NativeCall, dst: NodeId) {
        if let Some(source) = call.arg(0) {
            let element = self.fresh_node();
            self.listen(source, Listener::Iterate { dst: element, index: None });
            self.listen(element, Listener::Await { dst });
        }
    }
}

impl NativeCall {
    /// The node of an argument that is there and not spread.
    pub(super) fn arg(&self, index: usize) -> Option<NodeId> {
        self.args.get(index).filter(|arg| !arg.is_spread).map(|arg| arg.node)
    }

    /// The nodes of the arguments from an index on.
    pub(super) fn values(&self, from: usize) -> SmallVec<[NodeId; 2]> {
        self.args.iter().skip(from).map(|arg| arg.node).collect()
    }

    fn has_spread(&self) -> bool {
        self.args.iter().any(|arg| arg.is_spread)
    }
}
