//! `cross-request-state`: see the page beside this file.

use crate::base::finding::{Finding, Severity};
use crate::program::{Program, Strongest};
use crate::rules::{Check, Rule};

pub(super) static RULE: Rule = Rule {
    name: "cross-request-state",
    severity: Severity::Warning,
    page: include_str!("cross_request_state.md"),
    check: Check::Program(check),
};

fn check(program: &Program<'_>, findings: &mut Vec<Finding>) {
    let mut strongest = Strongest::default();
    for change in program.changes() {
        if !program.is_request_state(change) || program.is_unbounded_growth(change) {
            continue;
        }
        let (Some(container), Some(context)) = (program.container(change), program.context(change.point())) else {
            continue;
        };
        let finding = Finding {
            rule: RULE.name,
            severity: Severity::Warning,
            confidence: program.base_confidence(change),
            message: format!(
                "`{}` is overwritten with data of one request, and other requests can see it",
                container.name
            ),
            help: "keep it in the request (a local variable, `res.locals`, `ctx.state`) and pass it on, or use \
                   AsyncLocalStorage"
                .to_owned(),
            span: change.range.at(change.file),
            container: Some(container),
            context: Some(context),
            steps: Vec::new(),
            related: Vec::new(),
            copied_from: None,
            function: program.function_path(change.file, change.function),
            write_kind: change.kind.clone(),
        };
        strongest.offer_change(finding, change);
    }
    findings.extend(strongest.into_findings(program));
}
