//! Functions that ask something of a name and nothing else: `(file) => file.endsWith('.js')`.

use swc_ecma_ast::{BinExpr, BinaryOp, CallExpr, Callee, Expr, Lit, MemberExpr, Stmt, UnaryOp};

use super::expressions::transparent;
use super::functions::{Body, ParamPattern, ParamSource};
use crate::base::name_test::NameTest;

/// What a function asks of its first parameter, if it is such a function.
pub(super) fn asked_of_first(params: &[ParamSource<'_>], body: Body<'_>) -> Option<NameTest> {
    let [first, ..] = params else { return None };
    let name = match first.pattern {
        ParamPattern::Pattern(pattern) => &pattern.as_ident()?.id,
        ParamPattern::Ident(ident) => &ident.id,
        ParamPattern::Assign(_) => return None,
    };
    let asked = match body {
        Body::Expression(e) => e,
        Body::Statements([Stmt::Return(only)]) => only.arg.as_deref()?,
        _ => return None,
    };
    let test = asked_of(&name.sym, asked);
    says_something(&test).then_some(test)
}

/// The source of a regular expression as the `regex` crate writes it. `./` before a name is a bundler's way to say that
/// it is relative.
pub(super) fn regex_source(pattern: &str, flags: &str) -> Box<str> {
    let pattern = pattern.replace("^\\.\\/", "^");
    if flags.contains('i') { format!("(?i){pattern}").into() } else { pattern.into() }
}

fn says_something(test: &NameTest) -> bool {
    match test {
        NameTest::Unknown => false,
        NameTest::Not(inner) => says_something(inner),
        NameTest::All(tests) => tests.iter().any(says_something),
        NameTest::Any(tests) => tests.iter().all(says_something),
        _ => true,
    }
}

/// Deeper conditions are not looked into.
const DEPTH: u8 = 24;

fn asked_of(name: &str, e: &Expr) -> NameTest {
    asked(name, e, DEPTH)
}

fn asked(name: &str, e: &Expr, depth: u8) -> NameTest {
    let Some(depth) = depth.checked_sub(1) else { return NameTest::Unknown };
    match transparent(e) {
        Expr::Unary(unary) if unary.op == UnaryOp::Bang => NameTest::Not(Box::new(asked(name, &unary.arg, depth))),
        Expr::Bin(bin) => match bin.op {
            BinaryOp::LogicalAnd => NameTest::All(vec![asked(name, &bin.left, depth), asked(name, &bin.right, depth)]),
            BinaryOp::LogicalOr => NameTest::Any(vec![asked(name, &bin.left, depth), asked(name, &bin.right, depth)]),
            _ => compared(name, bin).unwrap_or(NameTest::Unknown),
        },
        Expr::Call(call) => called(name, call).unwrap_or(NameTest::Unknown),
        _ => NameTest::Unknown,
    }
}

/// `name === 'x'`, `name.indexOf('x') !== -1`, `path.extname(name) === '.js'`, `name.slice(-3) === '.js'`.
fn compared(name: &str, bin: &BinExpr) -> Option<NameTest> {
    let (left, right) = (transparent(&bin.left), transparent(&bin.right));
    let is_equal = match bin.op {
        BinaryOp::EqEq | BinaryOp::EqEqEq => true,
        BinaryOp::NotEq | BinaryOp::NotEqEq => false,
        BinaryOp::Gt | BinaryOp::GtEq | BinaryOp::Lt => return searched(name, left, bin.op, right),
        _ => return None,
    };
    let test = [(left, right), (right, left)].into_iter().find_map(|(one, other)| {
        let Some(text) = text(other) else { return searched(name, one, BinaryOp::EqEq, other) };
        if is_name(name, one) {
            return Some(NameTest::Is(text));
        }
        let Expr::Call(call) = one else { return None };
        let (method, is_of_name) = method_of(name, call)?;
        let first = call.args.first().map(|arg| &*arg.expr);
        match method {
            "extname" if first.is_some_and(|first| is_name(name, first)) => Some(NameTest::Ends(text)),
            "slice" | "substr" if is_of_name && first.is_some_and(|first| number(first) == negative(text.len())) => {
                Some(NameTest::Ends(text))
            }
            _ => None,
        }
    })?;
    Some(if is_equal { test } else { NameTest::Not(Box::new(test)) })
}

/// `name.indexOf('x')` compared with a number.
fn searched(name: &str, search: &Expr, by: BinaryOp, with: &Expr) -> Option<NameTest> {
    let Expr::Call(call) = search else { return None };
    let ("indexOf" | "lastIndexOf" | "search", true) = method_of(name, call)? else { return None };
    let text = text(&call.args.first()?.expr)?;
    match (by, number(with)?) {
        (BinaryOp::EqEq, 0) => Some(NameTest::Starts(text)),
        (BinaryOp::EqEq, -1) | (BinaryOp::Lt, 0) => Some(NameTest::Not(Box::new(NameTest::Contains(text)))),
        (BinaryOp::Gt, -1) | (BinaryOp::GtEq, 0) => Some(NameTest::Contains(text)),
        _ => None,
    }
}

/// `name.endsWith('.js')`, `/\.js$/.test(name)`, `name.match(/\.js$/)`, `['a.js', 'b.js'].includes(name)`.
fn called(name: &str, call: &CallExpr) -> Option<NameTest> {
    let (method, is_of_name) = method_of(name, call)?;
    let first = transparent(&call.args.first()?.expr);
    if is_of_name {
        return match (method, first) {
            ("startsWith", _) => Some(NameTest::Starts(text(first)?)),
            ("endsWith", _) => Some(NameTest::Ends(text(first)?)),
            ("includes", _) => Some(NameTest::Contains(text(first)?)),
            ("match", Expr::Lit(Lit::Regex(regex))) => Some(NameTest::Matches(regex_source(&regex.exp, &regex.flags))),
            _ => None,
        };
    }
    if !is_name(name, first) {
        return None;
    }
    match (method, transparent(&member_of(call)?.obj)) {
        ("test", Expr::Lit(Lit::Regex(regex))) => Some(NameTest::Matches(regex_source(&regex.exp, &regex.flags))),
        ("includes", Expr::Array(list)) => {
            let texts: Option<Vec<NameTest>> =
                list.elems.iter().map(|element| Some(NameTest::Is(text(&element.as_ref()?.expr)?))).collect();
            texts.map(NameTest::Any)
        }
        _ => None,
    }
}

fn member_of(call: &CallExpr) -> Option<&MemberExpr> {
    let Callee::Expr(callee) = &call.callee else { return None };
    transparent(callee).as_member()
}

/// The method that is called, and whether the name is its receiver.
fn method_of<'a>(name: &str, call: &'a CallExpr) -> Option<(&'a str, bool)> {
    let member = member_of(call)?;
    Some((&member.prop.as_ident()?.sym, is_name(name, &member.obj)))
}

fn is_name(name: &str, e: &Expr) -> bool {
    matches!(transparent(e), Expr::Ident(ident) if ident.sym == *name)
}

fn text(e: &Expr) -> Option<Box<str>> {
    match transparent(e) {
        Expr::Lit(Lit::Str(text)) => Some(text.value.as_str()?.into()),
        Expr::Tpl(tpl) if tpl.exprs.is_empty() => Some(tpl.quasis.first()?.raw.as_str().into()),
        _ => None,
    }
}

fn number(e: &Expr) -> Option<i64> {
    match transparent(e) {
        Expr::Lit(Lit::Num(number)) => format!("{}", number.value).parse().ok(),
        Expr::Unary(unary) if unary.op == UnaryOp::Minus => number(&unary.arg).map(|value| -value),
        _ => None,
    }
}

fn negative(length: usize) -> Option<i64> {
    i64::try_from(length).ok().map(|length| -length)
}
