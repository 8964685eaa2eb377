//! Code of which nothing is known: what is given to it, and what it gives.

use smallvec::SmallVec;

use crate::heap::graph::{EdgeKind, NodeId};
use crate::heap::instance::Phase;
use crate::heap::limits::{BOUND, HOPS};
use crate::heap::object::{Data, Source, Value, ValueKind};
use crate::heap::solver::{Arg, Invocation, InvocationId, InvocationKind, Listener, Solver, This};

impl Solver<'_> {
    /// A call of something that nothing is known of: it keeps and changes nothing; functions that it is given are
    /// called with unknown arguments; its result has the origins of what went in.
    pub(super) fn opaque_call(&mut self, invocation: InvocationId) {
        if std::mem::replace(&mut self.invocations[invocation].is_opaque, true) {
            return;
        }
        self.give_arguments(invocation);
        let inv = self.invocations[invocation].clone();
        let Some(dst) = inv.dst else { return };
        for arg in &inv.args {
            self.graph.add_edge(arg.node, dst, EdgeKind::Derive);
        }
        match inv.this {
            This::Value(value) if !value.is_object() => {
                if let ValueKind::Data(_) = value.kind() {
                    self.graph.insert(dst, value);
                }
            }
            This::Node(node) => self.graph.add_edge(node, dst, EdgeKind::Derive),
            This::None | This::Value(_) => {}
        }
        self.graph.insert(dst, Value::data(Data::Unknown));
    }

    /// What a call's arguments hold goes to unknown code.
    pub(super) fn give_arguments(&mut self, invocation: InvocationId) {
        let given = self.giving(invocation);
        for arg in self.invocations[invocation].args.clone() {
            self.listen(arg.node, Listener::Unknown { invocation: given });
        }
    }

    /// The invocation that stands for all of one call, whatever the receiver, when its arguments go to unknown code.
    fn giving(&mut self, invocation: InvocationId) -> InvocationId {
        let inv = &self.invocations[invocation];
        if inv.root.is_some() {
            return invocation;
        }
        let key = (inv.caller, inv.call, inv.phase, inv.position, inv.hops);
        *self.memo.giving.entry(key).or_insert(invocation)
    }

    /// A function that becomes a method of something unknown is called there: `host.readFile = (file) => …`.
    pub(super) fn keep_in_unknown(&mut self, method: NodeId) {
        let Some(caller) = self.instance_at(method) else { return };
        let phase = self.instances[caller].key.phase;
        let key = (caller, None, phase, None, 0);
        let known = self.memo.giving.get(&key).copied();
        let invocation = known.unwrap_or_else(|| self.invocation(Invocation::plain(caller, phase)));
        self.memo.giving.insert(key, invocation);
        self.listen(method, Listener::Unknown { invocation });
    }

    /// A function that is given to unknown code is called there, with unknown arguments, in the caller's context.
    pub(super) fn give_to_unknown(&mut self, invocation: InvocationId, value: Value) {
        let Some((object, _)) = value.as_object() else { return };
        let function = match self.objects[object].source {
            Source::Function { file, function, .. } => Some((file, function)),
            Source::Bound { .. } => None,
            _ => return,
        };
        let mut inner = self.invocations[invocation].clone();
        // With nothing known of the arguments, one call from a function is like the next.
        if !self.memo.given.insert((inner.caller, value)) {
            return;
        }
        inner.this = This::None;
        inner.args = SmallVec::new();
        let result = self.fresh_node();
        inner.dst = Some(result);
        inner.kind = InvocationKind::Call;
        inner.position = Some(crate::models::facts::Position::Sync);
        let unknown = self.fresh_node();
        self.graph.insert(unknown, Value::data(Data::Unknown));
        let count = function.map_or(BOUND, |(file, function)| self.input.facts[file].params_of(function).len());
        inner.args.extend((0..count).map(|_| Arg { node: unknown, is_spread: false }));
        if let Some((file, function)) = function
            && let Some((root, args)) = self.guess_handler(invocation, file, function)
        {
            inner.root = Some(root);
            inner.phase = Phase::Repeat;
            inner.position = Some(crate::models::facts::Position::Repeat);
            inner.args = args;
        }
        let inner = self.invocation(inner);
        // What it gives may be called there too: the clean-up of an effect, the next step of a curried function.
        let mut next = self.invocations[inner].clone();
        next.hops = next.hops.max(HOPS - 2);
        let next = self.invocation(next);
        self.listen(result, Listener::Unknown { invocation: next });
        self.invoke(inner, value);
    }
}
