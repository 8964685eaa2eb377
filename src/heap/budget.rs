//! What a project may cost: units of work, and bytes. Whatever loops over more than a handful spends, and asks whether it
//! may go on: one step of the solver can lead through all that inherits, is copied or is exported.

use crate::heap::field::Field;
use crate::heap::graph::NodeId;
use crate::heap::instance::Instance;
use crate::heap::limits::{CLIMBED, FOOTPRINT, INHERITED, LEAST_WORK, WORK_PER_BYTE};
use crate::heap::object::{AbstractObject, InstanceId, ObjectId, Source, Value};
use crate::heap::record::CallEdge;
use crate::heap::solver::{Invocation, InvocationId, ObjectState, Solver};

/// Between two looks at how much memory is taken, so much is done.
const WEIGHED_EVERY: u64 = 1_000;

/// What one object up a chain costs: its field and the edges of it are looked up in tables, or made.
pub(super) const CLIMB: usize = 12;

/// What making an invocation costs.
pub(super) const INVOCATION: usize = 10;

/// What is left.
#[derive(Debug)]
pub(super) struct Budget {
    work: u64,
    /// When memory is looked at next.
    weighed_at: u64,
    is_heavy: bool,
    /// How much of all may be used so far, in percent.
    share: u64,
    /// What long lists of arguments take.
    pub(super) argument_bytes: usize,
    /// How many loads go on in prototypes that come later.
    pub(super) loads: usize,
    /// How much was done when the step at hand began.
    begun: u64,
    /// How many objects up the chains of prototypes and copies the solver is.
    depth: usize,
}

impl Budget {
    /// The budget of that many bytes of source.
    pub(super) fn of(bytes: u64) -> Self {
        Self {
            work: (bytes * WORK_PER_BYTE).max(LEAST_WORK),
            weighed_at: 0,
            is_heavy: false,
            share: 100,
            argument_bytes: 0,
            loads: 0,
            begun: 0,
            depth: 0,
        }
    }
}

impl Solver<'_> {
    /// Counts work that is done within one step.
    pub(super) fn spend(&mut self, units: usize) {
        self.graph.work += units as u64;
    }

    /// From here on, so much of the budget may be used, in percent. What comes later has something left in this way,
    /// whatever comes before: handlers and exports are asked for last.
    pub(super) fn allow(&mut self, share: u64) {
        self.budget.share = share;
        self.budget.weighed_at = 0;
    }

    /// Whether the project has had its share of time or memory.
    pub(super) fn is_spent(&mut self) -> bool {
        if self.graph.work >= self.budget.weighed_at {
            self.budget.weighed_at = self.graph.work + WEIGHED_EVERY;
            self.budget.is_heavy = self.footprint() as u64 > FOOTPRINT as u64 / 100 * self.budget.share;
        }
        let is_spent = self.budget.is_heavy || self.graph.work > self.budget.work / 100 * self.budget.share;
        self.graph.hits.work |= is_spent;
        is_spent
    }

    /// Goes one object up a chain of prototypes or copies, unless it is too long or too much was done.
    pub(super) fn climb(&mut self, mut step: impl FnMut(&mut Self)) {
        if self.is_spent() {
            return;
        }
        if self.budget.depth == 0 {
            self.budget.begun = self.graph.work;
        }
        if self.budget.depth >= INHERITED || self.graph.work - self.budget.begun > CLIMBED {
            self.graph.hits.depth = true;
            return;
        }
        self.budget.depth += 1;
        self.spend(CLIMB);
        step(self);
        self.budget.depth -= 1;
    }

    /// Roughly how many bytes the solver's tables take, by the sizes of their entries.
    fn footprint(&self) -> usize {
        /// A hash table is on average two thirds full, and has a byte of its own for each entry.
        const fn hashed(size: usize) -> usize {
            size * 3 / 2 + 1
        }
        const FIELD: usize = hashed(size_of::<((ObjectId, Field), NodeId)>())
            + size_of::<(NodeId, (ObjectId, Field))>()
            + size_of::<(Field, NodeId)>();
        const LOAD: usize = hashed(size_of::<(ObjectId, Field, NodeId)>()) + size_of::<(Field, NodeId, Value)>();
        const OBJECT: usize =
            size_of::<AbstractObject>() + size_of::<ObjectState>() + hashed(size_of::<(Source, ObjectId)>());
        const METHOD: usize = hashed(size_of::<((InvocationId, Value), NodeId)>());
        const INSTANCE: usize = 2 * size_of::<Instance>() + size_of::<(NodeId, InstanceId)>();
        self.graph.footprint()
            + self.budget.argument_bytes
            + self.field_nodes.len() * FIELD
            + self.budget.loads * LOAD
            + self.objects.len() * OBJECT
            + self.invocations.len() * size_of::<Invocation>()
            + self.methods.len() * METHOD
            + self.applied.len() * hashed(size_of::<(InvocationId, Value)>())
            + self.instances.len() * INSTANCE
            + self.record.calls.len() * (size_of::<CallEdge>() + hashed(size_of::<CallEdge>()))
    }
}
