//! Whether a function uses its `arguments` object: most do not, and need none.

use crate::syntax::facts::{ARGUMENTS, Constraint, FunctionId, ModuleFacts, ValueId};

/// Whether a function, or an arrow in it, mentions `arguments`.
pub(super) fn uses_arguments(facts: &ModuleFacts, function: FunctionId) -> bool {
    let own = facts.constraints_of(function).iter().any(|constraint| mentions(facts, constraint));
    own || facts
        .constraints
        .iter()
        .any(|constraint| matches!(constraint, Constraint::OuterArguments { function: of, .. } if *of == function))
}

fn mentions(facts: &ModuleFacts, constraint: &Constraint) -> bool {
    let is = |value: &ValueId| *value == ARGUMENTS;
    match constraint {
        Constraint::Copy { src, .. }
        | Constraint::Narrow { src, .. }
        | Constraint::Return { src }
        | Constraint::Store { src, .. }
        | Constraint::Init { src, .. }
        | Constraint::StoreOuter { src, .. }
        | Constraint::SpreadInto { src, .. }
        | Constraint::Iterate { src, .. }
        | Constraint::CopyAll { src, .. }
        | Constraint::KeysOf { src, .. }
        | Constraint::Derive { src, .. } => is(src),
        Constraint::Load { base, .. } => is(base),
        Constraint::Call { call } => facts.arguments_of(*call).iter().any(|arg| is(&arg.value)),
        _ => false,
    }
}
