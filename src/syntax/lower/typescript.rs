//! TypeScript's declarations that exist at run time: enums and namespaces.

use swc_ecma_ast::{
    ModuleDecl, ModuleItem, TsEntityName, TsEnumDecl, TsEnumMemberId, TsModuleDecl, TsModuleName, TsNamespaceBody,
};

use super::{Lowerer, range};
use crate::syntax::facts::{Constraint, Export, Key, Origin, SiteKind, ValueId};

impl<'a> Lowerer<'a> {
    /// An enum: an object whose members are constants.
    pub(super) fn enumeration(&mut self, decl: &'a TsEnumDecl) {
        if decl.declare {
            return;
        }
        self.shape(216);
        let whole = range(decl.span);
        let Some(binding) = self.resolve(&decl.id) else { return };
        let base = self.alloc(SiteKind::Object, whole);
        self.store_binding(binding, Some(base));
        let mut next = Some(0_i64);
        for member in &decl.members {
            let name = match &member.id {
                TsEnumMemberId::Ident(ident) => self.name(&ident.sym),
                TsEnumMemberId::Str(text) => self.wtf8_name(&text.value),
            };
            let src = if let Some(init) = &member.init {
                let src = self.expr(init);
                let text = src.and_then(|src| self.constant_of(src));
                next = text.and_then(|text| text.parse::<i64>().ok()).map(|value| value.saturating_add(1));
                let constant = self.origin(member.span, Origin::Finite);
                self.copy(constant, src);
                constant
            } else {
                let text = next.map_or_else(String::new, |value| value.to_string());
                next = next.map(|value| value.saturating_add(1));
                let value = self.name_of(&text);
                self.string(member.span, value)
            };
            self.emit(Constraint::Store { base, key: Key::Name(name), src });
        }
    }

    /// The text of a string constant that was just lowered.
    fn constant_of(&self, value: ValueId) -> Option<&str> {
        match self.frame.constraints.last() {
            Some(&Constraint::String { dst, value: name }) if dst == value => Some(&self.facts.names[name]),
            _ => None,
        }
    }

    /// A namespace: an object, and its body in a scope of its own.
    pub(super) fn namespace(&mut self, decl: &'a TsModuleDecl) {
        if decl.declare || decl.global {
            return;
        }
        let (TsModuleName::Ident(ident), Some(body)) = (&decl.id, &decl.body) else { return };
        self.shape(217);
        let Some(binding) = self.resolve(ident) else { return };
        let base = self.alloc(SiteKind::Object, range(decl.span));
        self.store_binding(binding, Some(base));
        // Namespaces of one name, and the function or class of that name, share what they export.
        let base = self.read_binding(binding, range(ident.span));
        self.namespace_body(body, base);
    }

    fn namespace_body(&mut self, body: &'a TsNamespaceBody, base: ValueId) {
        match body {
            TsNamespaceBody::TsModuleBlock(block) => {
                let scope = self.scopes.enter();
                self.declare_items(&block.body);
                for item in &block.body {
                    self.namespace_item(item, base);
                }
                self.scopes.leave(scope);
            }
            TsNamespaceBody::TsNamespaceDecl(inner) => {
                let src = self.alloc(SiteKind::Object, range(inner.span));
                let key = Key::Name(self.name(&inner.id.sym));
                self.emit(Constraint::Store { base, key, src });
                self.namespace_body(&inner.body, src);
            }
        }
    }

    /// What a namespace exports are properties of its object, not exports of the file.
    fn namespace_item(&mut self, item: &'a ModuleItem, base: ValueId) {
        let before = self.facts.exports.len();
        self.items(std::slice::from_ref(item));
        if !matches!(
            item,
            ModuleItem::ModuleDecl(
                ModuleDecl::ExportDecl(_) | ModuleDecl::ExportNamed(_) | ModuleDecl::TsImportEquals(_)
            )
        ) {
            self.facts.exports.truncate(before);
            return;
        }
        for export in self.facts.exports.split_off(before) {
            if let Export::Binding { name, binding, range } = export {
                let src = self.read_binding(binding, range);
                self.emit(Constraint::Store { base, key: Key::Name(name), src });
            }
        }
    }

    /// The value of `A.B.C`.
    pub(super) fn entity(&mut self, name: &'a TsEntityName) -> Option<ValueId> {
        match name {
            TsEntityName::Ident(ident) => self.read(ident),
            TsEntityName::TsQualifiedName(qualified) => {
                let base = self.entity(&qualified.left)?;
                let key = Key::Name(self.name(&qualified.right.sym));
                let dst = self.node_at(range(qualified.span));
                self.emit(Constraint::Load { dst, base, key });
                Some(dst)
            }
        }
    }
}
