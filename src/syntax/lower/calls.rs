//! Calls, `new`, tagged templates, `super(…)` and `import(…)`.

use smallvec::SmallVec;
use swc_common::{Span, Spanned};
use swc_ecma_ast::{CallExpr, Callee as CalleeNode, ExprOrSpread, NewExpr, TaggedTpl};

use super::expressions::Link;
use super::{Lowerer, getters, range};
use crate::base::span::ByteRange;
use crate::syntax::facts::{Argument, Call, CallKind, Callee, Constraint, Key, Run, SiteKind, ValueId};

/// The arguments of a call, before they go into the table.
pub(super) type Arguments = SmallVec<[Argument; 4]>;

impl<'a> Lowerer<'a> {
    /// A call of what a chain has come to.
    pub(super) fn call_step(&mut self, link: Link, arguments: &'a [ExprOrSpread], span: Span) -> ValueId {
        self.shape(70 + u32::try_from(arguments.len()).unwrap_or(0).min(20));
        if let Some((to, from)) = getters::copied(arguments) {
            let dst = self.expr_node(to);
            let src = self.expr_node(from);
            self.emit(Constraint::CopyAll { dst, src, except: Run::default() });
            return dst;
        }
        let (callee, place) = self.callee(link, span);
        let arguments =
            if self.asks_by_key(callee) { self.call_arguments(arguments) } else { self.told_arguments(arguments) };
        self.emit_call(callee, &arguments, CallKind::Call, range(span), place)
    }

    fn callee(&mut self, link: Link, span: Span) -> (Callee, ByteRange) {
        let end = range(span).end;
        match link {
            Link::Member { base, key, prop, .. } => {
                (Callee::Method { base, key }, ByteRange::new(range(prop).start, end))
            }
            Link::SuperMember { key, prop, .. } => {
                let place = ByteRange::new(range(prop).start, end);
                let Some(home) = self.frame.home else { return (Callee::Value(self.nothing()), place) };
                let this = self.this(span);
                (Callee::SuperMethod { class: home.class, key, this }, place)
            }
            Link::Value(value, callee_span) => {
                let value = value.unwrap_or_else(|| self.nothing());
                (Callee::Value(value), ByteRange::new(range(callee_span).start, end))
            }
        }
    }

    pub(super) fn call_arguments(&mut self, arguments: &'a [ExprOrSpread]) -> Arguments {
        arguments
            .iter()
            .map(|argument| Argument { value: self.expr_node(&argument.expr), is_spread: argument.spread.is_some() })
            .collect()
    }

    /// The arguments, with what is known of names of files here.
    fn told_arguments(&mut self, arguments: &'a [ExprOrSpread]) -> Arguments {
        arguments
            .iter()
            .map(|argument| Argument {
                value: self.told_of_files(&argument.expr),
                is_spread: argument.spread.is_some(),
            })
            .collect()
    }

    /// Whether a method takes a key: the same key elsewhere is the same node.
    fn asks_by_key(&self, callee: Callee) -> bool {
        let Callee::Method { key: Key::Name(name), .. } = callee else { return false };
        matches!(&*self.facts.names[name], "get" | "set" | "has" | "add" | "delete" | "hasOwnProperty" | "hasOwn")
    }

    /// A call with what holds there.
    pub(super) fn emit_call(
        &mut self,
        callee: Callee,
        arguments: &[Argument],
        kind: CallKind,
        range: ByteRange,
        place: ByteRange,
    ) -> ValueId {
        let arguments = self.arguments(arguments);
        let dst = self.node_at(range);
        let guards = self.guard_run();
        let call = self.facts.calls.push(Call {
            function: self.frame.id,
            callee,
            arguments,
            dst,
            kind,
            range,
            place,
            statement: self.frame.statement,
            guards,
            cleanup: self.frame.cleanup,
        });
        self.emit(Constraint::Call { call });
        dst
    }

    /// `super(…)` and `import(…)`.
    pub(super) fn special_call(&mut self, call: &'a CallExpr) -> Option<ValueId> {
        self.shape(70 + u32::try_from(call.args.len()).unwrap_or(0).min(20));
        let arguments = self.told_arguments(&call.args);
        let whole = range(call.span);
        match &call.callee {
            CalleeNode::Super(_) => {
                let home = self.frame.home?;
                let dst = self.emit_call(Callee::Super(home.class), &arguments, CallKind::Call, whole, whole);
                self.instance_fields();
                Some(dst)
            }
            CalleeNode::Import(_) => Some(self.emit_call(Callee::Import, &arguments, CallKind::Call, whole, whole)),
            CalleeNode::Expr(_) => None,
        }
    }

    pub(super) fn new_expression(&mut self, new: &'a NewExpr) -> ValueId {
        let arguments = new.args.as_deref().unwrap_or_default();
        self.shape(100 + u32::try_from(arguments.len()).unwrap_or(0).min(20));
        let callee = self.expr_node(&new.callee);
        let arguments = self.call_arguments(arguments);
        let whole = range(new.span);
        let dst = self.emit_call(Callee::Value(callee), &arguments, CallKind::New, whole, whole);
        self.note_type_arguments(dst, new);
        dst
    }

    pub(super) fn tagged(&mut self, tagged: &'a TaggedTpl) -> ValueId {
        self.shape(62);
        let link = self.chain(&tagged.tag);
        let (callee, place) = self.callee(link, tagged.span);
        let strings = self.alloc(SiteKind::Other, range(tagged.tpl.span));
        let mut arguments: Arguments = SmallVec::new();
        arguments.push(Argument { value: strings, is_spread: false });
        for e in &tagged.tpl.exprs {
            let value = self.expr_node(e);
            arguments.push(Argument { value, is_spread: false });
        }
        self.emit_call(callee, &arguments, CallKind::Tagged, range(tagged.span), place)
    }

    /// A call without arguments of a method that the lowering itself adds.
    pub(super) fn call_method(&mut self, base: ValueId, key: Key, span: Span) -> ValueId {
        let whole = range(span.span());
        self.emit_call(Callee::Method { base, key }, &[], CallKind::Call, whole, whole)
    }
}
