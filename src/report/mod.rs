//! What people see: findings to a [`Report`], and a report to text.
//!
//! A rule's [`Finding`] speaks of bytes and knows nothing of a configuration. [`Report::build`] makes
//! [`Diagnostic`]s of the findings: with lines and UTF-16 columns, fingerprints, the configured severity, and without
//! what comments, the baseline or the options hide. The formats ([`format`]) read nothing but the report.

pub mod baseline;
mod build;
pub mod fingerprint;
pub mod format;
pub mod narrowing;
#[cfg(test)]
pub(crate) mod sample;
pub mod source_texts;
pub mod suppress;
#[cfg(test)]
mod tests;

use crate::base::finding::{Confidence, Container, ContextKind, Finding, Incomplete, Severity, Suppression};
use crate::base::source::{FileId, Position};
use crate::base::span::Span;
use crate::report::baseline::{BaselineEntry, BaselineUse};
use crate::report::narrowing::Narrowing;
use crate::report::source_texts::{SourceTexts, Sources};
use crate::report::suppress::SuppressionJudge;

/// All that a run has to say, in the order in which it is said.
#[derive(Debug, Default)]
pub struct Report {
    /// The analysed folder, relative to the working directory.
    pub root: String,
    /// How much of what there is.
    pub summary: Summary,
    /// What is reported, ordered by file, place and rule.
    pub diagnostics: Vec<Diagnostic>,
    /// What suppression comments hide, in the same order.
    pub suppressed: Vec<Suppressed>,
    /// What the baseline hides, in the same order.
    pub baselined: Vec<Diagnostic>,
    /// What was not analysed.
    pub incomplete: Vec<IncompletePlace>,
    /// What a baseline written now would hold: every finding, whatever was narrowed.
    pub current: Vec<BaselineEntry>,
    /// Entries of the baseline that nothing matches any more.
    pub stale: Vec<BaselineEntry>,
    /// The rules, for the formats that describe them.
    pub rules: Vec<RuleInfo>,
    /// What the analysis assumed, a line each.
    pub assumptions: Vec<String>,
    /// State that outlives a call, for the formats that show it.
    pub inventory: Vec<State>,
    /// The texts of the files that the diagnostics name.
    pub texts: SourceTexts,
}

/// An object or binding that lives as long as the process, and what is done to it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct State {
    /// What it is called, and who holds it.
    pub container: Container,
    /// What it is: `array`, `map`.
    pub word: &'static str,
    /// Where it is changed.
    pub writes: Vec<StateWrite>,
    /// How many more places there are.
    pub left_out: usize,
    /// What bounds its growth, a phrase each.
    pub bounds: Vec<String>,
}

/// A place at which state is changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StateWrite {
    /// Where.
    pub place: Place,
    /// What happens to it: `grows`.
    pub effect: &'static str,
    /// How often.
    pub context: ContextKind,
}

/// As [`State`], in spans.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StateInput {
    /// What it is called, and who holds it.
    pub container: Container,
    /// What it is.
    pub word: &'static str,
    /// Where it is changed.
    pub writes: Vec<StateWriteInput>,
    /// How many more places there are.
    pub left_out: usize,
    /// What bounds its growth.
    pub bounds: Vec<String>,
}

/// As [`StateWrite`], in spans.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StateWriteInput {
    /// Where.
    pub span: Span,
    /// What happens to it.
    pub effect: &'static str,
    /// How often.
    pub context: ContextKind,
}

/// Counts of a report.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Summary {
    /// Files that were analysed.
    pub files: usize,
    /// Modules of the graph.
    pub modules: usize,
    /// Reported errors.
    pub errors: usize,
    /// Reported warnings.
    pub warnings: usize,
    /// Reported infos.
    pub infos: usize,
    /// Findings that comments hide.
    pub suppressed: usize,
    /// Findings that the baseline hides.
    pub baselined: usize,
}

/// A finding as a person sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostic {
    /// The rule's name.
    pub rule: &'static str,
    /// After the configuration.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// What.
    pub message: String,
    /// What to do.
    pub help: String,
    /// Where.
    pub place: Place,
    /// The container, where the rule has one.
    pub container: Option<Container>,
    /// What makes the code repeat.
    pub context: Option<Context>,
    /// From the place where the object became module-lifetime to the write.
    pub steps: Vec<LabelledPlace>,
    /// The other places that have the same cause.
    pub related: Vec<LabelledPlace>,
    /// For copied code: the test's region.
    pub copied_from: Option<Place>,
    /// What stays the same when lines move.
    pub fingerprint: String,
}

/// A range of a file, in lines.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// The file's path, relative to the analysed folder, with `/`.
    pub file: String,
    /// The range.
    pub range: Range,
}

/// From a position up to another, exclusive.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Range {
    /// The first position.
    pub start: Position,
    /// The position after the last.
    pub end: Position,
}

/// A place, and what happens there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LabelledPlace {
    /// Where.
    pub place: Place,
    /// What.
    pub label: String,
}

/// How often code runs, and why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Context {
    /// How often.
    pub kind: ContextKind,
    /// What makes it repeat.
    pub entry: LabelledPlace,
}

/// A diagnostic that a comment hides.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Suppressed {
    /// What is hidden.
    pub diagnostic: Diagnostic,
    /// What the comment says after `--`.
    pub reason: Option<String>,
}

/// Something that was not analysed, in lines.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IncompletePlace {
    /// The file's path, relative to the analysed folder.
    pub file: String,
    /// A word for machines.
    pub reason: &'static str,
    /// A sentence for people.
    pub message: String,
    /// Where in the file, if that is known.
    pub range: Option<Range>,
}

/// What the report knows of a rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RuleInfo {
    /// As users write it.
    pub name: &'static str,
    /// One sentence.
    pub summary: String,
    /// Its page, in Markdown.
    pub page: &'static str,
    /// The strongest severity that it gives by default.
    pub severity: Severity,
}

impl RuleInfo {
    /// Where the rule's page can be read.
    pub fn url(&self) -> String {
        rule_url(self.name)
    }
}

/// Where the page of the rule of this name can be read.
pub fn rule_url(name: &str) -> String {
    format!("{}/blob/main/rules/{}.md", env!("CARGO_PKG_REPOSITORY"), name.replace('-', "_"))
}

/// A severity as a configuration gives it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Level {
    /// The rule's findings are dropped.
    Off,
    /// Its findings are infos.
    Info,
    /// Its findings are warnings.
    Warning,
    /// Its findings are errors.
    Error,
}

/// What a report is made of.
pub struct ReportInput<'a> {
    /// The analysed folder, relative to the working directory.
    pub root: String,
    /// What the rules found, in any order.
    pub findings: Vec<Finding>,
    /// The files' paths and texts.
    pub sources: &'a dyn Sources,
    /// All rules.
    pub rules: Vec<RuleInfo>,
    /// The suppression comments of each file that has some.
    pub suppressions: Vec<(FileId, Vec<Suppression>)>,
    /// The rule that judges suppression comments.
    pub judge: SuppressionJudge<'a>,
    /// The configured level of a rule in a file; none where nothing is configured.
    pub levels: &'a dyn Fn(&str, &str) -> Option<Level>,
    /// Levels of the command line, which are stronger; the last of a rule counts.
    pub rule_overrides: Vec<(String, Level)>,
    /// Findings below are dropped.
    pub min_confidence: Confidence,
    /// The known findings, and whether they are written anew.
    pub baseline: BaselineUse,
    /// What the report is narrowed to: a finding is kept if each of these keeps it.
    pub narrowings: Vec<Narrowing>,
    /// What was not analysed, in any order.
    pub incomplete: Vec<Incomplete>,
    /// How many files were analysed.
    pub files: usize,
    /// How many modules the graph has.
    pub modules: usize,
    /// What the analysis assumed, a line each.
    pub assumptions: Vec<String>,
    /// State that outlives a call, if it is to be shown.
    pub inventory: Vec<StateInput>,
}

impl Report {
    /// Makes the report. Depends on the input alone, and not on the order of findings in it.
    pub fn build(input: ReportInput<'_>) -> Self {
        build::build(input)
    }

    /// The diagnostics that a format shows which hides infos unless it is asked for them.
    pub fn shown(&self, infos: Infos) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter().filter(move |it| infos == Infos::Shown || it.severity != Severity::Info)
    }

    /// What is known of a rule.
    pub fn rule(&self, name: &str) -> Option<&RuleInfo> {
        self.rules.iter().find(|it| it.name == name)
    }

    /// Drops all diagnostics that are no errors, and counts the rest only.
    pub fn keep_errors(&mut self) {
        self.diagnostics.retain(|it| it.severity == Severity::Error);
        self.summary.warnings = 0;
        self.summary.infos = 0;
    }
}

/// Whether a format that may hide infos shows them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Infos {
    /// They are only counted.
    #[default]
    Counted,
    /// They are shown as the others are.
    Shown,
}

/// The word for a severity.
pub fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

/// The word for a confidence.
pub fn confidence_word(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Low => "low",
        Confidence::Medium => "medium",
        Confidence::High => "high",
    }
}

/// The word for a kind of context.
pub fn context_word(kind: ContextKind) -> &'static str {
    match kind {
        ContextKind::Init => "init",
        ContextKind::Test => "test",
        ContextKind::Exported => "exported",
        ContextKind::Timer => "timer",
        ContextKind::Event => "event",
        ContextKind::Request => "request",
    }
}
