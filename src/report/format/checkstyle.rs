//! `checkstyle`: Checkstyle's XML.

use std::collections::BTreeMap;
use std::io::{self, Write};

use crate::report::format::{Style, escape, wording};
use crate::report::{Report, severity_word};

pub(super) fn render(report: &Report, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut errors: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for it in report.shown(style.infos) {
        let start = it.place.range.start;
        let message = wording::message_with_help(it);
        let severity = severity_word(it.severity);
        let error = error((start.line, start.column), severity, &message, it.rule);
        errors.entry(&it.place.file).or_default().push(error);
    }
    for it in &report.incomplete {
        let at = it.range.map_or((1, 1), |range| (range.start.line, range.start.column));
        let message = format!("Not analysed: {}", it.message);
        errors.entry(&it.file).or_default().push(error(at, "warning", &message, it.reason));
    }
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<checkstyle version=\"4.3\">")?;
    for (file, errors) in errors {
        writeln!(out, "  <file name=\"{}\">", escape::xml(&wording::path_for_tools(report, file)))?;
        for error in errors {
            writeln!(out, "    {error}")?;
        }
        writeln!(out, "  </file>")?;
    }
    writeln!(out, "</checkstyle>")
}

fn error((line, column): (u32, u32), severity: &str, message: &str, source: &str) -> String {
    let message = escape::xml(message);
    format!(
        "<error line=\"{line}\" column=\"{column}\" severity=\"{severity}\" message=\"{message}\" source=\"modleak.{source}\"/>"
    )
}
