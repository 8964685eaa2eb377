//! The constraint graph: nodes with points-to sets, subset edges between them, difference propagation, and lazy
//! collapsing of cycles. It knows nothing of JavaScript: whoever solves puts *listeners* on nodes, which are handed
//! each value of the node once.
//!
//! Invariant between two steps: a value that is in a node's set either has been handed to all its edges and
//! listeners, or is in its delta, and then the node is on the worklist.

use std::collections::VecDeque;

use rustc_hash::FxHashSet;
use smallvec::SmallVec;

use crate::base::chunks::Chunks;
use crate::heap::limits::{Hits, MANY, MANY_FUNCTIONS, MIXED, MIXED_FUNCTIONS, STRINGS};
use crate::heap::nodes::{NOT_WAITING, Node};
use crate::heap::object::{Data, Value, ValueKind};
use crate::heap::points_to::PointsToSet;

crate::newtype_index! {
    /// A value node.
    pub struct NodeId;
}

/// What an edge does to the values that pass it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum EdgeKind {
    /// Nothing.
    Copy,
    /// Objects become module-lifetime. Never part of a collapsed cycle.
    Promote,
    /// Only origins pass: a string becomes what its parts are known to be. Never part of a collapsed cycle.
    Derive,
    /// Of data of a request a decision is made. Never part of a collapsed cycle.
    Decide,
}

/// An edge to a node, in 32 bits: the two highest say what happens on the way.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Edge(u32);

const KIND_SHIFT: u32 = 30;

impl Edge {
    /// An edge of this kind.
    fn new(to: NodeId, kind: EdgeKind) -> Self {
        Self(to.0 | (kind as u32) << KIND_SHIFT)
    }

    /// The node that receives.
    pub fn to(self) -> NodeId {
        NodeId(self.0 & !(3 << KIND_SHIFT))
    }

    /// What happens on the way.
    pub fn kind(self) -> EdgeKind {
        match self.0 >> KIND_SHIFT {
            0 => EdgeKind::Copy,
            1 => EdgeKind::Promote,
            2 => EdgeKind::Derive,
            _ => EdgeKind::Decide,
        }
    }
}

/// A node and its new values, which its listeners want.
pub type Delivery = (NodeId, SmallVec<[Value; 2]>);

/// Up to so many edges or listeners of a node are looked through; only longer lists are hashed. Most nodes have one or
/// two, and a hash table of all of them is what a solver spends its time in.
const LOOKED_THROUGH: usize = 16;

/// So many nodes are looked at in search of a cycle.
const SEARCHED: usize = 1_000;

/// The graph. `L` is the solver's kind of listener.
#[derive(Debug)]
pub struct Graph<L> {
    nodes: Chunks<NodeId, Node<L>>,
    /// The edges of the nodes with long lists.
    known_edges: FxHashSet<(NodeId, Edge)>,
    /// The listeners of the nodes with long lists.
    known_listeners: FxHashSet<(NodeId, L)>,
    edge_count: usize,
    listener_count: usize,
    checked_cycles: FxHashSet<(NodeId, NodeId)>,
    /// How many searches for cycles there were: nodes bear the number of the last that saw them.
    searches: u32,
    /// Nodes with their deltas. Places count on from the first that ever was there.
    worklist: VecDeque<Delivery>,
    /// The place of the front.
    front: u32,
    /// For each object whether it is callable; kept by the solver.
    pub callable: Vec<bool>,
    /// How often limits were hit.
    pub hits: Hits,
    /// Values moved so far.
    pub work: u64,
}

impl<L: Copy + Eq + std::hash::Hash> Graph<L> {
    /// An empty graph.
    pub fn new() -> Self {
        Self {
            nodes: Chunks::new(),
            known_edges: FxHashSet::default(),
            known_listeners: FxHashSet::default(),
            edge_count: 0,
            listener_count: 0,
            checked_cycles: FxHashSet::default(),
            searches: 0,
            worklist: VecDeque::new(),
            front: 0,
            callable: Vec::new(),
            hits: Hits::default(),
            work: 0,
        }
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there is no node.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Adds `count` nodes and returns the first.
    pub fn add_nodes(&mut self, count: u32) -> NodeId {
        let first = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
        assert!(first.saturating_add(count) < 1 << KIND_SHIFT, "fewer than 2^30 nodes fit into the budget of memory");
        for id in first..first + count {
            self.nodes.push(Node::new(NodeId(id)));
        }
        NodeId(first)
    }

    /// Roughly how many bytes the graph takes: by the size of its entries, since the tables' slack is not known.
    pub fn footprint(&self) -> usize {
        const NODE: usize = 104;
        const EDGE: usize = 24;
        self.len() * NODE + self.edge_count * EDGE + self.listener_count * 2 * size_of::<L>()
    }

    /// The node that stands for `node` since cycles were collapsed.
    pub fn find(&self, mut node: NodeId) -> NodeId {
        loop {
            let next = self.nodes[node].representative;
            if next == node {
                return node;
            }
            node = next;
        }
    }

    /// The same, and the way there becomes shorter.
    fn find_again(&mut self, mut node: NodeId) -> NodeId {
        loop {
            let next = self.nodes[node].representative;
            let after = self.nodes[next].representative;
            if next == after {
                return next;
            }
            self.nodes[node].representative = after;
            node = after;
        }
    }

    /// The values of a node.
    pub fn set(&self, node: NodeId) -> &PointsToSet {
        &self.nodes[self.find(node)].set
    }

    /// Whether the node holds more objects than the cap.
    pub fn is_many(&self, node: NodeId) -> bool {
        self.nodes[self.find(node)].is_many
    }

    /// The edges out of a node.
    pub fn edges(&self, node: NodeId) -> &[Edge] {
        &self.nodes[self.find(node)].edges
    }

    /// Adds a value to a node.
    pub fn insert(&mut self, node: NodeId, value: Value) -> bool {
        let node = self.find_again(node);
        self.insert_own(node, value)
    }

    /// The same for a node that stands for itself.
    fn insert_own(&mut self, node: NodeId, value: Value) -> bool {
        let at = &mut self.nodes[node];
        let Some(place) = at.set.place_for(value) else { return false };
        let mut value = value;
        if at.set.len() < STRINGS && !at.is_narrow {
            at.set.insert_at(place, value);
        } else {
            let Some(admitted) = self.admit(node, value) else { return false };
            if !self.nodes[node].set.insert(admitted) {
                return false;
            }
            value = admitted;
        }
        self.delta(node).push(value);
        true
    }

    /// The delta of a node, which is put on the worklist if it is not there.
    fn delta(&mut self, node: NodeId) -> &mut SmallVec<[Value; 2]> {
        let waiting = &mut self.nodes[node].waiting;
        if *waiting == NOT_WAITING {
            *waiting = self.front + u32::try_from(self.worklist.len()).expect("places are fewer than units of work");
            self.worklist.push_back((node, SmallVec::new()));
        }
        let place = *waiting - self.front;
        &mut self.worklist[place as usize].1
    }

    /// Gives a node low caps.
    pub fn narrow(&mut self, node: NodeId) {
        let node = self.find(node);
        self.nodes[node].is_narrow = true;
    }

    /// Applies the caps: the value to insert instead, or none.
    fn admit(&mut self, node: NodeId, value: Value) -> Option<Value> {
        let Node { set, is_narrow, .. } = &self.nodes[node];
        let is_narrow = *is_narrow;
        let (most, most_functions) = if is_narrow { (MIXED, MIXED_FUNCTIONS) } else { (MANY, MANY_FUNCTIONS) };
        match value.kind() {
            ValueKind::Data(_) => Some(value),
            ValueKind::String(_) => {
                if set.string_count() < STRINGS {
                    return Some(value);
                }
                self.hits.strings += 1;
                Some(Value::data(Data::Unknown))
            }
            ValueKind::Object(id, _) => {
                let objects = set.object_count();
                if objects < most {
                    return Some(value);
                }
                if !self.nodes[node].is_many {
                    self.nodes[node].is_many = true;
                    self.hits.many += 1;
                }
                let is_callable = self.callable.get(id.0 as usize).copied().unwrap_or(false);
                (is_callable && objects < most_functions).then_some(value)
            }
        }
    }

    /// Adds a subset edge, and hands the values that are there over it.
    pub fn add_edge(&mut self, from: NodeId, to: NodeId, kind: EdgeKind) {
        let (from, to) = (self.find_again(from), self.find_again(to));
        if (from == to && kind != EdgeKind::Promote) || !self.learn_edge(from, Edge::new(to, kind)) {
            return;
        }
        if from == to {
            let values: SmallVec<[Value; 8]> = self.nodes[from].set.iter().collect();
            for value in values {
                self.pass(value, to, kind);
            }
            return;
        }
        // What flows changes the other node only.
        let values = std::mem::take(&mut self.nodes[from].set);
        for value in &values {
            self.pass(value, to, kind);
        }
        self.nodes[from].set = values;
    }

    /// Appends an edge to a node's list, unless it is there.
    fn learn_edge(&mut self, from: NodeId, edge: Edge) -> bool {
        let edges = &mut self.nodes[from].edges;
        let is_new = if edges.len() < LOOKED_THROUGH {
            !edges.contains(&edge)
        } else {
            if edges.len() == LOOKED_THROUGH {
                self.known_edges.extend(edges.iter().map(|&edge| (from, edge)));
            }
            self.known_edges.insert((from, edge))
        };
        if is_new {
            edges.push(edge);
            self.edge_count += 1;
        }
        is_new
    }

    /// Hands a value over an edge to a node that stands for itself.
    fn pass(&mut self, value: Value, to: NodeId, kind: EdgeKind) -> bool {
        self.work += 1;
        match kind {
            EdgeKind::Copy => self.insert_own(to, value),
            EdgeKind::Promote => self.insert_own(to, value.promoted()),
            EdgeKind::Decide => match value.kind() {
                ValueKind::Data(data) => data.decided().is_some_and(|choice| self.insert_own(to, Value::data(choice))),
                ValueKind::Object(..) | ValueKind::String(_) => false,
            },
            EdgeKind::Derive => match value.kind() {
                ValueKind::Data(_) => self.insert_own(to, value),
                ValueKind::Object(..) | ValueKind::String(_) => false,
            },
        }
    }

    /// Puts a listener on a node, unless it is there. The values that are there already are returned, to be handed to it.
    pub fn listen(&mut self, node: NodeId, listener: L) -> SmallVec<[Value; 8]> {
        let node = self.find_again(node);
        if !self.learn_listener(node, listener) {
            return SmallVec::new();
        }
        self.nodes[node].set.iter().collect()
    }

    /// Appends a listener to a node's list, unless it is there.
    fn learn_listener(&mut self, node: NodeId, listener: L) -> bool {
        let listeners = &mut self.nodes[node].listeners;
        let is_new = if listeners.len() < LOOKED_THROUGH {
            !listeners.contains(&listener)
        } else {
            if listeners.len() == LOOKED_THROUGH {
                self.known_listeners.extend(listeners.iter().map(|&listener| (node, listener)));
            }
            self.known_listeners.insert((node, listener))
        };
        if is_new {
            listeners.push(listener);
            self.listener_count += 1;
        }
        is_new
    }

    /// How many listeners a node has.
    pub fn listener_count(&self, node: NodeId) -> usize {
        self.nodes[node].listeners.len()
    }

    /// A listener of a node, by its place. Places stay while no step is made.
    pub fn listener(&self, node: NodeId, place: usize) -> L {
        self.nodes[node].listeners[place]
    }

    /// Takes the next node off the worklist, moves its delta over its edges, and returns the node and the delta, which
    /// its listeners want.
    pub fn step(&mut self) -> Option<Delivery> {
        let (node, delta) = self.pop()?;
        let mut index = 0;
        while let Some(&edge) = self.nodes[node].edges.get(index) {
            index += 1;
            let (to, kind) = (self.find_again(edge.to()), edge.kind());
            let mut moved = false;
            for &value in &delta {
                moved |= self.pass(value, to, kind);
            }
            if !moved && !delta.is_empty() && kind == EdgeKind::Copy && self.maybe_cycle(node, to) {
                // The node may have become part of another: its remaining edges are that one's now.
                return Some((self.find(node), delta));
            }
        }
        Some((node, delta))
    }

    /// The front of the worklist. Nodes that became part of others are left out: all is in the others' deltas.
    fn pop(&mut self) -> Option<Delivery> {
        loop {
            let (node, delta) = self.worklist.pop_front()?;
            let place = self.front;
            self.front += 1;
            let waiting = &mut self.nodes[node].waiting;
            if *waiting == place {
                *waiting = NOT_WAITING;
                return Some((node, delta));
            }
        }
    }

    /// Looks for a cycle through the edge and collapses it. Done at most once for an edge, when it moved nothing and
    /// both ends hold the same: the sign of a cycle (lazy cycle detection, Hardekopf and Lin, PLDI 2007).
    fn maybe_cycle(&mut self, from: NodeId, to: NodeId) -> bool {
        if from == to || self.nodes[from].set != self.nodes[to].set || !self.checked_cycles.insert((from, to)) {
            return false;
        }
        let Some(path) = self.path(to, from) else { return false };
        for node in path {
            self.unite(from, node);
        }
        true
    }

    /// A path over copy edges from `start` to `goal`, at most [`SEARCHED`] nodes looked at.
    fn path(&mut self, start: NodeId, goal: NodeId) -> Option<Vec<NodeId>> {
        self.searches += 1;
        let search = self.searches;
        // Each node that was seen, and the place of the one before it.
        let mut seen: Vec<(NodeId, usize)> = vec![(start, 0)];
        let mut stack = vec![0];
        self.nodes[start].search = search;
        while let Some(at) = stack.pop() {
            let node = seen[at].0;
            if node == goal {
                return Some(way_back(&seen, at));
            }
            if seen.len() > SEARCHED {
                return None;
            }
            let count = self.nodes[node].edges.len();
            self.work += (count / 8) as u64;
            for index in 0..count {
                let edge = self.nodes[node].edges[index];
                let to = self.find(edge.to());
                if edge.kind() == EdgeKind::Copy && self.nodes[to].search != search {
                    self.nodes[to].search = search;
                    stack.push(seen.len());
                    seen.push((to, at));
                }
            }
        }
        None
    }

    /// Makes two nodes one. All its values are handed out again: listeners and edges of either may lack the other's.
    fn unite(&mut self, a: NodeId, b: NodeId) {
        let (a, b) = (self.find(a), self.find(b));
        if a == b {
            return;
        }
        let Node { set, edges, listeners, is_many, is_narrow, .. } =
            std::mem::replace(&mut self.nodes[b], Node::new(a));
        self.work += (edges.len() + listeners.len()) as u64;
        for value in &set {
            self.nodes[a].set.insert(value);
        }
        for edge in edges {
            let to = self.find(edge.to());
            self.edge_count -= 1;
            if to != a || edge.kind() == EdgeKind::Promote {
                self.learn_edge(a, Edge::new(to, edge.kind()));
            }
        }
        for listener in listeners {
            self.listener_count -= 1;
            self.learn_listener(a, listener);
        }
        let at = &mut self.nodes[a];
        at.is_many |= is_many;
        at.is_narrow &= is_narrow;
        let all = at.set.iter().collect();
        *self.delta(a) = all;
    }
}

/// The nodes from the one at a place back to the first.
fn way_back(seen: &[(NodeId, usize)], mut at: usize) -> Vec<NodeId> {
    let mut path = vec![seen[at].0];
    while at != 0 {
        at = seen[at].1;
        path.push(seen[at].0);
    }
    path
}

impl<L: Copy + Eq + std::hash::Hash> Default for Graph<L> {
    fn default() -> Self {
        Self::new()
    }
}
