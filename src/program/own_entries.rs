//! Entries that a request finds under a key of its own, as `users.get(req.params.id)` does: what it writes to one is seen
//! only by requests that ask for the same.

use crate::heap::graph::NodeId;
use crate::heap::object::{InstanceId, ObjectId, Source, Value};
use crate::program::Program;
use crate::program::changes::Change;
use crate::program::sources::Follow;
use crate::syntax::facts::{CallId, Constraint, Key, RETURN, ValueId};

/// So many calls and promises are looked through for the container.
const DEPTH: u8 = 4;

/// So many functions that one call may call are asked.
const CALLEES: usize = 8;

impl Program<'_> {
    /// Whether the object that is written to was found under a key that came with the request.
    pub(super) fn is_entry_of_request(&self, change: &Change) -> bool {
        let object = change.base.and_then(Value::as_object);
        let found = change.base_node.zip(object);
        found.is_some_and(|(node, (object, _))| self.is_found_by_request(change.instance, node, object, DEPTH))
    }

    fn is_found_by_request(&self, at: InstanceId, node: NodeId, object: ObjectId, depth: u8) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        let heap = self.stages.heap;
        let info = heap.instance(at);
        let facts = &self.stages.facts[info.key.file];
        self.sources_of(at, node, Follow::Copies).iter().any(|&source| {
            let Some(value) = source.0.checked_sub(info.base.0).map(ValueId) else { return false };
            self.definitions_of(info.key.file, info.key.function, value).any(|constraint| match *constraint {
                Constraint::Load { dst, key: Key::Computed(key), .. } if dst == value => {
                    self.holds_object(source, object) && self.is_data_of_request(heap.node(at, key))
                }
                Constraint::Await { dst, src } if dst == value => {
                    self.is_found_by_request(at, heap.node(at, src), object, depth)
                }
                Constraint::Return { src } if value == RETURN => {
                    self.is_found_by_request(at, heap.node(at, src), object, depth)
                }
                Constraint::Call { call } if facts.calls[call].dst == value => {
                    self.is_answer_to_request(at, call, object, depth)
                }
                _ => false,
            })
        })
    }

    /// Whether a call finds the object by data of the request: a container's method, or a function that asks one.
    fn is_answer_to_request(&self, at: InstanceId, call: CallId, object: ObjectId, depth: u8) -> bool {
        let heap = self.stages.heap;
        let callees = self.callees_of(at, call);
        if !callees.is_empty() {
            return callees
                .iter()
                .take(CALLEES)
                .any(|&it| self.is_found_by_request(it, heap.node(it, RETURN), object, depth));
        }
        let facts = &self.stages.facts[heap.instance(at).key.file];
        self.holds_object(heap.node(at, facts.calls[call].dst), object)
            && facts.arguments_of(call).iter().any(|argument| {
                let node = heap.node(at, argument.value);
                self.is_data_of_request(node) || self.is_asking_for_request(node)
            })
    }

    /// `(user) => user.id === id`, with the `id` of the request.
    fn is_asking_for_request(&self, node: NodeId) -> bool {
        let heap = self.stages.heap;
        heap.points_to(node).iter().filter_map(Value::as_object).any(|(object, _)| {
            let Source::Function { file, function, .. } = heap.object(object).source else { return false };
            let captured = self.stages.facts[file].constraints_of(function).iter().filter_map(|it| match *it {
                Constraint::LoadOuter { dst, .. } => Some(dst),
                _ => None,
            });
            let instances = self.instances_of(file, function);
            captured.into_iter().any(|dst| instances.iter().any(|&it| self.is_data_of_request(heap.node(it, dst))))
        })
    }
}
