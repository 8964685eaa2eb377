//! Which files only tests load: helpers that stand outside the test folders.

use rustc_hash::FxHashMap;

use crate::base::index::IndexVec;
use crate::base::source::FileId;
use crate::modules::{Loader, Mode, Resolution};
use crate::project::Project;
use crate::syntax::facts::{Callee, Constraint, FunctionId, ModuleFacts, ValueId};

/// For each file whether it is test code: by its path, or since everything that loads it (by a constant specifier) is.
pub fn test_files(project: &Project, facts: &IndexVec<FileId, ModuleFacts>, loader: &Loader) -> IndexVec<FileId, bool> {
    let mut tests: IndexVec<FileId, bool> = project.files.iter().map(|file| file.is_test).collect();
    if !tests.iter().any(|&is_test| is_test) {
        return tests;
    }
    let mut importers: FxHashMap<FileId, Vec<FileId>> = FxHashMap::default();
    for (file, facts) in facts.iter_enumerated() {
        for target in constant_targets(file, facts, loader) {
            importers.entry(target).or_default().push(file);
        }
    }
    let entries: Vec<FileId> =
        project.manifests.iter().flat_map(|m| m.entries.iter().chain(&m.bins).copied()).collect();
    loop {
        let mut changed = false;
        for file in project.files.ids() {
            let Some(by) = importers.get(&file) else { continue };
            let is_helper = names_a_helper(&project.files[file].path);
            if !tests[file] && is_helper && !entries.contains(&file) && by.iter().all(|&importer| tests[importer]) {
                tests[file] = true;
                changed = true;
            }
        }
        if !changed {
            return tests;
        }
    }
}

/// Whether a path says that the file helps tests. A module that only its unit test loads is production code all the
/// same.
fn names_a_helper(path: &str) -> bool {
    let path = path.to_lowercase();
    ["helper", "support", "setup", "mock", "stub", "fake", "fixture", "factory", "factories", "test", "spec"]
        .iter()
        .any(|word| path.contains(word))
}

fn constant_targets(file: FileId, facts: &ModuleFacts, loader: &Loader) -> Vec<FileId> {
    let mut targets = Vec::new();
    for import in facts.imports.iter().filter(|import| !import.is_type) {
        if let Resolution::File(target) = loader.resolve(file, facts.name(import.specifier), Mode::Import) {
            targets.push(target);
        }
    }
    for (function, info) in facts.functions.iter_enumerated() {
        let requires: Vec<ValueId> = facts.constraints[info.constraints.indices()]
            .iter()
            .filter_map(|constraint| match constraint {
                Constraint::LoadGlobal { dst, name } if facts.name(*name) == "require" => Some(*dst),
                _ => None,
            })
            .collect();
        if requires.is_empty() {
            continue;
        }
        for constraint in facts.constraints_of(function) {
            let Constraint::Call { call } = constraint else { continue };
            let Callee::Value(callee) = facts.calls[*call].callee else { continue };
            if !requires.contains(&callee) {
                continue;
            }
            let text = facts.arguments_of(*call).first().and_then(|arg| constant(facts, function, arg.value));
            if let Some(text) = text
                && let Resolution::File(target) = loader.resolve(file, text, Mode::Require)
            {
                targets.push(target);
            }
        }
    }
    targets.retain(|&target| target != file);
    targets
}

fn constant(facts: &ModuleFacts, function: FunctionId, value: ValueId) -> Option<&str> {
    facts.constraints_of(function).iter().find_map(|constraint| match constraint {
        Constraint::String { dst, value: text } if *dst == value => Some(facts.name(*text)),
        _ => None,
    })
}
