//! `copied-test-mutation`: see the page beside this file.

use crate::base::finding::{Confidence, ContextKind, Finding, Severity};
use crate::program::{Program, Strongest};
use crate::rules::{Check, Rule};

pub(super) static RULE: Rule = Rule {
    name: "copied-test-mutation",
    severity: Severity::Error,
    page: include_str!("copied_test_mutation.md"),
    check: Check::Program(check),
};

fn check(program: &Program<'_>, findings: &mut Vec<Finding>) {
    let mut strongest = Strongest::default();
    for copy in program.copies() {
        let context = program.strongest_context(copy.production.file, copy.production_function);
        let kind = context.as_ref().map_or(ContextKind::Init, |(kind, _)| *kind);
        let name = program.function_text(copy.production.file, copy.production_function);
        let test = program.function_text(copy.test.file, copy.test_function);
        strongest.offer(Finding {
            rule: RULE.name,
            severity: if kind > ContextKind::Exported { Severity::Error } else { Severity::Warning },
            confidence: if copy.score >= 90 { Confidence::High } else { Confidence::Medium },
            message: format!(
                "{name} is a near copy of test code ({test} in {}) that changes a module's object",
                program.path(copy.test.file)
            ),
            help:
                "what a test may do once, production does with each call: work on a copy of the object, or keep what \
                   is added in a variable of the call"
                    .to_owned(),
            span: copy.production,
            container: None,
            context,
            steps: Vec::new(),
            related: Vec::new(),
            copied_from: Some(copy.test),
            function: program.function_path(copy.production.file, copy.production_function),
            write_kind: "copy".to_owned(),
        });
    }
    findings.extend(strongest.into_findings(program));
}
