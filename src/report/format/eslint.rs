//! `eslint`: the JSON of `ESLint`, which editors and other tools read.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use crate::base::finding::Severity;
use crate::report::format::{Style, escape, wording};
use crate::report::{Diagnostic, LabelledPlace, Range, Report};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FileResult<'a> {
    file_path: String,
    messages: Vec<Message<'a>>,
    suppressed_messages: Vec<Message<'a>>,
    error_count: usize,
    fatal_error_count: usize,
    warning_count: usize,
    fixable_error_count: usize,
    fixable_warning_count: usize,
    used_deprecated_rules: [(); 0],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Message<'a> {
    rule_id: Option<&'a str>,
    severity: u8,
    #[serde(rename = "message")]
    text: String,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    node_type: Option<()>,
    /// Not of `ESLint`: its readers skip what they don't know.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related: Vec<Related<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fingerprint: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suppressions: Vec<Suppression<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Related<'a> {
    file_path: String,
    message: &'a str,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
}

#[derive(Serialize)]
struct Suppression<'a> {
    kind: &'static str,
    justification: &'a str,
}

#[derive(Default)]
struct Messages<'a> {
    shown: Vec<Message<'a>>,
    suppressed: Vec<Message<'a>>,
}

pub(super) fn render(report: &Report, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut files: BTreeMap<&str, Messages<'_>> = BTreeMap::new();
    for it in report.shown(style.infos) {
        files.entry(&it.place.file).or_default().shown.push(message(report, it));
    }
    for it in &report.suppressed {
        let mut message = message(report, &it.diagnostic);
        let justification = it.reason.as_deref().unwrap_or_default();
        message.suppressions.push(Suppression { kind: "directive", justification });
        files.entry(&it.diagnostic.place.file).or_default().suppressed.push(message);
    }
    for it in &report.incomplete {
        let text = format!("Not analysed: {}", it.message);
        files.entry(&it.file).or_default().shown.push(plain_message(None, 1, text, it.range));
    }
    let results: Vec<FileResult<'_>> = files.into_iter().map(|(file, it)| file_result(report, file, it)).collect();
    escape::write_json(&results, out)
}

fn file_result<'a>(report: &Report, file: &str, messages: Messages<'a>) -> FileResult<'a> {
    let count = |severity| messages.shown.iter().filter(|it| it.severity == severity).count();
    FileResult {
        file_path: wording::path_for_tools(report, file),
        error_count: count(2),
        fatal_error_count: 0,
        warning_count: count(1),
        fixable_error_count: 0,
        fixable_warning_count: 0,
        used_deprecated_rules: [],
        messages: messages.shown,
        suppressed_messages: messages.suppressed,
    }
}

fn message<'a>(report: &Report, it: &'a Diagnostic) -> Message<'a> {
    let severity = if it.severity == Severity::Error { 2 } else { 1 };
    let entry = it.context.iter().map(|it| &it.entry);
    Message {
        related: it.steps.iter().chain(&it.related).chain(entry).map(|it| related(report, it)).collect(),
        fingerprint: Some(&it.fingerprint),
        ..plain_message(Some(it.rule), severity, wording::message_with_help(it), Some(it.place.range))
    }
}

fn plain_message(rule_id: Option<&str>, severity: u8, text: String, range: Option<Range>) -> Message<'_> {
    let (start, end) =
        range.map_or(((1, 1), (1, 1)), |it| ((it.start.line, it.start.column), (it.end.line, it.end.column)));
    Message {
        rule_id,
        severity,
        text,
        line: start.0,
        column: start.1,
        end_line: end.0,
        end_column: end.1,
        node_type: None,
        related: Vec::new(),
        fingerprint: None,
        suppressions: Vec::new(),
    }
}

fn related<'a>(report: &Report, it: &'a LabelledPlace) -> Related<'a> {
    let Range { start, end } = it.place.range;
    Related {
        file_path: wording::path_for_tools(report, &it.place.file),
        message: &it.label,
        line: start.line,
        column: start.column,
        end_line: end.line,
        end_column: end.column,
    }
}
