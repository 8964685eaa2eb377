//! All that a report is made of but for its options: by a run, or by an earlier one whose every question the disk still
//! answers alike.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::base::finding::{Finding, Incomplete, Suppression};
use crate::base::index::IndexVec;
use crate::base::source::FileId;
use crate::cache::last::Last;
use crate::cli::engine::ProjectRequest;
use crate::cli::{UserError, cache_place};
use crate::driver::{self, Analysis, FILE_LIMIT};
use crate::project::file_system::FileSystem;
use crate::project::recorded::{Answers, Recorder};
use crate::project::{Level, Place};
use crate::report::StateInput;
use crate::report::source_texts::Sources;
use crate::rules::RULES;

/// What was found, and where.
pub(crate) struct Results {
    pub(crate) place: Place,
    pub(crate) found: Found,
    /// State that outlives a call, if it was asked for.
    pub(crate) inventory: Vec<StateInput>,
    pub(crate) timings: Vec<(String, Duration)>,
    fs: Arc<dyn FileSystem>,
}

/// What was found.
#[derive(serde::Serialize, serde::Deserialize)]
pub(crate) struct Found {
    /// The files' paths, in their order.
    pub(crate) paths: IndexVec<FileId, String>,
    /// How many files are sources.
    pub(crate) sources: usize,
    pub(crate) findings: Vec<Finding>,
    pub(crate) suppressions: Vec<(FileId, Vec<Suppression>)>,
    /// What is configured for each rule, in their order, in the files that findings or comments are in; sorted.
    levels: Vec<(String, Vec<Option<Level>>)>,
    pub(crate) incomplete: Vec<Incomplete>,
    pub(crate) assumptions: Vec<String>,
    pub(crate) statistics: Vec<(String, u64)>,
}

/// A run as it is kept.
#[derive(serde::Serialize, serde::Deserialize)]
struct Kept {
    found: Found,
    /// What it read.
    answers: Answers,
}

impl Sources for Results {
    fn path(&self, file: FileId) -> &str {
        &self.found.paths[file]
    }

    fn text(&self, file: FileId) -> Option<Arc<str>> {
        let bytes = self.fs.read(&self.place.root.join(&self.found.paths[file]), FILE_LIMIT).ok()?;
        String::from_utf8(bytes).ok().map(Arc::from)
    }

    fn find(&self, path: &str) -> Option<FileId> {
        let at = self.found.paths.as_slice().binary_search_by(|file| file.as_bytes().cmp(path.as_bytes())).ok()?;
        u32::try_from(at).ok().map(FileId)
    }
}

impl Found {
    fn new(analysis: &Analysis, statistics: Vec<(String, u64)>) -> Self {
        let mut incomplete = analysis.incomplete.clone();
        let findings = driver::findings(analysis, &mut incomplete);
        let suppressions = driver::suppressions(analysis);
        let places = findings.iter().map(|it| it.span.file).chain(suppressions.iter().map(|it| it.0));
        let mut files: Vec<FileId> = places.collect();
        files.sort_unstable();
        files.dedup();
        let levels = files.into_iter().map(|file| {
            let path = &analysis.project.files[file].path;
            (path.clone(), RULES.iter().map(|rule| analysis.project.config.severity_of(rule.name, path)).collect())
        });
        Self {
            paths: analysis.project.files.iter().map(|file| file.path.clone()).collect(),
            sources: analysis.project.source_count(),
            levels: levels.collect(),
            findings,
            suppressions,
            incomplete,
            assumptions: crate::assumptions::assumptions(analysis),
            statistics,
        }
    }

    /// The configured level of a rule in a file that a finding or a comment is in.
    pub(crate) fn level(&self, rule: &str, path: &str) -> Option<Level> {
        let at = self.levels.binary_search_by(|(file, _)| file.as_str().cmp(path)).ok()?;
        let rule = RULES.iter().position(|it| it.name == rule)?;
        self.levels[at].1.get(rule).copied().flatten()
    }

    /// Whether another run would find the same: not where the clock decided, or something failed.
    fn is_lasting(&self) -> bool {
        !self.incomplete.iter().any(|it| matches!(it.reason, "parse-budget" | "internal-error"))
    }
}

/// What to find, and how.
pub(crate) struct Asked<'a> {
    pub(crate) project: &'a ProjectRequest,
    /// Whether the files are the disk's: of others nothing is kept.
    pub(crate) is_disk: bool,
    pub(crate) wants_inventory: bool,
}

/// What there is to find, found now or known from the last run.
pub(crate) fn results(
    asked: &Asked<'_>,
    fs: Arc<dyn FileSystem>,
    stage: &mut dyn FnMut(&'static str),
) -> Result<Results, UserError> {
    let start = Instant::now();
    let place = driver::place(asked.project, fs.as_ref())?;
    let last = if asked.is_disk { last(asked.project, &place) } else { None };
    let Some(last) = last else {
        let analysis = driver::analyse_at(place.clone(), asked.project, Arc::clone(&fs), stage)?;
        return Ok(found(&analysis, place, asked, fs, stage));
    };
    if !asked.wants_inventory
        && let Some(Kept { found, answers }) = last.read()
        && driver::holds(answers, &fs, asked.project.threads)
    {
        let timings = vec![("last run".to_owned(), start.elapsed())];
        return Ok(Results { place, found, inventory: Vec::new(), timings, fs });
    }
    let recorder = Arc::new(Recorder::new(Arc::clone(&fs)));
    let analysis =
        driver::analyse_at(place.clone(), asked.project, Arc::clone(&recorder) as Arc<dyn FileSystem>, stage)?;
    let mut results = found(&analysis, place, asked, fs, stage);
    if results.found.is_lasting()
        && let Some(answers) = recorder.answers()
    {
        let kept = Kept { found: results.found, answers };
        last.write(&kept);
        results.found = kept.found;
    }
    Ok(results)
}

fn found(
    analysis: &Analysis,
    place: Place,
    asked: &Asked<'_>,
    fs: Arc<dyn FileSystem>,
    stage: &mut dyn FnMut(&'static str),
) -> Results {
    stage("asking the rules");
    let start = Instant::now();
    let found = Found::new(analysis, statistics(analysis));
    let mut timings = analysis.timings.clone();
    timings.push(("rules".to_owned(), start.elapsed()));
    let inventory = if asked.wants_inventory { crate::inventory::inventory(analysis) } else { Vec::new() };
    Results { place, found, inventory, timings, fs }
}

/// Where the last run that was asked the same is kept. The PATHs narrow what is reported, not what is found.
fn last(request: &ProjectRequest, place: &Place) -> Option<Last> {
    let folder = cache_place::folder(&request.cache)?;
    let working_directory: PathBuf = crate::cli::working_directory().ok()?;
    let asked = format!(
        "{:?}",
        (working_directory, &place.root, &place.repository, &request.configuration, &request.follow_deps)
    );
    Some(Last::new(&folder, &place.root, &cache_place::build()?, &asked))
}

fn statistics(analysis: &Analysis) -> Vec<(String, u64)> {
    let hits = analysis.heap.hits();
    let count = |n: usize| n as u64;
    vec![
        ("files".to_owned(), count(analysis.project.source_count())),
        ("functions".to_owned(), count(analysis.facts.iter().map(|facts| facts.functions.len()).sum())),
        ("instances".to_owned(), count(analysis.heap.instances().count())),
        ("nodes".to_owned(), count(analysis.heap.node_count())),
        ("objects".to_owned(), count(analysis.heap.objects().count())),
        ("calls".to_owned(), count(analysis.heap.record.calls.len())),
        ("roots".to_owned(), count(analysis.heap.record.roots.len())),
        ("work".to_owned(), analysis.heap.work()),
        ("nodes with many objects".to_owned(), u64::from(hits.many)),
        ("nodes with widened strings".to_owned(), u64::from(hits.strings)),
        ("functions at the clones' cap".to_owned(), u64::from(hits.clones)),
    ]
}
