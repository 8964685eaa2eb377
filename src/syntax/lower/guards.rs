//! Guards: what holds where code runs. A condition is lowered once; what it asks is read off the constraints that
//! its lowering made.

use smallvec::SmallVec;
use swc_common::{Span, Spanned};
use swc_ecma_ast::{BinExpr, BinaryOp, Expr, Lit, UnaryOp, UpdateOp};

use super::expressions::transparent;
use super::reuse::same;
use super::{Lookup, Lowerer, range, run};
use crate::base::span::ByteRange;
use crate::syntax::facts::{Callee, Constraint, Guard, Key, Origin, Place, Run, Test, ValueId};

/// Guards that may come to hold.
pub(super) type Guards = SmallVec<[Guard; 2]>;

/// What held, and what variables held, where a branch began.
#[derive(Clone, Copy)]
pub(super) struct Mark {
    pub(super) guards: usize,
    versions: usize,
    narrowings: usize,
}

/// What a condition came to.
pub(super) struct Outcome {
    /// What holds when it is truthy.
    pub(super) then: Guards,
    /// What holds when it is falsy.
    pub(super) otherwise: Guards,
    /// Its value, where it is one expression.
    pub(super) value: Option<ValueId>,
}

/// What is compared, its value, and the value that it is compared with.
type Equals<'a> = SmallVec<[(&'a Expr, ValueId, ValueId); 4]>;

/// What an operand compares with a literal.
fn equal_of<'a>(operand: &'a Expr, guard: &Guard) -> Option<(&'a Expr, ValueId, ValueId)> {
    let (Expr::Bin(bin), Test::Equal { left, right, .. }) = (transparent(operand), guard.test) else { return None };
    let (one, other) = (transparent(&bin.left), transparent(&bin.right));
    let is_fixed = |e: &Expr| matches!(e, Expr::Lit(_) | Expr::Member(_));
    match guard.holds {
        true if is_fixed(other) => Some((one, left, right)),
        true if is_fixed(one) => Some((other, right, left)),
        _ => None,
    }
}

/// What a condition is lowered for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Only what it asks.
    Test,
    /// Its value too.
    Value,
}

impl<'a> Lowerer<'a> {
    /// What holds, to go back to.
    pub(super) fn guard_mark(&self) -> Mark {
        Mark {
            guards: self.frame.guards.len(),
            versions: self.frame.versions.len(),
            narrowings: self.frame.narrowings.len(),
        }
    }

    /// From here on, these hold too.
    pub(super) fn hold(&mut self, guards: &[Guard]) {
        for &guard in guards {
            let id = self.facts.guards.push(guard);
            self.frame.guards.push(id);
            self.frame.guard_run = None;
        }
    }

    pub(super) fn hold_test(&mut self, test: Test, holds: bool, range: ByteRange) {
        self.hold(&[Guard { test, holds, range }]);
    }

    /// Only what held at `mark` holds from here on.
    pub(super) fn release(&mut self, mark: Mark) {
        if self.frame.guards.len() > mark.guards {
            self.frame.guards.truncate(mark.guards);
            self.frame.guard_run = None;
        }
        self.frame.narrowings.truncate(mark.narrowings);
        self.meet(mark.versions);
    }

    /// The list of what holds here. Very long ones keep the innermost.
    pub(super) fn guard_run(&mut self) -> Run {
        const LONGEST: usize = 64;
        if self.frame.guards.is_empty() {
            return Run::default();
        }
        if let Some(run) = self.frame.guard_run {
            return run;
        }
        let start = self.facts.guard_lists.len();
        let first = self.frame.guards.len().saturating_sub(LONGEST);
        self.facts.guard_lists.extend_from_slice(&self.frame.guards[first..]);
        let list = run(start, self.facts.guard_lists.len());
        self.frame.guard_run = Some(list);
        list
    }

    /// Lowers a condition.
    pub(super) fn condition(&mut self, e: &'a Expr, wanted: Wanted) -> Outcome {
        match transparent(e) {
            Expr::Unary(unary) if unary.op == UnaryOp::Bang => {
                self.shape(16 + unary.op as u32);
                let inner = self.condition(&unary.arg, Wanted::Test);
                let value = self.finite(unary.span, wanted);
                Outcome { then: inner.otherwise, otherwise: inner.then, value }
            }
            Expr::Bin(bin) if matches!(bin.op, BinaryOp::LogicalAnd | BinaryOp::LogicalOr) => {
                self.logical_condition(bin, wanted)
            }
            Expr::Bin(bin) => self.comparison(bin, wanted),
            other => self.leaf(other),
        }
    }

    /// `a && b`, `a || b`, along the left side in a loop.
    fn logical_condition(&mut self, e: &'a BinExpr, wanted: Wanted) -> Outcome {
        let mut rights: SmallVec<[&'a Expr; 8]> = SmallVec::new();
        let mut at = e;
        let first = loop {
            self.shape(32 + at.op as u32);
            rights.push(&at.right);
            match transparent(&at.left) {
                Expr::Bin(left) if left.op == e.op => at = left,
                other => break other,
            }
        };
        rights.push(first);
        let is_and = e.op == BinaryOp::LogicalAnd;
        let mark = self.guard_mark();
        let mut all = Guards::new();
        let mut weak = Guards::new();
        let mut equals: Equals<'a> = SmallVec::new();
        let mut operands = 0;
        let mut values: SmallVec<[ValueId; 4]> = SmallVec::new();
        while let Some(operand) = rights.pop() {
            let outcome = self.condition(operand, wanted);
            let (sure, unsure) =
                if is_and { (outcome.then, outcome.otherwise) } else { (outcome.otherwise, outcome.then) };
            operands += 1;
            equals.extend(unsure.iter().filter_map(|guard| equal_of(operand, guard)));
            self.hold(&sure);
            self.narrow(operand, is_and);
            all.extend(sure);
            // That a key is not there yet, or that its entry is to be replaced, is worth as much as the first alone.
            weak.extend(unsure.into_iter().filter(|guard| matches!(guard.test, Test::Has { .. }) && !guard.holds));
            if !is_and || rights.is_empty() {
                values.extend(outcome.value);
            }
        }
        self.release(mark);
        let value = if wanted == Wanted::Value { self.merge(&values, e.span) } else { None };
        let mut other = Guards::new();
        other.push(Guard { test: Test::Other, holds: !is_and, range: range(e.span) });
        other.extend(weak);
        other.extend(self.one_of(&equals, operands, range(e.span())));
        if is_and {
            Outcome { then: all, otherwise: other, value }
        } else {
            Outcome { then: other, otherwise: all, value }
        }
    }

    /// `x === 'a' || x === 'b'`: the same value is asked in each operand, and is one of them.
    fn one_of(&mut self, equals: &Equals<'a>, operands: usize, at: ByteRange) -> Option<Guard> {
        let &(subject, left, _) = equals.first()?;
        if equals.len() != operands || !equals.iter().all(|(other, ..)| same(subject, other)) {
            return None;
        }
        let rights: SmallVec<[ValueId; 4]> = equals.iter().map(|&(_, _, right)| right).collect();
        let right = self.node_at(at);
        for src in rights {
            self.emit(Constraint::Copy { dst: right, src });
        }
        Some(Guard { test: Test::Equal { place: None, left, right }, holds: true, range: at })
    }

    fn comparison(&mut self, e: &'a BinExpr, wanted: Wanted) -> Outcome {
        match e.op {
            BinaryOp::EqEq | BinaryOp::EqEqEq => self.equality(e, true, wanted),
            BinaryOp::NotEq | BinaryOp::NotEqEq => self.equality(e, false, wanted),
            BinaryOp::Lt | BinaryOp::LtEq | BinaryOp::Gt | BinaryOp::GtEq => self.order(e, wanted),
            BinaryOp::In => {
                self.shape(32 + e.op as u32);
                let key = self.expr_node(&e.left);
                let container = self.expr_node(&e.right);
                self.outcome(Test::Has { container, key }, true, e, wanted)
            }
            _ => {
                let value = self.binary(e);
                let test = value.map_or(Test::Other, |value| Test::Truthy { place: None, value });
                outcome_of(test, true, range(e.span), value)
            }
        }
    }

    /// The value of a comparison.
    fn finite(&mut self, span: Span, wanted: Wanted) -> Option<ValueId> {
        (wanted == Wanted::Value).then(|| self.origin(span, Origin::Finite))
    }

    fn outcome(&mut self, test: Test, when_true: bool, e: &BinExpr, wanted: Wanted) -> Outcome {
        let value = self.finite(e.span, wanted);
        outcome_of(test, when_true, range(e.span), value)
    }

    /// `a === b`; `when_true` is false for `!==`.
    fn equality(&mut self, e: &'a BinExpr, when_true: bool, wanted: Wanted) -> Outcome {
        self.shape(32 + e.op as u32);
        let (left, right) = (transparent(&e.left), transparent(&e.right));
        for (one, other) in [(left, right), (right, left)] {
            // `x === undefined` asks whether x is there, the other way round.
            let absent = is_absent(other) || is_minus_one(other) && is_search(one) || is_undefined_text(one, other);
            if absent {
                self.shape(9);
                let subject = match one {
                    Expr::Unary(unary) if unary.op == UnaryOp::TypeOf => transparent(&unary.arg),
                    _ => one,
                };
                let mut inner = self.leaf(subject);
                inner.value = self.finite(e.span, wanted);
                return if when_true {
                    Outcome { then: inner.otherwise, otherwise: inner.then, value: inner.value }
                } else {
                    inner
                };
            }
        }
        let left_value = self.expr(left);
        let left_size = self.size_of(left, left_value);
        let place = self.place_of(left, left_value);
        let right_value = self.expr(right);
        let right_size = self.size_of(right, right_value);
        let test = match (left_size.or(right_size), left_value, right_value) {
            (Some(container), ..) => Test::Size { container },
            (None, Some(left), Some(right)) => Test::Equal { place, left, right },
            _ => Test::Other,
        };
        self.outcome(test, when_true, e, wanted)
    }

    fn order(&mut self, e: &'a BinExpr, wanted: Wanted) -> Outcome {
        self.shape(32 + e.op as u32);
        let (left, right) = (transparent(&e.left), transparent(&e.right));
        let left_value = self.operand(left);
        let left_place = self.place_of(left, left_value);
        let left_size = self.size_of(left, left_value);
        let left_has = match left {
            Expr::Ident(_) => left_value.and_then(|value| self.frame.lookups.get(&value).copied()),
            _ => self.index_of(left_value),
        };
        let right_value = self.operand(right);
        let right_size = self.size_of(right, right_value);
        let right_place = self.place_of(right, right_value);
        let is_less = matches!(e.op, BinaryOp::Lt | BinaryOp::LtEq);
        let test = if let Some(container) = left_size.or(right_size) {
            Test::Size { container }
        } else if let Some(lookup) = left_has {
            // `a.indexOf(x) >= 0` and `> -1` hold when it is there, `< 0` when it is not.
            let when_true = matches!(e.op, BinaryOp::Gt | BinaryOp::GtEq);
            return self.outcome(Test::Has { container: lookup.container, key: lookup.key }, when_true, e, wanted);
        } else if left_place.is_some() || right_place.is_none() && left_value.is_some() {
            let value = left_value.unwrap_or_else(|| self.nothing());
            Test::Compare { place: left_place, value, other: right_value, is_below: is_less }
        } else if let Some(value) = right_value {
            Test::Compare { place: right_place, value, other: left_value, is_below: !is_less }
        } else {
            Test::Other
        };
        self.outcome(test, true, e, wanted)
    }

    /// A condition that is no operator.
    fn leaf(&mut self, e: &'a Expr) -> Outcome {
        let value = self.expr(e);
        let test = match value {
            None => Test::Other,
            Some(value) => self.leaf_test(e, value),
        };
        let mut outcome = outcome_of(test, true, range(e.span()), value);
        // What was looked up is asked for already.
        let is_lookup = matches!(test, Test::Has { .. });
        if let Some(question) = value.filter(|_| !is_lookup).and_then(|value| self.frame.questions.get(&value)) {
            outcome.then.extend(question.then.iter().copied());
            outcome.otherwise.extend(question.otherwise.iter().copied());
        }
        outcome
    }

    pub(super) fn leaf_test(&mut self, e: &'a Expr, value: ValueId) -> Test {
        if let Some(container) = self.size_of(e, Some(value)) {
            return Test::Size { container };
        }
        let lookup = self.lookup_made(value).or_else(|| self.index_of(Some(value)));
        if let Some(Lookup { container, key }) = lookup {
            return Test::Has { container, key };
        }
        if let Some(&Lookup { container, key }) = self.frame.lookups.get(&value) {
            return Test::Has { container, key };
        }
        Test::Truthy { place: self.place_of(e, Some(value)), value }
    }

    /// The container whose size an expression is: `c.length`, `c.size`, `Object.keys(c).length`.
    fn size_of(&mut self, e: &Expr, value: Option<ValueId>) -> Option<ValueId> {
        if !matches!(e, Expr::Member(_) | Expr::OptChain(_)) {
            return None;
        }
        let &Constraint::Load { dst, base, key: Key::Name(name) } = self.frame.constraints.last()? else {
            return None;
        };
        if Some(dst) != value || !matches!(&*self.facts.names[name], "length" | "size") {
            return None;
        }
        Some(self.keys_taken_of(base).unwrap_or(base))
    }

    /// The object of `Object.keys(o)` and its like, if the node before the last constraint is one.
    fn keys_taken_of(&self, value: ValueId) -> Option<ValueId> {
        let constraints = &self.frame.constraints;
        let &Constraint::Call { call } = constraints.get(constraints.len().checked_sub(2)?)? else { return None };
        let call = &self.facts.calls[call];
        let Callee::Method { key: Key::Name(name), .. } = call.callee else { return None };
        if call.dst != value || !matches!(&*self.facts.names[name], "keys" | "values" | "entries") {
            return None;
        }
        self.facts.arguments[call.arguments.indices()].first().map(|argument| argument.value)
    }

    /// The call that the last constraint is, if it gave this value: method's name, receiver, and arguments.
    fn method_call(&self, value: ValueId) -> Option<(&str, ValueId, &[crate::syntax::facts::Argument])> {
        let &Constraint::Call { call } = self.frame.constraints.last()? else { return None };
        let call = &self.facts.calls[call];
        let Callee::Method { base, key: Key::Name(name) } = call.callee else { return None };
        (call.dst == value).then(|| (&*self.facts.names[name], base, &self.facts.arguments[call.arguments.indices()]))
    }

    /// What the last constraint has looked up, if it is a lookup that gave this value.
    fn lookup_made(&mut self, value: ValueId) -> Option<Lookup> {
        if let Some(&Constraint::Load { dst, base, key: Key::Computed(key) }) = self.frame.constraints.last() {
            return (dst == value).then_some(Lookup { container: base, key });
        }
        let (name, base, arguments) = self.method_call(value)?;
        let [first, rest @ ..] = arguments else { return None };
        match (name, rest) {
            ("has" | "get" | "hasOwnProperty" | "includes", _) => Some(Lookup { container: base, key: first.value }),
            // `Object.hasOwn(o, k)` and `hasOwnProperty.call(o, k)`.
            ("hasOwn" | "call", [second, ..]) => Some(Lookup { container: first.value, key: second.value }),
            _ => None,
        }
    }

    /// `a.indexOf(x)`, as a question for presence.
    fn index_of(&mut self, value: Option<ValueId>) -> Option<Lookup> {
        let (name, base, arguments) = self.method_call(value?)?;
        let is_search = matches!(name, "indexOf" | "lastIndexOf");
        let key = arguments.first()?.value;
        is_search.then_some(Lookup { container: base, key })
    }

    /// The place that an expression reads.
    fn place_of(&mut self, e: &Expr, value: Option<ValueId>) -> Option<Place> {
        match e {
            Expr::Ident(ident) => {
                let name = self.name(&ident.sym);
                Some(self.scopes.resolve(name).map_or(Place::Global(name), Place::Binding))
            }
            // What is asked is what was there before.
            Expr::Update(update) if !update.prefix && update.op == UpdateOp::PlusPlus => match transparent(&update.arg)
            {
                counter @ Expr::Ident(_) => self.place_of(counter, None),
                _ => None,
            },
            Expr::Member(_) | Expr::OptChain(_) => match self.frame.constraints.last() {
                Some(&Constraint::Load { dst, base, key }) if Some(dst) == value => Some(Place::Property { base, key }),
                _ => None,
            },
            _ => None,
        }
    }

    /// The lookup that the last constraint is, if it gave this value.
    pub(super) fn lookup_of(&mut self, value: ValueId) -> Option<Lookup> {
        // What `call` calls is known only where it is asked right away.
        let is_asked = self.method_call(value).is_none_or(|(name, ..)| name != "call");
        let made = if is_asked { self.lookup_made(value) } else { None };
        made.or_else(|| self.index_of(Some(value)))
    }
}

pub(super) fn outcome_of(test: Test, when_true: bool, range: ByteRange, value: Option<ValueId>) -> Outcome {
    let guard = |holds| Guards::from_iter([Guard { test, holds, range }]);
    Outcome { then: guard(when_true), otherwise: guard(!when_true), value }
}

/// Whether an operator asks something of its operands.
pub(super) fn compares(op: BinaryOp) -> bool {
    matches!(
        op,
        BinaryOp::EqEq
            | BinaryOp::EqEqEq
            | BinaryOp::NotEq
            | BinaryOp::NotEqEq
            | BinaryOp::Lt
            | BinaryOp::LtEq
            | BinaryOp::Gt
            | BinaryOp::GtEq
            | BinaryOp::In
    )
}

/// `null`, `undefined`, `void 0`.
fn is_absent(e: &Expr) -> bool {
    match e {
        Expr::Lit(Lit::Null(_)) => true,
        Expr::Ident(ident) => ident.sym == "undefined",
        Expr::Unary(unary) => unary.op == UnaryOp::Void,
        _ => false,
    }
}

/// `-1`, as what `indexOf` gives.
fn is_minus_one(e: &Expr) -> bool {
    matches!(e, Expr::Unary(unary) if unary.op == UnaryOp::Minus
        && matches!(&*unary.arg, Expr::Lit(Lit::Num(number)) if number.value.to_bits() == 1.0_f64.to_bits()))
}

/// `a.indexOf(x)`, or a variable that may hold it.
fn is_search(e: &Expr) -> bool {
    match e {
        Expr::Ident(_) => true,
        Expr::Call(call) => matches!(&call.callee, swc_ecma_ast::Callee::Expr(callee)
            if matches!(&**callee, Expr::Member(member) if member.prop.is_ident_with("indexOf")
                || member.prop.is_ident_with("lastIndexOf"))),
        _ => false,
    }
}

/// `typeof x` against `'undefined'`.
fn is_undefined_text(one: &Expr, other: &Expr) -> bool {
    matches!(one, Expr::Unary(unary) if unary.op == UnaryOp::TypeOf)
        && matches!(other, Expr::Lit(Lit::Str(text)) if text.value.as_str() == Some("undefined"))
}
