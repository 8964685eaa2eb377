//! The nodes of the graph.

use smallvec::SmallVec;

use crate::heap::graph::{Edge, NodeId};
use crate::heap::points_to::PointsToSet;

/// The place of a node that is not on the worklist.
pub(super) const NOT_WAITING: u32 = u32::MAX;

/// A place through which values flow. What a step needs of it lies together.
#[derive(Debug)]
pub(super) struct Node<L> {
    /// The node that stands for this one; itself, unless it is part of a collapsed cycle.
    pub(super) representative: NodeId,
    /// Its place on the worklist, where the values are that its edges and listeners have not had; or [`NOT_WAITING`].
    pub(super) waiting: u32,
    /// The last search for a cycle that saw it.
    pub(super) search: u32,
    /// Whether it holds more objects than the cap.
    pub(super) is_many: bool,
    /// Whether its caps are the low ones.
    pub(super) is_narrow: bool,
    /// Its values.
    pub(super) set: PointsToSet,
    /// Where they go.
    pub(super) edges: SmallVec<[Edge; 4]>,
    /// What waits for them.
    pub(super) listeners: SmallVec<[L; 1]>,
}

impl<L> Node<L> {
    /// An empty node that another stands for, or itself.
    pub(super) fn new(representative: NodeId) -> Self {
        Self {
            representative,
            is_many: false,
            is_narrow: false,
            set: PointsToSet::default(),
            waiting: NOT_WAITING,
            search: 0,
            edges: SmallVec::new(),
            listeners: SmallVec::new(),
        }
    }
}
