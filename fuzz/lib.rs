//! What the fuzz targets share: a project in memory, and all stages over it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use modleak::base::index::IndexVec;
use modleak::base::source::{FileId, Texts};
use modleak::models::{self, Models};
use modleak::modules::{Loader, test_only};
use modleak::program::{Program, Stages};
use modleak::project::file_system::Memory;
use modleak::project::{self, LoadRequest, Project};
use modleak::rules::{Check, RULES, models::MODELS};
use modleak::syntax::{self, facts::ModuleFacts};
use modleak::{contexts, heap};

/// Does something where the parser may recurse as deeply as it does in the program.
pub fn with_a_large_stack(act: impl FnOnce() + Send) {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(syntax::STACK_SIZE).spawn_scoped(scope, act);
        thread.expect("there is a thread").join().expect("it ends well");
    });
}

/// The files that a text holds: each begins with a line `//// NAME`.
pub fn files_of(text: &str) -> Vec<(&str, &str)> {
    let parts = text.split("//// ").skip(1);
    let named = parts.filter_map(|part| part.split_once('\n'));
    named.filter(|(name, _)| !name.is_empty() && !name.split('/').any(|part| part == "..")).take(12).collect()
}

/// The texts of the files in memory.
struct InMemory<'a> {
    project: &'a Project,
    files: &'a [(&'a str, &'a str)],
}

impl Texts for InMemory<'_> {
    fn path(&self, file: FileId) -> &str {
        &self.project.files[file].path
    }

    fn text(&self, file: FileId) -> Option<Arc<str>> {
        let path = &self.project.files[file].path;
        self.files.iter().rev().find(|(name, _)| name == path).map(|(_, text)| Arc::from(*text))
    }
}

/// Runs all stages and rules; gives the number of findings.
pub fn analyse(files: &[(&str, &str)]) -> usize {
    let mut memory = Memory::new();
    for (name, text) in files {
        memory.insert(Path::new("/it").join(name), *text);
    }
    let root = PathBuf::from("/it");
    let request = LoadRequest { working_directory: root.clone(), root: Some(root), ..LoadRequest::default() };
    // What is wrong with a configuration is the user's to hear.
    let Ok(project) = project::load(&request, &memory) else { return 0 };
    let memory = Arc::new(memory);
    let models: Models = models::parse(MODELS).expect("the built-in models are right");
    let text = |path: &str| files.iter().rev().find(|(name, _)| *name == path).map_or("", |it| it.1);
    let lowered = project.files.iter().map(|file| {
        let input = syntax::Input { path: &file.path, bytes: text(&file.path).as_bytes() };
        if syntax::is_source(&file.path) { syntax::lower(input).facts } else { syntax::nothing() }
    });
    let facts: IndexVec<FileId, ModuleFacts> = lowered.collect();
    let loader = Loader::new(&project, memory);
    let tests = test_only::test_files(&project, &facts, &loader);
    let input = heap::Input { project: &project, facts: &facts, loader: &loader, models: &models, tests: &tests };
    let bytes = files.iter().map(|(_, text)| text.len() as u64).sum();
    let heap = heap::solve(input, bytes);
    let contexts = contexts::find(&heap, &models, &facts, &tests);
    let texts = InMemory { project: &project, files };
    let stages = Stages {
        project: &project,
        facts: &facts,
        models: &models,
        heap: &heap,
        contexts: &contexts,
        tests: &tests,
        texts: &texts,
    };
    let program = Program::new(stages);
    let mut found = Vec::new();
    for rule in RULES {
        if let Check::Program(check) = rule.check {
            check(&program, &mut found);
        }
    }
    found.len()
}
