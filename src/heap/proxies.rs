//! Proxies: their `get` and `set` traps run where the proxy is read and written, by whoever does that. A proxy is its target
//! here, so what is read of the target itself runs them too.

use crate::heap::field::{Field, FieldKind};
use crate::heap::graph::{EdgeKind, NodeId};
use crate::heap::object::{Data, Value};
use crate::heap::solver::{Arg, Listener, Solver};

/// The traps of a target.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Traps {
    get: NodeId,
    set: NodeId,
}

impl Solver<'_> {
    /// An object is the target of a proxy with a handler. What was read of it before is read through the proxy.
    pub(super) fn note_traps(&mut self, target: Value, handler: NodeId) {
        let Some((object, _)) = target.as_object() else { return };
        let [get, set] = ["get", "set"].map(|name| {
            let field = Field::name(self.names.intern(name));
            let trap = self.fresh_node();
            self.listen(handler, Listener::Load { dst: trap, field });
            trap
        });
        self.traps.entry(object).or_default().push(Traps { get, set });
        for (field, dst, this) in self.states[object].loads.clone() {
            self.listen(get, Listener::GetTrap { this, field, dst });
        }
    }

    /// A property is read that traps may give.
    pub(super) fn meet_get_traps(&mut self, this: Value, field: Field, dst: NodeId) {
        if self.traps.is_empty() {
            return;
        }
        let traps = this.as_object().and_then(|(object, _)| self.traps.get(&object).cloned());
        for Traps { get, .. } in traps.unwrap_or_default() {
            self.listen(get, Listener::GetTrap { this, field, dst });
        }
    }

    /// A property is written that traps may want.
    pub(super) fn meet_set_traps(&mut self, this: Value, field: Field, src: NodeId) {
        if self.traps.is_empty() {
            return;
        }
        let traps = this.as_object().and_then(|(object, _)| self.traps.get(&object).cloned());
        for Traps { set, .. } in traps.unwrap_or_default() {
            self.listen(set, Listener::SetTrap { this, field, src });
        }
    }

    /// `get(target, key, receiver)` runs where `dst` is read.
    pub(super) fn call_get_trap(&mut self, trap: Value, this: Value, field: Field, dst: NodeId) {
        let args = self.trap_arguments(this, field, None);
        self.call_accessor(trap, this, &args, Some(dst), dst);
    }

    /// `set(target, key, value, receiver)` runs where `src` is written.
    pub(super) fn call_set_trap(&mut self, trap: Value, this: Value, field: Field, src: NodeId) {
        let args = self.trap_arguments(this, field, Some(src));
        self.call_accessor(trap, this, &args, None, src);
    }

    fn trap_arguments(&mut self, this: Value, field: Field, value: Option<NodeId>) -> Vec<Arg> {
        let (target, key) = (self.fresh_node(), self.fresh_node());
        self.graph.insert(target, this);
        let name = match field.kind() {
            // What is written is told of where the proxy is written to, under its name.
            _ if value.is_some() => Value::data(Data::Unknown),
            FieldKind::Name(name) => Value::string(self.strings.constant(self.names.text(name))),
            _ => Value::data(Data::Unknown),
        };
        self.graph.insert(key, name);
        let receiver = self.fresh_node();
        self.graph.add_edge(target, receiver, EdgeKind::Copy);
        let nodes = [Some(target), Some(key), value, Some(receiver)];
        nodes.into_iter().flatten().map(|node| Arg { node, is_spread: false }).collect()
    }
}
