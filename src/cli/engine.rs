//! What the command line needs of the analyser.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::base::finding::Confidence;
use crate::cli::UserError;
use crate::cli::console::Progress;
use crate::cli::graph::GraphView;
use crate::report::baseline::BaselineUse;
use crate::report::{Level, Report, RuleInfo};

/// The analyser, as the command line sees it. A [`UserError`] means exit status 2.
pub trait Engine {
    /// All rules, in the order in which they are listed.
    fn rules(&self) -> Vec<RuleInfo>;

    /// Analyses and reports.
    ///
    /// # Errors
    ///
    /// If the configuration can't be used, or a path isn't there.
    fn check(&self, request: &CheckRequest, progress: Progress) -> Result<CheckOutcome, UserError>;

    /// The module graph.
    ///
    /// # Errors
    ///
    /// As [`check`](Self::check).
    fn graph(&self, request: &GraphRequest, progress: Progress) -> Result<GraphView, UserError>;

    /// What the analyser knows of a line or a file.
    ///
    /// # Errors
    ///
    /// As [`check`](Self::check), and if the file isn't one of the project's.
    fn why(&self, request: &WhyRequest, progress: Progress) -> Result<Vec<WhyEntry>, UserError>;

    /// Every file that a run reads, relative to the analysed folder, sorted.
    ///
    /// # Errors
    ///
    /// As [`check`](Self::check).
    fn inputs(&self, project: &ProjectRequest) -> Result<Vec<String>, UserError>;

    /// The configuration that holds for a file.
    ///
    /// # Errors
    ///
    /// As [`check`](Self::check), and if the file lies outside the analysed folder.
    fn effective_configuration(&self, project: &ProjectRequest, file: &Path) -> Result<serde_json::Value, UserError>;

    /// A commented configuration for the project around a folder.
    ///
    /// # Errors
    ///
    /// If there is one already.
    fn initial_configuration(&self, folder: &Path) -> Result<InitialConfiguration, UserError>;

    /// The JSON schema of the configuration.
    fn configuration_schema(&self) -> serde_json::Value;

    /// Runs the language server on standard input and output until the client ends it.
    ///
    /// # Errors
    ///
    /// If the connection breaks.
    fn serve(&self) -> Result<(), UserError>;
}

/// Which project, and how it is analysed: what all commands share.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ProjectRequest {
    /// The named paths; none means the working directory.
    pub paths: Vec<PathBuf>,
    /// The analysed folder, if it is given.
    pub root: Option<PathBuf>,
    /// Which configuration.
    pub configuration: ConfigurationChoice,
    /// How many threads, if that is given; never 0.
    pub threads: Option<usize>,
    /// Where facts are remembered.
    pub cache: CacheChoice,
    /// Packages of `node_modules` that are analysed too; `*` is all.
    pub follow_deps: Vec<String>,
    /// Whether functions that nothing calls are looked into.
    pub code: CodeChoice,
}

/// Which functions are looked into.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum CodeChoice {
    /// What runs.
    #[default]
    Reached,
    /// All: what nothing calls may load modules too.
    All,
}

/// Which configuration counts.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum ConfigurationChoice {
    /// The one that is found.
    #[default]
    Found,
    /// This file.
    File(PathBuf),
    /// None.
    None,
}

/// Where the facts of files are remembered between runs.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum CacheChoice {
    /// In the usual place.
    #[default]
    Usual,
    /// In this folder.
    Folder(PathBuf),
    /// Nowhere.
    None,
}

/// A `modleak check`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CheckRequest {
    /// Which project. Its paths narrow the report, unless they are folders that hold the analysed folder.
    pub project: ProjectRequest,
    /// Levels of rules, stronger than the configuration; the last of a rule counts.
    pub rules: Vec<(String, Level)>,
    /// Findings below are dropped.
    pub min_confidence: Confidence,
    /// Which changes narrow the report.
    pub changes: Changes,
    /// The known findings.
    pub baseline: BaselineUse,
    /// Whether the report lists all state that outlives a call.
    pub wants_inventory: bool,
    /// Files whose content is given rather than read.
    pub given: Vec<GivenFile>,
}

/// Which changes narrow a report.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Changes {
    /// None does.
    #[default]
    Ignored,
    /// What is staged for the next commit.
    Staged,
    /// What has changed since this revision.
    Since(String),
}

/// A file whose content came on standard input, from an editor, or is tried out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GivenFile {
    /// The file that it stands for.
    pub path: PathBuf,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// What a check gives.
#[derive(Debug, Default)]
pub struct CheckOutcome {
    /// The report.
    pub report: Report,
    /// The analysed folder, absolute.
    pub folder: PathBuf,
    /// Counts of the analysis, for `--statistics`.
    pub statistics: Vec<(String, u64)>,
    /// How long each stage took, for `--timings`.
    pub timings: Vec<(String, Duration)>,
}

/// A `modleak graph`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GraphRequest {
    /// Which project.
    pub project: ProjectRequest,
    /// Only what these files reach; none means everything.
    pub from: Vec<PathBuf>,
}

/// A `modleak why`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WhyRequest {
    /// Which project.
    pub project: ProjectRequest,
    /// The file.
    pub file: PathBuf,
    /// The line, from 1; none means the whole file.
    pub line: Option<u32>,
}

/// What the analyser knows of one write.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct WhyEntry {
    /// `file:line:column`.
    pub place: String,
    /// The source text.
    pub code: String,
    /// Whether it is reported, and the reason in a sentence.
    pub verdict: String,
    /// What is known: a name (`base`, `lifetime`, `owner`, `context`, `growth`, `removal`), and what.
    pub facts: Vec<(String, String)>,
}

/// A configuration to begin with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InitialConfiguration {
    /// Where it belongs.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
}
