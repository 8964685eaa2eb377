//! What a report is made of: order, comments, levels, baseline, narrowing.

use crate::base::finding::{Confidence, Severity, Suppression, SuppressionScope};
use crate::base::span::ByteRange;
use crate::report::baseline::{Baseline, BaselineUse};
use crate::report::narrowing::{Lines, Narrowing};
use crate::report::sample::{SERVER, comment, files, find, input, sample};
use crate::report::{Level, Report};

fn rules_of(report: &Report) -> Vec<(&str, u32)> {
    report.diagnostics.iter().map(|it| (it.rule, it.place.range.start.line)).collect()
}

#[test]
fn diagnostics_are_ordered_and_count_utf16() {
    let report = sample();
    assert_eq!(rules_of(&report), [("sample-growth", 2), ("sample-copy", 5), ("sample-growth", 5)]);
    // A tab, 29 characters, and one that takes two units stand before it.
    assert_eq!(report.diagnostics[0].place.range.start.column, 33);
    let counts = report.summary;
    assert_eq!((counts.errors, counts.warnings, counts.infos, counts.suppressed), (1, 1, 1, 1));
    assert_eq!(report.suppressed[0].reason.as_deref(), Some("a <reason> & more"));
    assert_eq!(report.incomplete[0].range.unwrap().start.column, 4);
}

#[test]
fn the_order_of_findings_changes_nothing() {
    let files = files();
    let mut reversed = input(&files);
    reversed.findings.reverse();
    assert_eq!(Report::build(reversed).diagnostics, sample().diagnostics);
}

#[test]
fn a_place_gets_one_finding_of_a_rule_the_strongest() {
    let files = files();
    let mut given = input(&files);
    let mut weaker = given.findings[2].clone();
    weaker.severity = Severity::Warning;
    given.findings.insert(0, weaker);
    assert_eq!(Report::build(given).diagnostics, sample().diagnostics);
}

#[test]
fn each_name_of_a_comment_is_judged_by_itself() {
    let files = files();
    let judged = |rules: &[&str]| {
        let mut given = input(&files);
        given.suppressions = vec![(SERVER, vec![comment(&files, rules)])];
        let report = Report::build(given);
        let count = report.diagnostics.iter().filter(|it| it.rule == "sample-comment").count();
        (report.suppressed.len(), count)
    };
    assert_eq!(judged(&["sample-growth"]), (1, 0));
    assert_eq!(judged(&[]), (1, 0));
    assert_eq!(judged(&["sample-growth", "sample-copy"]), (1, 1));
    // The comment hides a finding about itself, if it says so.
    assert_eq!(judged(&["sample-comment"]), (0, 1));
}

#[test]
fn regions_end_where_the_rule_or_all_are_enabled() {
    let files = files();
    let at = |scope, needle: &str, rules: &[&str]| Suppression {
        scope,
        rules: rules.iter().map(|it| ((*it).to_owned(), ByteRange::new(0, 0))).collect(),
        reason: None,
        range: ByteRange::new(find(&files, SERVER, needle).range.start, find(&files, SERVER, needle).range.start + 1),
    };
    let hidden = |enabled: &[&str]| {
        let mut given = input(&files);
        let open = at(SuppressionScope::Disable, "import", &[]);
        let close = at(SuppressionScope::Enable, "app.post", enabled);
        given.suppressions = vec![(SERVER, vec![open, close])];
        Report::build(given).suppressed.len()
    };
    assert_eq!(hidden(&[]), 1);
    assert_eq!(hidden(&["sample-growth"]), 2);
    assert_eq!(hidden(&["sample-copy"]), 3);
}

#[test]
fn levels_and_confidence_decide_what_counts() {
    let files = files();
    let mut given = input(&files);
    given.levels = &|rule, path| (rule == "sample-growth" && path == "src/server.js").then_some(Level::Warning);
    given.rule_overrides = vec![("sample-copy".to_owned(), Level::Error), ("sample-copy".to_owned(), Level::Off)];
    let report = Report::build(given);
    assert_eq!((report.summary.errors, report.summary.warnings, report.summary.infos), (0, 2, 0));

    let mut given = input(&files);
    given.min_confidence = Confidence::High;
    assert_eq!(Report::build(given).summary.warnings, 0);

    // A comment about a rule that is off can't be judged.
    let mut given = input(&files);
    given.findings.clear();
    given.rule_overrides = vec![("sample-growth".to_owned(), Level::Off)];
    assert!(Report::build(given).diagnostics.is_empty());
}

#[test]
fn a_baseline_hides_what_is_known_and_names_what_is_gone() {
    let files = files();
    let known = Baseline::new(sample().current);
    let mut given = input(&files);
    given.baseline = BaselineUse::Known(known.clone());
    let report = Report::build(given);
    assert_eq!((report.diagnostics.len(), report.summary.baselined, report.stale.len()), (0, 3, 0));

    let mut given = input(&files);
    given.baseline = BaselineUse::Known(known);
    // A finding goes, and a new one comes in its place.
    given.findings[0].write_kind = "Map#delete".to_owned();
    let report = Report::build(given);
    assert_eq!((report.diagnostics.len(), report.summary.baselined, report.stale.len()), (1, 2, 1));
}

#[test]
fn fingerprints_survive_moved_lines_and_tell_twins_apart() {
    let files = files();
    let mut given = input(&files);
    let mut twin = given.findings[2].clone();
    twin.span = find(&files, SERVER, "app.put");
    given.findings.push(twin);
    let report = Report::build(given);
    let prints: Vec<&str> = report.diagnostics.iter().map(|it| it.fingerprint.as_str()).collect();
    assert_eq!(prints[0], sample().diagnostics[0].fingerprint);
    assert!(prints.iter().all(|it| it.len() == 16));
    assert_eq!(prints.iter().collect::<std::collections::BTreeSet<_>>().len(), prints.len());
}

#[test]
fn narrowing_keeps_what_touches_a_named_file_or_line() {
    let files = files();
    let kept = |file: &str, lines: Lines| {
        let mut given = input(&files);
        given.narrowings = vec![Narrowing { files: [(file.to_owned(), lines)].into() }];
        let report = Report::build(given);
        assert_eq!(report.current.len(), 3);
        report.diagnostics.len()
    };
    assert_eq!(kept(files.0[0].0, Lines::All), 3);
    assert_eq!(kept("other.js", Lines::All), 0);
    assert_eq!(kept("src/server.js", Lines::Runs(vec![(3, 4)])), 0);
    assert_eq!(kept("src/server.js", Lines::Runs(vec![(5, 9)])), 2);
}
