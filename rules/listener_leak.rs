//! `listener-leak`: see the page beside this file.

use crate::base::finding::{Container, ContextKind, Finding, RootedBy, Severity};
use crate::program::{ListenerUse, Program, Strongest};
use crate::rules::{Check, Rule};

pub(super) static RULE: Rule = Rule {
    name: "listener-leak",
    severity: Severity::Error,
    page: include_str!("listener_leak.md"),
    check: Check::Program(check),
};

fn check(program: &Program<'_>, findings: &mut Vec<Finding>) {
    let mut strongest = Strongest::default();
    for listener in program.listeners() {
        let kind = program.kind_of(listener.point);
        if kind > ContextKind::Test
            && !program.is_test(listener.file)
            && !program.is_taken_off(&listener)
            && !program.is_registered_once(&listener)
            && let Some(finding) = report(program, &listener, kind)
        {
            strongest.offer(finding);
        }
    }
    findings.extend(strongest.into_findings(program));
}

fn report(program: &Program<'_>, listener: &ListenerUse, kind: ContextKind) -> Option<Finding> {
    let context = program.context(listener.point)?;
    let function = program.function_of(listener.point.instance);
    let (message, name) = match (&listener.emitter, &listener.event) {
        (None, _) => (format!("`{}` starts a timer that nothing stops", listener.call), "timers".to_owned()),
        (Some(emitter), Some(event)) => {
            (format!("another '{event}' listener is added to `{emitter}`, and none is taken off"), emitter.clone())
        }
        (Some(emitter), None) => {
            (format!("another listener is added to `{emitter}`, and none is taken off"), emitter.clone())
        }
    };
    let owner = program.owner_text(&listener.owner);
    Some(Finding {
        rule: RULE.name,
        severity: match kind {
            // Who calls it is not in sight, and is most often the start.
            ContextKind::Exported if program.is_application(listener.file) => Severity::Info,
            ContextKind::Exported => Severity::Warning,
            _ => Severity::Error,
        },
        confidence: program.context_confidence(listener.point),
        message,
        help: if listener.emitter.is_none() {
            "keep the handle, and clear the timer where its work ends (a 'close' event, a finally block)".to_owned()
        } else {
            "keep the function, and take that very function off where its work ends (a 'close' event, a finally block); \
             or register it once, while the module loads"
                .to_owned()
        },
        span: listener.range.at(listener.file),
        container: Some(Container {
            name: name.clone(),
            path: format!("{name}:{}", listener.event.as_deref().unwrap_or("*")),
            rooted_by: RootedBy::Emitter,
            holder: owner.clone(),
            owner,
        }),
        context: Some(context),
        steps: program.emitter_steps(listener),
        related: Vec::new(),
        copied_from: None,
        function,
        write_kind: "listener".to_owned(),
    })
}
