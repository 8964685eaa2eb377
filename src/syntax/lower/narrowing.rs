//! What is known of a name where a condition holds: `if (file !== 'index.js') require('./' + file)`.
//!
//! A condition that holds is kept beside the guards, with what it asks of which variable. Where the variable becomes
//! part of a longer string, or is handed to a function, the string that flows there is narrowed.

use rustc_hash::FxHashSet;
use swc_atoms::Atom;
use swc_common::Spanned;
use swc_ecma_ast::{BinaryOp, Callee, Expr, Ident, Pat, VarDeclarator};

use super::expressions::transparent;
use super::name_tests::{Asking, asked_of, is_case, subjects_in};
use super::{Lowerer, range};
use crate::base::name_test::NameTest;
use crate::syntax::facts::{BindingId, BindingKind, Constraint, ValueId};

/// What a condition asks about: a variable, or a property of one.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(in crate::syntax) struct Subject {
    binding: BindingId,
    property: Option<Atom>,
}

/// A test that a variable has passed.
#[derive(Clone, Debug)]
pub(in crate::syntax) struct Narrowing {
    subject: Subject,
    test: NameTest,
}

/// A constant whose last name is another variable's: `const file = path.join(dir, name)`.
#[derive(Clone, Debug)]
pub(in crate::syntax) struct Longer {
    of: Subject,
    is: Subject,
}

/// So many tests of one variable are told apart.
const MOST: usize = 16;

impl<'a> Lowerer<'a> {
    /// From here on a condition holds, or does not.
    pub(super) fn narrow(&mut self, e: &'a Expr, holds: bool) {
        let tests = self.asked_in(e, |asking| asked_of(asking, e));
        self.keep_tests(tests, holds);
    }

    /// From here on, a value is one of those that a `switch` compares it with, or none of them.
    pub(super) fn narrow_to_cases(&mut self, subject: &'a Expr, cases: &[&'a Expr], holds: bool) {
        let any =
            |asking: Asking<'_, '_>| NameTest::Any(cases.iter().map(|case| is_case(asking, subject, case)).collect());
        let tests = self.asked_in(subject, any);
        self.keep_tests(tests, holds);
    }

    fn keep_tests(&mut self, tests: Vec<(Subject, NameTest)>, holds: bool) {
        for (subject, test) in tests {
            let test = if holds { test } else { NameTest::Not(Box::new(test)) };
            if !test.says_something() {
                continue;
            }
            let longer = self.frame.longer.iter().filter(|longer| longer.of == subject);
            for longer in longer {
                let test = NameTest::OfName(Box::new(test.clone()));
                self.frame.narrowings.push(Narrowing { subject: longer.is.clone(), test });
            }
            self.frame.narrowings.push(Narrowing { subject, test });
        }
    }

    /// What a condition asks of each variable in it.
    fn asked_in(&self, e: &'a Expr, ask: impl Fn(Asking<'_, '_>) -> NameTest) -> Vec<(Subject, NameTest)> {
        let mut found = Vec::new();
        subjects_in(e, &mut found);
        for at in 0..found.len() {
            if let Expr::Ident(ident) = found[at]
                && let Some(made) = self.made_with(ident)
            {
                subjects_in(made, &mut found);
            }
        }
        let mut known: FxHashSet<Subject> = FxHashSet::default();
        let subjects: Vec<Subject> =
            found.into_iter().filter_map(|e| self.subject(e)).filter(|subject| known.insert(subject.clone())).collect();
        let tests = subjects.into_iter().map(|subject| {
            let is_subject = |e: &Expr| self.subject(e).as_ref() == Some(&subject);
            let test = ask(Asking { is_subject: &is_subject, made_with: &|ident| self.made_with(ident) });
            (subject, test)
        });
        tests.collect()
    }

    fn subject(&self, e: &Expr) -> Option<Subject> {
        match transparent(e) {
            Expr::Ident(ident) => Some(Subject { binding: self.bound(ident)?, property: None }),
            Expr::Member(member) => {
                let Expr::Ident(ident) = transparent(&member.obj) else { return None };
                let property = Some(member.prop.as_ident()?.sym.clone());
                Some(Subject { binding: self.bound(ident)?, property })
            }
            _ => None,
        }
    }

    fn bound(&self, ident: &Ident) -> Option<BindingId> {
        self.scopes.resolve(*self.names.get(&ident.sym)?)
    }

    /// What a variable that is assigned once is made with.
    pub(super) fn made_with(&self, ident: &Ident) -> Option<&'a Expr> {
        self.made_with.get(&self.bound(ident)?).copied()
    }

    /// Remembers what a variable is made with.
    pub(super) fn note_made_with(&mut self, declarator: &'a VarDeclarator) {
        let (Pat::Ident(name), Some(init)) = (&declarator.name, declarator.init.as_deref()) else { return };
        let init = transparent(init);
        if matches!(init, Expr::Arrow(_) | Expr::Fn(_) | Expr::Object(_) | Expr::Class(_)) {
            return;
        }
        let Some(binding) = self.bound(&name.id) else { return };
        // What else may be assigned to a variable is seen too late where a function uses it.
        let is_constant = self.facts.bindings[binding].kind == BindingKind::Const;
        if !is_constant && matches!(init, Expr::Lit(_) | Expr::Tpl(_) | Expr::Array(_) | Expr::New(_)) {
            return;
        }
        self.made_with.insert(binding, init);
        if let Some(of) = last_name(init).and_then(|last| self.subject(last)) {
            self.frame.longer.push(Longer { of, is: Subject { binding, property: None } });
        }
    }

    /// Forgets what was known of a variable that is assigned.
    pub(super) fn forget_narrowing(&mut self, binding: BindingId) {
        self.made_with.remove(&binding);
        self.frame.narrowings.retain(|narrowing| narrowing.subject.binding != binding);
        self.frame.longer.retain(|longer| longer.of.binding != binding && longer.is.binding != binding);
    }

    /// The value of an expression that becomes part of a string, with what is known of it here.
    pub(super) fn told(&mut self, e: &'a Expr) -> ValueId {
        self.told_if(e, NameTest::says_something)
    }

    /// The value of an expression that is handed on, with what is known of it here if that is about files.
    pub(super) fn told_of_files(&mut self, e: &'a Expr) -> ValueId {
        self.told_if(e, NameTest::is_of_files)
    }

    fn told_if(&mut self, e: &'a Expr, is_wanted: fn(&NameTest) -> bool) -> ValueId {
        let value = self.expr_node(e);
        let mut tests = self.tests_of(e);
        tests.retain(is_wanted);
        let test = match tests.len() {
            0 => return value,
            1 => tests.remove(0),
            _ => NameTest::All(tests),
        };
        let dst = self.node_at(range(e.span()));
        let place = u32::try_from(self.facts.conditions.len()).unwrap_or(u32::MAX);
        self.facts.conditions.push(test);
        self.emit(Constraint::Narrow { dst, src: value, test: place });
        dst
    }

    /// The tests that a variable has passed here, or where the functions around were made.
    fn tests_of(&self, e: &Expr) -> Vec<NameTest> {
        let frames = || std::iter::once(&self.frame).chain(self.outer_frames.iter().rev());
        if frames().all(|frame| frame.narrowings.is_empty()) {
            return Vec::new();
        }
        let Some(subject) = self.subject(e) else { return Vec::new() };
        // A function may run when a variable holds something else.
        let stays = matches!(self.facts.bindings[subject.binding].kind, BindingKind::Const | BindingKind::Param);
        let frames = frames().take(if stays { usize::MAX } else { 1 });
        let narrowings = frames.flat_map(|frame| &frame.narrowings);
        narrowings.filter(|narrowing| narrowing.subject == subject).map(|it| it.test.clone()).take(MOST).collect()
    }
}

/// The variable that gives a path its last name: `dir + '/' + name`, `path.join(dir, name)`, `path.basename(name, '.js')`.
fn last_name(e: &Expr) -> Option<&Expr> {
    match e {
        Expr::Bin(bin) if bin.op == BinaryOp::Add => Some(transparent(&bin.right)),
        Expr::Tpl(tpl) => {
            let last = tpl.quasis.last()?.raw.as_str();
            last.is_empty().then(|| tpl.exprs.last().map(|e| transparent(e)))?
        }
        Expr::Call(call) => {
            let Callee::Expr(callee) = &call.callee else { return None };
            let name = match transparent(callee) {
                Expr::Member(member) => &member.prop.as_ident()?.sym,
                Expr::Ident(ident) => &ident.sym,
                _ => return None,
            };
            let argument = match &**name {
                "join" | "resolve" => call.args.last()?,
                "basename" => call.args.first()?,
                _ => return None,
            };
            Some(transparent(&argument.expr))
        }
        _ => None,
    }
}
