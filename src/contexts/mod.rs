//! How often code runs: kinds flow from the roots over the call graph, strongest first.
//!
//! Roots come from the heap's record (registrations by models, conventions, decorators, guesses, offers). Two more have
//! no table: a function that awaits in an endless loop, and a function that schedules itself again.

pub mod once;

use std::collections::VecDeque;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::base::finding::{Confidence, ContextKind};
use crate::base::index::IndexVec;
use crate::base::source::FileId;
use crate::heap::Heap;
use crate::heap::object::{InstanceId, Source};
use crate::heap::record::{CallEdge, Root};
use crate::models::facts::Position;
use crate::syntax::facts::{Callee, ModuleFacts};

/// How many instances are looked at to see whether one leads to another, …
const REACHED_FROM_ONE: usize = 10_000;
/// … and for all such questions together.
const REACHED: usize = 20_000_000;

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
    /// An endless loop with an `await` in it.
    EndlessLoop,
    /// It schedules itself again.
    Reschedules,
    /// It is test code.
    TestCode,
}

/// The context of each instance.
#[derive(Debug, Default)]
pub struct Contexts {
    contexts: IndexVec<InstanceId, Option<Context>>,
    callers: FxHashMap<InstanceId, Vec<InstanceId>>,
}

impl Contexts {
    /// The context of an instance; none for what only runs while modules load.
    pub fn of(&self, instance: InstanceId) -> Option<Context> {
        self.contexts.get(instance).copied().flatten()
    }

    /// Who calls an instance.
    pub fn callers(&self, instance: InstanceId) -> &[InstanceId] {
        self.callers.get(&instance).map_or(&[], Vec::as_slice)
    }
}

/// Finds the context of every instance.
pub fn find(heap: &Heap, facts: &IndexVec<FileId, ModuleFacts>, tests: &IndexVec<FileId, bool>) -> Contexts {
    let mut callees: FxHashMap<InstanceId, Vec<InstanceId>> = FxHashMap::default();
    let mut contexts = Contexts { contexts: heap.instances().map(|_| None).collect(), callers: FxHashMap::default() };
    for edge in &heap.record.calls {
        if edge.position != Some(Position::Realm) && !is_called_once(heap, facts, edge) {
            callees.entry(edge.caller).or_default().push(edge.callee);
            contexts.callers.entry(edge.callee).or_default().push(edge.caller);
        }
    }
    let mut starts = registered(heap);
    starts.extend(endless(heap, facts));
    starts.extend(rescheduling(heap, facts, &callees));
    starts.extend(test_code(heap, tests));
    // Strongest kind first, and within a kind what is surest: the first to reach an instance decides.
    starts.sort_by_key(|start| std::cmp::Reverse((start.kind, start.confidence)));
    let mut at = 0;
    while at < starts.len() {
        let level = (starts[at].kind, starts[at].confidence);
        let end = starts[at..].iter().position(|s| (s.kind, s.confidence) != level).map_or(starts.len(), |n| at + n);
        flow(&starts[at..end], &callees, &mut contexts.contexts);
        at = end;
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
    starts: &[Context],
    callees: &FxHashMap<InstanceId, Vec<InstanceId>>,
    contexts: &mut IndexVec<InstanceId, Option<Context>>,
) {
    let mut queue: VecDeque<(InstanceId, Context)> = starts.iter().map(|start| (start.root, *start)).collect();
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

fn registered(heap: &Heap) -> Vec<Context> {
    let context = |(index, root): (usize, &Root)| {
        Some(Context {
            kind: root.cause.kind?,
            confidence: root.cause.confidence,
            cause: Cause::Registered(index),
            root: root.instance,
        })
    };
    heap.record.roots.iter().enumerate().filter_map(context).collect()
}

fn endless(heap: &Heap, facts: &IndexVec<FileId, ModuleFacts>) -> Vec<Context> {
    heap.instances()
        .filter(|(_, instance)| facts[instance.key.file].functions[instance.key.function].awaits_in_endless_loop)
        .map(|(id, _)| Context {
            kind: ContextKind::Timer,
            confidence: Confidence::High,
            cause: Cause::EndlessLoop,
            root: id,
        })
        .collect()
}

/// Functions that are called again by something that they schedule for later.
fn rescheduling(
    heap: &Heap,
    facts: &IndexVec<FileId, ModuleFacts>,
    callees: &FxHashMap<InstanceId, Vec<InstanceId>>,
) -> Vec<Context> {
    let mut out = Vec::new();
    let mut left = REACHED;
    for edge in &heap.record.calls {
        if edge.position != Some(Position::Once) || !is_scheduled(heap, facts, edge.caller, edge.call) {
            continue;
        }
        if reaches(callees, edge.callee, edge.caller, &mut left) {
            out.push(Context {
                kind: ContextKind::Timer,
                confidence: Confidence::High,
                cause: Cause::Reschedules,
                root: edge.callee,
            });
        }
    }
    out
}

/// Whether a call is one of a platform's plain functions (`setTimeout`), and no method of a promise.
fn is_scheduled(
    heap: &Heap,
    facts: &IndexVec<FileId, ModuleFacts>,
    caller: InstanceId,
    call: Option<crate::syntax::facts::CallId>,
) -> bool {
    let Some(call) = call else { return false };
    let Callee::Value(callee) = facts[heap.instance(caller).key.file].calls[call].callee else { return false };
    heap.points_to(heap.node(caller, callee))
        .iter()
        .filter_map(crate::heap::object::Value::as_object)
        .any(|(object, _)| matches!(heap.object(object).source, Source::External { .. }))
}

fn reaches(
    callees: &FxHashMap<InstanceId, Vec<InstanceId>>,
    from: InstanceId,
    to: InstanceId,
    left: &mut usize,
) -> bool {
    let mut seen = FxHashSet::default();
    let mut stack = vec![from];
    while let Some(at) = stack.pop() {
        if at == to {
            return true;
        }
        if *left > 0 && seen.len() < REACHED_FROM_ONE && seen.insert(at) {
            let next = callees.get(&at).map_or(&[][..], Vec::as_slice);
            *left = left.saturating_sub(next.len());
            stack.extend(next);
        }
    }
    false
}

fn test_code(heap: &Heap, tests: &IndexVec<FileId, bool>) -> Vec<Context> {
    heap.instances()
        .filter(|(_, instance)| tests[instance.key.file] && instance.key.parent.is_some())
        .map(|(id, _)| Context {
            kind: ContextKind::Test,
            confidence: Confidence::High,
            cause: Cause::TestCode,
            root: id,
        })
        .collect()
}
