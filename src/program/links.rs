//! Linked structures: a node that is hung on a node of the same make is one more, until something steps over it.
//!
//! `this.tail.next = node; this.tail = node` grows as `list.push(value)` does; `this.head = this.head.next` takes one away.

use crate::heap::field::FieldKind;
use crate::heap::graph::NodeId;
use crate::heap::object::{Lifetime, ObjectId, Value};
use crate::program::changes::{Change, Effect};
use crate::program::{ChangeId, Program, Stages};
use crate::syntax::facts::{Reuse, WriteForm};

/// What the write of a new link is called.
pub(super) const WRITE: &str = "link";

/// Makes a growth of a write that hangs a node that was just made on one of the same make that lasts.
pub(super) fn settle(stages: &Stages<'_>, change: &mut Change) {
    let is_plain = change.effect == Effect::Replace(Reuse::None) && change.lifetime == Lifetime::Module;
    let Some((object, _)) = change.base.and_then(Value::as_object).filter(|_| is_plain) else { return };
    let is_assigned = change.write.is_some_and(|id| stages.facts[change.file].writes[id].form == WriteForm::Assign);
    if is_assigned && change.key.is_none() && holds_new(stages, &change.values, object) {
        change.effect = Effect::Grow;
        WRITE.clone_into(&mut change.kind);
    }
}

/// Whether one of the nodes holds an object that was just made.
fn holds_new(stages: &Stages<'_>, nodes: &[NodeId], object: ObjectId) -> bool {
    nodes.iter().any(|&node| stages.heap.points_to(node).contains(Value::object(object, Lifetime::Fresh)))
}

impl Program<'_> {
    /// What takes links away: places that held one are given the next one, or nothing.
    pub(super) fn link_removals(&self, slot: NodeId) -> Vec<ChangeId> {
        let mut all = Vec::new();
        for (object, _) in self.stages.heap.points_to(slot).iter().filter_map(Value::as_object) {
            let replaced = self.replacements.get(&object).into_iter().flatten().copied();
            all.extend(replaced.filter(|&id| !holds_new(&self.stages, &self.change(id).values, object)));
        }
        all
    }

    /// Whether a property is the link of a structure: what it is given has one of that name itself.
    pub(super) fn is_link(&self, change: &Change) -> bool {
        let heap = self.stages.heap;
        let Some(field) = change.field.filter(|field| matches!(field.kind(), FieldKind::Name(_))) else { return false };
        let is_node = |object: ObjectId| {
            heap.field(object, field).is_some_and(|slot| {
                let held = heap.points_to(slot);
                held.is_empty() || held.object_count() > 0
            })
        };
        let given = change.values.iter().flat_map(|&node| heap.points_to(node).iter());
        let mut objects = given.filter_map(Value::as_object).peekable();
        objects.peek().is_some() && objects.all(|(object, _)| is_node(object))
    }
}
