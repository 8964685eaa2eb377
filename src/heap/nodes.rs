//! The table of nodes. It grows by chunks: a vector that doubles would copy millions of nodes and touch three times the
//! memory.

use std::ops::{Index, IndexMut};

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
    /// Whether it holds more objects than the cap.
    pub(super) is_many: bool,
    /// Whether its caps are the low ones.
    pub(super) is_narrow: bool,
    /// Its values.
    pub(super) set: PointsToSet,
    /// Where they go.
    pub(super) edges: SmallVec<[Edge; 2]>,
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
            edges: SmallVec::new(),
            listeners: SmallVec::new(),
        }
    }
}

const CHUNK_BITS: u32 = 12;
const CHUNK: usize = 1 << CHUNK_BITS;

/// All nodes.
#[derive(Debug)]
pub(super) struct Nodes<L> {
    chunks: Vec<Vec<Node<L>>>,
    pub(super) len: usize,
}

impl<L> Nodes<L> {
    /// Adds `count` nodes and returns the first.
    pub(super) fn add(&mut self, count: u32) -> NodeId {
        let first = u32::try_from(self.len).expect("fewer than 2^32 nodes");
        for id in first..first + count {
            if id as usize >> CHUNK_BITS == self.chunks.len() {
                self.chunks.push(Vec::with_capacity(CHUNK));
            }
            if let Some(last) = self.chunks.last_mut() {
                last.push(Node::new(NodeId(id)));
            }
        }
        self.len += count as usize;
        NodeId(first)
    }
}

impl<L> Default for Nodes<L> {
    fn default() -> Self {
        Self { chunks: Vec::new(), len: 0 }
    }
}

impl<L> Index<NodeId> for Nodes<L> {
    type Output = Node<L>;

    fn index(&self, id: NodeId) -> &Node<L> {
        &self.chunks[id.0 as usize >> CHUNK_BITS][id.0 as usize & (CHUNK - 1)]
    }
}

impl<L> IndexMut<NodeId> for Nodes<L> {
    fn index_mut(&mut self, id: NodeId) -> &mut Node<L> {
        &mut self.chunks[id.0 as usize >> CHUNK_BITS][id.0 as usize & (CHUNK - 1)]
    }
}
