//! How often code runs: kinds flow from the roots over the call graph, strongest first.
//!
//! Roots come from the heap's record (registrations by models, conventions, decorators, guesses, offers). Two more have
//! no table: a loop that waits for what comes, and a function that schedules itself again.

mod loops;
pub mod once;
mod rescheduling;

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use crate::base::finding::{Confidence, ContextKind};
use crate::base::index::IndexVec;
use crate::base::source::FileId;
use crate::heap::Heap;
use crate::heap::object::InstanceId;
use crate::heap::record::{CallEdge, Root};
use crate::models::Models;
use crate::models::facts::Position;
use crate::syntax::facts::{LoopId, ModuleFacts, Run, Test};

/// Why an instance runs in its context.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Context {
    /// How often.
    pub kind: ContextKind,
    /// How sure that is.
    pub confidence: Confidence,
    /// What makes it repeat.
    pub cause: Cause,
    /// The instance that is the root.
    pub root: InstanceId,
}

/// What makes code repeat.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cause {
    /// A root of the heap's record, by its index.
    Registered(usize),
    /// A loop of that function that waits for what comes, and does not end.
    Loop(LoopId),
    /// It schedules itself again.
    Reschedules,
    /// It is test code.
    TestCode,
}

/// The context of each instance.
#[derive(Debug, Default)]
pub struct Contexts {
    of_instances: IndexVec<InstanceId, Option<Context>>,
    /// What the rounds of loops are, which the rest of their function is not.
    rounds: FxHashMap<(InstanceId, LoopId), Context>,
    callers: FxHashMap<InstanceId, Vec<InstanceId>>,
}

impl Contexts {
    /// The context of an instance; none for what only runs while modules load.
    pub fn of(&self, instance: InstanceId) -> Option<Context> {
        self.of_instances.get(instance).copied().flatten()
    }

    /// The context of code behind guards, in an instance of its function: it may stand in a loop that repeats.
    pub fn at(&self, instance: InstanceId, guards: Run, facts: &ModuleFacts) -> Option<Context> {
        let own = self.of(instance);
        if self.rounds.is_empty() {
            return own;
        }
        let rounds = facts.guards_in(guards).filter_map(|guard| match guard.test {
            Test::Round(id) => self.rounds.get(&(instance, id)).copied(),
            _ => None,
        });
        rounds.chain(own).max_by_key(|context| (context.kind, context.confidence))
    }

    /// The innermost loop around code behind guards whose rounds repeat.
    pub fn round(&self, instance: InstanceId, guards: Run, facts: &ModuleFacts) -> Option<LoopId> {
        let repeating = |id| self.rounds.contains_key(&(instance, id));
        facts.guard_lists[guards.indices()].iter().rev().find_map(|&guard| match facts.guards[guard].test {
            Test::Round(id) if repeating(id) => Some(id),
            _ => None,
        })
    }

    /// Who calls an instance.
    pub fn callers(&self, instance: InstanceId) -> &[InstanceId] {
        self.callers.get(&instance).map_or(&[], Vec::as_slice)
    }
}

/// Finds the context of every instance.
pub fn find(
    heap: &Heap,
    models: &Models,
    facts: &IndexVec<FileId, ModuleFacts>,
    tests: &IndexVec<FileId, bool>,
) -> Contexts {
    let mut callees: FxHashMap<InstanceId, Vec<InstanceId>> = FxHashMap::default();
    let mut contexts = Contexts {
        of_instances: heap.instances().map(|_| None).collect(),
        rounds: loops::rounds(heap, models, facts, tests),
        callers: FxHashMap::default(),
    };
    let mut starts = registered(heap);
    for edge in &heap.record.calls {
        if edge.position != Some(Position::Realm) && !is_called_once(heap, facts, edge) {
            callees.entry(edge.caller).or_default().push(edge.callee);
            contexts.callers.entry(edge.callee).or_default().push(edge.caller);
            starts.extend(loops::round_of(heap, facts, &contexts, edge).map(|context| (edge.callee, context)));
        }
    }
    starts.extend(rescheduling::found(heap, facts));
    starts.extend(test_code(heap, tests));
    // Strongest kind first, and within a kind what is surest: the first to reach an instance decides.
    starts.sort_by_key(|(_, start)| std::cmp::Reverse((start.kind, start.confidence)));
    for level in starts.chunk_by(|(_, a), (_, b)| (a.kind, a.confidence) == (b.kind, b.confidence)) {
        flow(level, &callees, &mut contexts.of_instances);
    }
    contexts
}

/// Whether a call stands behind a check that lets it run once: what it calls belongs to the start.
fn is_called_once(heap: &Heap, facts: &IndexVec<FileId, ModuleFacts>, edge: &CallEdge) -> bool {
    let Some(call) = edge.call else { return false };
    let guards = facts[heap.instance(edge.caller).key.file].calls.get(call).map(|call| call.guards);
    edge.position != Some(Position::Repeat)
        && guards.is_some_and(|guards| once::runs_once(heap, facts, edge.caller, guards))
}

fn flow(
    starts: &[(InstanceId, Context)],
    callees: &FxHashMap<InstanceId, Vec<InstanceId>>,
    contexts: &mut IndexVec<InstanceId, Option<Context>>,
) {
    let mut queue: VecDeque<(InstanceId, Context)> = starts.iter().copied().collect();
    while let Some((instance, context)) = queue.pop_front() {
        if contexts[instance].is_some() {
            continue;
        }
        contexts[instance] = Some(context);
        for &callee in callees.get(&instance).into_iter().flatten() {
            queue.push_back((callee, context));
        }
    }
}

fn registered(heap: &Heap) -> Vec<(InstanceId, Context)> {
    let context = |(index, root): (usize, &Root)| {
        let context = Context {
            kind: root.cause.kind?,
            confidence: root.cause.confidence,
            cause: Cause::Registered(index),
            root: root.instance,
        };
        Some((root.instance, context))
    };
    heap.record.roots.iter().enumerate().filter_map(context).collect()
}

fn test_code(heap: &Heap, tests: &IndexVec<FileId, bool>) -> Vec<(InstanceId, Context)> {
    let context =
        |root| Context { kind: ContextKind::Test, confidence: Confidence::High, cause: Cause::TestCode, root };
    heap.instances()
        .filter(|(_, instance)| tests[instance.key.file] && instance.key.parent.is_some())
        .map(|(id, _)| (id, context(id)))
        .collect()
}
