//! `agent`: a line each with the whole way, no frames, no colours: for language models, which pay by the character.

use std::io::{self, Write};

use crate::report::format::{Style, escape, wording};
use crate::report::{Report, severity_word};

pub(super) fn render(report: &Report, style: Style, out: &mut dyn Write) -> io::Result<()> {
    for it in report.shown(style.infos) {
        let head = format!("{} {} {}:", wording::at(&it.place), severity_word(it.severity), it.rule);
        let details = wording::details(it).join(" | ");
        writeln!(out, "{}", escape::line_start(&format!("{head} {} | {details}", it.message)))?;
    }
    for it in &report.incomplete {
        let place = wording::incomplete_at(it);
        writeln!(out, "{}", escape::line_start(&format!("{place} not analysed {}: {}", it.reason, it.message)))?;
    }
    let totals = wording::totals(&report.summary);
    writeln!(out, "{totals} in {}", wording::counted(report.summary.files, "file"))
}
