//! `unresolved-require`: see the page beside this file.

use crate::base::finding::{Confidence, Finding, Severity};
use crate::program::{Program, Strongest, Unresolved};
use crate::rules::{Check, Rule};

pub(super) static RULE: Rule = Rule {
    name: "unresolved-require",
    severity: Severity::Info,
    page: include_str!("unresolved_require.md"),
    check: Check::Program(check),
};

fn check(program: &Program<'_>, findings: &mut Vec<Finding>) {
    let mut strongest = Strongest::default();
    for load in program.loads() {
        let Some(problem) = load.problem else { continue };
        if program.is_test(load.file) || program.is_resolved_elsewhere(&load) {
            continue;
        }
        let why = match Unresolved::from(problem) {
            Unresolved::UnknownValue => "its value is not known",
            Unresolved::NoMatch => "no module of the project matches",
            Unresolved::TooMany => "more modules match than the limit",
            Unresolved::OutsideRoot => "it leads out of the analysed folder",
            Unresolved::OtherCase => "the file's name has other letters in upper and lower case",
        };
        let help = match Unresolved::from(problem) {
            Unresolved::OtherCase => "write the name as the file has it: not every file system finds it otherwise",
            _ => "write the part that is fixed as a string (a folder, an extension), or load from a table of constants",
        };
        strongest.offer(Finding {
            rule: RULE.name,
            severity: Severity::Info,
            confidence: Confidence::High,
            message: format!("what `{}` loads is not known: {why}; its targets were not analysed", load.specifier),
            help: help.to_owned(),
            span: load.range.at(load.file),
            container: None,
            context: program.context(load.point),
            steps: Vec::new(),
            related: Vec::new(),
            copied_from: None,
            function: program.function_of(load.point.instance),
            write_kind: "load".to_owned(),
        });
    }
    findings.extend(strongest.into_findings(program));
}
