//! How a newly assigned value uses the old one: the same name or member chain stands on both sides, or a variable that
//! was made from it.

use swc_ecma_ast::{
    AssignExpr, AssignOp, BinExpr, BinaryOp, Callee, Expr, ExprOrSpread, Ident, Lit, MemberExpr, MemberProp, ObjectLit,
    Prop, PropName, PropOrSpread, UnaryOp,
};

use smallvec::SmallVec;

use super::Lowerer;
use super::assignments::{TargetPath, target_path};
use super::expressions::transparent;
use crate::syntax::facts::{BindingId, Callee as FactCallee, Constraint, Key, Reuse, ValueId};

impl<'a> Lowerer<'a> {
    /// How a plain assignment's value, lowered to `value`, uses what its target held.
    pub(super) fn reuse(&mut self, e: &'a AssignExpr, value: Option<ValueId>) -> Reuse {
        let Some(target) = target_path(&e.left) else { return Reuse::None };
        if e.op == AssignOp::Assign
            && let TargetPath::Member(member) = target
            && is_end_of(member)
        {
            return Reuse::Appends;
        }
        let copies = self.frame.copies.iter().rev().filter(|copy| is_target(&target, transparent(copy.of))).copied();
        let old = Old { copies: copies.collect(), target };
        if let Expr::Ident(name) = transparent(&e.right)
            && let Some(reuse) = self.reuse_of_filled_copy(&old, name)
        {
            return reuse;
        }
        match reuse_in(&old, transparent(&e.right), 0) {
            Some(Found::Reuse(reuse)) => reuse,
            Some(Found::Key) => self.added_key(value),
            None if self.is_kept_by_closure(&old, value) => Reuse::Wraps,
            None => Reuse::None,
        }
    }

    /// `const next = [...list]; next.push(x); list = next`.
    fn reuse_of_filled_copy(&mut self, old: &Old<'_>, name: &'a Ident) -> Option<Reuse> {
        let binding = self.resolve(name)?;
        let copy = self.frame.copies.iter().rev().find(|copy| copy.binding == binding)?;
        match reuse_in(old, transparent(copy.of), 0)? {
            Found::Reuse(Reuse::Keeps) => {}
            // `const node = {value, next: head}; head = node`
            Found::Reuse(Reuse::Links) => return Some(Reuse::Links),
            _ => return None,
        }
        let home = self.own_home(name)?;
        let fills = |constraint: &Constraint| match *constraint {
            Constraint::Store { base, key: Key::Computed(_), .. } => base == home,
            Constraint::Call { call } => match self.facts.calls[call].callee {
                FactCallee::Method { base, key: Key::Name(method) } => {
                    base == home && matches!(self.facts.name(method), "push" | "unshift" | "add" | "set" | "append")
                }
                _ => false,
            },
            _ => false,
        };
        let mut recent = self.frame.constraints.iter().rev().take(FILLING);
        Some(if recent.any(fills) { Reuse::Appends } else { Reuse::Keeps })
    }

    /// Notes `const old = place`, and what may be a copy of a place: what is said of `old` is said of what the place held.
    pub(super) fn note_copy(&mut self, ident: &'a Ident, binding: BindingId, of: &'a Expr) {
        let may_copy = |e: &Expr| {
            matches!(
                e,
                Expr::Ident(_) | Expr::Member(_) | Expr::Array(_) | Expr::Object(_) | Expr::Call(_) | Expr::New(_)
            )
        };
        if may_copy(transparent(of)) {
            if self.frame.copies.len() == COPIES {
                self.frame.copies.pop_front();
            }
            self.frame.copies.push_back(OldCopy { ident, binding, of });
        }
    }

    /// Whether the value is a function written here that uses a variable made from the old value:
    /// `const previous = o.f; o.f = () => previous()`.
    fn is_kept_by_closure(&self, old: &Old<'_>, value: Option<ValueId>) -> bool {
        if old.copies.is_empty() {
            return false;
        }
        let made = self.frame.constraints.iter().rev().take(64).find_map(|constraint| match *constraint {
            Constraint::Closure { dst, function, .. } if Some(dst) == value => Some(function),
            _ => None,
        });
        let Some(function) = made else { return false };
        let is_copy = |binding: BindingId| old.copies.iter().any(|copy| copy.binding == binding);
        self.facts.constraints_of(function).iter().any(|constraint| match *constraint {
            Constraint::LoadOuter { binding, .. } => is_copy(binding),
            _ => false,
        })
    }

    /// The node of the computed key with which an object literal was just built.
    fn added_key(&self, value: Option<ValueId>) -> Reuse {
        let keys = self.frame.constraints.iter().rev().take(64);
        let mut found = None;
        for constraint in keys {
            match *constraint {
                Constraint::Store { key: Key::Computed(key), .. } if found.is_none() => found = Some(key),
                Constraint::Alloc { dst, .. } if Some(dst) == value => break,
                _ => {}
            }
        }
        found.map_or(Reuse::Keeps, Reuse::AddsKey)
    }
}

/// So many variables that were made from places are remembered.
const COPIES: usize = 32;

/// So many steps before an assignment are looked at for what fills the copy that is assigned.
const FILLING: usize = 1_024;

/// A variable that was made from a place.
#[derive(Clone, Copy)]
pub(in crate::syntax) struct OldCopy<'a> {
    ident: &'a Ident,
    binding: BindingId,
    of: &'a Expr,
}

/// What an assignment replaces: the target, and the variables that were made from it.
struct Old<'a> {
    target: TargetPath<'a>,
    copies: SmallVec<[OldCopy<'a>; 2]>,
}

impl Old<'_> {
    fn is(&self, e: &Expr) -> bool {
        is_target(&self.target, e) || matches!(e, Expr::Ident(ident) if self.is_named(ident))
    }

    /// The old value, or something else where it is missing: `x || []`.
    fn is_or_default(&self, e: &Expr) -> bool {
        match e {
            Expr::Bin(bin) if matches!(bin.op, BinaryOp::LogicalOr | BinaryOp::NullishCoalescing) => {
                self.is(transparent(&bin.left))
            }
            e => self.is(e),
        }
    }

    /// `state.list`, where the target is `state`.
    fn is_member(&self, e: &Expr, key: &PropName) -> bool {
        let (Expr::Member(member), PropName::Ident(key)) = (e, key) else { return false };
        member.prop.is_ident_with(&key.sym) && self.is(transparent(&member.obj))
    }

    fn is_named(&self, name: &Ident) -> bool {
        matches!(self.target, TargetPath::Ident(target) if target.sym == name.sym)
            || self.copies.iter().any(|copy| copy.ident.sym == name.sym)
    }
}

/// What the right side does, as far as syntax tells.
enum Found {
    Reuse(Reuse),
    /// It adds a computed key.
    Key,
}

/// `toSpliced(at, count, …values)`: what comes behind so many arguments is put in.
const INSERTS_FROM: usize = 2;

/// How deep branches of the right side are looked into.
const DEEPEST: u32 = 8;

fn reuse_in(old: &Old<'_>, e: &Expr, depth: u32) -> Option<Found> {
    if depth > DEEPEST {
        return None;
    }
    let is_old = |e: &Expr| old.is(transparent(e));
    match e {
        _ if is_old(e) => Some(Found::Reuse(Reuse::Keeps)),
        Expr::Array(array) => {
            let is_default = |element: &ExprOrSpread| old.is_or_default(transparent(&element.expr));
            let spreads = array.elems.iter().flatten().any(|element| element.spread.is_some() && is_default(element));
            let has_more = array.elems.len() > 1;
            let links = || array.elems.iter().flatten().any(|element| is_old(&element.expr));
            if spreads {
                Some(Found::Reuse(if has_more { Reuse::Appends } else { Reuse::Keeps }))
            } else {
                links().then_some(Found::Reuse(Reuse::Links))
            }
        }
        Expr::Object(object) => object_reuse(old, object, &is_old),
        Expr::Call(call) => call_reuse(old, &call.callee, &call.args, depth),
        Expr::New(new) => new_reuse(old, new.args.as_deref().unwrap_or_default(), depth),
        Expr::Bin(bin) => binary_reuse(old, bin, depth),
        Expr::Tpl(tpl) => tpl.exprs.iter().any(|e| is_old(e)).then_some(Found::Reuse(Reuse::Appends)),
        Expr::Cond(cond) => {
            let one = reuse_in(old, transparent(&cond.cons), depth + 1);
            let other = reuse_in(old, transparent(&cond.alt), depth + 1);
            match (one, other) {
                // One branch drops it: the value is replaced in the end.
                (None, _) | (_, None) if !is_old(&cond.test) && !is_length(&cond.test, &is_old) => None,
                (Some(Found::Reuse(Reuse::Keeps)) | None, other @ Some(_)) => other,
                (one, _) => one,
            }
        }
        Expr::Await(e) => reuse_in(old, transparent(&e.arg), depth + 1),
        Expr::Assign(assign) => reuse_in(old, transparent(&assign.right), depth + 1),
        _ => None,
    }
}

/// `{...o, k: v}`, `{...o, [k]: v}`, and `{next: head}`.
fn object_reuse(old: &Old<'_>, object: &ObjectLit, is_old: &dyn Fn(&Expr) -> bool) -> Option<Found> {
    let spreads = object.props.iter().any(|prop| matches!(prop, PropOrSpread::Spread(spread) if is_old(&spread.expr)));
    if spreads {
        let key = object.props.iter().find_map(|prop| match prop {
            PropOrSpread::Prop(prop) => match &**prop {
                Prop::KeyValue(pair) => computed(&pair.key),
                Prop::Method(method) => computed(&method.key),
                _ => None,
            },
            PropOrSpread::Spread(_) => None,
        });
        let appends = object.props.iter().any(|prop| match prop {
            PropOrSpread::Prop(prop) => match &**prop {
                Prop::KeyValue(pair) => appends_to_member(old, &pair.key, transparent(&pair.value)),
                _ => false,
            },
            PropOrSpread::Spread(_) => false,
        });
        return Some(match key {
            _ if appends => Found::Reuse(Reuse::Appends),
            Some(_) => Found::Key,
            None => Found::Reuse(Reuse::Keeps),
        });
    }
    let links = object.props.iter().any(|prop| match prop {
        PropOrSpread::Prop(prop) => match &**prop {
            Prop::KeyValue(pair) => is_old(&pair.value),
            Prop::Shorthand(ident) => old.is_named(ident),
            _ => false,
        },
        PropOrSpread::Spread(_) => false,
    });
    links.then_some(Found::Reuse(Reuse::Links))
}

/// `{...state, list: [...state.list, x]}`, `{...state, byId: {...state.byId, [id]: x}}`.
fn appends_to_member(old: &Old<'_>, key: &PropName, value: &Expr) -> bool {
    match value {
        Expr::Array(array) => {
            let mut elements = array.elems.iter().flatten();
            array.elems.len() > 1 && elements.any(|it| it.spread.is_some() && old.is_member(transparent(&it.expr), key))
        }
        Expr::Object(object) => {
            let spreads = |prop: &PropOrSpread| matches!(prop, PropOrSpread::Spread(spread) if old.is_member(transparent(&spread.expr), key));
            let adds_key = |prop: &PropOrSpread| match prop {
                PropOrSpread::Prop(prop) => match &**prop {
                    Prop::KeyValue(pair) => computed(&pair.key).is_some(),
                    _ => false,
                },
                PropOrSpread::Spread(_) => false,
            };
            object.props.iter().any(spreads) && object.props.iter().any(adds_key)
        }
        Expr::Call(call) => {
            let Callee::Expr(callee) = &call.callee else { return false };
            let Expr::Member(member) = transparent(callee) else { return false };
            member.prop.is_ident_with("concat") && old.is_member(transparent(&member.obj), key)
        }
        _ => false,
    }
}

/// `old.length` as a question.
fn is_length(e: &Expr, is_old: &dyn Fn(&Expr) -> bool) -> bool {
    matches!(transparent(e), Expr::Member(member) if member.prop.is_ident_with("length") && is_old(&member.obj))
}

fn computed(name: &PropName) -> Option<&Expr> {
    match name {
        PropName::Computed(computed) if !matches!(transparent(&computed.expr), Expr::Lit(_)) => Some(&computed.expr),
        _ => None,
    }
}

fn call_reuse(old: &Old<'_>, callee: &Callee, arguments: &[ExprOrSpread], depth: u32) -> Option<Found> {
    let is_old = |e: &Expr| old.is(transparent(e));
    let Callee::Expr(callee) = callee else { return None };
    if let Expr::Member(member) = transparent(callee)
        && let MemberProp::Ident(name) = &member.prop
    {
        let receiver = transparent(&member.obj);
        let is_global = |text: &str| matches!(receiver, Expr::Ident(ident) if ident.sym == text);
        match &*name.sym {
            "concat" | "union" if is_old(receiver) => return Some(Found::Reuse(Reuse::Appends)),
            "toSpliced" if is_old(receiver) && arguments.len() > INSERTS_FROM => {
                return Some(Found::Reuse(Reuse::Appends));
            }
            "concat" if arguments.iter().any(|argument| joins(old, transparent(&argument.expr))) => {
                return Some(Found::Reuse(Reuse::Appends));
            }
            "filter" | "slice" | "subarray" | "substring" | "substr" if is_old(receiver) => {
                let is_whole = name.sym == "slice" && arguments.is_empty();
                return Some(Found::Reuse(if is_whole { Reuse::Keeps } else { Reuse::Shrinks }));
            }
            "map" | "sort" | "reverse" | "toSorted" | "toReversed" | "with" if is_old(receiver) => {
                return Some(Found::Reuse(Reuse::Keeps));
            }
            "assign" if is_global("Object") => return assign_reuse(old, arguments),
            "from" if is_global("Array") => {
                let first = arguments.first()?;
                return is_old(&first.expr).then_some(Found::Reuse(Reuse::Keeps));
            }
            _ => {}
        }
        // `a.filter(f).map(g)`, `a.concat(x).slice(-10)`: the last word counts, unless it only keeps.
        let inner = reuse_in(old, receiver, depth + 1)?;
        return Some(match &*name.sym {
            "slice" | "filter" | "splice" => Found::Reuse(Reuse::Shrinks),
            // What the old one's own method gives, that method answers for.
            "set" | "add" if is_old(receiver) => Found::Reuse(Reuse::Keeps),
            "concat" | "set" | "add" | "push" if matches!(inner, Found::Reuse(Reuse::Keeps)) => {
                Found::Reuse(Reuse::Appends)
            }
            _ => inner,
        });
    }
    // `prev = wrap(prev)` makes a link if the wrapper keeps what it gets, which syntax cannot tell of a name; a
    // function written here does.
    let is_function = matches!(transparent(callee), Expr::Arrow(_) | Expr::Fn(_));
    let passes = arguments.iter().any(|argument| is_old(&argument.expr));
    (is_function && passes).then_some(Found::Reuse(Reuse::Links))
}

/// `[x].concat(old)`, `Buffer.concat([old, x])`.
fn joins(old: &Old<'_>, argument: &Expr) -> bool {
    match argument {
        Expr::Array(array) => array.elems.iter().flatten().any(|element| old.is(transparent(&element.expr))),
        other => old.is(other),
    }
}

/// `Object.assign({}, o, {[k]: v})`, `Object.assign(o, …)`.
fn assign_reuse(old: &Old<'_>, arguments: &[ExprOrSpread]) -> Option<Found> {
    let has_old = arguments.iter().any(|argument| old.is(transparent(&argument.expr)));
    if !has_old {
        return None;
    }
    let key = arguments.iter().find_map(|argument| match transparent(&argument.expr) {
        Expr::Object(object) => object.props.iter().find_map(|prop| match prop {
            PropOrSpread::Prop(prop) => match &**prop {
                Prop::KeyValue(pair) => computed(&pair.key),
                _ => None,
            },
            PropOrSpread::Spread(_) => None,
        }),
        _ => None,
    });
    Some(key.map_or(Found::Reuse(Reuse::Keeps), |_| Found::Key))
}

/// `new Set([...s, x])`, `new Map([...m, [k, v]])`, `new Set(s)`, `new Node(value, head)`.
fn new_reuse(old: &Old<'_>, arguments: &[ExprOrSpread], depth: u32) -> Option<Found> {
    let first = arguments.first()?;
    let inner = transparent(&first.expr);
    if arguments.len() == 1 && old.is(inner) {
        return Some(Found::Reuse(Reuse::Keeps));
    }
    if arguments.iter().any(|argument| old.is(transparent(&argument.expr))) {
        return Some(Found::Reuse(Reuse::Links));
    }
    match inner {
        Expr::Array(_) | Expr::Call(_) => reuse_in(old, inner, depth + 1),
        _ => None,
    }
}

fn binary_reuse(old: &Old<'_>, e: &BinExpr, depth: u32) -> Option<Found> {
    let is_old = |e: &Expr| old.is(transparent(e));
    match e.op {
        BinaryOp::LogicalOr | BinaryOp::NullishCoalescing => is_old(&e.left).then_some(Found::Reuse(Reuse::Keeps)),
        BinaryOp::LogicalAnd => reuse_in(old, transparent(&e.right), depth + 1),
        BinaryOp::Add => {
            // `s + a + b` is left-deep; `(x || 0) + 1` counts.
            let mut at = e;
            let is_number = |e: &Expr| matches!(transparent(e), Expr::Lit(Lit::Num(_)));
            let mut counts = is_number(&e.left);
            loop {
                counts |= is_number(&at.right);
                let left = transparent(&at.left);
                if is_old(&at.right) {
                    return Some(Found::Reuse(if counts { Reuse::Keeps } else { Reuse::Adds }));
                }
                // A sum never keeps the old value: it is walked, and only what it begins with is asked.
                if let Expr::Bin(bin) = left
                    && bin.op == BinaryOp::Add
                {
                    at = bin;
                    continue;
                }
                let left_keeps = matches!(reuse_in(old, left, depth + 1), Some(Found::Reuse(Reuse::Keeps)));
                return left_keeps.then_some(Found::Reuse(if counts { Reuse::Keeps } else { Reuse::Adds }));
            }
        }
        _ => None,
    }
}

/// Whether an expression reads the target: by the same names all the way.
fn is_target(target: &TargetPath<'_>, e: &Expr) -> bool {
    match (target, e) {
        (TargetPath::Ident(target), Expr::Ident(ident)) => target.sym == ident.sym,
        (TargetPath::Member(target), Expr::Member(member)) => same_member(target, member),
        _ => false,
    }
}

/// Whether two expressions are the same name, `this`, or member chain.
pub(super) fn same(one: &Expr, other: &Expr) -> bool {
    match (one, other) {
        (Expr::Member(one), Expr::Member(other)) => same_member(one, other),
        (one, other) => same_simple(one, other),
    }
}

fn same_member(mut one: &MemberExpr, mut other: &MemberExpr) -> bool {
    loop {
        if !same_prop(&one.prop, &other.prop) {
            return false;
        }
        match (transparent(&one.obj), transparent(&other.obj)) {
            (Expr::Member(next_one), Expr::Member(next_other)) => (one, other) = (next_one, next_other),
            (one, other) => return same_simple(one, other),
        }
    }
}

fn same_prop(one: &MemberProp, other: &MemberProp) -> bool {
    match (one, other) {
        (MemberProp::Ident(one), MemberProp::Ident(other)) => one.sym == other.sym,
        (MemberProp::PrivateName(one), MemberProp::PrivateName(other)) => one.name == other.name,
        (MemberProp::Computed(one), MemberProp::Computed(other)) => {
            same(transparent(&one.expr), transparent(&other.expr))
        }
        _ => false,
    }
}

fn same_simple(one: &Expr, other: &Expr) -> bool {
    match (one, other) {
        (Expr::This(_), Expr::This(_)) => true,
        (Expr::Ident(one), Expr::Ident(other)) => one.sym == other.sym,
        (Expr::Lit(Lit::Str(one)), Expr::Lit(Lit::Str(other))) => one.value == other.value,
        (Expr::Lit(Lit::Num(one)), Expr::Lit(Lit::Num(other))) => one.value.to_bits() == other.value.to_bits(),
        (Expr::Unary(one), Expr::Unary(other)) => {
            one.op == UnaryOp::Minus && other.op == UnaryOp::Minus && same_simple(&one.arg, &other.arg)
        }
        _ => false,
    }
}

/// `a[a.length]`: an append to the array.
fn is_end_of(member: &MemberExpr) -> bool {
    let MemberProp::Computed(key) = &member.prop else { return false };
    let Expr::Member(length) = transparent(&key.expr) else { return false };
    if !length.prop.is_ident_with("length") {
        return false;
    }
    same(transparent(&member.obj), transparent(&length.obj))
}
