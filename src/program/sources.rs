//! Where a value of one function comes from inside that function.

use rustc_hash::FxHashSet;

use crate::heap::graph::NodeId;
use crate::heap::object::InstanceId;
use crate::program::Program;
use crate::syntax::facts::Constraint;

/// How many steps back are looked at.
const STEPS: usize = 4;

/// What is followed backwards.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Follow {
    /// Assignments: the very same value.
    Copies,
    /// What the value was read from, too.
    Loads,
}

impl Program<'_> {
    /// The nodes of its function that a node's values come from, with itself.
    pub(super) fn sources_of(&self, instance: InstanceId, node: NodeId, follow: Follow) -> FxHashSet<NodeId> {
        let heap = self.stages.heap;
        let key = heap.instance(instance).key;
        let at = |value| heap.node(instance, value);
        let mut sources: FxHashSet<NodeId> = FxHashSet::from_iter([node]);
        for _ in 0..STEPS {
            for constraint in self.stages.facts[key.file].constraints_of(key.function) {
                let source = match constraint {
                    Constraint::Copy { dst, src } if sources.contains(&at(*dst)) => *src,
                    Constraint::Load { dst, base, .. } if follow == Follow::Loads && sources.contains(&at(*dst)) => {
                        *base
                    }
                    _ => continue,
                };
                sources.insert(at(source));
            }
        }
        sources
    }
}
