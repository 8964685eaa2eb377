//! `junit`: a test suite for each file, a failed test for each finding. A run without findings holds one test that
//! passes, since build servers take a report without tests for a broken one.

use std::collections::BTreeMap;
use std::io::{self, Write};

use crate::report::format::{Style, escape, wording};
use crate::report::{Diagnostic, IncompletePlace, Report, severity_word};

#[derive(Default)]
struct Suite<'a> {
    failed: Vec<&'a Diagnostic>,
    skipped: Vec<&'a IncompletePlace>,
}

pub(super) fn render(report: &Report, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut suites: BTreeMap<&str, Suite<'_>> = BTreeMap::new();
    for it in report.shown(style.infos) {
        suites.entry(&it.place.file).or_default().failed.push(it);
    }
    let failures: usize = suites.values().map(|it| it.failed.len()).sum();
    for it in &report.incomplete {
        suites.entry(&it.file).or_default().skipped.push(it);
    }
    let passed = usize::from(failures == 0);
    let tests = failures + report.incomplete.len() + passed;
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(out, "<testsuites name=\"modleak\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\">")?;
    if failures == 0 {
        writeln!(out, "  <testsuite name=\"modleak\" tests=\"1\" failures=\"0\" errors=\"0\" skipped=\"0\">")?;
        writeln!(out, "    <testcase name=\"no findings\" classname=\"modleak\"/>\n  </testsuite>")?;
    }
    for (file, suite) in &suites {
        write_suite(file, suite, out)?;
    }
    writeln!(out, "</testsuites>")
}

fn write_suite(file: &str, suite: &Suite<'_>, out: &mut dyn Write) -> io::Result<()> {
    let file = escape::xml(file);
    let (failed, skipped) = (suite.failed.len(), suite.skipped.len());
    let counts = format!("tests=\"{}\" failures=\"{failed}\" errors=\"0\" skipped=\"{skipped}\"", failed + skipped);
    writeln!(out, "  <testsuite name=\"{file}\" {counts}>")?;
    for it in &suite.failed {
        let start = it.place.range.start;
        let name = format!("{} at {}:{}", it.rule, start.line, start.column);
        writeln!(out, "    <testcase name=\"{name}\" classname=\"{file}\">")?;
        let message = escape::xml(&it.message);
        let kind = severity_word(it.severity);
        write!(out, "      <failure type=\"{kind}\" message=\"{message}\">")?;
        write!(out, "{}", escape::xml(&wording::at(&it.place)))?;
        for line in wording::details(it) {
            write!(out, "\n{}", escape::xml(&line))?;
        }
        writeln!(out, "</failure>\n    </testcase>")?;
    }
    for it in &suite.skipped {
        let name = escape::xml(&format!("not analysed: {}", it.reason));
        writeln!(out, "    <testcase name=\"{name}\" classname=\"{file}\">")?;
        writeln!(out, "      <skipped message=\"{}\"/>\n    </testcase>", escape::xml(&it.message))?;
    }
    writeln!(out, "  </testsuite>")
}
