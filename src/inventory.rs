//! All state that outlives a call and is changed by code that repeats: who changes it, how often, and what bounds it.
//! Of use where nothing leaks too: tests that depend on their order, workers, serverless functions.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::finding::{Container, ContextKind};
use crate::base::span::Span;
use crate::driver::{self, Analysis};
use crate::heap::object::Lifetime;
use crate::program::{Bound, Change, Effect, Program};
use crate::report::{StateInput, StateWriteInput};

/// More places at which one object is changed are left out.
const MOST_WRITES: usize = 50;

/// What is known of one object.
struct Known {
    container: Container,
    word: &'static str,
    /// The strongest context of each, by path and place.
    writes: BTreeMap<(String, Span, &'static str), ContextKind>,
    bounds: BTreeSet<String>,
}

/// The state of the project, in the order of its holders and names.
pub(crate) fn inventory(analysis: &Analysis) -> Vec<StateInput> {
    let program = Program::new(driver::stages(analysis));
    let mut states: BTreeMap<(String, String), Known> = BTreeMap::new();
    for change in program.changes() {
        if change.lifetime != Lifetime::Module || program.is_test(change.file) {
            continue;
        }
        let Some(container) = program.container(change) else { continue };
        let known = states.entry((container.holder.clone(), container.name.clone())).or_insert_with(|| Known {
            container,
            word: program.container_word(change),
            writes: BTreeMap::new(),
            bounds: BTreeSet::new(),
        });
        let place = (program.path(change.file).to_owned(), change.range.at(change.file), effect(change.effect));
        let context = program.context_of(change);
        let strongest = known.writes.entry(place).or_insert(context);
        *strongest = context.max(*strongest);
        if change.effect == Effect::Grow && program.is_repeated(change) {
            known.bounds.extend(bound(&program, change));
        }
    }
    states
        .into_values()
        .filter(|known| known.writes.values().any(|&context| context > ContextKind::Test))
        .map(state)
        .collect()
}

fn state(known: Known) -> StateInput {
    let left_out = known.writes.len().saturating_sub(MOST_WRITES);
    let writes = known.writes.into_iter().take(MOST_WRITES);
    let writes = writes.map(|((_, span, effect), context)| StateWriteInput { span, effect, context }).collect();
    StateInput {
        container: known.container,
        word: known.word,
        writes,
        left_out,
        bounds: known.bounds.into_iter().collect(),
    }
}

fn effect(effect: Effect) -> &'static str {
    match effect {
        Effect::Grow => "grows",
        Effect::Remove | Effect::Delete => "loses entries",
        Effect::Replace(_) | Effect::Assign => "is replaced",
        Effect::Initialize | Effect::Define => "is set up",
        Effect::Rearrange => "is rearranged",
        Effect::Mutate => "is changed",
        Effect::Stub => "is stubbed",
    }
}

/// What bounds a growth, in words; none if nothing is known to.
fn bound(program: &Program<'_>, change: &Change) -> Option<String> {
    Some(match program.bound(change)? {
        Bound::Removal(id) => {
            let removal = program.change(id);
            let function = program.function_text(removal.file, removal.function);
            format!("{function} of {} takes entries away", program.path(removal.file))
        }
        Bound::SizeCheck => "its size is checked".to_owned(),
        Bound::FiniteKeys => "its keys are from a fixed set".to_owned(),
        Bound::Replaces => "only what is there is replaced".to_owned(),
        Bound::Once => "it happens once".to_owned(),
        Bound::BoundsItself => "it bounds itself".to_owned(),
        Bound::BoundedHolder => "what holds it is bounded".to_owned(),
        Bound::Collected => "it is collected until something ends".to_owned(),
    })
}
