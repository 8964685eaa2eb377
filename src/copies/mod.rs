//! Near copies of test code in production code.
//!
//! Statements are compared by their shapes: their structure, without identifiers, literals and types, and beside it the
//! names of the properties in them. A copy is found from a write in test code outwards:
//!
//! 1. A place of production code is a *candidate* if a statement of the write's shape stands there, and near it two
//!    other statements that stand near the write ([`seeds`]).
//! 2. From the two writes the statements before and after them are *aligned* ([`alignment`]): inserted, dropped and
//!    changed statements cost something, and the alignment ends where it gains no more. It stays within a function
//!    of either side; larger functions are tried while they bring more.
//! 3. What is aligned is *judged* ([`evidence`]): it must be large, varied, and dense on both sides.

mod alignment;
mod evidence;
mod places;
mod seeds;
#[cfg(test)]
mod tests;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::base::index::IndexVec;
use crate::base::source::FileId;
use crate::base::span::{ByteRange, Span};
use crate::syntax::facts::{FunctionId, ModuleFacts, Shape};
use evidence::Evidence;
use places::Place;
use seeds::Seeds;

/// A near copy.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Copy {
    /// The copied statements in production code.
    pub production: Span,
    /// The innermost function that holds them.
    pub production_function: FunctionId,
    /// What they are a copy of.
    pub test: Span,
    /// The innermost function that holds that.
    pub test_function: FunctionId,
    /// How much of the test's region has a counterpart, in percent of its weight.
    pub score: u32,
}

/// How many different tests are compared with one place: the rest of a project's near-equal tests would say the same.
const MAX_TESTS_AT_A_PLACE: usize = 16;

/// After so many comparisons, each place is compared with the likeliest test only.
const COMPARED: usize = 100_000;

/// The shapes of a file's statements, those of nested functions among them, in the order of the text.
pub(crate) fn shapes_of(facts: &ModuleFacts) -> &[Shape] {
    facts.functions.as_slice().first().map_or(&[], |body| &facts.shapes[body.shapes.indices()])
}

/// Finds production code that is a near copy of test code around one of the `wanted` writes. `tests` says which files
/// are test code. Sorted; at most one copy in a function, and none within another.
pub fn find(
    facts: &IndexVec<FileId, ModuleFacts>,
    tests: &IndexVec<FileId, bool>,
    wanted: &[(FileId, ByteRange)],
) -> Vec<Copy> {
    let originals = originals(facts, wanted);
    let mut seeds = Seeds::default();
    for (index, place) in originals.iter().enumerate() {
        seeds.add(index, shapes_of(&facts[place.file]), place.position);
    }
    let mut best: FxHashMap<(FileId, FunctionId), (Copy, Evidence)> = FxHashMap::default();
    let mut compared = 0;
    for (file, module) in facts.iter_enumerated() {
        if seeds.is_empty() || tests.get(file).copied().unwrap_or(false) {
            continue;
        }
        let shapes = shapes_of(module);
        for position in 0..shapes.len() {
            let most = if compared < COMPARED { MAX_TESTS_AT_A_PLACE } else { 1 };
            for index in seeds.near(shapes, position, most) {
                compared += 1;
                let original = originals[index];
                let production = Place { file, position };
                if let Some((copy, evidence)) = compare(facts, original, production) {
                    keep_better(&mut best, copy, evidence);
                }
            }
        }
    }
    #[allow(clippy::iter_over_hash_type, reason = "what is collected is sorted")]
    let found = best.into_values().collect();
    outermost(found)
}

/// The statements of the wanted writes, without those that look like one before them, surroundings and all: projects
/// repeat their tests.
fn originals(facts: &IndexVec<FileId, ModuleFacts>, wanted: &[(FileId, ByteRange)]) -> Vec<Place> {
    let mut wanted = wanted.to_vec();
    wanted.sort_unstable();
    wanted.dedup();
    let mut seen = FxHashSet::default();
    let mut originals = Vec::new();
    for (file, write) in wanted {
        let Some(module) = facts.get(file) else { continue };
        let Some(position) = places::statement_of(shapes_of(module), write) else { continue };
        let place = Place { file, position };
        if seen.insert(places::surroundings(module, position)) {
            originals.push(place);
        }
    }
    originals
}

/// Compares what is around two statements, within the functions that hold them, from small to large.
fn compare(facts: &IndexVec<FileId, ModuleFacts>, test: Place, production: Place) -> Option<(Copy, Evidence)> {
    let (test_module, production_module) = (&facts[test.file], &facts[production.file]);
    let mut best: Option<Evidence> = None;
    let production_levels = places::levels(production_module, production.position);
    for test_level in places::levels(test_module, test.position) {
        for production_level in &production_levels {
            let pairs = alignment::align(&test_level, production_level);
            let evidence = Evidence::of(&test_level, production_level, &pairs);
            if evidence.is_copy() && best.as_ref().is_none_or(|best| evidence.is_worth_more_room_than(best)) {
                best = Some(evidence);
            }
        }
    }
    let evidence = best?;
    let copy = Copy {
        production: evidence.production.at(production.file),
        production_function: places::function_around(production_module, evidence.production),
        test: evidence.test.at(test.file),
        test_function: places::function_around(test_module, evidence.test),
        score: evidence.score(),
    };
    Some((copy, evidence))
}

fn keep_better(best: &mut FxHashMap<(FileId, FunctionId), (Copy, Evidence)>, copy: Copy, evidence: Evidence) {
    let key = (copy.production.file, copy.production_function);
    let rank = |copy: &Copy, evidence: &Evidence| (std::cmp::Reverse(evidence.rank()), copy.test, copy.production);
    match best.get(&key) {
        Some((known, known_evidence)) if rank(known, known_evidence) <= rank(&copy, &evidence) => {}
        _ => {
            best.insert(key, (copy, evidence));
        }
    }
}

/// Leaves out what lies within another copy, and sorts.
fn outermost(mut found: Vec<(Copy, Evidence)>) -> Vec<Copy> {
    found.sort_by_key(|(copy, _)| {
        let Span { file, range } = copy.production;
        (file, range.start, std::cmp::Reverse(range.end), copy.production_function)
    });
    let mut kept: Vec<Copy> = Vec::new();
    for (copy, _) in found {
        let is_inside = kept.last().is_some_and(|last| {
            last.production.file == copy.production.file && last.production.range.contains(copy.production.range)
        });
        if !is_inside {
            kept.push(copy);
        }
    }
    kept
}
