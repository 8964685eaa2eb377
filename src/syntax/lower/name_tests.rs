//! What conditions ask of a name: `file.endsWith('.js') && path.basename(file) !== 'index.js'`.

use swc_ecma_ast::{
    ArrayLit, ArrowExpr, ArrowFunctionBody, BinExpr, BinaryOp, CallExpr, Callee, Decl, Expr, Ident, Lit, MemberExpr,
    MemberProp, Pat, Regex, Stmt, UnaryOp,
};

use super::expressions::transparent;
use super::functions::{Body, ParamPattern, ParamSource};
use crate::base::name_test::NameTest;

/// What is known where a condition stands.
#[derive(Clone, Copy)]
pub(super) struct Asking<'f, 'x> {
    /// Whether an expression is the name that is asked about.
    pub(super) is_subject: &'f dyn Fn(&Expr) -> bool,
    /// What a constant is made with.
    pub(super) made_with: &'f dyn Fn(&Ident) -> Option<&'x Expr>,
}

/// What of the name an expression is.
#[derive(Clone, Debug)]
enum View {
    Whole,
    /// In one case.
    Lower,
    /// What is behind the last slash.
    Name,
    /// A name without its extension.
    Stem,
    /// With its dot.
    Extension,
    /// What is before the first separator, or behind the last.
    Piece(Box<str>, Side),
    /// So many characters of it.
    Cut(usize, Side),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Side {
    Start,
    End,
}

/// Deeper conditions are not looked into.
const DEPTH: u8 = 24;

/// So many constants are followed from one to the next.
const FOLLOWED: u8 = 4;

/// So many statements of a function are looked at.
const STATEMENTS: usize = 16;

/// What a function asks of its first parameter, if it is such a function.
pub(super) fn asked_of_first<'x>(
    params: &[ParamSource<'x>],
    body: Body<'x>,
    outer: &dyn Fn(&Ident) -> Option<&'x Expr>,
) -> Option<NameTest> {
    let [first, ..] = params else { return None };
    let name = match first.pattern {
        ParamPattern::Pattern(pattern) => &pattern.as_ident()?.id,
        ParamPattern::Ident(ident) => &ident.id,
        ParamPattern::Assign(_) => return None,
    };
    let is_subject = |e: &Expr| matches!(e, Expr::Ident(ident) if ident.sym == name.sym);
    let test = match body {
        Body::Expression(e) => asked_of(Asking { is_subject: &is_subject, made_with: outer }, e),
        Body::Statements(statements) => {
            let own = |ident: &Ident| statements.iter().find_map(|it| constant_of(it, ident)).or_else(|| outer(ident));
            answered(Asking { is_subject: &is_subject, made_with: &own }, statements)?
        }
        Body::Class | Body::Static(_) => return None,
    };
    test.says_something().then_some(test)
}

/// What a constant of that name is made with, if the statement declares it.
fn constant_of<'x>(statement: &'x Stmt, name: &Ident) -> Option<&'x Expr> {
    let Stmt::Decl(Decl::Var(var)) = statement else { return None };
    var.decls.iter().find_map(|declarator| match &declarator.name {
        Pat::Ident(ident) if ident.id.sym == name.sym => declarator.init.as_deref(),
        _ => None,
    })
}

/// What is asked by a body of constants, `if (…) return …;` and a last `return`.
fn answered(asking: Asking<'_, '_>, statements: &[Stmt]) -> Option<NameTest> {
    let (last, before) = statements.split_last()?;
    let Stmt::Return(last) = last else { return None };
    if before.len() > STATEMENTS {
        return None;
    }
    let mut test = asked_of(asking, last.arg.as_deref()?);
    for statement in before.iter().rev() {
        let branch = match statement {
            Stmt::Decl(Decl::Var(_)) => continue,
            Stmt::If(branch) if branch.alt.is_none() => branch,
            _ => return None,
        };
        let given = match &*branch.cons {
            Stmt::Return(given) => given,
            Stmt::Block(block) => match block.stmts.as_slice() {
                [Stmt::Return(given)] => given,
                _ => return None,
            },
            _ => return None,
        };
        let condition = asked_of(asking, &branch.test);
        let given = given.arg.as_deref().map_or_else(never, |e| asked_of(asking, e));
        let otherwise = NameTest::All(vec![NameTest::Not(Box::new(condition.clone())), test]);
        test = NameTest::Any(vec![NameTest::All(vec![condition, given]), otherwise]);
    }
    Some(test)
}

/// What no name passes.
fn never() -> NameTest {
    NameTest::Any(Vec::new())
}

/// The source of a regular expression as the `regex` crate writes it. `./` before a name is a bundler's way to say that
/// it is relative.
pub(super) fn regex_source(pattern: &str, flags: &str) -> Box<str> {
    let pattern = pattern.replace("^\\.\\/", "^");
    if flags.contains('i') { format!("(?i){pattern}").into() } else { pattern.into() }
}

/// What an expression asks of a name.
pub(super) fn asked_of(asking: Asking<'_, '_>, e: &Expr) -> NameTest {
    asking.asked(e, DEPTH)
}

/// What is asked if one of two is the same: `switch (name) { case 'a.js': … }`.
pub(super) fn is_case(asking: Asking<'_, '_>, subject: &Expr, case: &Expr) -> NameTest {
    asking.equal(transparent(subject), transparent(case)).unwrap_or(NameTest::Unknown)
}

/// The expressions in a condition that may be what it asks about.
pub(super) fn subjects_in<'x>(e: &'x Expr, found: &mut Vec<&'x Expr>) {
    let mut open = vec![(e, DEPTH)];
    while let Some((e, depth)) = open.pop() {
        let Some(depth) = depth.checked_sub(1) else { continue };
        match transparent(e) {
            Expr::Unary(unary) => open.push((&unary.arg, depth)),
            Expr::Bin(bin) => open.extend([(&*bin.left, depth), (&*bin.right, depth)]),
            Expr::Call(call) => {
                if let Some(member) = member_of(call) {
                    open.push((&member.obj, depth));
                }
                open.extend(call.args.first().map(|first| match transparent(&first.expr) {
                    Expr::Arrow(arrow) => match &*arrow.body {
                        ArrowFunctionBody::Expr(asked) => (&**asked, depth),
                        ArrowFunctionBody::FunctionBody(_) => (&*first.expr, depth),
                    },
                    _ => (&*first.expr, depth),
                }));
            }
            Expr::Member(member) => {
                found.push(transparent(e));
                if matches!(member.prop, MemberProp::Computed(_)) || is_call(&member.obj) {
                    open.push((&member.obj, depth));
                }
            }
            ident @ Expr::Ident(_) => found.push(ident),
            _ => {}
        }
    }
}

fn is_call(e: &Expr) -> bool {
    matches!(transparent(e), Expr::Call(_))
}

impl<'x> Asking<'_, 'x> {
    fn asked(self, e: &Expr, depth: u8) -> NameTest {
        let Some(depth) = depth.checked_sub(1) else { return NameTest::Unknown };
        let not = |test| NameTest::Not(Box::new(test));
        match transparent(e) {
            Expr::Lit(Lit::Bool(literal)) if literal.value => NameTest::All(Vec::new()),
            Expr::Lit(Lit::Bool(_)) => never(),
            Expr::Unary(unary) if unary.op == UnaryOp::Bang => not(self.asked(&unary.arg, depth)),
            // `~name.indexOf('x')`.
            Expr::Unary(unary) if unary.op == UnaryOp::Tilde => match transparent(&unary.arg) {
                Expr::Call(call) => self.search(call).map_or(NameTest::Unknown, NameTest::Contains),
                _ => NameTest::Unknown,
            },
            Expr::Bin(bin) => match bin.op {
                BinaryOp::LogicalAnd => {
                    NameTest::All(vec![self.asked(&bin.left, depth), self.asked(&bin.right, depth)])
                }
                BinaryOp::LogicalOr => NameTest::Any(vec![self.asked(&bin.left, depth), self.asked(&bin.right, depth)]),
                _ => self.compared(bin).unwrap_or(NameTest::Unknown),
            },
            Expr::Call(call) => self.called(call).unwrap_or(NameTest::Unknown),
            // What was asked before.
            Expr::Ident(ident) => match (self.made_with)(ident) {
                Some(made) if is_question(made) => self.asked(made, depth),
                _ => NameTest::Unknown,
            },
            _ => NameTest::Unknown,
        }
    }

    /// `name === 'x'`, `name.indexOf('x') !== -1`, `path.extname(name) === '.js'`, `name.slice(-3) === '.js'`.
    fn compared(self, bin: &BinExpr) -> Option<NameTest> {
        let (left, right) = (transparent(&bin.left), transparent(&bin.right));
        let is_equal = match bin.op {
            BinaryOp::EqEq | BinaryOp::EqEqEq => true,
            BinaryOp::NotEq | BinaryOp::NotEqEq => false,
            BinaryOp::Gt | BinaryOp::GtEq | BinaryOp::Lt => return self.searched(left, bin.op, right),
            _ => return None,
        };
        let test = self.equal(left, right)?;
        Some(if is_equal { test } else { NameTest::Not(Box::new(test)) })
    }

    fn equal(self, left: &Expr, right: &Expr) -> Option<NameTest> {
        [(left, right), (right, left)].into_iter().find_map(|(one, other)| {
            let Some(text) = self.text(other) else { return self.searched(one, BinaryOp::EqEq, other) };
            equals(&self.view(one, FOLLOWED)?, &text)
        })
    }

    /// `name.indexOf('x')` compared with a number.
    fn searched(self, search: &Expr, by: BinaryOp, with: &Expr) -> Option<NameTest> {
        let Expr::Call(call) = search else { return None };
        let number = number(with)?;
        let is_regex = member_of(call)?.prop.is_ident_with("search");
        let contained = match self.search(call) {
            Some(text) if by == BinaryOp::EqEq && number == 0 => return Some(NameTest::Starts(text)),
            Some(text) => NameTest::Contains(text),
            None if is_regex && self.is_whole(&member_of(call)?.obj) => {
                NameTest::Matches(self.regex(&call.args.first()?.expr)?)
            }
            None => return None,
        };
        match (by, number) {
            (BinaryOp::EqEq, -1) | (BinaryOp::Lt, 0) => Some(NameTest::Not(Box::new(contained))),
            (BinaryOp::Gt, -1) | (BinaryOp::GtEq, 0) => Some(contained),
            _ => None,
        }
    }

    /// What `name.indexOf('x')` looks for.
    fn search(self, call: &CallExpr) -> Option<Box<str>> {
        let member = member_of(call)?;
        let is_search = member.prop.is_ident_with("indexOf") || member.prop.is_ident_with("lastIndexOf");
        (is_search && call.args.len() == 1 && self.is_whole(&member.obj)).then_some(())?;
        self.text(&call.args.first()?.expr)
    }

    /// `name.endsWith('.js')`, `/\.js$/.test(name)`, `name.match(/\.js$/)`, `['a.js', 'b.js'].includes(name)`.
    fn called(self, call: &CallExpr) -> Option<NameTest> {
        let member = member_of(call)?;
        let method = &*member.prop.as_ident()?.sym;
        let first = transparent(&call.args.first()?.expr);
        if matches!(method, "some" | "every") {
            let test = self.asked_of_each(&member.obj, first)?;
            return Some(if method == "some" { NameTest::Any(test) } else { NameTest::All(test) });
        }
        if let Some(view) = self.view(&member.obj, FOLLOWED) {
            let test = match method {
                "startsWith" => NameTest::Starts(self.text(first)?),
                "endsWith" => NameTest::Ends(self.text(first)?),
                "includes" => NameTest::Contains(self.text(first)?),
                "match" => NameTest::Matches(self.regex(first)?),
                _ => return None,
            };
            return within(&view, test);
        }
        let view = self.view(first, FOLLOWED)?;
        match method {
            "test" | "exec" => within(&view, NameTest::Matches(self.regex(&member.obj)?)),
            "includes" | "has" => {
                let listed = self.list(&member.obj, FOLLOWED)?.elems.iter();
                let tests: Option<Vec<NameTest>> =
                    listed.map(|element| equals(&view, &self.text(&element.as_ref()?.expr)?)).collect();
                tests.map(NameTest::Any)
            }
            _ => None,
        }
    }

    /// What a function asks for each element of a list: `ENDINGS.some((ending) => name.endsWith(ending))`.
    fn asked_of_each(self, list: &Expr, function: &Expr) -> Option<Vec<NameTest>> {
        let Expr::Arrow(ArrowExpr { params, body, .. }) = function else { return None };
        let ([Pat::Ident(param)], ArrowFunctionBody::Expr(asked)) = (params.as_slice(), &**body) else { return None };
        let elements = self.list(list, FOLLOWED)?.elems.iter();
        elements
            .map(|element| {
                let element = &*element.as_ref()?.expr;
                let own =
                    |ident: &Ident| if ident.sym == param.id.sym { Some(element) } else { (self.made_with)(ident) };
                Some(asked_of(Asking { is_subject: self.is_subject, made_with: &own }, asked))
            })
            .collect()
    }

    fn is_whole(self, e: &Expr) -> bool {
        (self.is_subject)(transparent(e))
    }

    /// What of the name an expression is.
    fn view(self, e: &Expr, followed: u8) -> Option<View> {
        let followed = followed.checked_sub(1)?;
        let e = transparent(e);
        if self.is_whole(e) {
            return Some(View::Whole);
        }
        match e {
            Expr::Ident(ident) => self.view((self.made_with)(ident)?, followed),
            Expr::Call(call) => self.called_view(call, followed),
            // `name[0]`, `name.split('.')[0]`, `path.parse(name).ext`.
            Expr::Member(member) => self.member_view(member),
            _ => None,
        }
    }

    fn member_view(self, member: &MemberExpr) -> Option<View> {
        let of = transparent(&member.obj);
        match &member.prop {
            MemberProp::Computed(key) if number(&key.expr) == Some(0) => {
                if self.is_whole(of) {
                    return Some(View::Cut(1, Side::Start));
                }
                let separator = self.split(of)?;
                Some(View::Piece(separator, Side::Start))
            }
            MemberProp::Ident(part) => {
                let Expr::Call(call) = of else { return None };
                let is_parsed = method_name(call) == Some("parse") && self.is_whole(&call.args.first()?.expr);
                match (is_parsed, &*part.sym) {
                    (true, "ext") => Some(View::Extension),
                    (true, "name") => Some(View::Stem),
                    (true, "base") => Some(View::Name),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    fn called_view(self, call: &CallExpr, followed: u8) -> Option<View> {
        let method = method_name(call)?;
        let first = call.args.first().map(|first| transparent(&first.expr));
        let receiver = match &call.callee {
            Callee::Expr(callee) => transparent(callee).as_member().map(|member| &*member.obj),
            _ => None,
        };
        let is_first = first.is_some_and(|first| self.is_whole(first));
        let is_receiver = receiver.is_some_and(|receiver| self.is_whole(receiver));
        match method {
            "extname" if is_first => Some(View::Extension),
            "basename" if is_first && call.args.len() == 1 => Some(View::Name),
            "basename" if is_first => Some(View::Stem),
            "toLowerCase" if is_receiver => Some(View::Lower),
            "toString" | "trim" | "normalize" => self.view(receiver?, followed),
            "charAt" | "at" if is_receiver && first.and_then(number) == Some(0) => Some(View::Cut(1, Side::Start)),
            "pop" => Some(View::Piece(self.split(receiver?)?, Side::End)),
            "shift" => Some(View::Piece(self.split(receiver?)?, Side::Start)),
            "at" if first.and_then(number) == Some(-1) => Some(View::Piece(self.split(receiver?)?, Side::End)),
            "slice" | "substr" | "substring" if is_receiver => self.cut_view(first?, call.args.len()),
            _ => None,
        }
    }

    /// `name.slice(-3)`, `name.substr(name.lastIndexOf('.') + 1)`, `name.slice(0, 1)`, `name.slice(name.length - 3)`.
    fn cut_view(self, from: &Expr, bounds: usize) -> Option<View> {
        match (number(from), from) {
            (Some(places @ ..0), _) if bounds == 1 => {
                usize::try_from(places.unsigned_abs()).ok().map(|length| View::Cut(length, Side::End))
            }
            (None, Expr::Call(call)) if bounds == 1 => {
                let is_last = method_name(call) == Some("lastIndexOf");
                (is_last && &*self.search(call)? == ".").then_some(View::Extension)
            }
            (None, Expr::Bin(bin)) if bounds == 1 => match (bin.op, transparent(&bin.left), number(&bin.right)?) {
                (BinaryOp::Add, Expr::Call(call), 1) if method_name(call) == Some("lastIndexOf") => {
                    Some(View::Piece(self.search(call)?, Side::End))
                }
                (BinaryOp::Sub, Expr::Member(length), back) if length.prop.is_ident_with("length") => {
                    self.is_whole(&length.obj).then_some(())?;
                    Some(View::Cut(usize::try_from(back).ok()?, Side::End))
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// The separator of `name.split('.')`.
    fn split(self, e: &Expr) -> Option<Box<str>> {
        let Expr::Call(call) = transparent(e) else { return None };
        let member = member_of(call)?;
        (member.prop.is_ident_with("split") && self.is_whole(&member.obj)).then_some(())?;
        self.text(&call.args.first()?.expr).filter(|separator| !separator.is_empty())
    }

    fn text(self, e: &Expr) -> Option<Box<str>> {
        match transparent(e) {
            Expr::Ident(ident) => literal((self.made_with)(ident)?),
            e => literal(e),
        }
    }

    fn regex(self, e: &Expr) -> Option<Box<str>> {
        let literal = |e: &Expr| match transparent(e) {
            Expr::Lit(Lit::Regex(Regex { exp, flags, .. })) => Some(regex_source(exp, flags)),
            Expr::New(new) if matches!(transparent(&new.callee), Expr::Ident(class) if class.sym == "RegExp") => {
                let [pattern] = new.args.as_deref()? else { return None };
                literal(&pattern.expr)
            }
            _ => None,
        };
        match transparent(e) {
            Expr::Ident(ident) => literal((self.made_with)(ident)?),
            e => literal(e),
        }
    }

    /// A list, or a set of one.
    fn list<'e>(self, e: &'e Expr, followed: u8) -> Option<&'e ArrayLit>
    where
        'x: 'e,
    {
        let followed = followed.checked_sub(1)?;
        match transparent(e) {
            Expr::Array(list) => Some(list),
            Expr::New(new) => self.list(&new.args.as_ref()?.first()?.expr, followed),
            Expr::Ident(ident) => self.list((self.made_with)(ident)?, followed),
            _ => None,
        }
    }
}

/// What it says that a part of the name is this text.
fn equals(view: &View, text: &str) -> Option<NameTest> {
    let quoted = regex::escape(text);
    let matches = |pattern: String| Some(NameTest::Matches(pattern.into()));
    match view {
        View::Whole => Some(NameTest::Is(text.into())),
        View::Lower => matches(format!("(?i)^{quoted}$")),
        View::Name => Some(NameTest::OfName(Box::new(NameTest::Is(text.into())))),
        View::Stem => Some(NameTest::OfName(Box::new(NameTest::Matches(format!(r"^{quoted}(\.[^.]*)?$").into())))),
        View::Extension => (!text.is_empty()).then(|| NameTest::Ends(text.into())),
        View::Piece(separator, Side::Start) => matches(format!("^{quoted}({}|$)", regex::escape(separator))),
        View::Piece(separator, Side::End) => matches(format!("(^|{}){quoted}$", regex::escape(separator))),
        View::Cut(length, Side::End) => (text.chars().count() == *length).then(|| NameTest::Ends(text.into())),
        View::Cut(length, Side::Start) => (text.chars().count() == *length).then(|| NameTest::Starts(text.into())),
    }
}

/// What a question about a part of the name says of the name.
fn within(view: &View, test: NameTest) -> Option<NameTest> {
    match (view, test) {
        (View::Whole, test) => Some(test),
        (View::Name, test) => Some(NameTest::OfName(Box::new(test))),
        (View::Lower, NameTest::Ends(text)) => Some(NameTest::Matches(format!("(?i){}$", regex::escape(&text)).into())),
        (View::Lower, NameTest::Starts(text)) => {
            Some(NameTest::Matches(format!("(?i)^{}", regex::escape(&text)).into()))
        }
        // A pattern of the whole extension is one of the end.
        (View::Extension, NameTest::Matches(pattern)) => pattern.ends_with('$').then(|| {
            let bare = pattern.replacen('^', "", 1);
            NameTest::Matches(bare.into())
        }),
        _ => None,
    }
}

/// Whether an expression is a comparison, a call or a denial, which a variable may hold the answer of.
fn is_question(e: &Expr) -> bool {
    matches!(transparent(e), Expr::Bin(_) | Expr::Call(_) | Expr::Unary(_))
}

fn member_of(call: &CallExpr) -> Option<&MemberExpr> {
    let Callee::Expr(callee) = &call.callee else { return None };
    transparent(callee).as_member()
}

/// The name of the method or function that is called.
fn method_name(call: &CallExpr) -> Option<&str> {
    let Callee::Expr(callee) = &call.callee else { return None };
    match transparent(callee) {
        Expr::Member(member) => member.prop.as_ident().map(|name| &*name.sym),
        Expr::Ident(name) => Some(&name.sym),
        _ => None,
    }
}

fn literal(e: &Expr) -> Option<Box<str>> {
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
