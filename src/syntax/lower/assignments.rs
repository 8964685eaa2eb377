//! Assignments of every form: the flow of the value, and the write event.

use swc_common::{Span, Spanned};
use swc_ecma_ast::{
    ArrayPat, AssignExpr, AssignOp, AssignTarget, AssignTargetPat, Expr, Ident, Lit, MemberExpr, ObjectPat,
    OptChainBase, SimpleAssignTarget, SuperProp, SuperPropExpr, UpdateExpr, UpdateOp,
};

use super::expressions::transparent;
use super::functions::Naming;
use super::patterns::Mode;
use super::{Lowerer, WriteParts, range};
use crate::base::span::ByteRange;
use crate::syntax::facts::{
    Argument, BindingId, Constraint, Key, NameId, Origin, Place, Reuse, Run, Test, ValueId, WriteForm,
};

/// What stands on the left side.
#[derive(Clone, Copy)]
enum Target<'a> {
    Ident(&'a Ident),
    Member(&'a MemberExpr),
    Super(&'a SuperPropExpr),
    Array(&'a ArrayPat),
    Object(&'a ObjectPat),
    Nothing,
}

/// A place whose base and key are lowered.
#[derive(Clone, Copy)]
pub(super) struct Resolved {
    place: Place,
    range: ByteRange,
    name: Option<NameId>,
}

impl<'a> Lowerer<'a> {
    pub(super) fn assign(&mut self, e: &'a AssignExpr) -> Option<ValueId> {
        self.shape(130 + e.op as u32);
        let target = target_of(&e.left);
        match target {
            Target::Array(pattern) => {
                let src = self.expr_node(&e.right);
                self.array_pattern(pattern, src, Mode::Assign);
                return Some(src);
            }
            Target::Object(pattern) => {
                let src = self.expr_node(&e.right);
                self.object_pattern(pattern, src, Mode::Assign);
                return Some(src);
            }
            _ => {}
        }
        let Some(resolved) = self.resolve_target(target) else { return self.expr(&e.right) };
        match e.op {
            AssignOp::Assign => self.plain_assign(e, resolved),
            AssignOp::AddAssign => Some(self.add_assign(e, resolved)),
            AssignOp::AndAssign => self.logical_assign(e, resolved, WriteForm::AndAssign),
            AssignOp::OrAssign | AssignOp::NullishAssign => self.logical_assign(e, resolved, WriteForm::InitAssign),
            _ => Some(self.arithmetic_assign(e, resolved)),
        }
    }

    /// Lowers the base and the key of a target.
    fn resolve_target(&mut self, target: Target<'a>) -> Option<Resolved> {
        match target {
            Target::Ident(ident) => {
                self.shape(2);
                let name = self.name(&ident.sym);
                let place = match self.scopes.resolve(name) {
                    Some(binding) => Place::Binding(binding),
                    None => Place::Global(name),
                };
                Some(Resolved { place, range: range(ident.span), name: Some(name) })
            }
            Target::Member(member) => {
                self.shape(7);
                let base = self.expr_node(&member.obj);
                let key = self.member_key(&member.prop);
                Some(property(base, key, member.span))
            }
            Target::Super(member) => {
                // `super.x = v` writes to `this`.
                self.shape(6);
                let base = self.this(member.span);
                let key = match &member.prop {
                    SuperProp::Ident(name) => Key::Name(self.name(&name.sym)),
                    SuperProp::Computed(computed) => self.computed_key(&computed.expr),
                };
                Some(property(base, key, member.span))
            }
            Target::Array(_) | Target::Object(_) | Target::Nothing => None,
        }
    }

    fn plain_assign(&mut self, e: &'a AssignExpr, target: Resolved) -> Option<ValueId> {
        let naming = target.name.map(|name| Naming { name, head: target.range });
        let value = self.expr_named(&e.right, naming);
        match (target.place, self.copied_object(e)) {
            (Place::Property { base: dst, .. }, Some(src)) => {
                self.emit(Constraint::CopyAll { dst, src, except: Run::default() });
            }
            (Place::Binding(binding), _) if value.is_some() => {
                if let Some(src) = value {
                    let lookup = self.lookup_of(src);
                    let node = self.assign_version(binding, src, target.range);
                    self.frame.lookups.extend(lookup.map(|lookup| (node, lookup)));
                }
            }
            (place, _) => self.flow(place, value),
        }
        let reuse = self.reuse(e, value);
        self.event(target, WriteForm::Assign, value, reuse);
        value
    }

    /// The object of which all properties are copied: in `for (k in src) dst[k] = src[k]`.
    fn copied_object(&mut self, e: &AssignExpr) -> Option<ValueId> {
        let key_loop = self.frame.key_loop?;
        let Target::Member(written) = target_of(&e.left) else { return None };
        let Expr::Member(read) = transparent(&e.right) else { return None };
        for prop in [&written.prop, &read.prop] {
            let Expr::Ident(key) = transparent(&prop.as_computed()?.expr) else { return None };
            if self.resolve(key) != Some(key_loop.key) {
                return None;
            }
        }
        super::reuse::same(transparent(&read.obj), key_loop.object).then_some(key_loop.src)
    }

    fn add_assign(&mut self, e: &'a AssignExpr, target: Resolved) -> ValueId {
        let old = self.load_place(target);
        let dst = if matches!(transparent(&e.right), Expr::Lit(Lit::Num(_))) {
            self.shape(9);
            self.origin(e.span, self.step_origin(target))
        } else {
            let added = self.expr_node(&e.right);
            let parts = [Argument { value: old, is_spread: false }, Argument { value: added, is_spread: false }];
            self.concat_of(&parts, e.span)
        };
        self.flow(target.place, Some(dst));
        self.event(target, WriteForm::AddAssign, Some(dst), Reuse::Appends);
        dst
    }

    fn arithmetic_assign(&mut self, e: &'a AssignExpr, target: Resolved) -> ValueId {
        let old = self.load_place(target);
        let is_step = matches!(transparent(&e.right), Expr::Lit(Lit::Num(_)));
        let dst = if is_step && e.op == AssignOp::SubAssign {
            self.shape(9);
            self.origin(e.span, self.step_origin(target))
        } else {
            let value = self.expr(&e.right);
            let dst = self.node_at(range(e.span));
            for src in std::iter::once(old).chain(value) {
                self.emit(Constraint::Derive { dst, src });
            }
            dst
        };
        self.flow(target.place, Some(dst));
        self.event(target, WriteForm::ArithmeticAssign, Some(dst), Reuse::None);
        dst
    }

    fn logical_assign(&mut self, e: &'a AssignExpr, target: Resolved, form: WriteForm) -> Option<ValueId> {
        let old = self.load_place(target);
        let naming = target.name.map(|name| Naming { name, head: target.range });
        let mark = self.guard_mark();
        if form == WriteForm::InitAssign {
            self.hold_test(Test::Truthy { place: Some(target.place), value: old }, false, target.range);
        }
        let value = self.expr_named(&e.right, naming);
        self.release(mark);
        self.flow(target.place, value);
        let reuse = if form == WriteForm::InitAssign { Reuse::Keeps } else { self.reuse(e, value) };
        self.event(target, form, value, reuse);
        match value {
            Some(value) => self.merge(&[old, value], e.span),
            None => Some(old),
        }
    }

    /// What a step gives: what lasts counts on for ever; a function's own variable begins anew with each call, as loops'
    /// indexes do, unless the call itself may last.
    fn step_origin(&self, target: Resolved) -> Origin {
        let kind = self.facts.functions[self.frame.id].kind;
        let is_own = match target.place {
            Place::Binding(binding) => self.facts.bindings[binding].function == self.frame.id,
            _ => false,
        };
        if is_own && !kind.is_async && !kind.is_generator { Origin::Finite } else { Origin::Counter }
    }

    pub(super) fn update(&mut self, e: &'a UpdateExpr) -> ValueId {
        self.shape(160 + e.op as u32);
        let target = self.resolve_target(target_of_expr(&e.arg));
        let dst = self.origin(e.span, target.map_or(Origin::Counter, |target| self.step_origin(target)));
        if let Some(target) = target {
            self.flow(target.place, Some(dst));
            let form = if e.op == UpdateOp::PlusPlus { WriteForm::Update } else { WriteForm::Decrement };
            self.event(target, form, Some(dst), Reuse::None);
        }
        dst
    }

    pub(super) fn delete(&mut self, e: &'a Expr) {
        let e = transparent(e);
        let member = match e {
            Expr::Member(member) => member,
            Expr::OptChain(chain) => match &*chain.base {
                OptChainBase::Member(member) => member,
                OptChainBase::Call(_) => {
                    self.expr(e);
                    return;
                }
            },
            Expr::Ident(_) => {
                if let Some(target @ Resolved { place: Place::Global(_), .. }) = self.resolve_target(target_of_expr(e))
                {
                    self.event(target, WriteForm::Delete, None, Reuse::None);
                }
                return;
            }
            _ => {
                self.expr(e);
                return;
            }
        };
        if let Some(mut target) = self.resolve_target(Target::Member(member)) {
            target.range = range(e.span());
            self.event(target, WriteForm::Delete, None, Reuse::None);
        }
    }

    /// A value flows into a place by a pattern or a loop's head.
    pub(super) fn assign_target(&mut self, e: &'a Expr, value: Option<ValueId>) {
        if let Some(target) = self.resolve_target(target_of_expr(e)) {
            self.flow(target.place, value);
            self.event(target, WriteForm::Assign, value, Reuse::None);
        }
    }

    /// A value flows into a name by a pattern or a loop's head.
    pub(super) fn assign_ident(&mut self, ident: &'a Ident, value: Option<ValueId>) {
        if let Some(target) = self.resolve_target(Target::Ident(ident)) {
            self.flow(target.place, value);
            self.event(target, WriteForm::Assign, value, Reuse::None);
        }
    }

    /// Lets a value flow into a place.
    pub(super) fn flow(&mut self, place: Place, value: Option<ValueId>) {
        let Some(src) = value else {
            self.note_bare(place);
            return;
        };
        match place {
            Place::Binding(binding) => self.store_binding(binding, Some(src)),
            Place::Global(name) => self.emit(Constraint::StoreGlobal { name, src }),
            Place::Property { base, key } => self.emit(Constraint::Store { base, key, src }),
        }
    }

    /// Nothing flows, but the property is there.
    fn note_bare(&mut self, place: Place) {
        if let Place::Property { key: Key::Name(name), .. } = place {
            self.facts.bare_properties.push(name);
        }
    }

    fn event(&mut self, target: Resolved, form: WriteForm, value: Option<ValueId>, reuse: Reuse) {
        if let Place::Binding(binding) = target.place {
            self.note_captured(binding);
        }
        self.push_write(WriteParts {
            place: target.place,
            form,
            value,
            reuse,
            range: target.range,
            is_initializer: false,
        });
    }

    /// A write without a value of interest captures its binding all the same.
    fn note_captured(&mut self, binding: BindingId) {
        let function = self.frame.id;
        let binding = &mut self.facts.bindings[binding];
        binding.is_captured |= binding.function != function;
    }

    /// What a place holds before it is written.
    fn load_place(&mut self, target: Resolved) -> ValueId {
        match target.place {
            Place::Binding(binding) => self.read_binding(binding, target.range),
            Place::Global(name) => self.global(name, target.range),
            Place::Property { base, key } => {
                let dst = self.node_at(target.range);
                self.emit(Constraint::Load { dst, base, key });
                dst
            }
        }
    }

    /// Stores a field of an object under construction: a write to `this`.
    pub(super) fn store_field(&mut self, base: ValueId, key: Key, value: Option<ValueId>, span: Span, made: Made) {
        self.flow(Place::Property { base, key }, value);
        self.push_write(WriteParts {
            place: Place::Property { base, key },
            form: WriteForm::Assign,
            value,
            reuse: Reuse::None,
            range: range(span),
            is_initializer: made == Made::Initializer,
        });
    }
}

/// How a field is written by a class's declaration.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Made {
    /// `x = 1` in the class.
    Initializer,
    /// `constructor(private x)`.
    Parameter,
}

fn property(base: ValueId, key: Key, span: Span) -> Resolved {
    let name = match key {
        Key::Name(name) => Some(name),
        _ => None,
    };
    Resolved { place: Place::Property { base, key }, range: range(span), name }
}

fn target_of(target: &AssignTarget) -> Target<'_> {
    match target {
        AssignTarget::Pat(AssignTargetPat::Array(pattern)) => Target::Array(pattern),
        AssignTarget::Pat(AssignTargetPat::Object(pattern)) => Target::Object(pattern),
        AssignTarget::Pat(AssignTargetPat::Invalid(_)) => Target::Nothing,
        AssignTarget::Simple(simple) => match simple {
            SimpleAssignTarget::Ident(ident) => Target::Ident(&ident.id),
            SimpleAssignTarget::Member(member) => Target::Member(member),
            SimpleAssignTarget::SuperProp(member) => Target::Super(member),
            SimpleAssignTarget::Paren(e) => target_of_expr(&e.expr),
            SimpleAssignTarget::TsAs(e) => target_of_expr(&e.expr),
            SimpleAssignTarget::TsSatisfies(e) => target_of_expr(&e.expr),
            SimpleAssignTarget::TsNonNull(e) => target_of_expr(&e.expr),
            SimpleAssignTarget::TsTypeAssertion(e) => target_of_expr(&e.expr),
            SimpleAssignTarget::TsInstantiation(e) => target_of_expr(&e.expr),
            SimpleAssignTarget::OptChain(_) | SimpleAssignTarget::Invalid(_) => Target::Nothing,
        },
    }
}

fn target_of_expr(e: &Expr) -> Target<'_> {
    match transparent(e) {
        Expr::Ident(ident) => Target::Ident(ident),
        Expr::Member(member) => Target::Member(member),
        Expr::SuperProp(member) => Target::Super(member),
        _ => Target::Nothing,
    }
}

/// The target of an assignment as an expression, to compare it with what stands on the right.
pub(super) enum TargetPath<'a> {
    Ident(&'a Ident),
    Member(&'a MemberExpr),
}

/// The target of a plain assignment, if it is a name or a member.
pub(super) fn target_path(target: &AssignTarget) -> Option<TargetPath<'_>> {
    match target_of(target) {
        Target::Ident(ident) => Some(TargetPath::Ident(ident)),
        Target::Member(member) => Some(TargetPath::Member(member)),
        _ => None,
    }
}
