//! `concise`: a line for each finding, `file:line:column severity[rule] message`.

use std::io::{self, Write};

use crate::report::format::{Style, escape, wording};
use crate::report::{Report, severity_word};

pub(super) fn render(report: &Report, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let paint = super::paint::Paint::new(style.colour);
    for it in report.shown(style.infos) {
        let word = paint.severity(it.severity, severity_word(it.severity));
        let place = paint.bold(&escape::line_start(&wording::at(&it.place)));
        writeln!(out, "{place} {word}[{}] {}", it.rule, escape::plain(&it.message))?;
    }
    for it in &report.incomplete {
        let place = paint.bold(&escape::line_start(&wording::incomplete_at(it)));
        writeln!(out, "{place} not analysed[{}] {}", it.reason, escape::plain(&it.message))?;
    }
    Ok(())
}
