//! `blocking-require`: see the page beside this file.

use crate::base::finding::{ContextKind, Finding, Severity};
use crate::program::{Program, Strongest};
use crate::rules::{Check, Rule};

pub(super) static RULE: Rule = Rule {
    name: "blocking-require",
    severity: Severity::Warning,
    page: include_str!("blocking_require.md"),
    check: Check::Program(check),
};

fn check(program: &Program<'_>, findings: &mut Vec<Finding>) {
    let mut strongest = Strongest::default();
    for load in program.loads() {
        let is_blocking = load.is_require
            && !load.is_constant
            && !program.is_test(load.file)
            && program.kind_of(load.point) == ContextKind::Request;
        let Some(context) = program.context(load.point).filter(|_| is_blocking) else { continue };
        strongest.offer(Finding {
            rule: RULE.name,
            severity: Severity::Warning,
            confidence: program.context_confidence(load.point),
            message: format!("`require({})` reads and runs a file while requests wait", load.specifier),
            help: "load what may be needed while the module loads, and look it up here; or use `await import(…)`"
                .to_owned(),
            span: load.range.at(load.file),
            container: None,
            context: Some(context),
            steps: Vec::new(),
            related: Vec::new(),
            copied_from: None,
            function: program.function_of(load.point.instance),
            write_kind: "require".to_owned(),
        });
    }
    findings.extend(strongest.into_findings(program));
}
