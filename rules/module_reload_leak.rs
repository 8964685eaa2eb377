//! `module-reload-leak`: see the page beside this file.

use crate::base::finding::{ContextKind, Finding, Severity};
use crate::program::{Program, Strongest};
use crate::rules::{Check, Rule};

pub(super) static RULE: Rule = Rule {
    name: "module-reload-leak",
    severity: Severity::Error,
    page: include_str!("module_reload_leak.md"),
    check: Check::Program(check),
};

fn check(program: &Program<'_>, findings: &mut Vec<Finding>) {
    let mut strongest = Strongest::default();
    for reload in program.reloads() {
        let kind = program.kind_of(reload.point);
        let Some(context) = program.context(reload.point).filter(|_| kind > ContextKind::Test) else { continue };
        if program.is_test(reload.file) {
            continue;
        }
        strongest.offer(Finding {
            rule: RULE.name,
            severity: if kind == ContextKind::Exported { Severity::Warning } else { Severity::Error },
            confidence: program.context_confidence(reload.point),
            message: format!("{}, again and again: what holds the old one keeps it alive", reload.how),
            help: "load the module once and let it export a function that reads what may have changed (a file, an \
                   environment); ES modules can't be evicted at all"
                .to_owned(),
            span: reload.range.at(reload.file),
            container: None,
            context: Some(context),
            steps: Vec::new(),
            related: Vec::new(),
            copied_from: None,
            function: program.function_of(reload.point.instance),
            write_kind: "reload".to_owned(),
        });
    }
    findings.extend(strongest.into_findings(program));
}
