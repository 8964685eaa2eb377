//! Copies that are completed right after they are made: `const merged = {...defaults, ...options}; merged.headers =
//! {...defaults.headers}`. What a property held before it was given another value is in no finished copy, so the copy
//! is made without it, as a literal that names it after the spread would be.

use swc_common::Spanned;
use swc_ecma_ast::{
    ArrowExpr, AssignExpr, AssignOp, AssignTarget, Callee, Decl, Expr, Function, Id, Ident, MemberExpr, MemberProp,
    Pat, PropOrSpread, SimpleAssignTarget, Stmt,
};
use swc_ecma_visit::{Visit, VisitWith};

use super::expressions::transparent;
use super::{Lowerer, range};
use crate::base::span::ByteRange;
use crate::syntax::facts::{BindingId, Constraint, Key, MODULE_BODY, SiteKind};

/// So many statements may stand between the copy and the last property.
const LONGEST: usize = 24;

/// A copy and what completes it.
struct Completed<'a> {
    name: &'a Ident,
    init: &'a Expr,
    /// How many statements it takes, with the declaration.
    count: usize,
}

impl<'a> Lowerer<'a> {
    /// Lowers a copy and the statements that complete it; gives how many statements that were.
    pub(super) fn completed_copy(&mut self, statements: &'a [Stmt]) -> Option<usize> {
        if self.frame.id == MODULE_BODY {
            return None;
        }
        let Completed { name, init, count } = completed(statements)?;
        let binding = self.resolve(name).filter(|&id| self.facts.bindings[id].function == self.frame.id)?;
        self.frame.completing = Some(binding);
        self.statement(&statements[0]);
        self.frame.completing = None;
        for statement in &statements[1..count] {
            let before = self.frame.constraints.len();
            self.statement(statement);
            if property_given(statement, name).is_some() {
                self.copy_without_old(binding, before, range(init.span()));
            }
        }
        let whole = self.version_of(binding);
        self.store_binding(binding, whole);
        Some(count)
    }

    /// From here on, the variable holds the copy with what was stored since a place among the constraints, and without
    /// what the property held before.
    fn copy_without_old(&mut self, binding: BindingId, since: usize, at: ByteRange) {
        let Some(src) = self.version_of(binding) else { return };
        let stored = self.frame.constraints[since..].iter().rev().find_map(|constraint| match *constraint {
            Constraint::Store { base, key: Key::Name(name), src: value } if base == src => Some((name, value)),
            _ => None,
        });
        let Some((name, value)) = stored else { return };
        let dst = self.alloc(SiteKind::Object, at);
        let except = self.name_list(&[name]);
        self.emit(Constraint::CopyAll { dst, src, except });
        self.emit(Constraint::Init { base: dst, key: Key::Name(name), src: value });
        self.begin_version(binding, dst);
    }
}

/// A declaration of a copy at the start of statements, of which properties are given other values before anything else
/// sees it.
fn completed(statements: &[Stmt]) -> Option<Completed<'_>> {
    let Stmt::Decl(Decl::Var(var)) = statements.first()? else { return None };
    let [declarator] = var.decls.as_slice() else { return None };
    let Pat::Ident(name) = &declarator.name else { return None };
    let init = declarator.init.as_deref().filter(|init| is_copy(init))?;
    let name = &name.id;
    let mut count = 1;
    for (at, statement) in statements.iter().enumerate().skip(1).take(LONGEST) {
        if mentions_whole(statement, name) {
            break;
        }
        if property_given(statement, name).is_some() {
            count = at + 1;
        }
    }
    (count > 1).then_some(Completed { name, init, count })
}

/// `{...a}`, `Object.assign({}, a)`.
fn is_copy(init: &Expr) -> bool {
    match transparent(init) {
        Expr::Object(object) => object.props.iter().any(|prop| matches!(prop, PropOrSpread::Spread(_))),
        Expr::Call(call) => {
            let is_literal = |e: &Expr| matches!(transparent(e), Expr::Object(_));
            call.args.first().is_some_and(|first| first.spread.is_none() && is_literal(&first.expr))
                && matches!(&call.callee, Callee::Expr(callee) if matches!(transparent(callee), Expr::Member(member)
                    if member.prop.is_ident_with("assign") && member.obj.is_ident_ref_to("Object")))
        }
        _ => false,
    }
}

/// The property that a statement gives a value in any case: `name.property = value;`.
fn property_given<'a>(statement: &'a Stmt, name: &Ident) -> Option<&'a MemberExpr> {
    let Stmt::Expr(statement) = statement else { return None };
    let Expr::Assign(AssignExpr { op: AssignOp::Assign, left, .. }) = transparent(&statement.expr) else { return None };
    let AssignTarget::Simple(SimpleAssignTarget::Member(member)) = left else { return None };
    let is_own = matches!(transparent(&member.obj), Expr::Ident(object) if object.sym == name.sym);
    (is_own && matches!(member.prop, MemberProp::Ident(_))).then_some(member)
}

/// Whether code does more with a variable than to read and write properties.
fn mentions_whole(statement: &Stmt, name: &Ident) -> bool {
    let mut search = Mention { name: name.to_id(), is_found: false, functions: 0 };
    statement.visit_with(&mut search);
    search.is_found
}

struct Mention {
    name: Id,
    is_found: bool,
    functions: u32,
}

impl Visit for Mention {
    fn visit_ident(&mut self, ident: &Ident) {
        self.is_found |= ident.sym == self.name.0;
    }

    fn visit_member_expr(&mut self, member: &MemberExpr) {
        let is_own = matches!(transparent(&member.obj), Expr::Ident(object) if object.sym == self.name.0);
        if !is_own || self.functions > 0 {
            member.obj.visit_with(self);
        }
        member.prop.visit_with(self);
    }

    fn visit_call_expr(&mut self, call: &swc_ecma_ast::CallExpr) {
        // A method gets the object as `this`.
        if let Callee::Expr(callee) = &call.callee
            && let Expr::Member(member) = transparent(callee)
        {
            member.obj.visit_with(self);
        }
        call.visit_children_with(self);
    }

    fn visit_function(&mut self, function: &Function) {
        self.functions += 1;
        function.visit_children_with(self);
        self.functions -= 1;
    }

    fn visit_arrow_expr(&mut self, arrow: &ArrowExpr) {
        self.functions += 1;
        arrow.visit_children_with(self);
        self.functions -= 1;
    }
}
