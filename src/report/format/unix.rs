//! `unix`: `file:line:column: message [Severity/rule]`, as compilers do and editors understand.

use std::io::{self, Write};

use crate::base::finding::Severity;
use crate::report::Report;
use crate::report::format::{Style, escape, wording};

pub(super) fn render(report: &Report, style: Style, out: &mut dyn Write) -> io::Result<()> {
    for it in report.shown(style.infos) {
        let file = escape::line_start(&wording::path_for_tools(report, &it.place.file));
        let start = it.place.range.start;
        let word = match it.severity {
            Severity::Error => "Error",
            Severity::Warning => "Warning",
            Severity::Info => "Info",
        };
        let message = escape::plain(&wording::message_with_help(it));
        writeln!(out, "{file}:{}:{}: {message} [{word}/{}]", start.line, start.column, it.rule)?;
    }
    for it in &report.incomplete {
        let file = escape::line_start(&wording::path_for_tools(report, &it.file));
        let (line, column) = it.range.map_or((1, 1), |range| (range.start.line, range.start.column));
        let message = escape::plain(&wording::sentence(&it.message));
        writeln!(out, "{file}:{line}:{column}: Not analysed: {message} [Warning/{}]", it.reason)?;
    }
    Ok(())
}
