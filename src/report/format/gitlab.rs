//! `gitlab`: GitLab's code quality report, an array of issues with unique fingerprints.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use crate::base::finding::Severity;
use crate::report::fingerprint::digest_of;
use crate::report::format::{Style, escape, wording};
use crate::report::{IncompletePlace, Range, Report};

#[derive(Serialize)]
struct Issue<'a> {
    description: String,
    check_name: &'a str,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
    end: u32,
}

pub(super) fn render(report: &Report, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut issues = Vec::new();
    for it in report.shown(style.infos) {
        issues.push(Issue {
            description: wording::message_with_help(it),
            check_name: it.rule,
            fingerprint: it.fingerprint.clone(),
            severity: match it.severity {
                Severity::Error => "critical",
                Severity::Warning => "major",
                Severity::Info => "info",
            },
            location: location(report, &it.place.file, Some(it.place.range)),
        });
    }
    let mut twins = BTreeMap::new();
    for it in &report.incomplete {
        issues.push(Issue {
            description: format!("Not analysed: {}", it.message),
            check_name: it.reason,
            fingerprint: fingerprint(it, &mut twins),
            severity: "info",
            location: location(report, &it.file, it.range),
        });
    }
    escape::write_json(&issues, out)
}

fn fingerprint<'a>(it: &'a IncompletePlace, twins: &mut BTreeMap<[&'a str; 3], usize>) -> String {
    let key = [it.file.as_str(), it.reason, it.message.as_str()];
    let twin = twins.entry(key).or_insert(0);
    *twin += 1;
    let [file, reason, message] = key;
    digest_of(&[file, reason, message, &twin.to_string()])
}

fn location(report: &Report, file: &str, range: Option<Range>) -> Location {
    let lines = range.map_or((1, 1), |it| (it.start.line, it.end.line));
    Location { path: wording::path_for_tools(report, file), lines: Lines { begin: lines.0, end: lines.1 } }
}
