//! Loops that wait: code in them repeats, though the function around them runs once.

use swc_common::Spanned;
use swc_ecma_ast::{Expr, Stmt};

use super::{Lowerer, range, statements};
use crate::syntax::facts::{Loop, Test, ValueId};

/// Where a function's code at hand stands among its loops.
#[derive(Clone, Copy, Debug)]
pub(in crate::syntax) struct Rounds {
    /// How many `await`s there were.
    pub(super) awaits: u32,
    /// How many `return`s there were.
    pub(super) returns: u32,
    /// Whether the nearest loop is broken out of.
    pub(super) is_broken: bool,
    /// Whether the function ends with the statement at hand.
    pub(super) is_last: bool,
}

impl Default for Rounds {
    fn default() -> Self {
        Self { awaits: 0, returns: 0, is_broken: false, is_last: true }
    }
}

/// When a loop ends.
#[derive(Clone, Copy)]
pub(super) enum End {
    /// When its condition no longer holds, or all elements had their turn.
    Sometime,
    /// Never by itself.
    Never,
    /// When what `for await` takes its values from does.
    OfSource(ValueId),
}

impl End {
    /// By the condition, if there is one.
    pub(super) fn of(condition: Option<&Expr>) -> Self {
        if condition.is_none_or(statements::is_always_true) { End::Never } else { End::Sometime }
    }
}

impl<'a> Lowerer<'a> {
    /// An `await` at hand.
    pub(super) fn note_await(&mut self) {
        self.frame.rounds.awaits += 1;
    }

    /// The body of a loop.
    pub(super) fn loop_body(&mut self, body: &'a Stmt, end: End) {
        let outer = self.frame.rounds;
        self.frame.rounds.is_broken = false;
        self.frame.rounds.is_last = false;
        match end {
            End::Sometime => self.branch(body),
            End::Never => self.waiting_loop(body, None, outer),
            End::OfSource(source) => self.waiting_loop(body, Some(source), outer),
        }
        self.frame.rounds.is_broken = outer.is_broken;
        self.frame.rounds.is_last = outer.is_last;
    }

    fn waiting_loop(&mut self, body: &'a Stmt, source: Option<ValueId>, outer: Rounds) {
        if source.is_some() {
            self.note_await();
        }
        let id = self.facts.loops.push(Loop {
            function: self.frame.id,
            source,
            range: self.frame.statement,
            awaits: false,
            goes_on: false,
        });
        let mark = self.guard_mark();
        self.hold_test(Test::Round(id), true, range(body.span()));
        self.branch(body);
        self.release(mark);
        let inner = self.frame.rounds;
        let info = &mut self.facts.loops[id];
        info.awaits = inner.awaits > outer.awaits;
        info.goes_on = outer.is_last && !inner.is_broken && inner.returns == outer.returns;
    }
}
