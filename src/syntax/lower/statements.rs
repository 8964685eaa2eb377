//! Statements: blocks and their scopes, branches, loops, `try`.

use smallvec::SmallVec;
use swc_common::Spanned;
use swc_ecma_ast::{
    AssignTarget, BinExpr, BinaryOp, BlockStmt, CatchClause, Decl, Expr, FnDecl, ForHead, ForInStmt, ForOfStmt,
    ForStmt, IfStmt, Lit, Pat, ReturnStmt, SimpleAssignTarget, Stmt, SwitchStmt, TryStmt, VarDecl, VarDeclOrExpr,
    VarDeclarator,
};

use super::expressions::transparent;
use super::functions::{FunctionSource, Naming};
use super::guards::Wanted;
use super::patterns::Mode;
use super::{Lowerer, range};
use crate::base::span::ByteRange;
use crate::syntax::facts::{
    BindingId, BindingKind, Cleanup, Constraint, FunctionForm, LoopEnd, Shape, THROWN, Test, ValueId,
};
use crate::syntax::scopes::{self, BlockFunctions};

/// The kind of a statement that is an expression: one that is returned, or an arrow's body, looks the same, since
/// copies change one into the other.
pub(super) const EXPRESSION: u32 = 200;

/// A `for (key in object)`.
#[derive(Clone, Copy)]
pub(in crate::syntax) struct KeyLoop<'a> {
    pub(super) key: BindingId,
    pub(super) object: &'a Expr,
    /// The object's node.
    pub(super) src: ValueId,
}

/// Where a statement's shape will stand, and what was at hand before it.
#[derive(Clone, Copy)]
pub(super) struct ShapeMark {
    index: usize,
    hash: u64,
    weight: u32,
    properties: u32,
}

impl<'a> Lowerer<'a> {
    /// Begins the shape of a statement, in front of those of the statements inside it.
    pub(super) fn begin_shape(&mut self, range: ByteRange) -> ShapeMark {
        let frame = &mut self.frame;
        let mark = ShapeMark {
            index: frame.shapes.len(),
            hash: std::mem::take(&mut frame.hash),
            weight: std::mem::take(&mut frame.weight),
            properties: std::mem::take(&mut frame.properties),
        };
        frame.shapes.push(Shape { hash: 0, range, weight: 0, properties: 0 });
        mark
    }

    pub(super) fn end_shape(&mut self, mark: ShapeMark) {
        let frame = &mut self.frame;
        let shape = &mut frame.shapes[mark.index];
        shape.hash = frame.hash;
        shape.weight = frame.weight;
        shape.properties = frame.properties;
        frame.hash = mark.hash;
        frame.weight = mark.weight;
        frame.properties = mark.properties;
    }

    /// The statements of a body or block whose names are declared.
    pub(super) fn statements(&mut self, statements: &'a [Stmt]) {
        let is_last = self.frame.rounds.is_last;
        let last = statements.iter().rposition(|statement| !matches!(statement, Stmt::Decl(Decl::Fn(_))));
        let mut at = 0;
        while at < statements.len() {
            self.frame.rounds.is_last = is_last && Some(at) == last;
            at += self.completed_copy(&statements[at..]).unwrap_or_else(|| {
                self.statement(&statements[at]);
                1
            });
        }
        self.frame.rounds.is_last = is_last;
    }

    /// A block with a scope of its own. Guards of early exits end with it.
    fn block(&mut self, block: &'a BlockStmt) {
        let mark = self.guard_mark();
        let scope = self.scopes.enter();
        self.declare_block(&block.stmts);
        self.statements(&block.stmts);
        self.scopes.leave(scope);
        self.release(mark);
    }

    /// Declares what a block declares itself.
    pub(super) fn declare_block(&mut self, statements: &'a [Stmt]) {
        let hoisted = self.block_functions == BlockFunctions::Hoisted;
        for statement in statements {
            scopes::lexical(statement, &mut |(ident, kind)| {
                if !(hoisted && kind == BindingKind::Function) {
                    self.declare_once(ident, kind);
                }
            });
        }
    }

    pub(super) fn statement(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::Block(block) => return self.block(block),
            Stmt::Labeled(labelled) => return self.statement(&labelled.body),
            Stmt::If(s) => return self.if_statement(s),
            Stmt::Empty(_) | Stmt::Debugger(_) => return,
            _ => {}
        }
        let whole = range(statement.span());
        let outer = std::mem::replace(&mut self.frame.statement, whole);
        let mark = self.begin_shape(whole);
        self.statement_inside(statement);
        self.end_shape(mark);
        self.frame.statement = outer;
    }

    fn statement_inside(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::Expr(s) => {
                self.shape(EXPRESSION);
                // Directives are no values.
                if !matches!(&*s.expr, Expr::Lit(_)) {
                    self.expr(&s.expr);
                }
            }
            Stmt::Return(s) => {
                self.frame.rounds.returns += 1;
                match &s.arg {
                    Some(e) => {
                        self.shape(EXPRESSION);
                        if !self.return_of_machine(e, s.span) {
                            self.return_value(e);
                        }
                    }
                    None => self.shape(201),
                }
            }
            Stmt::Throw(s) => {
                self.shape(202);
                let value = self.expr(&s.arg);
                self.copy(THROWN, value);
            }
            Stmt::Decl(decl) => self.declaration(decl),
            Stmt::While(s) => {
                self.shape(203);
                let outcome = self.condition(&s.test, Wanted::Test);
                let mark = self.guard_mark();
                self.hold(&outcome.then);
                self.narrow(&s.test, true);
                self.conditional_loop(&s.body, Some(&s.test), &outcome.then);
                self.release(mark);
            }
            Stmt::DoWhile(s) => {
                self.shape(204);
                // What is asked at the end is what a round begins with, but for the first.
                let outcome = self.condition(&s.test, Wanted::Test);
                self.conditional_loop(&s.body, Some(&s.test), &outcome.then);
            }
            Stmt::For(s) => self.for_statement(s),
            Stmt::ForIn(s) => self.for_in(s),
            Stmt::ForOf(s) => self.for_of(s),
            Stmt::Switch(s) => {
                // What breaks out of it stays in the loop.
                let is_broken = self.frame.rounds.is_broken;
                self.switch(s);
                self.frame.rounds.is_broken = is_broken;
            }
            Stmt::Try(s) => self.try_statement(s),
            Stmt::With(s) => {
                self.shape(205);
                self.expr(&s.obj);
                self.statement(&s.body);
            }
            Stmt::Break(_) => {
                self.frame.rounds.is_broken = true;
                self.shape(206);
            }
            Stmt::Continue(_) => self.shape(207),
            Stmt::Block(_) | Stmt::Labeled(_) | Stmt::If(_) | Stmt::Empty(_) | Stmt::Debugger(_) => {}
        }
    }

    /// `if`, with its `else if`s in a loop: such chains are as long as generators like.
    fn if_statement(&mut self, first: &'a IfStmt) {
        let outer_statement = self.frame.statement;
        let outer = self.guard_mark();
        // What holds after the whole chain, since those of its branches that would not hold it leave.
        let mut after = super::guards::Guards::new();
        let mut told: SmallVec<[(&'a Expr, bool); 2]> = SmallVec::new();
        let mut all_leave = true;
        let mut all_throw = true;
        let mut at = first;
        loop {
            let whole = range(at.span);
            self.frame.statement = whole;
            let mark = self.begin_shape(whole);
            self.shape(208);
            let outcome = self.condition(&at.test, Wanted::Test);
            self.end_shape(mark);
            let branch = self.guard_mark();
            self.hold(&outcome.then);
            self.narrow(&at.test, true);
            self.branch(&at.cons);
            self.release(branch);
            all_leave &= leaves(&at.cons);
            all_throw &= throws(&at.cons);
            if all_leave {
                after.extend(outcome.otherwise.iter().copied());
                told.push((&at.test, false));
            }
            self.hold(&outcome.otherwise);
            self.narrow(&at.test, false);
            match at.alt.as_deref() {
                Some(Stmt::If(next)) => at = next,
                Some(last) => {
                    self.branch(last);
                    if leaves(last) && !all_leave {
                        after.extend(outcome.then.iter().copied());
                        told.push((&at.test, true));
                    }
                    break;
                }
                None => break,
            }
        }
        self.release(outer);
        self.hold(&after);
        for (test, holds) in told {
            self.narrow(test, holds);
        }
        if all_throw && first.alt.is_none() {
            let room = ASSERTED.saturating_sub(self.frame.asserted.len());
            self.frame.asserted.extend(self.frame.guards[outer.guards..].iter().take(room));
        }
        self.frame.statement = outer_statement;
    }

    /// A branch, of which early exits' guards end with it.
    pub(super) fn branch(&mut self, statement: &'a Stmt) {
        let mark = self.guard_mark();
        self.statement(statement);
        self.release(mark);
    }

    fn for_statement(&mut self, s: &'a ForStmt) {
        self.shape(203);
        let scope = self.scopes.enter();
        let mark = self.guard_mark();
        match &s.init {
            Some(VarDeclOrExpr::VarDecl(var)) => {
                scopes::lexical_var(var, &mut |(ident, kind)| self.declare_once(ident, kind));
                self.variables(var);
            }
            Some(VarDeclOrExpr::Expr(e)) => {
                self.expr(e);
            }
            None => {}
        }
        let outcome = s.test.as_ref().map(|test| self.condition(test, Wanted::Test));
        let asked = outcome.as_ref().map_or(&[][..], |outcome| &outcome.then);
        self.hold(asked);
        if let Some(test) = &s.test {
            self.narrow(test, true);
        }
        if !is_over_at_once(s) {
            if let Some(update) = &s.update {
                self.expr(update);
            }
            self.conditional_loop(&s.body, s.test.as_deref(), asked);
        }
        self.release(mark);
        self.scopes.leave(scope);
    }

    fn for_in(&mut self, s: &'a ForInStmt) {
        self.shape(209);
        let src = self.expr_node(&s.right);
        let scope = self.scopes.enter();
        let key = self.node_at(range(s.left.span()));
        self.emit(Constraint::KeysOf { dst: key, src });
        self.head(&s.left, key);
        let key_loop = self.loop_key(&s.left).map(|key| KeyLoop { key, object: transparent(&s.right), src });
        let outer = std::mem::replace(&mut self.frame.key_loop, key_loop);
        self.finite_loop(&s.body);
        self.frame.key_loop = outer;
        self.scopes.leave(scope);
    }

    /// The binding that takes a loop's keys.
    fn loop_key(&mut self, head: &'a ForHead) -> Option<BindingId> {
        let ident = match head {
            ForHead::VarDecl(var) => &var.decls.first()?.name,
            ForHead::Pat(pattern) => &**pattern,
            ForHead::UsingDecl(_) => return None,
        };
        self.resolve(&ident.as_ident()?.id)
    }

    fn for_of(&mut self, s: &'a ForOfStmt) {
        self.shape(210);
        let src = self.expr_node(&s.right);
        let scope = self.scopes.enter();
        let dst = self.node_at(range(s.left.span()));
        self.emit(Constraint::Iterate { dst, src, index: None, is_async: s.is_await });
        self.head(&s.left, dst);
        if s.is_await {
            self.waiting_loop(&s.body, LoopEnd::OfSource(src));
        } else {
            self.finite_loop(&s.body);
        }
        self.scopes.leave(scope);
    }

    /// What a loop gives each round flows into its head.
    fn head(&mut self, head: &'a ForHead, value: ValueId) {
        match head {
            ForHead::VarDecl(var) => {
                scopes::lexical_var(var, &mut |(ident, kind)| self.declare_once(ident, kind));
                for declarator in &var.decls {
                    self.declare_pattern(&declarator.name, value);
                }
            }
            ForHead::UsingDecl(using) => {
                for declarator in &using.decls {
                    scopes::names(&declarator.name, &mut |ident| self.declare_once(ident, BindingKind::Const));
                    self.declare_pattern(&declarator.name, value);
                }
            }
            ForHead::Pat(pattern) => self.pattern(pattern, value, Mode::Assign),
        }
    }

    fn switch(&mut self, s: &'a SwitchStmt) {
        self.shape(211);
        let subject = self.expr_node(&s.discriminant);
        let scope = self.scopes.enter();
        for case in &s.cases {
            self.declare_block(&case.cons);
        }
        // The values under which a case's code runs: its own, and those of the cases that fall into it.
        let mut values: SmallVec<[ValueId; 4]> = SmallVec::new();
        let mut is_any = false;
        let mut tests: SmallVec<[&'a Expr; 4]> = SmallVec::new();
        let mut gone: Vec<&'a Expr> = Vec::new();
        for case in &s.cases {
            let mark = self.guard_mark();
            is_any |= case.test.is_none();
            tests.extend(case.test.as_deref());
            if is_any {
                self.narrow_to_cases(&s.discriminant, &gone, false);
            } else if !case.cons.is_empty() {
                self.narrow_to_cases(&s.discriminant, &tests, true);
            }
            if let Some(test) = &case.test {
                values.push(self.expr_node(test));
                is_any |= values.len() > CASES;
                if !case.cons.is_empty() {
                    let right = if is_any { None } else { self.merge(&values, test.span()) };
                    let asked = right.map_or(Test::Other, |right| Test::Equal { place: None, left: subject, right });
                    self.hold_test(asked, true, range(test.span()));
                }
            }
            self.statements(&case.cons);
            self.release(mark);
            if case.cons.last().is_some_and(leaves) {
                if !is_any {
                    gone.extend(tests.iter().copied());
                }
                tests.clear();
                values.clear();
                is_any = false;
            }
        }
        self.scopes.leave(scope);
    }

    fn try_statement(&mut self, s: &'a TryStmt) {
        self.shape(212);
        self.block(&s.block);
        if let Some(handler) = &s.handler {
            self.catch(handler);
        }
        if let Some(finalizer) = &s.finalizer {
            let outer = std::mem::replace(&mut self.frame.cleanup, Cleanup::Finally);
            self.block(finalizer);
            self.frame.cleanup = outer;
        }
    }

    fn catch(&mut self, handler: &'a CatchClause) {
        let outer = self.frame.cleanup;
        if outer == Cleanup::None {
            self.frame.cleanup = Cleanup::Catch;
        }
        let scope = self.scopes.enter();
        if let Some(pattern) = &handler.param {
            scopes::names(pattern, &mut |ident| self.declare_once(ident, BindingKind::Catch));
            self.declare_pattern(pattern, THROWN);
        }
        self.block(&handler.body);
        self.scopes.leave(scope);
        self.frame.cleanup = outer;
    }

    /// Whether a function has a name such as compilers give to their helpers, `_asyncToGenerator`; if the models know
    /// what that does, it does it.
    fn may_be_helper(&self, decl: &FnDecl) -> bool {
        let name = decl.ident.sym.strip_prefix('_').unwrap_or_default();
        self.outer_frames.is_empty() && name.len() > 1 && name.starts_with(|c: char| c.is_ascii_lowercase())
    }

    /// A declaration whose names are declared.
    pub(super) fn declaration(&mut self, decl: &'a Decl) {
        match decl {
            Decl::Var(var) => self.variables(var),
            Decl::Using(using) => {
                self.shape(213);
                for declarator in &using.decls {
                    self.variable(declarator);
                }
            }
            Decl::Fn(decl) => {
                if decl.declare || decl.function.body.is_none() {
                    return;
                }
                self.shape(214);
                let naming = Naming { name: self.name(&decl.ident.sym), head: range(decl.ident.span) };
                let source = FunctionSource::of(&decl.function, FunctionForm::Plain);
                let value = self.closure(source, Some(naming));
                match (self.resolve(&decl.ident), self.own_home(&decl.ident)) {
                    (Some(_), Some(dst)) if replaces_itself(decl) || self.may_be_helper(decl) => {
                        self.emit(Constraint::Helper { dst, name: naming.name, src: value });
                    }
                    (Some(binding), _) => self.store_binding(binding, Some(value)),
                    (None, _) => {}
                }
            }
            Decl::Class(decl) => {
                if !decl.declare {
                    self.shape(215);
                    self.class_declaration(&decl.ident, &decl.class);
                }
            }
            Decl::TsEnum(decl) => self.enumeration(decl),
            Decl::TsModule(decl) => self.namespace(decl),
            Decl::TsInterface(_) | Decl::TsTypeAlias(_) => {}
        }
    }

    pub(super) fn variables(&mut self, var: &'a VarDecl) {
        if var.declare {
            return;
        }
        self.shape(213);
        for declarator in &var.decls {
            self.variable(declarator);
            self.note_made_with(declarator);
        }
    }

    fn variable(&mut self, declarator: &'a VarDeclarator) {
        let Some(init) = &declarator.init else {
            if let Pat::Ident(ident) = &declarator.name
                && let Some(ty) = &ident.type_ann
                && let Some(home) = self.own_home(&ident.id)
            {
                self.note_type(home, ty);
            }
            return;
        };
        let Pat::Ident(ident) = &declarator.name else {
            let src = self.expr_node(init);
            self.note_pattern_type(&declarator.name, src);
            self.declare_pattern(&declarator.name, src);
            return;
        };
        self.shape(2);
        let naming = Naming { name: self.name(&ident.id.sym), head: range(ident.id.span) };
        let (value, asked) = self.asking(init, naming);
        let Some(binding) = self.resolve(&ident.id) else { return };
        self.note_copy(&ident.id, binding, init);
        match (value, self.own_home(&ident.id)) {
            (Some(src), Some(dst)) if is_helper(&ident.id.sym, init) => {
                self.emit(Constraint::Helper { dst, name: naming.name, src });
            }
            (Some(src), _) if self.frame.completing == Some(binding) => self.begin_version(binding, src),
            (Some(src), Some(_)) if self.facts.bindings[binding].kind == BindingKind::Let => {
                let node = self.assign_version(binding, src, naming.head);
                self.note_asked(node, &asked);
            }
            _ => self.store_binding(binding, value),
        }
        if let Some(home) = self.own_home(&ident.id) {
            self.note_asked(home, &asked);
            if let Some(ty) = &ident.type_ann {
                self.note_type(home, ty);
            }
        }
    }
}

/// `for (let i = 0; i > 100; i++)`: no round of it ever runs.
fn is_over_at_once(s: &ForStmt) -> bool {
    let Some(VarDeclOrExpr::VarDecl(var)) = &s.init else { return false };
    let [declarator] = var.decls.as_slice() else { return false };
    let (Pat::Ident(name), Some(init), Some(test)) = (&declarator.name, &declarator.init, &s.test) else {
        return false;
    };
    let Expr::Bin(BinExpr { op, left, right, .. }) = transparent(test) else { return false };
    let (Some(first), Some(limit)) = (number(init), number(right)) else { return false };
    let goes_on = match op {
        BinaryOp::Lt => first < limit,
        BinaryOp::LtEq => first <= limit,
        BinaryOp::Gt => first > limit,
        BinaryOp::GtEq => first >= limit,
        _ => return false,
    };
    matches!(transparent(left), Expr::Ident(asked) if asked.sym == name.id.sym) && !goes_on
}

fn number(e: &Expr) -> Option<f64> {
    match transparent(e) {
        Expr::Lit(Lit::Num(number)) => Some(number.value),
        _ => None,
    }
}

/// Whether a variable of that name is a helper that a compiler wrote: `(this && this.name) || …`.
fn is_helper(name: &str, init: &Expr) -> bool {
    let Expr::Bin(BinExpr { op: BinaryOp::LogicalOr, left, .. }) = init else { return false };
    let Expr::Bin(BinExpr { op: BinaryOp::LogicalAnd, left, right, .. }) = transparent(left) else { return false };
    let Expr::Member(member) = transparent(right) else { return false };
    matches!(transparent(left), Expr::This(_))
        && matches!(transparent(&member.obj), Expr::This(_))
        && member.prop.is_ident_with(name)
}

/// So many cases that fall into each other are a fixed set of values.
const CASES: usize = 64;

/// So many guards of a function that throws without them are remembered.
const ASSERTED: usize = 64;

/// Whether a statement ends with a `throw`.
fn throws(statement: &Stmt) -> bool {
    match statement {
        Stmt::Throw(_) => true,
        Stmt::Block(block) => matches!(block.stmts.last(), Some(Stmt::Throw(_))),
        _ => false,
    }
}

/// Whether a function is a helper that a compiler wrote, which puts what the platform has in its own place when it is
/// first called: `function assign() { assign = Object.assign || …; return assign.apply(this, arguments); }`.
fn replaces_itself(decl: &FnDecl) -> bool {
    let first = decl.function.body.as_ref().and_then(|body| body.stmts.iter().find(|it| !is_directive(it)));
    let value = match first {
        Some(Stmt::Expr(first)) => &first.expr,
        // Smaller: `return assign = …, assign.apply(null, arguments)`.
        Some(Stmt::Return(ReturnStmt { arg: Some(value), .. })) => value,
        _ => return false,
    };
    let value = match transparent(value) {
        Expr::Seq(seq) => seq.exprs.first().map_or(value, |first| first),
        _ => value,
    };
    let Expr::Assign(assign) = transparent(value) else { return false };
    matches!(&assign.left, AssignTarget::Simple(SimpleAssignTarget::Ident(ident)) if ident.id.sym == decl.ident.sym)
}

fn is_directive(statement: &Stmt) -> bool {
    matches!(statement, Stmt::Expr(statement) if matches!(&*statement.expr, Expr::Lit(_)))
}

/// Whether code after the statement is not reached from it.
fn leaves(statement: &Stmt) -> bool {
    match statement {
        Stmt::Return(_) | Stmt::Throw(_) | Stmt::Continue(_) | Stmt::Break(_) => true,
        Stmt::Block(block) => block.stmts.last().is_some_and(leaves),
        _ => false,
    }
}

/// `true` and `1`, as the condition of a loop without end.
pub(super) fn is_always_true(e: &Expr) -> bool {
    match transparent(e) {
        Expr::Lit(Lit::Bool(lit)) => lit.value,
        Expr::Lit(Lit::Num(number)) => number.value != 0.0,
        _ => false,
    }
}
