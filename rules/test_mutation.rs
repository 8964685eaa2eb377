//! `test-mutation`: see the page beside this file.

use crate::base::finding::{Finding, Severity};
use crate::program::{Change, Effect, Program, Strongest};
use crate::rules::{Check, Rule};

pub(super) static RULE: Rule = Rule {
    name: "test-mutation",
    severity: Severity::Warning,
    page: include_str!("test_mutation.md"),
    check: Check::Program(check),
};

fn check(program: &Program<'_>, findings: &mut Vec<Finding>) {
    let mut strongest = Strongest::default();
    for change in program.changes() {
        if program.is_test_change(change)
            && change.effect != Effect::Remove
            && !program.is_eviction(change)
            && !program.is_put_back(change)
            && let Some(finding) = report(program, change)
        {
            strongest.offer_change(finding, change);
        }
    }
    findings.extend(strongest.into_findings(program));
}

fn report(program: &Program<'_>, change: &Change) -> Option<Finding> {
    let context = program.context(change.point())?;
    let container = program.container(change)?;
    Some(Finding {
        rule: RULE.name,
        severity: if program.is_platform_change(change) { Severity::Info } else { Severity::Warning },
        confidence: program.base_confidence(change),
        message: format!("a test changes `{}`, and nothing puts it back", container.name),
        help:
            "put it back in an afterEach hook or a finally block, work on a copy, or load the module anew for each test"
                .to_owned(),
        span: change.range.at(change.file),
        container: Some(container),
        context: Some(context),
        steps: Vec::new(),
        related: Vec::new(),
        copied_from: None,
        function: program.function_path(change.file, change.function),
        write_kind: change.kind.clone(),
    })
}
