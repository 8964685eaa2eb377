//! Which functions are worth an instance for each call site, decided from their own constraints.

use rustc_hash::FxHashSet;

use crate::syntax::facts::{
    CallKind, Callee, Cloning, Constraint, FunctionForm, ModuleFacts, Param, RETURN, SiteKind, THIS, ValueId, YIELDED,
};

/// A helper has at most as many constraints.
const HELPER: usize = 40;

/// What a function is worth.
pub(super) fn decide(constraints: &[Constraint], form: FunctionForm, params: &[Param], facts: &ModuleFacts) -> Cloning {
    if matches!(form, FunctionForm::Module | FunctionForm::StaticInitializer) {
        return Cloning::None;
    }
    let constructs = if keeps_made(constraints, facts) { Cloning::Constructor } else { Cloning::None };
    if form == FunctionForm::Constructor {
        return constructs;
    }
    let returned = returned(constraints);
    if !returned.is_empty() && makes(constraints, &returned, facts) {
        return Cloning::Factory;
    }
    if constraints.len() <= HELPER && !params.is_empty() && passes_on(constraints, &returned, params, facts) {
        return Cloning::Helper;
    }
    constructs
}

/// The nodes that flow to the result by copies.
fn returned(constraints: &[Constraint]) -> FxHashSet<ValueId> {
    let mut nodes: FxHashSet<ValueId> = FxHashSet::default();
    for constraint in constraints {
        match *constraint {
            Constraint::Return { src } | Constraint::Copy { dst: RETURN | YIELDED, src } => {
                nodes.insert(src);
            }
            _ => {}
        }
    }
    if nodes.is_empty() {
        return nodes;
    }
    // Copies mostly stand before what uses them: a few rounds from the end reach all but odd orders.
    for _ in 0..4 {
        let before = nodes.len();
        for constraint in constraints.iter().rev() {
            if let Constraint::Copy { dst, src } = *constraint
                && nodes.contains(&dst)
            {
                nodes.insert(src);
            }
        }
        if nodes.len() == before {
            break;
        }
    }
    nodes
}

/// Whether it makes what it returns.
fn makes(constraints: &[Constraint], returned: &FxHashSet<ValueId>, facts: &ModuleFacts) -> bool {
    constraints.iter().any(|constraint| match *constraint {
        Constraint::Closure { dst, .. } | Constraint::Class { dst, .. } => returned.contains(&dst),
        Constraint::Alloc { dst, site } => {
            returned.contains(&dst) && matches!(facts.sites[site].kind, SiteKind::Object | SiteKind::Array)
        }
        Constraint::Call { call } => {
            let call = &facts.calls[call];
            call.kind == CallKind::New && returned.contains(&call.dst)
        }
        _ => false,
    })
}

/// Whether it keeps something that it makes in its `this`, or lets the constructor above do so.
fn keeps_made(constraints: &[Constraint], facts: &ModuleFacts) -> bool {
    let is_made = |value: ValueId| {
        constraints.iter().any(|constraint| match *constraint {
            Constraint::Alloc { dst, .. } => dst == value,
            Constraint::Call { call } => facts.calls[call].kind == CallKind::New && facts.calls[call].dst == value,
            _ => false,
        })
    };
    constraints.iter().any(|constraint| match *constraint {
        Constraint::Store { base: THIS, src, .. } => is_made(src),
        Constraint::Call { call } => matches!(facts.calls[call].callee, Callee::Super(_)),
        _ => false,
    })
}

/// What methods and iteration make of the parameters: `(groups) => groups.filter(isActive).map(name)`.
fn taken_from(constraints: &[Constraint], params: &[Param], facts: &ModuleFacts) -> FxHashSet<ValueId> {
    let mut taken: FxHashSet<ValueId> = params.iter().map(|param| param.value).collect();
    for constraint in constraints {
        let (dst, src) = match *constraint {
            Constraint::Copy { dst, src } | Constraint::Await { dst, src } | Constraint::Iterate { dst, src, .. } => {
                (dst, src)
            }
            Constraint::Call { call } => match facts.calls[call].callee {
                Callee::Method { base, .. } => (facts.calls[call].dst, base),
                _ => continue,
            },
            _ => continue,
        };
        if taken.contains(&src) {
            taken.insert(dst);
        }
    }
    taken
}

/// Whether a parameter, or what comes out of it, flows to the result, also by way of another function, or into another parameter (or into
/// `this`).
fn passes_on(constraints: &[Constraint], returned: &FxHashSet<ValueId>, params: &[Param], facts: &ModuleFacts) -> bool {
    let is_param = |node: ValueId| params.iter().any(|param| param.value == node);
    let is_base = |node: ValueId| node == THIS || is_param(node);
    taken_from(constraints, params, facts).iter().any(|node| returned.contains(node))
        || constraints.iter().any(|constraint| match *constraint {
            Constraint::Store { base, src, .. } => is_base(base) && is_param(src),
            Constraint::CopyAll { dst, src, .. } => is_base(dst) && is_param(src),
            Constraint::Call { call } => {
                let call = &facts.calls[call];
                let takes_it = match call.callee {
                    Callee::Method { base, .. } => is_base(base),
                    // What another helper makes of it is given on.
                    Callee::Value(callee) => {
                        call.kind == CallKind::Call && !is_base(callee) && returned.contains(&call.dst)
                    }
                    _ => false,
                };
                let arguments = &facts.arguments[call.arguments.indices()];
                takes_it && arguments.iter().any(|argument| is_param(argument.value))
            }
            _ => false,
        })
}
