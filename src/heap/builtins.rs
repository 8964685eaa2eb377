//! The transfer functions of the language's library: what a call of a built-in moves and changes. Applied anew at
//! each call site, so that callers never mix.

use smallvec::SmallVec;

use crate::heap::field::Field;
use crate::heap::graph::{EdgeKind, NodeId};
use crate::heap::limits::RECEIVERS;
use crate::heap::natives::{self, Native};
use crate::heap::object::{Data, InstanceId, Lifetime, ObjectId, ObjectKind, Source, Value, ValueKind};
use crate::heap::record::{NativeEffect, NativeWrite};
use crate::heap::solver::{Arg, Invocation, InvocationId, InvocationKind, Listener, Solver, Special, This};
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
        if inv.kind == InvocationKind::Super {
            self.note_made_of(invocation);
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

    pub(super) fn call_method(&mut self, call: &NativeCall, class: &str, name: &str) {
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
            is_opaque: false,
        };
        let id = self.invocation(invocation);
        self.listen(function, Listener::Invoke { invocation: id });
    }

    /// Calls a callback back, with the `thisArg` that array methods take as their second argument.
    pub(super) fn call_back_this(
        &mut self,
        call: &NativeCall,
        function: Option<NodeId>,
        args: &[NodeId],
        dst: Option<NodeId>,
    ) {
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
            is_opaque: false,
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

    pub(super) fn give_finite(&mut self, call: &NativeCall) {
        if let Some(dst) = call.dst {
            self.insert_data(dst, DataKind::Finite);
        }
    }

    /// `f.call(o, …)`, `f.apply(o, […])`, `f.bind(o, …)`.
    pub(super) fn call_function_method(&mut self, call: &NativeCall, name: &str) {
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
        // What is no object makes no difference to the function, and of many objects each makes little.
        let known = self.memo.called_on.entry(invocation).or_default();
        let is_told_apart = receiver.is_object() && known.len() < RECEIVERS;
        let receiver = if is_told_apart { receiver } else { Value::data(Data::Unknown) };
        if known.contains(&receiver) {
            return;
        }
        known.push(receiver);
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

    pub(super) fn call_global(&mut self, call: &NativeCall, name: &str, kind: InvocationKind) {
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
                if let (Some(target), Some(handler)) = (call.arg(0), call.arg(1)) {
                    self.listen(handler, Listener::Traps { invocation: call.invocation });
                    self.listen(target, Listener::Proxied { handler });
                }
            }
            "Symbol" => self.give_symbol(call),
            "Boolean" => self.give_finite(call),
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

    /// A symbol is known by its description.
    fn give_symbol(&mut self, call: &NativeCall) {
        match (call.arg(0), call.dst) {
            (Some(description), Some(dst)) => {
                self.listen(description, Listener::Text { dst, change: crate::heap::solver::TextChange::Symbol });
            }
            _ => self.give_finite(call),
        }
    }

    pub(super) fn call_static(&mut self, call: &NativeCall, object: &str, name: &str) {
        match (object, name) {
            ("Object", _) => self.call_object(call, name),
            ("Reflect", _) => self.call_reflect(call, name),
            ("Promise", _) => self.call_promise_static(call, name),
            ("Array", "from" | "fromAsync" | "of") => self.array_from(call, name),
            ("Array" | "Number", _) => self.give_finite(call),
            ("Symbol", _) => self.give_symbol(call),
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

    pub(super) fn has_spread(&self) -> bool {
        self.args.iter().any(|arg| arg.is_spread)
    }
}
