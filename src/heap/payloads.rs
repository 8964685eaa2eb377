//! What emitters hand to their listeners: the arguments of `emitter.emit('saved', order)` come to the listeners of `saved` of
//! that emitter, as they are.

use crate::base::name::Name;
use crate::heap::builtins::NativeCall;
use crate::heap::graph::{EdgeKind, NodeId};
use crate::heap::object::{ObjectId, Value, ValueKind};
use crate::heap::solver::{InvocationId, Listener, Solver, This};
use crate::models::facts::Arguments;

/// So many values of an event are told apart.
const VALUES: u8 = 8;

/// Which way values go.
#[derive(Clone, Copy, Debug)]
pub(super) enum Direction {
    /// They are sent.
    From(NodeId),
    /// They are received.
    To(NodeId),
}

impl Solver<'_> {
    /// The receiver of a call sends its arguments.
    pub(super) fn send(&mut self, call: &NativeCall, event: &Arguments, first: u32) {
        let Some((emitter, _)) = call.this.and_then(Value::as_object) else { return };
        let Some(&event) = self.selected(call.invocation, event).first() else { return };
        for (index, arg) in (0..VALUES).zip(call.args.iter().skip(first as usize)) {
            if arg.is_spread {
                for index in index..VALUES {
                    let src = self.fresh_node();
                    self.listen(arg.node, Listener::Iterate { dst: src, index: Some(index) });
                    self.listen(event, Listener::Send { emitter, index, src });
                }
                return;
            }
            self.listen(event, Listener::Send { emitter, index, src: arg.node });
        }
    }

    /// A listener's parameter gets what the receiver sends.
    pub(super) fn receive(&mut self, invocation: InvocationId, event: &Arguments, index: u32, dst: NodeId) {
        let This::Value(receiver) = self.invocations[invocation].this else { return };
        let (Some((emitter, _)), Ok(index)) = (receiver.as_object(), u8::try_from(index)) else { return };
        if let Some(&event) = self.selected(invocation, event).first() {
            self.listen(event, Listener::Receive { emitter, index, dst });
        }
    }

    /// A name of an event: what is sent by it meets what receives it.
    pub(super) fn connect_payload(&mut self, event: Value, (emitter, index): (ObjectId, u8), way: Direction) {
        let ValueKind::String(id) = event.kind() else { return };
        let Some(text) = self.strings.text(id).map(str::to_owned) else { return };
        let name = self.names.intern(&text);
        let payload = self.payload(emitter, name, index);
        match way {
            Direction::From(src) => self.graph.add_edge(src, payload, EdgeKind::Copy),
            Direction::To(dst) => self.graph.add_edge(payload, dst, EdgeKind::Copy),
        }
    }

    fn payload(&mut self, emitter: ObjectId, event: Name, index: u8) -> NodeId {
        if let Some(&node) = self.memo.payloads.get(&(emitter, event, index)) {
            return node;
        }
        let node = self.fresh_node();
        self.memo.payloads.insert((emitter, event, index), node);
        node
    }
}
