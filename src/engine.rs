//! What the command line asks, answered by the run.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::base::finding::{Confidence, Incomplete};
use crate::cli::UserError;
use crate::cli::console::Progress;
use crate::cli::engine::{
    Changes, CheckOutcome, CheckRequest, CodeChoice, Engine, GivenFile, GraphRequest, InitialConfiguration,
    ProjectRequest, WhyEntry, WhyRequest,
};
use crate::cli::graph::GraphView;
use crate::driver;
use crate::lsp::{self, Buffer, Checked};
use crate::project::changes::{self, ChangedFile, ChangedLines};
use crate::project::file_system::{Disk, FileSystem, Memory, clean};
use crate::report::baseline::BaselineUse;
use crate::report::narrowing::{Lines, Narrowing};
use crate::report::source_texts::Sources;
use crate::report::suppress::SuppressionJudge;
use crate::report::{Level, Report, ReportInput, RuleInfo, severity_word};
use crate::results::{Asked, Results, results};
use crate::rules::{Check, RULES};

/// The analyser.
#[derive(Clone, Copy, Debug, Default)]
pub struct Driver;

impl Engine for Driver {
    fn rules(&self) -> Vec<RuleInfo> {
        rule_infos()
    }

    fn check(&self, request: &CheckRequest, progress: Progress) -> Result<CheckOutcome, UserError> {
        let results = found(request, progress)?;
        let unseen = unseen(&results, request)?;
        report(&results, request, unseen)
    }

    fn graph(&self, request: &GraphRequest, progress: Progress) -> Result<GraphView, UserError> {
        let project = ProjectRequest { code: CodeChoice::All, ..request.project.clone() };
        let analysis = driver::analyse(&project, Arc::new(Disk), &mut |name| progress.stage(name))?;
        crate::graph_view::graph_view(&analysis, request)
    }

    fn why(&self, request: &WhyRequest, progress: Progress) -> Result<Vec<WhyEntry>, UserError> {
        let analysis = driver::analyse(&request.project, Arc::new(Disk), &mut |name| progress.stage(name))?;
        crate::why::why(&analysis, request)
    }

    fn inputs(&self, project: &ProjectRequest) -> Result<Vec<String>, UserError> {
        let analysis = driver::analyse(project, Arc::new(Disk), &mut |_| {})?;
        let mut inputs: Vec<String> = analysis.project.files.iter().map(|file| file.path.clone()).collect();
        inputs.extend(analysis.project.inputs.iter().map(|path| {
            let inner = path.strip_prefix(&analysis.project.root).unwrap_or(path);
            inner.to_string_lossy().replace('\\', "/")
        }));
        inputs.sort();
        inputs.dedup();
        Ok(inputs)
    }

    fn effective_configuration(&self, project: &ProjectRequest, file: &Path) -> Result<serde_json::Value, UserError> {
        let project = driver::project(project, &Disk)?;
        let path = crate::cli::working_directory()?.join(file);
        let path = Disk.canonicalize(&path).unwrap_or_else(|_| clean(&path));
        let inside = path.strip_prefix(&project.root).map_err(|_| {
            UserError::new(format!("the file lies outside the analysed folder {}", project.root.display()))
        })?;
        let inside = inside.to_string_lossy().replace('\\', "/");
        let sources: Vec<String> = project
            .config
            .sources()
            .map(|path| path.strip_prefix(&project.root).unwrap_or(path).to_string_lossy().replace('\\', "/"))
            .collect();
        let mut effective = project.config.effective(&inside, &rule_levels());
        effective["sources"] = sources.into();
        Ok(effective)
    }

    fn initial_configuration(&self, folder: &Path) -> Result<InitialConfiguration, UserError> {
        let path = folder.join("modleak.jsonc");
        for name in ["modleak.json", "modleak.jsonc"] {
            if Disk.is_file(&folder.join(name)) {
                return Err(UserError::new(format!("there is a {name} already")));
            }
        }
        Ok(InitialConfiguration { path, text: initial_configuration(&what_is_found(folder)) })
    }

    fn configuration_schema(&self) -> serde_json::Value {
        let names: Vec<String> = RULES.iter().map(|rule| rule.name.to_owned()).collect();
        crate::project::config::schema(&names)
    }

    fn serve(&self) -> Result<(), UserError> {
        let check = |folder: &Path, buffers: &[Buffer]| {
            let given = |buffer: &Buffer| GivenFile { path: buffer.path.clone(), bytes: buffer.text.clone().into() };
            let request = CheckRequest {
                project: ProjectRequest { paths: vec![folder.to_path_buf()], ..ProjectRequest::default() },
                given: buffers.iter().map(given).collect(),
                rules: Vec::new(),
                min_confidence: Confidence::Medium,
                changes: Changes::Ignored,
                baseline: BaselineUse::Unused,
                wants_inventory: false,
            };
            // An editor may have files open that are none of the project's.
            let outcome = found(&request, Progress::Hidden).and_then(|results| report(&results, &request, Vec::new()));
            let outcome = outcome.map_err(|error| match error.place {
                Some(place) => format!("{place}: {}", error.message),
                None => error.message,
            })?;
            Ok(Checked { folder: outcome.folder, report: outcome.report })
        };
        let input = std::io::BufReader::new(std::io::stdin());
        lsp::serve(&check, input, &mut std::io::stdout())
            .map_err(|error| UserError::new(format!("the connection broke: {error}")))
    }
}

/// How many entries a new configuration names.
const NAMED_ENTRIES: usize = 5;

/// What a project says of itself without any configuration, a line each; nothing if it can't be analysed.
fn what_is_found(folder: &Path) -> Vec<String> {
    let request = ProjectRequest { paths: vec![folder.to_path_buf()], ..ProjectRequest::default() };
    let Ok(analysis) = driver::analyse(&request, Arc::new(Disk), &mut |_| {}) else { return Vec::new() };
    let mut lines: Vec<String> =
        crate::assumptions::assumptions(&analysis).into_iter().map(|it| format!("Found: {it}.")).collect();
    let manifests = analysis.project.manifests.iter();
    let mut entries: Vec<&str> = manifests
        .flat_map(|manifest| &manifest.entries)
        .map(|&entry| analysis.project.files[entry].path.as_str())
        .collect();
    entries.sort_unstable();
    entries.dedup();
    if !entries.is_empty() {
        let more = entries.len().saturating_sub(NAMED_ENTRIES);
        let named = entries[..entries.len() - more].join(", ");
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        lines.push(format!("Entries, as package.json names them: {named}{more}."));
    }
    lines
}

fn initial_configuration(found: &[String]) -> String {
    let mut text = "{\n".to_owned();
    for line in found {
        // On one line each: a comment must not end early.
        let _ = writeln!(text, "  // {}", crate::report::format::escape::plain(line));
    }
    if !found.is_empty() {
        text.push('\n');
    }
    text.push_str(INITIAL_CONFIGURATION);
    text
}

const INITIAL_CONFIGURATION: &str = r#"  // Files that are not analysed, as globs. What .gitignore names is left out anyway.
  "ignore": [],

  // Files that are test code, beside those that are found by their names.
  "tests": [],

  // Files whose exports somebody outside calls: plug-ins, scripts that a tool loads.
  "entries": [],

  // Levels of rules: "off", "info", "warning" or "error". `modleak rules` lists them.
  "rules": {},

  // Levels for some files only.
  "overrides": []
}
"#;

/// The level that each rule has where nothing is configured.
fn rule_levels() -> Vec<(&'static str, &'static str)> {
    RULES.iter().map(|rule| (rule.name, severity_word(rule.severity))).collect()
}

pub(crate) fn rule_infos() -> Vec<RuleInfo> {
    RULES
        .iter()
        .map(|rule| RuleInfo { name: rule.name, summary: rule.summary(), page: rule.page, severity: rule.severity })
        .collect()
}

/// What is laid over the disk: what is staged, and what was given. Nothing if that is all on the disk.
fn overlay(request: &CheckRequest) -> Result<Option<Memory>, UserError> {
    let staged = match request.changes {
        Changes::Staged => {
            let root = driver::place(&request.project, &Disk)?.root;
            changes::staged_contents(&root).map_err(driver::user_error)?
        }
        Changes::Ignored | Changes::Since(_) => Vec::new(),
    };
    if request.given.is_empty() && staged.is_empty() {
        return Ok(None);
    }
    let mut memory = Memory::over(Arc::new(Disk));
    for (path, bytes) in staged {
        memory.insert(path, bytes);
    }
    for file in &request.given {
        memory.insert(real_path(&file.path)?, file.bytes.clone());
    }
    Ok(Some(memory))
}

/// What a check finds before it is reported.
fn found(request: &CheckRequest, progress: Progress) -> Result<Results, UserError> {
    let overlay = overlay(request)?;
    let is_disk = overlay.is_none();
    let fs: Arc<dyn FileSystem> = overlay.map_or_else(|| Arc::new(Disk) as _, |memory| Arc::new(memory) as _);
    let asked = Asked { project: &request.project, is_disk, wants_inventory: request.wants_inventory };
    results(&asked, fs, &mut |name| progress.stage(name))
}

/// Files whose content was given and that are not analysed.
fn unseen(results: &Results, request: &CheckRequest) -> Result<Vec<Incomplete>, UserError> {
    let mut unseen = Vec::new();
    let is_known =
        |inside: &str| results.find(inside).is_some() || results.found.incomplete.iter().any(|it| it.file == inside);
    for file in &request.given {
        let real = real_path(&file.path)?;
        let inside = real.strip_prefix(&results.place.root).ok().map(|path| path.to_string_lossy().replace('\\', "/"));
        let (file, reason, message) = match inside {
            None => {
                (file.path.to_string_lossy().into_owned(), "outside-root", "the file lies outside the analysed folder")
            }
            Some(inside) if is_known(&inside) => continue,
            Some(inside) => (inside, "ignored", "the file is none that is analysed: it is ignored, or of another kind"),
        };
        unseen.push(Incomplete { file, reason, message: message.to_owned(), range: None });
    }
    Ok(unseen)
}

/// The real path of a file; of one that is not there yet, in the real path of its folder.
fn real_path(path: &Path) -> Result<PathBuf, UserError> {
    let path = crate::cli::working_directory()?.join(path);
    let real = Disk.canonicalize(&path).or_else(|error| match (path.parent(), path.file_name()) {
        (Some(folder), Some(name)) => Disk.canonicalize(folder).map(|folder| folder.join(name)),
        _ => Err(error),
    });
    Ok(real.unwrap_or(path))
}

fn report(results: &Results, request: &CheckRequest, unseen: Vec<Incomplete>) -> Result<CheckOutcome, UserError> {
    let found = &results.found;
    let levels = |rule: &str, path: &str| found.level(rule, path).map(level);
    let judged = RULES.iter().find_map(|rule| match rule.check {
        Check::Suppressions(check) => Some((rule.name, check)),
        Check::Program(_) => None,
    });
    let (rule, judge) = judged.ok_or_else(|| UserError::new("no rule judges suppression comments"))?;
    let report = Report::build(ReportInput {
        root: displayed_root(&results.place.root)?,
        findings: found.findings.clone(),
        sources: results,
        rules: rule_infos(),
        suppressions: found.suppressions.clone(),
        judge: SuppressionJudge { rule, check: &judge },
        levels: &levels,
        rule_overrides: request.rules.clone(),
        min_confidence: request.min_confidence,
        baseline: request.baseline.clone(),
        narrowings: narrowings(results, request)?,
        incomplete: found.incomplete.iter().cloned().chain(unseen).collect(),
        files: found.sources,
        modules: found.paths.len(),
        assumptions: found.assumptions.clone(),
        inventory: results.inventory.clone(),
    });
    let folder = results.place.root.clone();
    Ok(CheckOutcome { report, folder, statistics: found.statistics.clone(), timings: results.timings.clone() })
}

fn level(level: crate::project::config::Level) -> Level {
    match level {
        crate::project::config::Level::Off => Level::Off,
        crate::project::config::Level::Info => Level::Info,
        crate::project::config::Level::Warning => Level::Warning,
        crate::project::config::Level::Error => Level::Error,
    }
}

/// The analysed folder relative to the working directory.
pub(crate) fn displayed_root(root: &Path) -> Result<String, UserError> {
    let from = crate::cli::working_directory()?;
    let from = Disk.canonicalize(&from).unwrap_or(from);
    let mut ups = String::new();
    let mut at = from.as_path();
    loop {
        if let Ok(inner) = root.strip_prefix(at) {
            let inner = inner.to_string_lossy().replace('\\', "/");
            let joined = format!("{ups}{inner}");
            let joined = joined.trim_end_matches('/').to_owned();
            return Ok(if joined.is_empty() { ".".to_owned() } else { joined });
        }
        ups.push_str("../");
        match at.parent() {
            Some(parent) => at = parent,
            None => return Ok(root.to_string_lossy().into_owned()),
        }
    }
}

/// What the report is narrowed to: the PATHs, and the changes.
fn narrowings(results: &Results, request: &CheckRequest) -> Result<Vec<Narrowing>, UserError> {
    let paths = &results.found.paths;
    let mut out = Vec::new();
    let selected = paths.iter().filter(|path| results.place.is_selected(path));
    let selected: BTreeMap<String, Lines> = selected.map(|path| (path.clone(), Lines::All)).collect();
    if selected.len() < paths.len() {
        out.push(Narrowing { files: selected });
    }
    let changed = match &request.changes {
        Changes::Ignored => return Ok(out),
        Changes::Staged => changes::staged(&results.place.root),
        Changes::Since(reference) => changes::changed_since(&results.place.root, reference),
    };
    let files = changed.map_err(driver::user_error)?.into_iter().map(changed_lines).collect();
    out.push(Narrowing { files });
    Ok(out)
}

fn changed_lines(file: ChangedFile) -> (String, Lines) {
    let lines = match file.lines {
        ChangedLines::All => Lines::All,
        ChangedLines::Some(runs) => Lines::Runs(runs),
    };
    (file.path, lines)
}
