//! `rdjson`: reviewdog's `DiagnosticResult`. Its columns count bytes.

use std::io::{self, Write};

use serde::Serialize;

use crate::base::finding::Severity;
use crate::base::source::Position;
use crate::report::format::{Style, escape, wording};
use crate::report::{Place, Range, Report, rule_url};

#[derive(Serialize)]
struct DiagnosticResult<'a> {
    source: Source,
    diagnostics: Vec<RdDiagnostic<'a>>,
}

#[derive(Serialize)]
struct Source {
    name: &'static str,
    url: &'static str,
}

#[derive(Serialize)]
struct RdDiagnostic<'a> {
    message: String,
    location: Location,
    severity: &'static str,
    code: Code<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<RelatedLocation<'a>>,
}

#[derive(Serialize)]
struct Location {
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    range: Option<RdRange>,
}

#[derive(Serialize)]
struct RdRange {
    start: RdPosition,
    end: RdPosition,
}

#[derive(Serialize)]
struct RdPosition {
    line: u32,
    column: u32,
}

#[derive(Serialize)]
struct Code<'a> {
    value: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

#[derive(Serialize)]
struct RelatedLocation<'a> {
    message: &'a str,
    location: Location,
}

pub(super) fn render(report: &Report, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut diagnostics = Vec::new();
    for it in report.shown(style.infos) {
        let entry = it.context.iter().map(|it| &it.entry);
        let related = it.steps.iter().chain(&it.related).chain(entry);
        let mut related_locations: Vec<RelatedLocation<'_>> = related
            .map(|it| RelatedLocation { message: &it.label, location: location_of(report, &it.place) })
            .collect();
        if let Some(copied) = &it.copied_from {
            related_locations
                .push(RelatedLocation { message: "copied from here", location: location_of(report, copied) });
        }
        diagnostics.push(RdDiagnostic {
            message: wording::message_with_help(it),
            location: location_of(report, &it.place),
            severity: match it.severity {
                Severity::Error => "ERROR",
                Severity::Warning => "WARNING",
                Severity::Info => "INFO",
            },
            code: Code { value: it.rule, url: Some(rule_url(it.rule)) },
            related_locations,
        });
    }
    for it in &report.incomplete {
        diagnostics.push(RdDiagnostic {
            message: format!("Not analysed: {}", it.message),
            location: location(report, &it.file, it.range),
            severity: "INFO",
            code: Code { value: it.reason, url: None },
            related_locations: Vec::new(),
        });
    }
    let source = Source { name: "modleak", url: env!("CARGO_PKG_REPOSITORY") };
    escape::write_json(&DiagnosticResult { source, diagnostics }, out)
}

fn location_of(report: &Report, place: &Place) -> Location {
    location(report, &place.file, Some(place.range))
}

fn location(report: &Report, file: &str, range: Option<Range>) -> Location {
    let position = |it: Position| {
        let start = report.texts.line_start(file, it.line).unwrap_or_default();
        RdPosition { line: it.line, column: it.offset.saturating_sub(start) + 1 }
    };
    let range = range.map(|it| RdRange { start: position(it.start), end: position(it.end) });
    Location { path: wording::path_for_tools(report, file), range }
}
