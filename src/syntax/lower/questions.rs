//! Questions whose answer is kept in a variable first: `const known = KINDS.includes(kind); if (!known) return;`.

use swc_common::Spanned;
use swc_ecma_ast::{BinExpr, BinaryOp, Expr, UnaryOp};

use super::expressions::transparent;
use super::functions::Naming;
use super::guards::{Guards, Outcome, Wanted, compares, outcome_of};
use super::{Lookup, Lowerer, range};
use crate::syntax::facts::{Test, ValueId};

/// What an answer says.
#[derive(Clone)]
pub(in crate::syntax) struct Question {
    /// What held if it is truthy.
    pub(super) then: Guards,
    /// What held if it is falsy.
    pub(super) otherwise: Guards,
}

impl Question {
    fn of(outcome: Outcome) -> Self {
        let told = |mut guards: Guards| {
            guards.retain(|guard| guard.test != Test::Other);
            guards
        };
        Self { then: told(outcome.then), otherwise: told(outcome.otherwise) }
    }
}

/// What the value that a variable is made with says.
#[derive(Clone, Default)]
pub(in crate::syntax) struct Asked {
    lookup: Option<Lookup>,
    question: Option<Question>,
}

impl<'a> Lowerer<'a> {
    /// Lowers what a variable is made with, and tells what it asks.
    pub(super) fn asking(&mut self, init: &'a Expr, naming: Naming) -> (Option<ValueId>, Asked) {
        if is_comparing(init) {
            let outcome = self.condition(init, Wanted::Value);
            return (outcome.value, Asked { lookup: None, question: Some(Question::of(outcome)) });
        }
        let Some(value) = self.expr_named(init, Some(naming)) else { return (None, Asked::default()) };
        let lookup = self.lookup_of(value);
        let is_answer = lookup.is_none() && matches!(transparent(init), Expr::Call(_));
        let question = is_answer.then(|| {
            let test = self.leaf_test(transparent(init), value);
            Question::of(outcome_of(test, true, range(init.span()), Some(value)))
        });
        (Some(value), Asked { lookup, question })
    }

    /// Remembers what a variable says, by the node that reads of it mean.
    pub(super) fn note_asked(&mut self, node: ValueId, asked: &Asked) {
        self.frame.lookups.extend(asked.lookup.map(|lookup| (node, lookup)));
        self.frame.questions.extend(asked.question.iter().map(|question| (node, question.clone())));
    }
}

/// Whether an expression is a question, whatever it compares.
fn is_comparing(e: &Expr) -> bool {
    match transparent(e) {
        Expr::Unary(unary) => unary.op == UnaryOp::Bang,
        Expr::Bin(BinExpr { op: BinaryOp::LogicalAnd | BinaryOp::LogicalOr, left, right, .. }) => {
            is_comparing(left) && is_comparing(right)
        }
        Expr::Bin(bin) => compares(bin.op),
        _ => false,
    }
}
