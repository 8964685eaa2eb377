//! `foreign-mutation`: see the page beside this file.

use crate::base::finding::{ContextKind, Finding, Severity};
use crate::program::{Change, Effect, Owner, Program, Strongest};
use crate::rules::{Check, Rule};

pub(super) static RULE: Rule = Rule {
    name: "foreign-mutation",
    severity: Severity::Warning,
    page: include_str!("foreign_mutation.md"),
    check: Check::Program(check),
};

fn check(program: &Program<'_>, findings: &mut Vec<Finding>) {
    let mut strongest = Strongest::default();
    for change in program.changes() {
        if program.is_foreign_write(change)
            && !program.is_unbounded_growth(change)
            && !program.is_request_state(change)
            && !program.is_eviction(change)
            && let Some(finding) = report(program, change)
        {
            strongest.offer_change(finding, change);
        }
    }
    findings.extend(strongest.into_findings(program));
}

fn report(program: &Program<'_>, change: &Change) -> Option<Finding> {
    let container = program.container(change)?;
    let context = program.context(change.point())?;
    let owner = program.owner(change);
    let message = if program.is_namespace_write(change) {
        format!("`{}` is an import: writing to it throws", container.name)
    } else if program.is_own_global(change) {
        format!("{} `{}`, a global that the whole program shares", deed(change), container.name)
    } else {
        format!("{} `{}`, which {} owns", deed(change), container.name, container.owner)
    };
    Some(Finding {
        rule: RULE.name,
        severity: severity(program, change, &owner),
        confidence: program.foreign_confidence(change),
        message,
        help: "copy the object before you change it, or pass what differs as an argument; if the change is meant for \
               everyone, offer a function for it in the module that owns the object"
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

fn severity(program: &Program<'_>, change: &Change, owner: &Owner) -> Severity {
    // Who calls an application's function is not in sight, and is most often the start.
    let is_of_start = !matches!(owner, Owner::Package(_))
        && program.context_of(change) == ContextKind::Exported
        && program.is_application(change.file);
    if is_of_start || program.is_own_global(change) {
        return Severity::Info;
    }
    let is_outside = !matches!(owner, Owner::File(_));
    let is_drastic = matches!(change.effect, Effect::Rearrange | Effect::Delete | Effect::Define);
    if is_outside || is_drastic || program.is_namespace_write(change) || !program.is_declared(change) {
        Severity::Warning
    } else {
        Severity::Info
    }
}

fn deed(change: &Change) -> &'static str {
    match change.effect {
        Effect::Rearrange => "this rearranges",
        Effect::Delete | Effect::Remove => "this deletes from",
        Effect::Define => "this redefines",
        Effect::Initialize => "this initialises",
        _ => "this changes",
    }
}
