//! What was asked before a value was chosen, an answer given, or a function left.

use smallvec::SmallVec;
use swc_common::Spanned;
use swc_ecma_ast::{BinaryOp, Expr, Lit, UnaryOp};

use super::expressions::transparent;
use super::guards::{Mark, Wanted, compares};
use super::{Lowerer, range, run};
use crate::syntax::facts::{Check, Checked, Constraint, Guard, GuardId, Run, Test, ValueId};

impl<'a> Lowerer<'a> {
    /// A branch of a conditional, of which what holds since `mark` is known: `LIST.includes(x) ? x : 'other'`.
    pub(super) fn chosen(&mut self, e: &'a Expr, mark: Mark) -> Option<ValueId> {
        let src = self.expr(e)?;
        Some(self.known_since(e, src, mark.guards))
    }

    /// A name is a value of its own if the guards from `first` on may say which it is.
    fn known_since(&mut self, e: &'a Expr, src: ValueId, first: usize) -> ValueId {
        let says = |id: &GuardId| tells_value(&self.facts.guards[*id]);
        if !matches!(transparent(e), Expr::Ident(_) | Expr::Member(_)) || !self.frame.guards[first..].iter().any(says) {
            return src;
        }
        let dst = self.node_at(range(e.span()));
        self.emit(Constraint::Copy { dst, src });
        let guards = self.list_of(self.frame.guards[first..].iter().copied().collect());
        self.facts.checks.push(Check { function: self.frame.id, of: Checked::Value(dst), guards });
        dst
    }

    /// `return e`, of which all that holds there is known: `if (LIST.includes(x)) return x;`.
    pub(super) fn return_value(&mut self, e: &'a Expr) {
        if let Some(src) = self.answer(e) {
            let src = self.known_since(e, src, 0);
            self.emit(Constraint::Return { src });
        }
    }

    /// What a function gives, and what holds if it is truthy.
    pub(super) fn answer(&mut self, e: &'a Expr) -> Option<ValueId> {
        if !is_question(transparent(e)) {
            if !is_false(transparent(e)) {
                self.frame.answers.push(Run::default());
            }
            return self.expr(e);
        }
        let outcome = self.condition(e, Wanted::Value);
        let mark = self.guard_mark();
        self.hold(&outcome.then);
        let told: SmallVec<[GuardId; 4]> = self.frame.guards[mark.guards..].iter().copied().collect();
        self.release(mark);
        let guards = self.list_of(told);
        self.frame.answers.push(guards);
        outcome.value
    }

    /// Notes what a function's answer and its end say of what it was given.
    pub(super) fn note_checks(&mut self) {
        let function = self.frame.id;
        if let [guards] = *self.frame.answers
            && self.says_something(guards)
        {
            self.facts.checks.push(Check { function, of: Checked::Answer, guards });
        }
        let still: SmallVec<[GuardId; 4]> =
            self.frame.asserted.iter().copied().filter(|id| self.frame.guards.contains(id)).take(MOST).collect();
        let guards = self.list_of(still);
        if self.says_something(guards) {
            self.facts.checks.push(Check { function, of: Checked::End, guards });
        }
    }

    fn says_something(&self, guards: Run) -> bool {
        self.facts.guards_in(guards).any(tells_value)
    }

    fn list_of(&mut self, guards: SmallVec<[GuardId; 4]>) -> Run {
        let start = self.facts.guard_lists.len();
        self.facts.guard_lists.extend(guards);
        run(start, self.facts.guard_lists.len())
    }
}

/// So many assertions of one function are noted.
const MOST: usize = 16;

/// Whether a guard may say which of a fixed set a value is, or how much a container holds.
fn tells_value(guard: &Guard) -> bool {
    match guard.test {
        Test::Has { .. } | Test::Equal { .. } | Test::Truthy { place: None, .. } => guard.holds,
        // How full a container is says which of two ways is gone, whichever it is.
        Test::Size { .. } => true,
        _ => false,
    }
}

/// Whether an expression asks something.
fn is_question(e: &Expr) -> bool {
    match e {
        Expr::Call(_) => true,
        Expr::Unary(unary) => unary.op == UnaryOp::Bang,
        Expr::Bin(bin) => compares(bin.op) || matches!(bin.op, BinaryOp::LogicalAnd | BinaryOp::LogicalOr),
        _ => false,
    }
}

fn is_false(e: &Expr) -> bool {
    matches!(e, Expr::Lit(Lit::Bool(literal)) if !literal.value)
}
