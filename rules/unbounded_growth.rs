//! `unbounded-growth`: see the page beside this file.

use crate::base::finding::{ContextKind, Finding, Severity};
use crate::program::{Change, Effect, Keys, Program, Refused, Strongest};
use crate::rules::{Check, Rule};

pub(super) static RULE: Rule = Rule {
    name: "unbounded-growth",
    severity: Severity::Error,
    page: include_str!("unbounded_growth.md"),
    check: Check::Program(check),
};

fn check(program: &Program<'_>, findings: &mut Vec<Finding>) {
    let mut strongest = Strongest::default();
    for change in program.changes() {
        if program.is_unbounded_growth(change)
            && !program.is_told_elsewhere(change)
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
    let keys = program.keys(change);
    let severity = match context.0 {
        _ if program.is_registration(change) => Severity::Info,
        ContextKind::Exported => Severity::Warning,
        _ => Severity::Error,
    };
    let word = program.container_word(change);
    let source = match keys {
        Some(Keys::Endless(source)) => format!(", keyed by {source}"),
        _ => String::new(),
    };
    let message =
        format!("the {word} `{}` grows {}{source}, and nothing takes entries away", container.name, pace(context.0));
    Some(Finding {
        rule: RULE.name,
        severity,
        confidence: program.growth_confidence(change),
        message,
        help: help(program, change, context.0),
        span: change.range.at(change.file),
        container: Some(container),
        context: Some(context),
        steps: Vec::new(),
        related: program.related_growths(change),
        copied_from: None,
        function: program.function_path(change.file, change.function),
        write_kind: change.kind.clone(),
    })
}

/// How often, in words.
fn pace(kind: ContextKind) -> &'static str {
    match kind {
        ContextKind::Request => "with each request",
        ContextKind::Event => "with each event",
        ContextKind::Timer => "with each tick of a timer",
        ContextKind::Exported => "with each call from outside",
        ContextKind::Test => "with each test",
        ContextKind::Init => "while modules load",
    }
}

/// What to do: first what is wrong with a removal that is there, then by the shape of the growth.
fn help(program: &Program<'_>, change: &Change, kind: ContextKind) -> String {
    let refused = program.refused_removals(change).into_iter().map(|refused| refusal(program, refused)).next();
    let advice = advice(program, change, kind);
    match refused {
        Some(refused) => format!("{refused}; {advice}"),
        None => advice,
    }
}

fn refusal(program: &Program<'_>, refused: Refused) -> String {
    let (id, why) = match refused {
        Refused::OnlyWhileLoading(id) => (id, "only runs while modules load"),
        Refused::OnlyInTests(id) => (id, "only runs in tests"),
        Refused::NeverCalled(id) => (id, "is only in an exported function that nothing in the program calls"),
        Refused::OnRequest(id) => (id, "only runs if the caller asks for it"),
        Refused::OtherKey(id) => (id, "takes away another key than the one that is stored"),
        Refused::OnlyWhenAsked(id) => (id, "only runs when the same key is asked for again"),
        Refused::OtherPath(id) => (id, "takes away only what another function puts in"),
        Refused::UnderOption(id) => (id, "only runs under an option that is off by default"),
    };
    let removal = program.change(id);
    let function = program.function_text(removal.file, removal.function);
    format!("the removal in {function} ({}) {why}", program.path(removal.file))
}

fn advice(program: &Program<'_>, change: &Change, kind: ContextKind) -> String {
    if !program.is_own(change) && change.key.is_none() {
        return "don't put things on an object that another module hands out: copy it first, or keep a list of your own \
                that is made per call"
            .to_owned();
    }
    match (change.effect, kind, program.keys(change)) {
        (Effect::Grow, ContextKind::Request | ContextKind::Event, Some(Keys::Endless("an object's identity"))) => {
            "delete the entry when the object ends (its 'close' event, a finally block), or key it weakly with a WeakMap \
             or WeakSet"
                .to_owned()
        }
        (Effect::Grow, _, Some(_)) => "delete entries when they are done with, or give the table a limit: drop the oldest \
                                       when its size passes a maximum, or use a cache with a maximum"
            .to_owned(),
        (_, ContextKind::Request, _) => "make it inside the handler if it belongs to one request; else take entries out \
                                         again, or drop the oldest when it passes a maximum"
            .to_owned(),
        _ => "take entries out again when they are done with, or drop the oldest when it passes a maximum".to_owned(),
    }
}
