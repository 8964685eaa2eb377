//! The callbacks that models speak of: where they are in the arguments, what they are called with, and where what they give
//! goes.

use smallvec::SmallVec;

use crate::base::finding::Confidence;
use crate::heap::constraints::edge_of;
use crate::heap::field::Field;
use crate::heap::graph::{EdgeKind, NodeId};
use crate::heap::instance::Phase;
use crate::heap::limits::DEPTH;
use crate::heap::object::{Data, Lifetime, ObjectId, ObjectKind, Source, Value};
use crate::heap::solver::{
    Arg, Callback, CallbackId, InvocationId, InvocationKind, Listener, RootCause, Solver, Special, This,
};
use crate::models::facts::{CallbackFacts, CallbackResult, ParamFacts, Position};
use crate::syntax::facts::CallId;

impl Solver<'_> {
    /// A value in a callback's place: a function is called as the model says; arrays and objects are looked into.
    pub(super) fn callback_value(&mut self, callback: CallbackId, value: Value, depth: u8) {
        let Some((object, lifetime)) = value.as_object() else {
            self.shorthand(callback, value, depth);
            return;
        };
        let at = usize::from(depth & 0x0F);
        let nested = depth >> 4;
        let is_callable = matches!(
            self.objects[object].source,
            Source::Function { .. } | Source::Bound { .. } | Source::Native(_) | Source::Call { .. }
        ) && self.objects[object].kind == ObjectKind::Function
            || self.is_loader(object);
        let segment = self.callback_facts(callback).path.get(at).cloned();
        let segment = segment.as_deref();
        match segment {
            None | Some("**") if is_callable => self.register_callback(callback, value),
            None if self.objects[object].kind == ObjectKind::Array && nested < 3 => {
                let element = self.elements_through(object, edge_of(lifetime));
                self.listen(element, Listener::Callback { callback, depth: depth + 0x10 });
            }
            Some(segment @ ("*" | "**")) => {
                if segment == "**" && nested >= DEPTH {
                    return;
                }
                let any = self.all_properties(object);
                let node = self.fresh_node();
                self.graph.add_edge(any, node, edge_of(lifetime));
                let next = if segment == "*" { depth + 1 } else { depth + 0x10 };
                self.listen(node, Listener::Callback { callback, depth: next });
            }
            Some("()") if is_callable => {
                let given = self.given_by(callback, value);
                self.listen(given, Listener::Callback { callback, depth: depth + 1 });
            }
            Some("()") => self.callback_value(callback, value, depth + 1),
            Some(segment) => {
                let name = self.names.intern(segment);
                let node = self.fresh_node();
                self.load(value, Field::name(name), node);
                self.listen(node, Listener::Callback { callback, depth: depth + 1 });
            }
            None => {}
        }
    }

    /// What a function on the way to the callbacks gives, or promises: it is called there and then, to have them.
    fn given_by(&mut self, callback: CallbackId, function: Value) -> NodeId {
        let mut inner = self.invocations[self.callbacks[callback].invocation].clone();
        let result = self.fresh_node();
        let given = self.fresh_node();
        self.listen(result, Listener::Await { dst: given });
        inner.this = This::None;
        inner.kind = InvocationKind::Call;
        inner.position = Some(Position::Sync);
        inner.args = SmallVec::new();
        inner.dst = Some(result);
        let inner = self.invocation(inner);
        self.invoke(inner, function);
        given
    }

    /// Whether it is a package that loads modules when a framework calls it.
    fn is_loader(&self, object: ObjectId) -> bool {
        let Source::External { path: Some(path), .. } = self.objects[object].source else { return false };
        self.input.models.facts(path).call.as_ref().is_some_and(|call| call.loader.is_some())
    }

    pub(super) fn callback_facts(&self, callback: CallbackId) -> &'_ CallbackFacts {
        let Callback { path, is_construct, index, .. } = self.callbacks[callback];
        let facts = self.input.models.facts(path);
        let call = if is_construct { &facts.construct } else { &facts.call };
        &call.as_ref().expect("callbacks come from call facts").callbacks[usize::from(index)]
    }

    fn register_callback(&mut self, callback: CallbackId, value: Value) {
        let facts = self.callback_facts(callback).clone();
        let Callback { invocation, is_held, path, .. } = self.callbacks[callback];
        let mut inner = self.invocations[invocation].clone();
        inner.this = This::None;
        inner.kind = InvocationKind::Call;
        inner.position = Some(facts.position);
        inner.args = self.callback_arguments(callback, &facts, value);
        inner.dst = self.callback_result(callback, &facts, value);
        if let CallbackResult::Wrapped | CallbackResult::Driver | CallbackResult::Promised = facts.returns {
            return;
        }
        let mut function = value;
        if facts.position == Position::Repeat {
            inner.phase = Phase::Repeat;
            if is_held {
                function = value.promoted();
            }
        }
        if facts.context.is_some() {
            inner.phase = Phase::Repeat;
            let label = facts.label.clone().unwrap_or_else(|| self.input.models.facts(path).label.clone());
            let label = self.names.intern(&label);
            inner.root = Some(RootCause { kind: facts.context, confidence: Confidence::High, label, function: None });
        }
        inner.this = self.callback_this(&facts, invocation);
        if is_held && facts.position == Position::Repeat {
            inner.this = self.held(inner.this);
        }
        let inner = self.invocation(inner);
        self.invoke(inner, function);
    }

    fn callback_this(&mut self, facts: &CallbackFacts, invocation: InvocationId) -> This {
        let Some(this) = &facts.this else { return This::None };
        let node = self.fresh_node();
        self.fill_param(node, this, invocation);
        This::Node(node)
    }

    /// What was registered while modules load and is there in each later call.
    fn held(&mut self, this: This) -> This {
        let This::Node(given) = this else { return this };
        let node = self.fresh_node();
        self.graph.add_edge(given, node, EdgeKind::Promote);
        This::Node(node)
    }

    /// What a callback is called with. The nodes are the callback's own; parameters beyond the model's are unknown.
    fn callback_arguments(
        &mut self,
        callback: CallbackId,
        facts: &CallbackFacts,
        function: Value,
    ) -> SmallVec<[Arg; 3]> {
        let wanted = function.as_object().map_or(0, |(object, _)| match self.objects[object].source {
            Source::Function { file, function, .. } => self.input.facts[file].params_of(function).len(),
            _ => 0,
        });
        let modelled = facts.params.iter().map(|(index, _)| *index as usize + 1).max().unwrap_or(0);
        let mut args = self.callback_args.get(&callback).cloned().unwrap_or_default();
        while args.len() < wanted.max(modelled) {
            let index = u32::try_from(args.len()).unwrap_or(u32::MAX);
            let node = self.fresh_node();
            let invocation = self.callbacks[callback].invocation;
            let mut is_known = false;
            for (_, param) in facts.params.iter().filter(|(at, _)| *at == index) {
                is_known = true;
                match param {
                    ParamFacts::Sent(event) => self.receive(invocation, event, index, node),
                    param => self.fill_param(node, param, invocation),
                }
            }
            if !is_known {
                self.graph.insert(node, Value::data(Data::Unknown));
            }
            args.push(Arg { node, is_spread: false });
        }
        self.callback_args.insert(callback, args.clone());
        args
    }

    fn callback_result(&mut self, callback: CallbackId, facts: &CallbackFacts, function: Value) -> Option<NodeId> {
        let invocation = self.callbacks[callback].invocation;
        let inv = self.invocations[invocation].clone();
        if facts.returns == CallbackResult::Called {
            let node = self.fresh_node();
            self.listen(node, Listener::Unknown { invocation });
            return Some(node);
        }
        if let CallbackResult::Carried(path) = facts.returns {
            return Some(self.carried_result(path));
        }
        let dst = inv.dst?;
        match facts.returns {
            CallbackResult::Dropped | CallbackResult::Called | CallbackResult::Carried(_) => None,
            CallbackResult::Result => {
                let node = self.fresh_node();
                self.listen(node, Listener::Await { dst });
                self.graph.add_edge(node, dst, EdgeKind::Copy);
                Some(node)
            }
            CallbackResult::Elements => {
                let array = self.made(inv.caller, inv.call, 6, ObjectKind::Array);
                self.graph.insert(dst, Value::object(array, Lifetime::Fresh));
                let element = self.field(array, Field::ELEMENT);
                let node = self.fresh_node();
                self.listen(node, Listener::Await { dst: element });
                Some(node)
            }
            CallbackResult::Driven => Some(self.driven_result(&inv, dst)),
            CallbackResult::Driver => {
                self.make_runner(&inv, function, dst, Special::Drives);
                None
            }
            CallbackResult::Promised => {
                self.make_runner(&inv, function, dst, Special::Promises);
                None
            }
            CallbackResult::Wrapped => {
                let call = inv.call.unwrap_or(CallId(u32::MAX - 1));
                let object = self.object(Source::Bound { instance: inv.caller, call }, ObjectKind::Function);
                let target = match self.specials.get(&object) {
                    Some(Special::Bound { target, .. } | Special::Once { target }) => *target,
                    _ => self.fresh_node(),
                };
                self.graph.insert(target, function);
                let special = match facts.position {
                    Position::Once => Special::Once { target },
                    _ => Special::Bound { target, this: self.callback_this(facts, invocation), args: SmallVec::new() },
                };
                self.specials.insert(object, special);
                self.give_memo_cache(object);
                self.graph.insert(dst, Value::object(object, Lifetime::Fresh));
                None
            }
        }
    }
}
