//! Expressions. Each gives the node of its value, or none where the value cannot matter.

use smallvec::SmallVec;
use swc_common::{Span, Spanned};
use swc_ecma_ast::{
    BinExpr, BinaryOp, CondExpr, Expr, Lit, MemberProp, MetaPropKind, OptChainBase, SuperProp, Tpl, UnaryExpr, UnaryOp,
    YieldExpr,
};

use super::guards::Wanted;
use super::{Lowerer, range};
use crate::syntax::facts::{Argument, Constraint, Key, NameId, Origin, Run, ValueId, YIELDED};

/// More parts of a concatenation are joined in groups.
const MOST_PARTS: usize = 32;

/// What a chain of members and calls has come to so far. A member is not loaded yet: it may be called.
#[derive(Clone, Copy)]
pub(super) enum Link {
    Value(Option<ValueId>, Span),
    Member { base: ValueId, key: Key, span: Span, prop: Span },
    SuperMember { key: Key, span: Span, prop: Span },
}

impl<'a> Lowerer<'a> {
    /// The value of an expression.
    pub(super) fn expr(&mut self, e: &'a Expr) -> Option<ValueId> {
        match e {
            Expr::This(this) => {
                self.shape(1);
                Some(self.this(this.span))
            }
            Expr::Ident(ident) => {
                self.shape(2);
                self.read(ident)
            }
            Expr::Lit(lit) => self.literal(lit),
            Expr::Array(array) => Some(self.array(array)),
            Expr::Object(object) => Some(self.object(object)),
            Expr::Fn(_) | Expr::Arrow(_) | Expr::Class(_) => Some(self.named(e, None)),
            Expr::Unary(unary) => self.unary(unary),
            Expr::Update(update) => Some(self.update(update)),
            Expr::Bin(bin) => self.binary(bin),
            Expr::Assign(assign) => self.assign(assign),
            Expr::Cond(cond) => self.conditional(cond),
            Expr::New(new) => Some(self.new_expression(new)),
            Expr::Seq(seq) => {
                self.shape(3);
                let mut last = None;
                for e in &seq.exprs {
                    last = self.expr(e);
                }
                last
            }
            Expr::Tpl(tpl) => Some(self.template(tpl)),
            Expr::TaggedTpl(tagged) if self.is_raw_template(&tagged.tag) => Some(self.template(&tagged.tpl)),
            Expr::TaggedTpl(tagged) => Some(self.tagged(tagged)),
            Expr::Yield(e) => self.yield_expression(e),
            Expr::MetaProp(meta) => {
                self.shape(4);
                let dst = self.node_at(range(meta.span));
                self.emit(match meta.kind {
                    MetaPropKind::NewTarget => Constraint::NewTarget { dst },
                    MetaPropKind::ImportMeta => Constraint::ImportMeta { dst },
                });
                Some(dst)
            }
            // No part of the shape: code that is copied into a handler becomes asynchronous.
            Expr::Await(e) => {
                self.note_await();
                let src = self.expr(&e.arg)?;
                let dst = self.node_at(range(e.span));
                self.emit(Constraint::Await { dst, src });
                Some(dst)
            }
            Expr::Member(_) | Expr::SuperProp(_) | Expr::Call(_) | Expr::OptChain(_) => self.chain_value(e),
            Expr::JSXElement(element) => self.jsx_element(element),
            Expr::JSXFragment(fragment) => self.jsx_fragment(fragment),
            Expr::Paren(_)
            | Expr::TsTypeAssertion(_)
            | Expr::TsConstAssertion(_)
            | Expr::TsNonNull(_)
            | Expr::TsAs(_)
            | Expr::TsInstantiation(_)
            | Expr::TsSatisfies(_) => self.expr(transparent(e)),
            Expr::JSXMember(_)
            | Expr::JSXNamespacedName(_)
            | Expr::JSXEmpty(_)
            | Expr::PrivateName(_)
            | Expr::Invalid(_) => None,
        }
    }

    /// The value of an expression, in a node.
    pub(super) fn expr_node(&mut self, e: &'a Expr) -> ValueId {
        match self.expr(e) {
            Some(value) => value,
            None => self.nothing(),
        }
    }

    fn chain_value(&mut self, e: &'a Expr) -> Option<ValueId> {
        if let Expr::Call(call) = e
            && let Some(value) = self.call_of_machine(call)
        {
            return Some(value);
        }
        let link = self.chain(e);
        self.settle(link)
    }

    /// Walks a chain `a.b(c)?.d!.e(…)` from its start, in a loop: chains are as long as people like.
    pub(super) fn chain(&mut self, e: &'a Expr) -> Link {
        let mut spine: SmallVec<[&'a Expr; 8]> = SmallVec::new();
        let mut at = e;
        loop {
            let inner = match at {
                Expr::Member(member) => &member.obj,
                Expr::Call(call) => match &call.callee {
                    swc_ecma_ast::Callee::Expr(callee) => callee,
                    _ => break,
                },
                Expr::OptChain(chain) => match &*chain.base {
                    OptChainBase::Member(member) => &member.obj,
                    OptChainBase::Call(call) => &call.callee,
                },
                Expr::Paren(_) | Expr::TsNonNull(_) | Expr::TsAs(_) | Expr::TsTypeAssertion(_) => {
                    at = transparent(at);
                    continue;
                }
                _ => break,
            };
            spine.push(at);
            at = inner;
        }
        let mut link = self.chain_root(at);
        while let Some(step) = spine.pop() {
            link = self.chain_step(link, step);
        }
        link
    }

    fn chain_root(&mut self, e: &'a Expr) -> Link {
        match e {
            Expr::SuperProp(member) => {
                self.shape(6);
                let prop = member.prop.span();
                let key = match &member.prop {
                    SuperProp::Ident(name) => Key::Name(self.name(&name.sym)),
                    SuperProp::Computed(computed) => self.computed_key(&computed.expr),
                };
                Link::SuperMember { key, span: member.span, prop }
            }
            // Only calls of `super` and `import` end a chain as calls.
            Expr::Call(call) => Link::Value(self.special_call(call), call.span),
            _ => {
                let value = self.expr(e);
                Link::Value(value, e.span())
            }
        }
    }

    fn chain_step(&mut self, link: Link, step: &'a Expr) -> Link {
        if let Some(sent) = self.sent_in(step) {
            return Link::Value(Some(sent), step.span());
        }
        match step {
            Expr::Member(member) => self.member_step(link, &member.prop, member.span),
            Expr::Call(call) => Link::Value(Some(self.call_step(link, &call.args, call.span)), call.span),
            Expr::OptChain(chain) => match &*chain.base {
                OptChainBase::Member(member) => self.member_step(link, &member.prop, member.span),
                OptChainBase::Call(call) => Link::Value(Some(self.call_step(link, &call.args, chain.span)), chain.span),
            },
            _ => link,
        }
    }

    fn member_step(&mut self, link: Link, prop: &'a MemberProp, span: Span) -> Link {
        let base = self.settle(link);
        let base = base.unwrap_or_else(|| self.nothing());
        self.shape(7);
        let key = self.member_key(prop);
        Link::Member { base, key, span, prop: prop.span() }
    }

    /// Loads the member that a chain ends with.
    pub(super) fn settle(&mut self, link: Link) -> Option<ValueId> {
        match link {
            Link::Value(value, _) => value,
            Link::Member { base, key, span, .. } => {
                let dst = self.node_at(range(span));
                self.emit(Constraint::Load { dst, base, key });
                Some(dst)
            }
            Link::SuperMember { key, span, .. } => {
                let base = self.super_object(span)?;
                let dst = self.node_at(range(span));
                self.emit(Constraint::Load { dst, base, key });
                Some(dst)
            }
        }
    }

    /// `super` as an object. In an object literal's method nothing is known of it.
    pub(super) fn super_object(&mut self, span: Span) -> Option<ValueId> {
        let home = self.frame.home?;
        let dst = self.node_at(range(span));
        self.emit(Constraint::SuperObject { dst, class: home.class, is_static: home.is_static });
        Some(dst)
    }

    pub(super) fn member_key(&mut self, prop: &'a MemberProp) -> Key {
        let key = match prop {
            MemberProp::Ident(name) => Key::Name(self.name(&name.sym)),
            MemberProp::PrivateName(name) => Key::Name(self.private_name(name)),
            MemberProp::Computed(computed) => self.computed_key(&computed.expr),
        };
        self.shape_key(key);
        key
    }

    pub(super) fn private_name(&mut self, name: &swc_ecma_ast::PrivateName) -> NameId {
        self.name_of(&format!("#{}", name.name))
    }

    /// `[e]`: constants are names and indices.
    pub(super) fn computed_key(&mut self, e: &'a Expr) -> Key {
        match transparent(e) {
            Expr::Lit(Lit::Str(text)) => {
                self.shape(8);
                Key::Name(self.wtf8_name(&text.value))
            }
            Expr::Lit(Lit::Num(number)) => {
                self.shape(8);
                self.number_key(number.value)
            }
            Expr::Tpl(tpl) if tpl.exprs.is_empty() => {
                self.shape(8);
                Key::Name(self.template_text(tpl))
            }
            other => Key::Computed(self.expr_node(other)),
        }
    }

    fn unary(&mut self, e: &'a UnaryExpr) -> Option<ValueId> {
        self.shape(16 + e.op as u32);
        match e.op {
            UnaryOp::Delete => {
                self.delete(&e.arg);
                Some(self.origin(e.span, Origin::Finite))
            }
            UnaryOp::Void => {
                self.expr(&e.arg);
                None
            }
            UnaryOp::Bang => {
                let operand = self.expr(&e.arg);
                Some(self.decision(e.span, operand))
            }
            UnaryOp::TypeOf => {
                self.expr(&e.arg);
                Some(self.origin(e.span, Origin::Finite))
            }
            UnaryOp::Minus if matches!(&*e.arg, Expr::Lit(Lit::Num(_))) => {
                let Expr::Lit(Lit::Num(number)) = &*e.arg else { return None };
                let name = self.name_of(&format!("-{}", number.value));
                Some(self.string(e.span, name))
            }
            UnaryOp::Minus | UnaryOp::Plus | UnaryOp::Tilde => {
                let src = self.expr(&e.arg)?;
                let dst = self.node_at(range(e.span));
                self.emit(Constraint::Derive { dst, src });
                Some(dst)
            }
        }
    }

    pub(super) fn binary(&mut self, e: &'a BinExpr) -> Option<ValueId> {
        match e.op {
            BinaryOp::LogicalAnd | BinaryOp::LogicalOr | BinaryOp::NullishCoalescing => self.logical(e),
            BinaryOp::Add => Some(self.concat(e)),
            BinaryOp::EqEq
            | BinaryOp::NotEq
            | BinaryOp::EqEqEq
            | BinaryOp::NotEqEq
            | BinaryOp::Lt
            | BinaryOp::LtEq
            | BinaryOp::Gt
            | BinaryOp::GtEq
            | BinaryOp::In => {
                let operands = self.left_deep(e);
                Some(self.decision(e.span, operands))
            }
            BinaryOp::InstanceOf | BinaryOp::Mod => {
                self.left_deep(e);
                Some(self.origin(e.span, Origin::Finite))
            }
            _ => {
                let operands = self.left_deep(e);
                if operands.is_empty() {
                    return Some(self.origin(e.span, Origin::Unknown));
                }
                let dst = self.node_at(range(e.span));
                for src in operands {
                    self.emit(Constraint::Derive { dst, src });
                }
                Some(dst)
            }
        }
    }

    /// What a test of `operands` gives, kept as a value.
    fn decision(&mut self, span: Span, operands: impl IntoIterator<Item = ValueId>) -> ValueId {
        let dst = self.origin(span, Origin::Finite);
        for src in operands {
            self.emit(Constraint::Decide { dst, src });
        }
        dst
    }

    /// The operands of a chain of operators that give primitives, walked in a loop along its left side.
    fn left_deep(&mut self, e: &'a BinExpr) -> SmallVec<[ValueId; 4]> {
        let mut rights: SmallVec<[&'a Expr; 8]> = SmallVec::new();
        let mut at = e;
        let first = loop {
            self.shape(32 + at.op as u32);
            rights.push(&at.right);
            match &*at.left {
                Expr::Bin(left) if !is_logical(left.op) && left.op != BinaryOp::Add => at = left,
                other => break other,
            }
        };
        let mut operands = SmallVec::new();
        for e in std::iter::once(first).chain(rights.into_iter().rev()) {
            operands.extend(self.operand(e));
        }
        operands
    }

    /// An operand of arithmetic: numbers in it do not matter.
    pub(super) fn operand(&mut self, e: &'a Expr) -> Option<ValueId> {
        if matches!(e, Expr::Lit(Lit::Num(_) | Lit::Bool(_) | Lit::Null(_) | Lit::BigInt(_))) {
            self.shape(9);
            return None;
        }
        self.expr(e)
    }

    /// `a + b + c`, walked in a loop along its left side.
    fn concat(&mut self, e: &'a BinExpr) -> ValueId {
        let mut rights: SmallVec<[&'a Expr; 8]> = SmallVec::new();
        let mut at = e;
        let first = loop {
            self.shape(32 + at.op as u32);
            rights.push(&at.right);
            match transparent(&at.left) {
                Expr::Bin(left) if left.op == BinaryOp::Add => at = left,
                other => break other,
            }
        };
        let mut parts: SmallVec<[Argument; 8]> = SmallVec::new();
        for e in std::iter::once(first).chain(rights.into_iter().rev()) {
            let value = self.told(e);
            parts.push(Argument { value, is_spread: false });
        }
        self.concat_of(&parts, e.span)
    }

    /// The parts joined; many of them in groups, since the time that a concatenation takes grows with the square of its
    /// parts.
    pub(super) fn concat_of(&mut self, parts: &[Argument], span: Span) -> ValueId {
        if parts.len() > MOST_PARTS {
            let group = |parts: &[Argument]| Argument { value: self.concat_of(parts, span), is_spread: false };
            let groups: Vec<Argument> = parts.chunks(MOST_PARTS).map(group).collect();
            return self.concat_of(&groups, span);
        }
        let parts: Run = self.arguments(parts);
        let dst = self.node_at(range(span));
        self.emit(Constraint::Concat { dst, parts });
        dst
    }

    /// ``String.raw`…` ``, which differs from the template in its escapes only.
    fn is_raw_template(&mut self, tag: &Expr) -> bool {
        let Some(member) = tag.as_member().filter(|member| member.prop.is_ident_with("raw")) else { return false };
        let Expr::Ident(object) = &*member.obj else { return false };
        let name = self.name(&object.sym);
        object.sym == "String" && self.scopes.resolve(name).is_none()
    }

    fn template(&mut self, tpl: &'a Tpl) -> ValueId {
        self.shape(10);
        if tpl.exprs.is_empty() {
            let text = self.template_text(tpl);
            return self.string(tpl.span, text);
        }
        let mut parts: SmallVec<[Argument; 8]> = SmallVec::new();
        for (index, quasi) in tpl.quasis.iter().enumerate() {
            let text = self.quasi_text(quasi);
            if !self.facts.names[text].is_empty() {
                let value = self.string(quasi.span, text);
                parts.push(Argument { value, is_spread: false });
            }
            if let Some(e) = tpl.exprs.get(index) {
                let value = self.told(e);
                parts.push(Argument { value, is_spread: false });
            }
        }
        self.concat_of(&parts, tpl.span)
    }

    /// `a ? b : c`; nested ones in the last place are walked in a loop.
    fn conditional(&mut self, e: &'a CondExpr) -> Option<ValueId> {
        let mark = self.guard_mark();
        let mut values: SmallVec<[ValueId; 4]> = SmallVec::new();
        let mut at = e;
        loop {
            self.shape(11);
            let outcome = self.condition(&at.test, Wanted::Test);
            let branch = self.guard_mark();
            self.hold(&outcome.then);
            self.narrow(&at.test, true);
            values.extend(self.chosen(&at.cons, branch));
            self.release(branch);
            self.hold(&outcome.otherwise);
            self.narrow(&at.test, false);
            match transparent(&at.alt) {
                Expr::Cond(next) => at = next,
                last => {
                    values.extend(self.chosen(last, branch));
                    break;
                }
            }
        }
        self.release(mark);
        self.merge(&values, e.span)
    }

    /// `a && b`, `a || b`, `a ?? b`: the left sides of a chain of one operator are walked in a loop.
    fn logical(&mut self, e: &'a BinExpr) -> Option<ValueId> {
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
        // What is left of `&&` only flows on when it is a falsy primitive.
        let wanted = if e.op == BinaryOp::LogicalAnd { Wanted::Test } else { Wanted::Value };
        let mark = self.guard_mark();
        let mut values: SmallVec<[ValueId; 4]> = SmallVec::new();
        rights.push(first);
        while let Some(operand) = rights.pop() {
            if rights.is_empty() {
                values.extend(self.expr(operand));
                break;
            }
            let outcome = self.condition(operand, wanted);
            if e.op == BinaryOp::LogicalAnd {
                self.hold(&outcome.then);
            } else {
                values.extend(outcome.value);
                self.hold(&outcome.otherwise);
            }
            self.narrow(operand, e.op == BinaryOp::LogicalAnd);
        }
        self.release(mark);
        self.merge(&values, e.span)
    }

    /// A node for what is one of several values.
    pub(super) fn merge(&mut self, values: &[ValueId], span: Span) -> Option<ValueId> {
        match values {
            [] => None,
            [one] => Some(*one),
            _ => {
                let dst = self.node_at(range(span));
                for &src in values {
                    self.copy(dst, Some(src));
                }
                Some(dst)
            }
        }
    }

    fn yield_expression(&mut self, e: &'a YieldExpr) -> Option<ValueId> {
        self.shape(12);
        let arg = e.arg.as_ref()?;
        if e.delegate { self.yield_all(arg) } else { self.yield_one(arg, e.span) }
    }

    /// What is sent back for a value is most often what it promised: by what runs a generator as an asynchronous
    /// function.
    pub(super) fn yield_one(&mut self, e: &'a Expr, span: Span) -> Option<ValueId> {
        let src = self.expr(e)?;
        self.copy(YIELDED, Some(src));
        let dst = self.node_at(range(span));
        self.emit(Constraint::Await { dst, src });
        Some(dst)
    }

    pub(super) fn yield_all(&mut self, e: &'a Expr) -> Option<ValueId> {
        let src = self.expr(e)?;
        let is_async = self.facts.functions[self.frame.id].kind.is_async;
        self.emit(Constraint::Iterate { dst: YIELDED, src, index: None, is_async });
        None
    }
}

/// What stands inside parentheses, casts and assertions.
pub(in crate::syntax) fn transparent(mut e: &Expr) -> &Expr {
    loop {
        e = match e {
            Expr::Paren(e) => &e.expr,
            Expr::TsTypeAssertion(e) => &e.expr,
            Expr::TsConstAssertion(e) => &e.expr,
            Expr::TsNonNull(e) => &e.expr,
            Expr::TsAs(e) => &e.expr,
            Expr::TsInstantiation(e) => &e.expr,
            Expr::TsSatisfies(e) => &e.expr,
            _ => return e,
        };
    }
}

fn is_logical(op: BinaryOp) -> bool {
    matches!(op, BinaryOp::LogicalAnd | BinaryOp::LogicalOr | BinaryOp::NullishCoalescing)
}
