//! State machines that compilers make of asynchronous functions and generators for platforms without them:
//!
//! ```js
//! wrap(function (_context) {
//!   while (1) switch (_context.prev = _context.next) {
//!     case 0: _context.next = 3; return load(id);                       // yield load(id)
//!     case 3: row = _context.sent; return _context.abrupt('return', row); // return row
//!   }
//! });
//! __generator(this, function (_a) {
//!   switch (_a.label) {
//!     case 0: return [4 /*yield*/, load(id)];
//!     case 1: row = _a.sent(); return [2 /*return*/, row];
//!   }
//! });
//! ```
//!
//! Such a function is lowered as the generator that it stands for. What is sent in is what the last step above gave,
//! awaited: the steps stand in the order of the source.

use swc_atoms::Atom;
use swc_common::Span;
use swc_ecma_ast::{CallExpr, Callee, Expr, ExprOrSpread, Lit, MemberExpr, Pat, Stmt};

use super::expressions::transparent;
use super::functions::{Body, FunctionSource, ParamPattern};
use super::statements::is_always_true;
use super::{Lowerer, range};
use crate::syntax::facts::{CallKind, ValueId};

/// How a state machine is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Style {
    /// A loop around the steps; results are handed to the state's methods.
    Loop,
    /// Results are pairs of a number and a value.
    Pairs,
}

/// The state machine that a function is.
#[derive(Debug)]
pub(in crate::syntax) struct Machine {
    /// The parameter that is its state.
    state: Atom,
    style: Style,
    /// What the last step gave, awaited.
    sent: Option<ValueId>,
}

/// The members of the state that say which step is next.
const NEXT: [&str; 2] = ["next", "n"];
/// The members of the state that hold what is sent in.
const SENT: [&str; 2] = ["sent", "v"];
/// Which numbers say in a pair what is done.
const RETURN: f64 = 2.0;
const YIELD: f64 = 4.0;
const YIELD_ALL: f64 = 5.0;

impl Machine {
    /// The machine that a function is, if it is one.
    pub(super) fn of(source: &FunctionSource<'_>) -> Option<Self> {
        let [param] = source.params.as_slice() else { return None };
        let ParamPattern::Pattern(Pat::Ident(state)) = param.pattern else { return None };
        let Body::Statements(statements) = source.body else { return None };
        let style = statements.iter().find_map(|statement| style_of(statement, &state.id.sym))?;
        Some(Self { state: state.id.sym.clone(), style, sent: None })
    }

    fn is_state(&self, e: &Expr) -> bool {
        matches!(transparent(e), Expr::Ident(ident) if ident.sym == self.state)
    }

    fn member_of_state<'e>(&self, e: &'e Expr) -> Option<&'e str> {
        let Expr::Member(member) = transparent(e) else { return None };
        self.is_state(&member.obj).then(|| member_name(member)).flatten()
    }
}

fn member_name(member: &MemberExpr) -> Option<&str> {
    member.prop.as_ident().map(|name| &*name.sym)
}

fn style_of(statement: &Stmt, state: &Atom) -> Option<Style> {
    let body = match statement {
        Stmt::While(s) if is_always_true(&s.test) => &*s.body,
        Stmt::For(s) if s.test.is_none() => &*s.body,
        Stmt::Switch(s) => {
            return (asked_member(&s.discriminant, state)? == "label").then_some(Style::Pairs);
        }
        _ => return None,
    };
    let switch = match body {
        Stmt::Switch(switch) => switch,
        Stmt::Block(block) => block.stmts.iter().find_map(|statement| statement.as_switch())?,
        _ => return None,
    };
    NEXT.contains(&asked_member(&switch.discriminant, state)?).then_some(Style::Loop)
}

/// The member of the state that a `switch` asks: `_context.prev = _context.next`.
fn asked_member<'e>(e: &'e Expr, state: &Atom) -> Option<&'e str> {
    let e = match transparent(e) {
        Expr::Assign(assign) => transparent(&assign.right),
        e => e,
    };
    let Expr::Member(member) = e else { return None };
    matches!(transparent(&member.obj), Expr::Ident(ident) if ident.sym == *state).then(|| member_name(member)).flatten()
}

/// Whether a function expression is a state machine with a loop, or gives what is made of one.
fn is_machine(e: &Expr) -> bool {
    let Expr::Fn(function) = transparent(e) else { return false };
    let source = FunctionSource::of(&function.function, crate::syntax::facts::FunctionForm::Plain);
    Machine::of(&source).is_some_and(|machine| machine.style == Style::Loop)
}

fn gives_machine(e: &Expr) -> bool {
    let Expr::Fn(function) = transparent(e) else { return false };
    let last = function.function.body.as_ref().and_then(|body| body.stmts.last());
    let Some(Stmt::Return(returned)) = last else { return false };
    let Some(Expr::Call(call)) = returned.arg.as_deref().map(transparent) else { return false };
    call.args.first().is_some_and(|first| is_machine(&first.expr))
}

fn number(argument: Option<&ExprOrSpread>) -> Option<f64> {
    match transparent(&argument?.expr) {
        Expr::Lit(Lit::Num(number)) => Some(number.value),
        _ => None,
    }
}

impl<'a> Lowerer<'a> {
    /// `runtime.mark(function () { return runtime.wrap(function (_context) { … }); })` is the function, and
    /// `runtime.wrap(function (_context) { … })` a call of the generator.
    pub(super) fn call_of_machine(&mut self, call: &'a CallExpr) -> Option<ValueId> {
        let Callee::Expr(callee) = &call.callee else { return None };
        let (Expr::Member(_), Some(first)) = (transparent(callee), call.args.first()) else { return None };
        if is_machine(&first.expr) {
            let callee = crate::syntax::facts::Callee::Value(self.expr_node(&first.expr));
            let whole = range(call.span);
            return Some(self.emit_call(callee, &[], CallKind::Call, whole, whole));
        }
        (call.args.len() == 1 && gives_machine(&first.expr)).then(|| self.expr_node(&first.expr))
    }

    /// What is sent into the machine at hand, if that is what an expression reads.
    pub(super) fn sent_in(&mut self, e: &'a Expr) -> Option<ValueId> {
        let machine = self.frame.machine.as_ref()?;
        let read = match (machine.style, transparent(e)) {
            (Style::Loop, e @ Expr::Member(_)) => e,
            (Style::Pairs, Expr::Call(CallExpr { callee: Callee::Expr(callee), .. })) => callee,
            _ => return None,
        };
        let is_sent = machine.member_of_state(read).is_some_and(|name| SENT.contains(&name));
        is_sent.then_some(machine.sent).flatten()
    }

    /// A `return` of the machine at hand: a result, or a step's; whether there is a machine.
    pub(super) fn return_of_machine(&mut self, e: &'a Expr, span: Span) -> bool {
        let Some(machine) = &self.frame.machine else { return false };
        match (machine.style, transparent(e)) {
            (Style::Loop, Expr::Call(CallExpr { callee: Callee::Expr(callee), args, .. }))
                if machine.member_of_state(callee).is_some() =>
            {
                // `abrupt('return', x)`, `a(2, x)`; what else is called there leads on to another step.
                let is_return = match args.first().map(|first| transparent(&first.expr)) {
                    Some(Expr::Lit(Lit::Str(word))) => word.value == *"return",
                    _ => number(args.first()) == Some(RETURN),
                };
                match args.get(1) {
                    Some(result) if is_return => self.return_value(&result.expr),
                    _ => drop(self.expr(e)),
                }
            }
            (Style::Pairs, Expr::Array(array)) => {
                let pair: Vec<&ExprOrSpread> = array.elems.iter().flatten().collect();
                let Some(value) = pair.get(1) else { return true };
                match number(pair.first().copied()) {
                    Some(RETURN) => self.return_value(&value.expr),
                    Some(YIELD) => self.step_of_machine(&value.expr, span),
                    Some(YIELD_ALL) => drop(self.yield_all(&value.expr)),
                    _ => {}
                }
            }
            _ => self.step_of_machine(e, span),
        }
        true
    }

    fn step_of_machine(&mut self, e: &'a Expr, span: Span) {
        let sent = self.yield_one(e, span);
        if let Some(machine) = &mut self.frame.machine {
            machine.sent = sent;
        }
    }
}
