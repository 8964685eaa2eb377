//! Functions that something calls again that they schedule for later: `function tick() { work(); setTimeout(tick, 1000); }`.

use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

use crate::base::finding::{Confidence, ContextKind};
use crate::base::index::IndexVec;
use crate::base::source::FileId;
use crate::contexts::{Cause, Context};
use crate::heap::Heap;
use crate::heap::object::{InstanceId, Source, Value};
use crate::heap::record::CallEdge;
use crate::models::facts::Position;
use crate::syntax::facts::{CallId, Callee, Constraint, FunctionId, ModuleFacts};

/// A function is called again by so many calls from the one that is scheduled. Over more, almost all leads to almost all.
const HOPS: usize = 4;
/// A call that may be of more functions says nothing of which it is.
const CALLEES: usize = 3;
/// How many instances are looked at for all of a program.
const REACHED: usize = 1_000_000;

/// The instances that schedule themselves, with their contexts.
pub(super) fn found(heap: &Heap, facts: &IndexVec<FileId, ModuleFacts>) -> Vec<(InstanceId, Context)> {
    let callees = callees(heap);
    let ways = sure_calls(heap, &callees);
    let mut out = Vec::new();
    let mut left = REACHED;
    for edge in &heap.record.calls {
        let mut is_timer = || {
            edge.position == Some(Position::Once)
                && is_sure(&callees, edge)
                && is_scheduled(heap, facts, edge.caller, edge.call)
                && reaches(&ways, edge.callee, edge.caller, &mut left)
        };
        if calls_itself_again(heap, facts, edge) || is_timer() {
            out.push((edge.callee, rescheduled(edge.callee)));
        }
    }
    out
}

/// The functions that each call calls, as far as it matters.
type Callees = FxHashMap<(InstanceId, CallId), SmallVec<[(FileId, FunctionId); 4]>>;

fn callees(heap: &Heap) -> Callees {
    let mut callees = Callees::default();
    for edge in &heap.record.calls {
        let Some(call) = edge.call else { continue };
        let callee = heap.instance(edge.callee).key;
        let known = callees.entry((edge.caller, call)).or_default();
        if known.len() <= CALLEES && !known.contains(&(callee.file, callee.function)) {
            known.push((callee.file, callee.function));
        }
    }
    callees
}

/// Whether it is known what a call calls.
fn is_sure(callees: &Callees, edge: &CallEdge) -> bool {
    edge.call.is_some_and(|call| callees[&(edge.caller, call)].len() <= CALLEES)
}

/// Whom instances call, as far as that is known.
fn sure_calls(heap: &Heap, callees: &Callees) -> FxHashMap<InstanceId, Vec<InstanceId>> {
    let mut ways: FxHashMap<InstanceId, Vec<InstanceId>> = FxHashMap::default();
    for edge in heap.record.calls.iter().filter(|edge| is_sure(callees, edge)) {
        ways.entry(edge.caller).or_default().push(edge.callee);
    }
    ways
}

fn rescheduled(root: InstanceId) -> Context {
    Context { kind: ContextKind::Timer, confidence: Confidence::High, cause: Cause::Reschedules, root }
}

/// Whether an async function that awaits calls itself, whatever comes: `await delay(1000); return poll();`. What does so
/// on a condition reads page after page, and ends.
fn calls_itself_again(heap: &Heap, facts: &IndexVec<FileId, ModuleFacts>, edge: &CallEdge) -> bool {
    let (caller, callee) = (heap.instance(edge.caller).key, heap.instance(edge.callee).key);
    let facts = &facts[caller.file];
    let is_same = (caller.file, caller.function) == (callee.file, callee.function);
    is_same
        && facts.functions[caller.function].kind.is_async
        && edge.call.and_then(|call| facts.calls.get(call)).is_some_and(|call| call.guards.is_empty())
        && facts.constraints_of(caller.function).iter().any(|it| matches!(it, Constraint::Await { .. }))
}

/// Whether a call is one of the platform's global functions (`setTimeout`): no method of a promise, and nothing that
/// answers once it has read a file.
fn is_scheduled(heap: &Heap, facts: &IndexVec<FileId, ModuleFacts>, caller: InstanceId, call: Option<CallId>) -> bool {
    let Some(call) = call else { return false };
    let Callee::Value(callee) = facts[heap.instance(caller).key.file].calls[call].callee else { return false };
    heap.points_to(heap.node(caller, callee))
        .iter()
        .filter_map(Value::as_object)
        .any(|(object, _)| {
            matches!(heap.object(object).source, Source::External { package, .. } if heap.text(package).is_empty())
        })
}

/// Whether one instance leads to another.
fn reaches(ways: &FxHashMap<InstanceId, Vec<InstanceId>>, from: InstanceId, to: InstanceId, left: &mut usize) -> bool {
    let mut seen = FxHashSet::from_iter([from]);
    let mut reached = vec![from];
    for _ in 0..=HOPS {
        if reached.contains(&to) {
            return true;
        }
        let next: Vec<InstanceId> = reached.iter().flat_map(|at| ways.get(at).into_iter().flatten()).copied().collect();
        *left = left.saturating_sub(next.len());
        if *left == 0 {
            return false;
        }
        reached = next.into_iter().filter(|&at| seen.insert(at)).collect();
    }
    false
}
