//! Whole files, and their ES imports and exports.

use swc_common::{Span, Spanned};
use swc_ecma_ast::{
    Decl, DefaultDecl, ExportDecl, ExportSpecifier, Expr, ImportDecl, ImportSpecifier, Module, ModuleDecl,
    ModuleExportName, ModuleItem, NamedExport, Script, Stmt, Str, TsImportEqualsDecl, TsModuleRef,
};

use super::functions::{FunctionSource, Naming};
use super::{Es, Lowerer, kind_of, range};
use crate::syntax::facts::{
    BindingKind, Constraint, Export, FunctionForm, Import, ImportId, Imported, Key, MODULE_BODY, ModuleKind, NameId,
};
use crate::syntax::scopes::{self, BlockFunctions};

impl<'a> Lowerer<'a> {
    /// A script: the names of blocks' functions belong to the whole file, as in all sloppy code.
    pub(super) fn script(&mut self, script: &'a Script) {
        self.begin_body(script.span);
        let scope = self.scopes.enter();
        self.hoist(&script.body);
        self.note_types(script.body.iter().filter_map(Stmt::as_decl));
        self.top_directives(script.body.iter());
        self.statements(&script.body);
        self.scopes.leave(scope);
    }

    pub(super) fn module(&mut self, module: &'a Module) {
        let is_es = is_es(&module.body);
        self.facts.kind = kind_of(if is_es { Es::Yes } else { Es::No });
        if is_es {
            self.block_functions = BlockFunctions::Local;
        }
        self.begin_body(module.span);
        let scope = self.scopes.enter();
        self.declare_items(&module.body);
        self.top_directives(module.body.iter().map_while(|item| item.as_stmt()));
        self.items(&module.body);
        self.scopes.leave(scope);
    }

    fn begin_body(&mut self, span: Span) {
        let body = &mut self.facts.functions[MODULE_BODY];
        body.range = range(span);
        body.head = range(span);
    }

    fn top_directives(&mut self, statements: impl Iterator<Item = &'a Stmt>) {
        for statement in statements {
            let Stmt::Expr(statement) = statement else { break };
            let Expr::Lit(swc_ecma_ast::Lit::Str(text)) = &*statement.expr else { break };
            let name = self.wtf8_name(&text.value);
            self.facts.directives.push(name);
        }
        let names = std::mem::take(&mut self.facts.directives);
        self.facts.functions[MODULE_BODY].directives = self.name_list(&names);
        self.facts.directives = names;
    }

    /// Declares what the items of a module or namespace declare.
    pub(super) fn declare_items(&mut self, items: &'a [ModuleItem]) {
        let blocks = self.block_functions;
        for item in items {
            match item {
                ModuleItem::ModuleDecl(ModuleDecl::Import(import)) => self.import(import),
                ModuleItem::ModuleDecl(ModuleDecl::TsImportEquals(import)) => self.import_equals(import),
                _ => {}
            }
            scopes::module_item_vars(item, blocks, &mut |(ident, kind)| self.declare_once(ident, kind));
            scopes::module_item(item, &mut |(ident, kind)| self.declare_once(ident, kind));
        }
        self.note_types(items.iter().filter_map(|item| match item {
            ModuleItem::Stmt(statement) => statement.as_decl(),
            ModuleItem::ModuleDecl(ModuleDecl::ExportDecl(export)) => Some(&export.decl),
            ModuleItem::ModuleDecl(_) => None,
        }));
    }

    /// The items of a module or namespace.
    pub(super) fn items(&mut self, items: &'a [ModuleItem]) {
        let last = items.iter().rposition(|item| matches!(item, ModuleItem::Stmt(_)));
        for (at, item) in items.iter().enumerate() {
            self.frame.rounds.is_last = Some(at) == last;
            match item {
                ModuleItem::Stmt(statement) => self.statement(statement),
                ModuleItem::ModuleDecl(decl) => {
                    let whole = range(decl.span());
                    self.frame.statement = whole;
                    let mark = self.begin_shape(whole);
                    self.module_decl(decl);
                    self.end_shape(mark);
                }
            }
        }
    }

    fn module_decl(&mut self, decl: &'a ModuleDecl) {
        match decl {
            ModuleDecl::ExportDecl(export) => self.export_decl(export),
            ModuleDecl::ExportNamed(export) => self.export_named(export),
            ModuleDecl::ExportDefaultDecl(export) => self.export_default(&export.decl, export.span),
            ModuleDecl::ExportDefaultExpr(export) => self.export_default_value(&export.expr, export.span),
            ModuleDecl::ExportAll(export) => {
                let import = self.request(&export.src, Imported::Namespace, export.type_only);
                self.facts.exports.push(Export::All { import });
            }
            ModuleDecl::TsImportEquals(import) => self.import_alias(import),
            ModuleDecl::TsExportAssignment(export) => {
                let value = self.expr_node(&export.expr);
                let range = range(export.span);
                self.facts.exports.push(Export::Assign { value, range });
            }
            // Imports were declared before.
            ModuleDecl::Import(_) | ModuleDecl::TsNamespaceExport(_) => {}
        }
    }

    fn request(&mut self, src: &Str, what: Imported, is_type: bool) -> ImportId {
        let specifier = self.wtf8_name(&src.value);
        self.facts.imports.push(Import { specifier, what, is_type, range: range(src.span) })
    }

    fn import(&mut self, decl: &'a ImportDecl) {
        if decl.specifiers.is_empty() {
            self.request(&decl.src, Imported::Effects, decl.type_only);
        }
        for specifier in &decl.specifiers {
            let (what, is_type) = match specifier {
                ImportSpecifier::Named(named) => {
                    let name = match &named.imported {
                        Some(name) => self.export_name(name),
                        None => self.name(&named.local.sym),
                    };
                    (Imported::Name(name), named.is_type_only)
                }
                ImportSpecifier::Default(_) => (Imported::Name(self.name_of("default")), false),
                ImportSpecifier::Namespace(_) => (Imported::Namespace, false),
            };
            let import = self.request(&decl.src, what, is_type || decl.type_only);
            let binding = self.declare(specifier.local(), BindingKind::Import);
            self.facts.bindings[binding].import = Some(import);
        }
    }

    fn import_equals(&mut self, decl: &'a TsImportEqualsDecl) {
        match &decl.module_ref {
            TsModuleRef::TsExternalModuleRef(external) => {
                let import = self.request(&external.expr, Imported::Require, decl.is_type_only);
                let binding = self.declare(&decl.id, BindingKind::Import);
                self.facts.bindings[binding].import = Some(import);
            }
            TsModuleRef::TsEntityName(_) => self.declare_once(&decl.id, BindingKind::Const),
        }
    }

    /// `import A = B.C` stands for the value; `export import` offers it.
    fn import_alias(&mut self, decl: &'a TsImportEqualsDecl) {
        let Some(binding) = self.resolve(&decl.id) else { return };
        if let TsModuleRef::TsEntityName(name) = &decl.module_ref {
            let value = self.entity(name);
            self.store_binding(binding, value);
        }
        if decl.is_export {
            let name = self.name(&decl.id.sym);
            self.facts.exports.push(Export::Binding { name, binding, range: range(decl.id.span) });
        }
    }

    fn export_name(&mut self, name: &ModuleExportName) -> NameId {
        let atom = name.atom();
        self.name(&atom)
    }

    fn export_decl(&mut self, export: &'a ExportDecl) {
        self.declaration(&export.decl);
        let mut exported = Vec::new();
        match &export.decl {
            Decl::Var(var) if !var.declare => {
                var.decls.iter().for_each(|decl| scopes::names(&decl.name, &mut |ident| exported.push(ident)));
            }
            decl => scopes::lexical_decl(decl, &mut |(ident, _)| exported.push(ident)),
        }
        for ident in exported {
            if let Some(binding) = self.resolve(ident) {
                let name = self.name(&ident.sym);
                self.facts.exports.push(Export::Binding { name, binding, range: range(ident.span) });
            }
        }
    }

    fn export_named(&mut self, export: &'a NamedExport) {
        for specifier in &export.specifiers {
            match (specifier, &export.src) {
                (ExportSpecifier::Named(named), Some(src)) => {
                    let original = self.export_name(&named.orig);
                    let name = named.exported.as_ref().map_or(original, |name| self.export_name(name));
                    let is_type = export.type_only || named.is_type_only;
                    let import = self.request(src, Imported::Name(original), is_type);
                    self.facts.exports.push(Export::From { name, import });
                }
                (ExportSpecifier::Namespace(namespace), Some(src)) => {
                    let name = self.export_name(&namespace.name);
                    let import = self.request(src, Imported::Namespace, export.type_only);
                    self.facts.exports.push(Export::From { name, import });
                }
                (ExportSpecifier::Default(default), Some(src)) => {
                    let name = self.name(&default.exported.sym);
                    let original = self.name_of("default");
                    let import = self.request(src, Imported::Name(original), export.type_only);
                    self.facts.exports.push(Export::From { name, import });
                }
                (ExportSpecifier::Named(named), None) => {
                    let original = self.export_name(&named.orig);
                    let name = named.exported.as_ref().map_or(original, |name| self.export_name(name));
                    // A type has no binding.
                    if let Some(binding) = self.scopes.resolve(original) {
                        self.facts.exports.push(Export::Binding { name, binding, range: range(named.span) });
                    }
                }
                _ => {}
            }
        }
        if let (true, Some(src)) = (export.specifiers.is_empty(), &export.src) {
            self.request(src, Imported::Effects, export.type_only);
        }
    }

    fn export_default(&mut self, decl: &'a DefaultDecl, span: Span) {
        let name = self.name_of("default");
        let naming = Naming { name, head: range(span) };
        let (ident, value) = match decl {
            DefaultDecl::TsInterfaceDecl(_) => return,
            DefaultDecl::Fn(function) => {
                if function.function.body.is_none() {
                    return;
                }
                let naming = match &function.ident {
                    Some(ident) => Naming { name: self.name(&ident.sym), head: range(ident.span) },
                    None => naming,
                };
                let source = FunctionSource::of(&function.function, FunctionForm::Plain);
                let value = self.closure(source, Some(naming));
                if let Some(binding) = function.ident.as_ref().and_then(|ident| self.resolve(ident)) {
                    self.store_binding(binding, Some(value));
                }
                (&function.ident, value)
            }
            DefaultDecl::Class(class) => match &class.ident {
                Some(ident) => {
                    self.class_declaration(ident, &class.class);
                    let value = self.own_home(ident).unwrap_or_else(|| self.nothing());
                    (&class.ident, value)
                }
                None => (&class.ident, self.class_expression(class, Some(naming))),
            },
        };
        let export = match ident.as_ref().and_then(|ident| self.resolve(ident)) {
            Some(binding) => Export::Binding { name, binding, range: range(span) },
            None => Export::Value { name, value, range: range(span) },
        };
        self.facts.exports.push(export);
    }

    fn export_default_value(&mut self, e: &'a Expr, span: Span) {
        let name = self.name_of("default");
        let naming = Naming { name, head: range(span) };
        // `export default x` offers the value that `x` has then: flow-insensitively, that of the binding.
        let value = match self.expr_named(e, Some(naming)) {
            Some(value) => value,
            None => self.nothing(),
        };
        self.facts.exports.push(Export::Value { name, value, range: range(span) });
    }

    /// A JSON file is `module.exports = <the value>`.
    pub(super) fn json(&mut self, value: &'a Expr) {
        self.facts.kind = ModuleKind::Json;
        self.begin_body(value.span());
        let src = self.expr(value);
        let module = self.name_of("module");
        let base = self.global(module, range(value.span()));
        let key = Key::Name(self.name_of("exports"));
        if let Some(src) = src {
            self.emit(Constraint::Store { base, key, src });
        }
    }
}

/// Whether a file is an ES module. One that imports, and exports by `module.exports` or `exports.x` only, is what bundlers
/// and compilers make a `CommonJS` module of.
fn is_es(items: &[ModuleItem]) -> bool {
    let mut imports = items.iter().filter_map(ModuleItem::as_module_decl).peekable();
    imports.peek().is_some() && (imports.any(|item| !item.is_import()) || !items.iter().any(is_assigned_export))
}

/// `module.exports = …`, `exports.x = …`, `module.exports.x = …`
fn is_assigned_export(item: &ModuleItem) -> bool {
    let Some(Stmt::Expr(statement)) = item.as_stmt() else { return false };
    let Expr::Assign(assign) = &*statement.expr else { return false };
    let Some(mut member) = assign.left.as_simple().and_then(|target| target.as_member()) else { return false };
    while let Expr::Member(inner) = &*member.obj {
        member = inner;
    }
    let Expr::Ident(root) = &*member.obj else { return false };
    let is_exports = member.prop.as_ident().is_some_and(|name| name.sym == "exports");
    root.sym == "exports" || root.sym == "module" && is_exports
}
