//! Patterns: what takes a value apart, in declarations and in assignments.

use smallvec::SmallVec;
use swc_common::Spanned;
use swc_ecma_ast::{ArrayPat, Expr, Ident, ObjectPat, ObjectPatProp, Pat};

use super::functions::Naming;
use super::{Lowerer, range};
use crate::syntax::facts::{Constraint, Key, SiteKind, ValueId};

/// What a pattern's names are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// They are declared: values flow into them, and that is no write.
    Declare,
    /// They are written.
    Assign,
}

impl<'a> Lowerer<'a> {
    /// Lets a value flow into the names that a pattern declares.
    pub(super) fn declare_pattern(&mut self, pattern: &'a Pat, src: ValueId) {
        self.pattern(pattern, src, Mode::Declare);
    }

    /// The home of a name that the function at hand declares.
    pub(super) fn own_home(&mut self, ident: &Ident) -> Option<ValueId> {
        let binding = self.resolve(ident)?;
        let binding = self.facts.bindings[binding];
        (binding.function == self.frame.id && binding.import.is_none()).then_some(binding.home)
    }

    pub(super) fn pattern(&mut self, pattern: &'a Pat, src: ValueId, mode: Mode) {
        match pattern {
            Pat::Ident(ident) => {
                self.shape(2);
                if mode == Mode::Assign {
                    self.assign_ident(&ident.id, Some(src));
                } else if let Some(binding) = self.resolve(&ident.id) {
                    self.store_binding(binding, Some(src));
                    if let Some(ty) = &ident.type_ann {
                        self.note_type(src, ty);
                    }
                }
            }
            Pat::Array(array) => self.array_pattern(array, src, mode),
            Pat::Object(object) => self.object_pattern(object, src, mode),
            Pat::Assign(assign) => self.pattern_default(&assign.left, &assign.right, src, mode),
            Pat::Rest(rest) => self.pattern(&rest.arg, src, mode),
            Pat::Expr(e) => self.assign_target(e, Some(src)),
            Pat::Invalid(_) => {}
        }
    }

    /// `left = default`, given `src`.
    pub(super) fn pattern_default(&mut self, left: &'a Pat, default: &'a Expr, src: ValueId, mode: Mode) {
        let naming = left.as_ident().map(|ident| Naming { name: self.name(&ident.id.sym), head: range(ident.id.span) });
        let default = self.expr_named(default, naming);
        if let (Mode::Declare, Pat::Ident(ident)) = (mode, left)
            && let Some(home) = self.own_home(&ident.id)
        {
            self.copy(home, Some(src));
            self.copy(home, default);
            return;
        }
        let merged = self.node_at(range(left.span()));
        self.copy(merged, Some(src));
        self.copy(merged, default);
        self.pattern(left, merged, mode);
    }

    /// The node into which an element goes: a declared name's own home, if the pattern is one, else a new node and
    /// the pattern that takes it apart.
    fn element_node(&mut self, pattern: &'a Pat, mode: Mode) -> (ValueId, Option<&'a Pat>) {
        if let (Mode::Declare, Pat::Ident(ident)) = (mode, pattern)
            && let Some(home) = self.own_home(&ident.id)
        {
            self.shape(2);
            return (home, None);
        }
        (self.node_at(range(pattern.span())), Some(pattern))
    }

    pub(super) fn array_pattern(&mut self, array: &'a ArrayPat, src: ValueId, mode: Mode) {
        const TUPLE: u32 = 8;
        self.shape(63);
        for (index, element) in array.elems.iter().enumerate() {
            let Some(element) = element else { continue };
            let (dst, rest) = if let Pat::Rest(rest) = element {
                let (dst, inner) = self.element_node(&rest.arg, mode);
                self.alloc_into(dst, SiteKind::Array, range(rest.span));
                self.emit(Constraint::SpreadInto { dst, src });
                (dst, inner)
            } else {
                let (dst, inner) = self.element_node(element, mode);
                let index = u32::try_from(index).ok().filter(|&index| index < TUPLE);
                self.emit(Constraint::Iterate { dst, src, index, is_async: false });
                (dst, inner)
            };
            if let Some(pattern) = rest {
                self.pattern(pattern, dst, mode);
            }
        }
    }

    pub(super) fn object_pattern(&mut self, object: &'a ObjectPat, src: ValueId, mode: Mode) {
        self.shape(64);
        let mut keys: SmallVec<[Key; 8]> = SmallVec::new();
        for prop in &object.props {
            match prop {
                ObjectPatProp::KeyValue(pair) => {
                    let key = self.prop_key(&pair.key);
                    keys.push(key);
                    let (dst, inner) = self.element_node(&pair.value, mode);
                    self.emit(Constraint::Load { dst, base: src, key });
                    if let Some(pattern) = inner {
                        self.pattern(pattern, dst, mode);
                    }
                }
                ObjectPatProp::Assign(assign) => {
                    let key = Key::Name(self.name(&assign.key.id.sym));
                    self.shape_key(key);
                    keys.push(key);
                    self.shorthand(&assign.key.id, assign.value.as_deref(), src, key, mode);
                }
                ObjectPatProp::Rest(rest) => {
                    let except = self.constant_keys(&keys);
                    let (dst, inner) = self.element_node(&rest.arg, mode);
                    self.alloc_into(dst, SiteKind::Object, range(rest.span));
                    self.emit(Constraint::CopyAll { dst, src, except });
                    if let Some(pattern) = inner {
                        self.pattern(pattern, dst, mode);
                    }
                }
            }
        }
    }

    /// `{name}` and `{name = default}` in a pattern.
    fn shorthand(&mut self, ident: &'a Ident, default: Option<&'a Expr>, base: ValueId, key: Key, mode: Mode) {
        self.shape(2);
        let home = if mode == Mode::Declare { self.own_home(ident) } else { None };
        let dst = match home {
            Some(home) => home,
            None => self.node_at(range(ident.span)),
        };
        self.emit(Constraint::Load { dst, base, key });
        if let Some(default) = default {
            let naming = Naming { name: self.name(&ident.sym), head: range(ident.span) };
            let default = self.expr_named(default, Some(naming));
            self.copy(dst, default);
        }
        if mode == Mode::Assign {
            self.assign_ident(ident, Some(dst));
        } else if home.is_none()
            && let Some(binding) = self.resolve(ident)
        {
            self.store_binding(binding, Some(dst));
        }
    }
}
