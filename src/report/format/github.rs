//! `github`: workflow commands, which GitHub shows beside the changed lines.

use std::io::{self, Write};

use crate::base::finding::Severity;
use crate::report::format::{Style, escape, wording};
use crate::report::{Range, Report};

pub(super) fn render(report: &Report, style: Style, out: &mut dyn Write) -> io::Result<()> {
    for it in report.shown(style.infos) {
        let command = match it.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "notice",
        };
        let mut lines = vec![it.message.clone()];
        lines.extend(wording::details(it));
        let place = properties(report, &it.place.file, Some(it.place.range));
        write_command(out, command, &place, it.rule, &lines)?;
    }
    for it in &report.incomplete {
        let place = properties(report, &it.file, it.range);
        write_command(out, "warning", &place, "not analysed", std::slice::from_ref(&it.message))?;
    }
    Ok(())
}

fn write_command(out: &mut dyn Write, command: &str, place: &str, title: &str, lines: &[String]) -> io::Result<()> {
    let title = escape::github_property(&format!("modleak: {title}"));
    let lines: Vec<String> = lines.iter().map(|it| escape::github_message(it)).collect();
    writeln!(out, "::{command} {place},title={title}::{}", lines.join("%0A"))
}

/// GitHub wants columns only for ranges within one line.
fn properties(report: &Report, file: &str, range: Option<Range>) -> String {
    let file = escape::github_path(&wording::path_for_tools(report, file));
    match range {
        None => format!("file={file}"),
        Some(Range { start, end }) if start.line == end.line => {
            let (line, column, end) = (start.line, start.column, end.column);
            format!("file={file},line={line},endLine={line},col={column},endColumn={end}")
        }
        Some(Range { start, end }) => format!("file={file},line={},endLine={}", start.line, end.line),
    }
}
