//! Loops that wait: code in them repeats, though the function around them runs once.

use swc_common::Spanned;
use swc_ecma_ast::{Expr, Stmt};

use super::{Lowerer, range, statements};
use crate::syntax::facts::{Guard, Loop, LoopEnd, LoopId, Place, Test};

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

impl<'a> Lowerer<'a> {
    /// An `await` at hand.
    pub(super) fn note_await(&mut self) {
        self.frame.rounds.awaits += 1;
    }

    /// The body of a loop that ends when all elements had their turn.
    pub(super) fn finite_loop(&mut self, body: &'a Stmt) {
        let outer = self.enter_loop();
        self.branch(body);
        self.leave_loop(outer);
    }

    /// The body of a loop with a condition, or with none.
    pub(super) fn conditional_loop(&mut self, body: &'a Stmt, condition: Option<&'a Expr>, asked: &[Guard]) {
        if condition.is_none_or(statements::is_always_true) {
            self.waiting_loop(body, LoopEnd::Never);
            return;
        }
        let [Guard { test: Test::Truthy { place: Some(place), .. }, .. }] = *asked else {
            self.finite_loop(body);
            return;
        };
        let first = self.facts.writes.len();
        let id = self.waiting_loop(body, LoopEnd::WhenTold);
        if self.facts.writes.iter().skip(first).any(|write| self.decides(write.place, place)) {
            self.facts.loops[id].is_whole = false;
        }
    }

    /// The body of a loop that may go on as long as the process.
    pub(super) fn waiting_loop(&mut self, body: &'a Stmt, end: LoopEnd) -> LoopId {
        let outer = self.enter_loop();
        if let LoopEnd::OfSource(_) = end {
            self.note_await();
        }
        let (function, place) = (self.frame.id, self.frame.statement);
        let info = Loop { function, end, range: place, awaits: false, is_whole: false, is_last: outer.is_last };
        let id = self.facts.loops.push(info);
        let mark = self.guard_mark();
        self.hold_test(Test::Round(id), true, range(body.span()));
        self.branch(body);
        self.release(mark);
        let inner = self.frame.rounds;
        let info = &mut self.facts.loops[id];
        info.awaits = inner.awaits > outer.awaits;
        info.is_whole = !inner.is_broken && inner.returns == outer.returns;
        self.leave_loop(outer);
        id
    }

    /// Whether a write to one place can change what a condition finds in another: it is the same variable or property,
    /// or the variable whose property is asked.
    fn decides(&self, written: Place, asked: Place) -> bool {
        match (written, asked) {
            (Place::Property { key: written, .. }, Place::Property { key: asked, .. }) => written == asked,
            (Place::Binding(binding), Place::Property { base, .. }) => self.facts.bindings[binding].home == base,
            (written, asked) => written == asked,
        }
    }

    fn enter_loop(&mut self) -> Rounds {
        let outer = self.frame.rounds;
        self.frame.rounds.is_broken = false;
        self.frame.rounds.is_last = false;
        self.frame.loops += 1;
        outer
    }

    fn leave_loop(&mut self, outer: Rounds) {
        self.frame.rounds.is_broken = outer.is_broken;
        self.frame.rounds.is_last = outer.is_last;
        self.frame.loops -= 1;
    }
}
