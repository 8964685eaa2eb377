//! Random programs through lowering and solver, between what their executions see and what a fixpoint says that knows
//! no contexts: promotion, clones, copies of everything, computed keys and iteration together.
//!
//! `MODLEAK_SYSTEMS=500000 cargo test --lib random_programs` tries 100,000 of them.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};

use super::executions::{self, Seen};
use super::programs::{self, PROBE, Program};
use super::{fixpoint, systems};
use crate::base::index::IndexVec;
use crate::heap::object::{AbstractObject, Source, Value};
use crate::heap::{Code, Heap, Input, solve};
use crate::models::{self, Models};
use crate::modules::Loader;
use crate::project::file_system::Memory;
use crate::project::{LoadRequest, load};
use crate::syntax::facts::{Constraint, ModuleFacts};
use crate::syntax::{self, lower};

/// So many ways in which the texts of a program can come out are run.
const CHANCES: u32 = 8;

/// A whole program costs so many systems of constraints.
const SLOWER: u32 = 5;

/// What the heap says of a program; nothing if one of its limits was hit, and then it says less.
fn by_heap(program: &Program, models: &Models) -> Option<Seen> {
    let text = program.text();
    let mut memory = Memory::new();
    memory.insert(Path::new("/p/a.js"), text.as_str());
    let request =
        LoadRequest { working_directory: "/p".into(), root: Some(PathBuf::from("/p")), ..LoadRequest::default() };
    let project = load(&request, &memory).expect("the project loads");
    let file = project.file_at("a.js").expect("the file is there");
    let lowered = lower(syntax::Input { path: "a.js", bytes: text.as_bytes() });
    assert!(lowered.problems.is_empty(), "{:?} in {text}", lowered.problems);
    let facts = IndexVec::from_iter([lowered.facts]);
    let loader = Loader::new(&project, Arc::new(memory));
    let tests = IndexVec::from_iter([false]);
    let input = Input { project: &project, facts: &facts, loader: &loader, models, tests: &tests, code: Code::Reached };
    let heap = solve(input, text.len() as u64);
    let hits = heap.hits();
    (hits.many == 0 && hits.strings == 0).then(|| probed(&heap, &facts[file], &text))
}

/// What the probes hold, over all instances.
fn probed(heap: &Heap, facts: &ModuleFacts, text: &str) -> Seen {
    let mut seen = Seen::new();
    for (id, instance) in heap.instances() {
        for constraint in facts.constraints_of(instance.key.function) {
            let Constraint::StoreGlobal { name, src } = *constraint else { continue };
            let probe = facts.name(name).strip_prefix(PROBE).and_then(|line| line.parse().ok());
            let line = probe.expect("a probe has the number of its line");
            for (object, lifetime) in heap.points_to(heap.node(id, src)).iter().filter_map(Value::as_object) {
                seen.extend(made_at(heap.object(object), facts).map(|at| (line, line_at(text, at), lifetime)));
            }
        }
    }
    seen
}

/// Where the object is made, if the program makes it.
fn made_at(object: &AbstractObject, facts: &ModuleFacts) -> Option<usize> {
    match object.source {
        Source::Site { site, .. } => Some(facts.sites[site].range.start as usize),
        Source::Function { function, .. } => Some(facts.functions[function].range.start as usize),
        _ => None,
    }
}

fn line_at(text: &str, offset: usize) -> u32 {
    u32::try_from(text[..offset].matches('\n').count() + 1).unwrap_or(u32::MAX)
}

#[test]
fn the_heap_of_random_programs_is_between_their_executions_and_a_naive_fixpoint() {
    let models = models::parse(crate::rules::models::MODELS).expect("the models can be read");
    let count = systems() / SLOWER;
    let config = Config { cases: count, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let compared = Cell::new(0);
    let outcome = runner.run(&programs::program(), |program| {
        let Some(heap) = by_heap(&program, &models) else { return Ok(()) };
        compared.set(compared.get() + 1);
        let most = fixpoint::solve(&program);
        let text = numbered(&program);
        let beyond: Vec<_> = heap.difference(&most).collect();
        prop_assert!(beyond.is_empty(), "beyond the fixpoint: {:?} in\n{}", beyond, text);
        for chances in 0..CHANCES {
            let seen = executions::run(&program, chances);
            let missed: Vec<_> = seen.difference(&heap).collect();
            prop_assert!(missed.is_empty(), "missed: {:?} in\n{}", missed, text);
        }
        Ok(())
    });
    match outcome {
        Err(TestError::Fail(reason, _)) => panic!("after {} programs: {reason}", compared.get()),
        outcome => assert!(outcome.is_ok(), "{outcome:?}"),
    }
    assert!(compared.get() >= count / 10 * 9, "only {} of {count} programs were within the limits", compared.get());
}

fn numbered(program: &Program) -> String {
    let lines: Vec<String> = program.text().lines().zip(1..).map(|(line, at)| format!("{at:3} {line}")).collect();
    lines.join("\n")
}
