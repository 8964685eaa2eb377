//! Lifetimes in a loop of a module's body that goes on: what the module made before the loop lasts, what a round makes
//! goes with it.

use crate::base::span::ByteRange;
use crate::heap::object::{InstanceId, Lifetime, ObjectId, Source, Value};
use crate::program::Stages;
use crate::program::changes::Change;
use crate::syntax::facts::{CallId, MODULE_BODY};

/// Corrects the lifetime of a change that stands in such a loop. Elsewhere in a module's body, all that it makes is
/// construction, and its variables last.
pub(super) fn settle_lifetime(stages: &Stages<'_>, change: &mut Change) {
    if change.function != MODULE_BODY || change.guards.is_empty() {
        return;
    }
    let facts = &stages.facts[change.file];
    let Some(round) = stages.contexts.round(change.instance, change.guards, facts) else { return };
    let around = facts.loops[round].range;
    if let Some(binding) = change.binding {
        if contains(around, facts.bindings[binding].range) {
            change.lifetime = Lifetime::Fresh;
        }
    } else if let Some((object, Lifetime::Fresh)) = change.base.and_then(Value::as_object)
        && made_in_body(stages, change.instance, object).is_some_and(|made| !contains(around, made))
    {
        change.base = change.base.map(Value::promoted);
        change.lifetime = Lifetime::Module;
    }
}

/// Where a module's body makes an object.
fn made_in_body(stages: &Stages<'_>, body: InstanceId, object: ObjectId) -> Option<ByteRange> {
    let facts = &stages.facts[stages.heap.instance(body).key.file];
    let call = |call: CallId| facts.calls.get(call).map(|call| call.range);
    match stages.heap.object(object).source {
        Source::Site { instance, site, .. } if instance == body => Some(facts.sites[site].range),
        Source::Call { instance, call: at, .. } if instance == body => call(at),
        Source::Instance { instance, call: at, .. } if instance == body => call(at?),
        _ => None,
    }
}

fn contains(outer: ByteRange, inner: ByteRange) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}
