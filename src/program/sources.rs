//! Where a value of one function comes from inside that function.

use rustc_hash::FxHashSet;

use crate::heap::graph::NodeId;
use crate::heap::object::InstanceId;
use crate::program::Program;
use crate::syntax::facts::{Constraint, ValueId};

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
        let constraints = self.stages.facts[key.file].constraints_of(key.function);
        if self.is_long(key.file, key.function) {
            self.add_sources(instance, node, follow, &mut sources);
            return sources;
        }
        for _ in 0..STEPS {
            for constraint in constraints {
                let source = match constraint {
                    Constraint::Copy { dst, src } | Constraint::Narrow { dst, src, .. }
                        if sources.contains(&at(*dst)) =>
                    {
                        *src
                    }
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

    /// The same for a function that is too long to be gone through again and again.
    fn add_sources(&self, instance: InstanceId, node: NodeId, follow: Follow, sources: &mut FxHashSet<NodeId>) {
        let info = self.stages.heap.instance(instance);
        let mut last: Vec<ValueId> = node.0.checked_sub(info.base.0).map(ValueId).into_iter().collect();
        for _ in 0..STEPS {
            let mut next = Vec::new();
            for value in last {
                for constraint in self.definitions_of(info.key.file, info.key.function, value) {
                    let source = match constraint {
                        Constraint::Copy { src, .. } | Constraint::Narrow { src, .. } => *src,
                        Constraint::Load { base, .. } if follow == Follow::Loads => *base,
                        _ => continue,
                    };
                    if sources.insert(info.node(source)) {
                        next.push(source);
                    }
                }
            }
            last = next;
        }
    }
}
