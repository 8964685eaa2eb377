//! The objects that modules hold, straight or through other objects.

use rustc_hash::FxHashSet;

use crate::heap::instance::Phase;
use crate::heap::object::{ObjectId, Value};
use crate::program::Program;
use crate::program::holders::{self, Link};

impl Program<'_> {
    /// Whether a module holds an object: through a variable or its exports, or in what a function that runs while modules
    /// load has for its closures. What else holds something (a call's own list, an iterator) is gone after the call.
    pub(super) fn is_held_by_module(&self, object: ObjectId) -> bool {
        self.tables.held_by_modules.get_or_init(|| self.held_by_modules()).contains(&object)
    }

    fn held_by_modules(&self) -> FxHashSet<ObjectId> {
        let heap = self.stages.heap;
        let lasts = |link: &Link| match *link {
            Link::Variable(..) => true,
            Link::Captured(instance, _) => heap.instance(instance).key.phase == Phase::Init,
            Link::Field(..) => false,
        };
        let is_first =
            |&object: &ObjectId| holders::is_root(&self.stages, object) || self.holders.of(object).iter().any(lasts);
        self.held_from(heap.objects().map(|(id, _)| id).filter(is_first).collect())
    }

    /// These objects, and all that they hold straight or through others.
    pub(super) fn held_from(&self, first: Vec<ObjectId>) -> FxHashSet<ObjectId> {
        let heap = self.stages.heap;
        let mut held: FxHashSet<ObjectId> = first.iter().copied().collect();
        let mut open = first;
        while let Some(at) = open.pop() {
            for &(field, node) in heap.fields_of(at) {
                if !holders::is_holding(field) {
                    continue;
                }
                let inside = heap.points_to(node).iter().filter_map(Value::as_object).map(|(object, _)| object);
                open.extend(inside.filter(|&object| held.insert(object)));
            }
        }
        held
    }
}
