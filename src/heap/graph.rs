//! The constraint graph: nodes with points-to sets, subset edges between them, difference propagation, and lazy
//! collapsing of cycles. It knows nothing of JavaScript: whoever solves puts *listeners* on nodes, which are handed
//! each value of the node once.
//!
//! Invariant between two steps: a value that is in a node's set either has been handed to all its edges and
//! listeners, or is in its delta, and then the node is on the worklist.

use std::collections::VecDeque;

use rustc_hash::FxHashSet;
use smallvec::SmallVec;

use crate::heap::limits::{Hits, MANY, MANY_FUNCTIONS, MIXED, MIXED_FUNCTIONS, STRINGS};
use crate::heap::nodes::{NOT_WAITING, Node, Nodes};
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

/// An edge to a node.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Edge {
    /// The node that receives.
    pub to: NodeId,
    /// What happens on the way.
    pub kind: EdgeKind,
}

/// A node and its new values, which its listeners want.
pub type Delivery = (NodeId, SmallVec<[Value; 2]>);

/// Up to so many edges or listeners of a node are looked through; only longer lists are hashed. Most nodes have one or
/// two, and a hash table of all of them is what a solver spends its time in.
const LOOKED_THROUGH: usize = 16;

/// The graph. `L` is the solver's kind of listener.
#[derive(Debug)]
pub struct Graph<L> {
    nodes: Nodes<L>,
    /// The edges of the nodes with long lists.
    known_edges: FxHashSet<(NodeId, NodeId, EdgeKind)>,
    /// The listeners of the nodes with long lists.
    known_listeners: FxHashSet<(NodeId, L)>,
    edge_count: usize,
    listener_count: usize,
    checked_cycles: FxHashSet<(NodeId, NodeId)>,
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
            nodes: Nodes::default(),
            known_edges: FxHashSet::default(),
            known_listeners: FxHashSet::default(),
            edge_count: 0,
            listener_count: 0,
            checked_cycles: FxHashSet::default(),
            worklist: VecDeque::new(),
            front: 0,
            callable: Vec::new(),
            hits: Hits::default(),
            work: 0,
        }
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.nodes.len
    }

    /// Whether there is no node.
    pub fn is_empty(&self) -> bool {
        self.nodes.len == 0
    }

    /// Adds `count` nodes and returns the first.
    pub fn add_nodes(&mut self, count: u32) -> NodeId {
        self.nodes.add(count)
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
        if self.nodes[node].set.contains(value) {
            return false;
        }
        let Some(value) = self.admit(node, value) else { return false };
        let at = &mut self.nodes[node];
        if !at.set.insert(value) {
            return false;
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
        let set = &self.nodes[node].set;
        let is_narrow = self.nodes[node].is_narrow;
        if set.len() < STRINGS && !is_narrow {
            return Some(value);
        }
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
        if (from == to && kind != EdgeKind::Promote) || !self.learn_edge(from, Edge { to, kind }) {
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
                self.known_edges.extend(edges.iter().map(|edge| (from, edge.to, edge.kind)));
            }
            self.known_edges.insert((from, edge.to, edge.kind))
        };
        if is_new {
            edges.push(edge);
            self.edge_count += 1;
        }
        is_new
    }

    fn pass(&mut self, value: Value, to: NodeId, kind: EdgeKind) -> bool {
        self.work += 1;
        match kind {
            EdgeKind::Copy => self.insert(to, value),
            EdgeKind::Promote => self.insert(to, value.promoted()),
            EdgeKind::Decide => match value.kind() {
                ValueKind::Data(data) => data.decided().is_some_and(|choice| self.insert(to, Value::data(choice))),
                ValueKind::Object(..) | ValueKind::String(_) => false,
            },
            EdgeKind::Derive => match value.kind() {
                ValueKind::Data(_) => self.insert(to, value),
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
            let to = self.find_again(edge.to);
            let mut moved = false;
            for &value in &delta {
                moved |= self.pass(value, to, edge.kind);
            }
            if !moved && !delta.is_empty() && edge.kind == EdgeKind::Copy && self.maybe_cycle(node, to) {
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

    /// A path over copy edges from `start` to `goal`, at most 1,000 nodes looked at.
    fn path(&mut self, start: NodeId, goal: NodeId) -> Option<Vec<NodeId>> {
        let mut parents: rustc_hash::FxHashMap<NodeId, NodeId> = rustc_hash::FxHashMap::default();
        let mut stack = vec![start];
        parents.insert(start, start);
        while let Some(node) = stack.pop() {
            if node == goal {
                let mut path = vec![node];
                let mut at = node;
                while parents[&at] != at {
                    at = parents[&at];
                    path.push(at);
                }
                return Some(path);
            }
            if parents.len() > 1_000 {
                return None;
            }
            self.work += (self.nodes[node].edges.len() / 8) as u64;
            for edge in &self.nodes[node].edges {
                let to = self.find(edge.to);
                if edge.kind == EdgeKind::Copy && !parents.contains_key(&to) {
                    parents.insert(to, node);
                    stack.push(to);
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
            let to = self.find(edge.to);
            self.edge_count -= 1;
            if to != a || edge.kind == EdgeKind::Promote {
                self.learn_edge(a, Edge { to, kind: edge.kind });
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

impl<L: Copy + Eq + std::hash::Hash> Default for Graph<L> {
    fn default() -> Self {
        Self::new()
    }
}
