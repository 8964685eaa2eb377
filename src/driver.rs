//! The run: stages called in order, in parallel where files are independent. Threads, panics and progress are dealt
//! with here and nowhere else.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustc_hash::FxHashMap;

use crate::base::finding::{Finding, Incomplete, Suppression};
use crate::base::index::IndexVec;
use crate::base::source::{FileId, Texts};
use crate::cache::{Cache, Entry, Key};
use crate::cli::engine::{CodeChoice, ProjectRequest};
use crate::cli::{UserError, cache_place, working_directory};
use crate::contexts::{self, Contexts};
use crate::copies;
use crate::heap::{self, Heap};
use crate::models::{self, Models};
use crate::modules::{Loader, test_only};
use crate::program::{Program, Stages};
use crate::project::file_system::FileSystem;
use crate::project::recorded::Answers;
use crate::project::{self, LoadRequest, Place, Project, ProjectError};
use crate::rules::{self, Check, RULES};
use crate::syntax::{self, facts::ModuleFacts};
use crate::workers::{self, Crew, Outcome};

/// A larger file is not read.
pub(crate) const FILE_LIMIT: u64 = 8 << 20;

/// How long a file may take. Files within the limits of size take a fraction of a second.
const PATIENCE: Duration = Duration::from_secs(10);

/// The stack of a thread that parses nothing.
const SMALL_STACK: usize = 1 << 20;

/// Below this many files one thread is faster than several.
const FILES_FOR_THREADS: usize = 64;

/// Everything that a run has found out, before rules ask.
pub(crate) struct Analysis {
    pub(crate) project: Project,
    pub(crate) facts: IndexVec<FileId, ModuleFacts>,
    pub(crate) models: Models,
    pub(crate) tests: IndexVec<FileId, bool>,
    pub(crate) heap: Heap,
    pub(crate) contexts: Contexts,
    pub(crate) incomplete: Vec<Incomplete>,
    pub(crate) fs: Arc<dyn FileSystem>,
    pub(crate) timings: Vec<(String, Duration)>,
    /// The texts that were asked for: steps and findings of one file ask for it again and again.
    texts: Mutex<FxHashMap<FileId, Option<Arc<str>>>>,
}

impl Texts for Analysis {
    fn path(&self, file: FileId) -> &str {
        &self.project.files[file].path
    }

    fn text(&self, file: FileId) -> Option<Arc<str>> {
        let mut texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        let read = || String::from_utf8(self.fs.read(&self.project.absolute(file), FILE_LIMIT).ok()?).ok();
        texts.entry(file).or_insert_with(|| read().map(Arc::from)).clone()
    }
}

/// What there is to analyse.
pub(crate) fn project(request: &ProjectRequest, fs: &dyn FileSystem) -> Result<Project, UserError> {
    project::load(&load_request(request)?, fs).map_err(user_error)
}

/// Where it is.
pub(crate) fn place(request: &ProjectRequest, fs: &dyn FileSystem) -> Result<Place, UserError> {
    project::place(&load_request(request)?, fs).map_err(user_error)
}

/// Runs the stages up to the contexts.
pub(crate) fn analyse(
    request: &ProjectRequest,
    fs: Arc<dyn FileSystem>,
    stage: &mut dyn FnMut(&'static str),
) -> Result<Analysis, UserError> {
    analyse_at(place(request, fs.as_ref())?, request, fs, stage)
}

/// The same, when the place is known.
pub(crate) fn analyse_at(
    place: Place,
    request: &ProjectRequest,
    fs: Arc<dyn FileSystem>,
    stage: &mut dyn FnMut(&'static str),
) -> Result<Analysis, UserError> {
    let mut timings = Vec::new();
    let mut clock = Instant::now();
    let mut lap = |name: &str, timings: &mut Vec<(String, Duration)>| {
        timings.push((name.to_owned(), clock.elapsed()));
        clock = Instant::now();
    };
    stage("reading the project");
    let project = project::load_at(place, &load_request(request)?, fs.as_ref()).map_err(user_error)?;
    let models = load_models(&project)?;
    lap("project", &mut timings);
    stage("parsing");
    let cache = open_cache(request, &project);
    let (mut facts, mut incomplete, bytes) = lower_all(&project, &fs, request.threads, cache)?;
    incomplete.extend(project.incomplete.iter().cloned());
    lap("syntax", &mut timings);
    stage("resolving");
    let specifiers = facts.iter().flat_map(|facts| facts.imports.iter().map(|import| facts.name(import.specifier)));
    let loader = Loader::new(&project, Arc::clone(&fs)).having_seen(specifiers);
    let tests = test_only::test_files(&project, &facts, &loader);
    lap("modules", &mut timings);
    stage("solving");
    let code = match request.code {
        CodeChoice::Reached => heap::Code::Reached,
        CodeChoice::All => heap::Code::All,
    };
    let solve = |facts: &_| {
        let input = heap::Input { project: &project, facts, loader: &loader, models: &models, tests: &tests, code };
        heap::solve(input, bytes)
    };
    let heap = catch_unwind(AssertUnwindSafe(|| solve(&facts))).unwrap_or_else(|_| {
        // What is left of a program without code can be told in every format; that it is all wrong, too.
        facts = facts.iter().map(|_| syntax::nothing()).collect();
        incomplete.push(Incomplete {
            file: String::new(),
            reason: "internal-error",
            message: "the heap analysis failed on this project: nothing of it was analysed".to_owned(),
            range: None,
        });
        solve(&facts)
    });
    lap("heap", &mut timings);
    let contexts = contexts::find(&heap, &models, &facts, &tests);
    lap("contexts", &mut timings);
    incomplete.extend(heap.hits().said().map(|message| Incomplete {
        file: String::new(),
        reason: "limit",
        message: message.to_owned(),
        range: None,
    }));
    Ok(Analysis { project, facts, models, tests, heap, contexts, incomplete, fs, timings, texts: Mutex::default() })
}

/// Asks every rule. A rule that panics loses its own findings, and that is said.
pub(crate) fn findings(analysis: &Analysis, incomplete: &mut Vec<Incomplete>) -> Vec<Finding> {
    let program = program(analysis);
    let mut found = Vec::new();
    for rule in RULES {
        let Check::Program(check) = rule.check else { continue };
        let one = catch_unwind(AssertUnwindSafe(|| {
            let mut one = Vec::new();
            check(&program, &mut one);
            one
        }));
        match one {
            Ok(one) => found.extend(one),
            Err(_) => incomplete.push(Incomplete {
                file: String::new(),
                reason: "internal-error",
                message: format!("the rule {} failed on this project", rule.name),
                range: None,
            }),
        }
    }
    found
}

/// The program that rules and `why` ask.
pub(crate) fn program(analysis: &Analysis) -> Program<'_> {
    let mut program = Program::new(stages(analysis));
    program.set_copies(find_copies(analysis, &program));
    program
}

/// What the program is made of.
pub(crate) fn stages(analysis: &Analysis) -> Stages<'_> {
    Stages {
        project: &analysis.project,
        facts: &analysis.facts,
        models: &analysis.models,
        heap: &analysis.heap,
        contexts: &analysis.contexts,
        tests: &analysis.tests,
        texts: analysis,
    }
}

/// Near copies of test code that changes production modules.
fn find_copies(analysis: &Analysis, program: &Program<'_>) -> Vec<copies::Copy> {
    if !analysis.tests.iter().any(|&is_test| is_test) {
        return Vec::new();
    }
    let mut wanted: Vec<_> = program
        .changes()
        .iter()
        .filter(|change| program.is_test_change(change) && !program.is_platform_change(change))
        .map(|change| (change.file, change.range))
        .collect();
    wanted.sort_unstable();
    wanted.dedup();
    copies::find(&analysis.facts, &analysis.tests, &wanted)
}

/// The suppression comments of each file that has some.
pub(crate) fn suppressions(analysis: &Analysis) -> Vec<(FileId, Vec<Suppression>)> {
    analysis
        .facts
        .iter_enumerated()
        .filter(|(_, facts)| !facts.suppressions.is_empty())
        .map(|(file, facts)| (file, facts.suppressions.clone()))
        .collect()
}

fn load_request(request: &ProjectRequest) -> Result<LoadRequest, UserError> {
    use crate::cli::engine::ConfigurationChoice;
    let working_directory = working_directory()?;
    Ok(LoadRequest {
        working_directory,
        paths: request.paths.clone(),
        root: request.root.clone(),
        config: match &request.configuration {
            ConfigurationChoice::Found => project::config::ConfigChoice::Discover,
            ConfigurationChoice::File(file) => project::config::ConfigChoice::File(file.clone()),
            ConfigurationChoice::None => project::config::ConfigChoice::Nothing,
        },
        rule_names: RULES.iter().map(|rule| rule.name.to_owned()).collect(),
        follow_dependencies: request.follow_deps.clone(),
    })
}

pub(crate) fn user_error(error: ProjectError) -> UserError {
    let mut out = UserError::new(error.message);
    if let Some((path, line, column)) = error.place {
        out = out.at(format!("{}:{line}:{column}", path.display()));
    }
    match error.help {
        Some(help) => out.with_help(help),
        None => out,
    }
}

fn load_models(project: &Project) -> Result<Models, UserError> {
    let mut sources: Vec<(&str, &str)> = rules::models::MODELS.to_vec();
    sources.extend(project.config.models().map(|(name, text)| (name.as_str(), text.as_str())));
    models::parse(&sources)
        .map_err(|error| UserError::new(error.message).at(format!("{}:{}:{}", error.file, error.line, error.column)))
}

/// The cache of the project, unless there is to be none.
fn open_cache(request: &ProjectRequest, project: &Project) -> Option<Cache> {
    Some(Cache::open(&cache_place::folder(&request.cache)?, &project.root, &cache_place::build()?))
}

/// A file as it was understood now, or by an earlier run.
struct Understood {
    lowered: syntax::Lowered,
    size: u64,
    /// Under what its facts are kept.
    key: Option<Key>,
    /// What is new in the cache.
    entry: Option<Entry>,
}

/// The facts of all files, what was not understood, and how many bytes there were.
type AllFacts = (IndexVec<FileId, ModuleFacts>, Vec<Incomplete>, u64);

/// Reads and lowers every file: one job a file, at most one tree a thread.
fn lower_all(
    project: &Project,
    fs: &Arc<dyn FileSystem>,
    threads: Option<usize>,
    cache: Option<Cache>,
) -> Result<AllFacts, UserError> {
    let crew =
        Crew { threads: threads_for(project.files.len(), threads), stack: syntax::STACK_SIZE, patience: PATIENCE };
    let (root, fs, cache) = (project.root.clone(), Arc::clone(fs), cache.map(Arc::new));
    let paths: Vec<String> = project.files.iter().map(|file| file.path.clone()).collect();
    let known = cache.clone();
    // Facts are large, and what passes between threads is laid out many at a time.
    let lower = move |index: usize| Box::new(lower_one(&root, &paths[index], fs.as_ref(), known.as_deref()));
    let outcomes = workers::run(crew, project.files.len(), lower);
    if outcomes.iter().all(|outcome| matches!(outcome, Outcome::NoThread)) {
        return Err(UserError::new("no thread with a big enough stack can be started"));
    }
    let mut understood: Vec<Understood> = outcomes.into_iter().map(understood).collect();
    if let Some(cache) = cache {
        keep(&cache, &mut understood);
    }
    let mut incomplete = Vec::new();
    let mut bytes = 0;
    let mut facts = IndexVec::new();
    for (Understood { lowered, size, .. }, file) in understood.into_iter().zip(&project.files) {
        bytes += size;
        facts.push(lowered.facts);
        incomplete.extend(lowered.problems.into_iter().map(|problem| Incomplete {
            file: file.path.clone(),
            reason: problem.reason,
            message: problem.message,
            range: problem.range,
        }));
    }
    Ok((facts, incomplete, bytes))
}

/// How many threads so many files are worth, unless it is given.
fn threads_for(files: usize, given: Option<usize>) -> usize {
    let few = (files < FILES_FOR_THREADS).then_some(1);
    given.or(few).or_else(|| std::thread::available_parallelism().ok().map(usize::from)).unwrap_or(1)
}

/// So many answers are asked for at once, by one thread.
const ANSWERS_AT_ONCE: usize = 256;

/// Whether the disk still gives all the answers of an earlier run. The first other one ends it.
pub(crate) fn holds(answers: Answers, fs: &Arc<dyn FileSystem>, threads: Option<usize>) -> bool {
    let count = answers.len();
    let crew = Crew { threads: threads_for(count, threads), stack: SMALL_STACK, patience: PATIENCE };
    let (fs, has_changed) = (Arc::clone(fs), AtomicBool::new(false));
    let job = move |part: usize| {
        let mut places = part * ANSWERS_AT_ONCE..((part + 1) * ANSWERS_AT_ONCE).min(count);
        let holds = !has_changed.load(Ordering::Relaxed) && places.all(|at| answers.holds(at, fs.as_ref()));
        has_changed.fetch_or(!holds, Ordering::Relaxed);
        holds
    };
    workers::run(crew, count.div_ceil(ANSWERS_AT_ONCE), job).into_iter().all(|outcome| outcome == Outcome::Done(true))
}

fn understood(outcome: Outcome<Box<Understood>>) -> Understood {
    let (reason, message) = match outcome {
        Outcome::Done(done) => return *done,
        Outcome::GivenUp => ("parse-budget", "the parser takes too long with this file"),
        Outcome::NoThread => ("internal-error", "no thread was left for this file"),
    };
    unkept(syntax::refused(syntax::Problem { reason, message: message.to_owned(), range: None }), 0)
}

/// Writes the cache anew, if it lacks something or holds what is no longer there.
fn keep(cache: &Cache, understood: &mut [Understood]) {
    let new: Vec<Entry> = understood.iter_mut().filter_map(|file| file.entry.take()).collect();
    let kept: Vec<Key> = understood.iter().filter_map(|file| file.key).collect();
    if !new.is_empty() || kept.len() < cache.len() {
        cache.save(&kept, &new);
    }
}

fn unkept(lowered: syntax::Lowered, size: u64) -> Understood {
    Understood { lowered, size, key: None, entry: None }
}

fn lower_one(root: &Path, path: &str, fs: &dyn FileSystem, cache: Option<&Cache>) -> Understood {
    let bytes = match fs.read_listed(&root.join(path), FILE_LIMIT) {
        Ok(bytes) => bytes,
        Err(error) => {
            let problem = syntax::Problem {
                reason: if error.kind() == std::io::ErrorKind::FileTooLarge { "too-large" } else { "unreadable" },
                message: format!("the file can't be read: {error}"),
                range: None,
            };
            return unkept(syntax::refused(problem), 0);
        }
    };
    let size = bytes.len() as u64;
    let Some(cache) = cache else { return unkept(syntax::lower(syntax::Input { path, bytes: &bytes }), size) };
    let key = Key::of(path, &bytes);
    if let Some(facts) = cache.facts(key) {
        let lowered = syntax::Lowered { facts, problems: Vec::new() };
        return Understood { lowered, size, key: Some(key), entry: None };
    }
    let lowered = syntax::lower(syntax::Input { path, bytes: &bytes });
    // What could not be understood is looked at again: problems are said anew in each run.
    let entry = if lowered.problems.is_empty() { Entry::new(key, &lowered.facts) } else { None };
    Understood { lowered, size, key: Some(key), entry }
}
