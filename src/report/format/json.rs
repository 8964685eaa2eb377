//! `json`: everything, for programs. The shape is a promise; `schemaVersion` changes when it does.

use std::io::{self, Write};

use serde::Serialize;

use crate::base::finding::RootedBy;
use crate::base::source::Position;
use crate::report::format::{Style, escape};
use crate::report::{
    Context, Diagnostic, IncompletePlace, LabelledPlace, Place, Range, Report, confidence_word, context_word,
    severity_word,
};

pub(super) fn render(report: &Report, _: Style, out: &mut dyn Write) -> io::Result<()> {
    escape::write_json(&JsonReport::of(report), out)
}

/// The JSON schema of the report.
pub(super) fn schema() -> serde_json::Value {
    schemars::schema_for!(JsonReport<'_>).into()
}

/// The report of a run of modleak.
#[derive(Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "modleak report")]
struct JsonReport<'a> {
    /// Changes when the shape does.
    schema_version: u32,
    tool: JsonTool,
    /// The analysed folder, relative to the working directory. All other paths are relative to it.
    root: &'a str,
    summary: JsonSummary,
    /// Ordered by file, place and rule.
    diagnostics: Vec<JsonDiagnostic<'a>>,
    /// What was not analysed.
    incomplete: Vec<JsonIncomplete<'a>>,
}

/// The program that made the report.
#[derive(Serialize, schemars::JsonSchema)]
struct JsonTool {
    name: &'static str,
    version: &'static str,
}

/// Counts.
#[derive(Serialize, schemars::JsonSchema)]
struct JsonSummary {
    files: usize,
    modules: usize,
    errors: usize,
    warnings: usize,
    infos: usize,
    /// Hidden by comments.
    suppressed: usize,
    /// Hidden by the baseline.
    baselined: usize,
}

/// A finding.
#[derive(Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
struct JsonDiagnostic<'a> {
    rule: &'static str,
    /// `error`, `warning` or `info`.
    severity: &'static str,
    /// `high`, `medium` or `low`.
    confidence: &'static str,
    /// What.
    message: &'a str,
    /// What to do.
    help: &'a str,
    file: &'a str,
    range: JsonRange,
    #[serde(skip_serializing_if = "Option::is_none")]
    container: Option<JsonContainer<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    context: Option<JsonContext<'a>>,
    /// From the place where the object became module-lifetime to the write.
    steps: Vec<JsonStep<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    copied_from: Option<JsonPlace<'a>>,
    /// Stays the same when lines move.
    fingerprint: &'a str,
}

/// From a position up to another, exclusive.
#[derive(Serialize, schemars::JsonSchema)]
struct JsonRange {
    start: JsonPosition,
    end: JsonPosition,
}

/// A position: lines and columns from 1, columns in UTF-16 code units, the offset in bytes from 0.
#[derive(Serialize, schemars::JsonSchema)]
struct JsonPosition {
    line: u32,
    column: u32,
    offset: u32,
}

/// What a finding is about.
#[derive(Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
struct JsonContainer<'a> {
    name: &'a str,
    /// How the module cache or the global object holds it.
    rooted_by: &'static str,
    /// The module that holds it.
    holder: &'a str,
    /// The module that made it.
    owner: &'a str,
}

/// How often the code runs, and what makes it repeat.
#[derive(Serialize, schemars::JsonSchema)]
struct JsonContext<'a> {
    /// `request`, `event`, `timer`, `exported`, `test` or `init`.
    kind: &'static str,
    entry: JsonStep<'a>,
}

/// A place, and what happens there.
#[derive(Serialize, schemars::JsonSchema)]
struct JsonStep<'a> {
    file: &'a str,
    range: JsonRange,
    label: &'a str,
}

/// A range of a file.
#[derive(Serialize, schemars::JsonSchema)]
struct JsonPlace<'a> {
    file: &'a str,
    range: JsonRange,
}

/// Something that was not analysed.
#[derive(Serialize, schemars::JsonSchema)]
struct JsonIncomplete<'a> {
    file: &'a str,
    /// A word for programs.
    reason: &'static str,
    /// A sentence for people.
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    range: Option<JsonRange>,
}

impl<'a> JsonReport<'a> {
    fn of(report: &'a Report) -> Self {
        let counts = report.summary;
        Self {
            schema_version: 1,
            tool: JsonTool { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") },
            root: &report.root,
            summary: JsonSummary {
                files: counts.files,
                modules: counts.modules,
                errors: counts.errors,
                warnings: counts.warnings,
                infos: counts.infos,
                suppressed: counts.suppressed,
                baselined: counts.baselined,
            },
            diagnostics: report.diagnostics.iter().map(JsonDiagnostic::of).collect(),
            incomplete: report.incomplete.iter().map(JsonIncomplete::of).collect(),
        }
    }
}

impl<'a> JsonDiagnostic<'a> {
    fn of(it: &'a Diagnostic) -> Self {
        Self {
            rule: it.rule,
            severity: severity_word(it.severity),
            confidence: confidence_word(it.confidence),
            message: &it.message,
            help: &it.help,
            file: &it.place.file,
            range: JsonRange::of(it.place.range),
            container: it.container.as_ref().map(|it| JsonContainer {
                name: &it.name,
                rooted_by: rooted_by_word(it.rooted_by),
                holder: &it.holder,
                owner: &it.owner,
            }),
            context: it.context.as_ref().map(JsonContext::of),
            steps: it.steps.iter().map(JsonStep::of).collect(),
            copied_from: it.copied_from.as_ref().map(JsonPlace::of),
            fingerprint: &it.fingerprint,
        }
    }
}

impl<'a> JsonContext<'a> {
    fn of(it: &'a Context) -> Self {
        Self { kind: context_word(it.kind), entry: JsonStep::of(&it.entry) }
    }
}

impl<'a> JsonStep<'a> {
    fn of(it: &'a LabelledPlace) -> Self {
        Self { file: &it.place.file, range: JsonRange::of(it.place.range), label: &it.label }
    }
}

impl<'a> JsonPlace<'a> {
    fn of(it: &'a Place) -> Self {
        Self { file: &it.file, range: JsonRange::of(it.range) }
    }
}

impl<'a> JsonIncomplete<'a> {
    fn of(it: &'a IncompletePlace) -> Self {
        Self { file: &it.file, reason: it.reason, message: &it.message, range: it.range.map(JsonRange::of) }
    }
}

impl JsonRange {
    fn of(it: Range) -> Self {
        Self { start: JsonPosition::of(it.start), end: JsonPosition::of(it.end) }
    }
}

impl JsonPosition {
    fn of(it: Position) -> Self {
        Self { line: it.line, column: it.column, offset: it.offset }
    }
}

/// The contract's word for how a container is held.
pub(crate) fn rooted_by_word(rooted_by: RootedBy) -> &'static str {
    match rooted_by {
        RootedBy::ModuleVariable => "module-variable",
        RootedBy::RequiredModule => "required-module",
        RootedBy::ClassStatic => "class-static",
        RootedBy::SingletonField => "singleton-field",
        RootedBy::Closure => "closure",
        RootedBy::Global => "global",
        RootedBy::Prototype => "prototype",
        RootedBy::Emitter => "emitter",
    }
}
