//! Which binding a name means: a table from names to their innermost binding, with a log that undoes a scope's
//! declarations when it ends. What a scope declares is collected before its code is lowered, for names may be used
//! above their declaration.

use swc_ecma_ast::{
    Decl, ForHead, ModuleDecl, ModuleItem, ObjectPatProp, Pat, Stmt, VarDecl, VarDeclKind, VarDeclOrExpr,
};

use crate::base::index::Idx;
use crate::syntax::facts::{BindingId, BindingKind, NameId};

/// The innermost bindings of all names.
#[derive(Default)]
pub(super) struct Scopes {
    current: Vec<Option<(BindingId, u32)>>,
    undo: Vec<(NameId, Option<(BindingId, u32)>)>,
    depth: u32,
}

/// Where a scope began; given back to end it.
#[derive(Clone, Copy)]
pub(super) struct Mark(usize);

impl Scopes {
    /// Begins a scope.
    pub(super) fn enter(&mut self) -> Mark {
        self.depth += 1;
        Mark(self.undo.len())
    }

    /// Ends the scope that began at `mark`.
    pub(super) fn leave(&mut self, mark: Mark) {
        self.depth -= 1;
        while self.undo.len() > mark.0 {
            if let Some((name, before)) = self.undo.pop() {
                self.current[name.index()] = before;
            }
        }
    }

    /// The binding that `name` means here.
    pub(super) fn resolve(&self, name: NameId) -> Option<BindingId> {
        self.current.get(name.index()).copied().flatten().map(|(binding, _)| binding)
    }

    /// The binding of `name` that the innermost scope itself declares.
    pub(super) fn own(&self, name: NameId) -> Option<BindingId> {
        let (binding, depth) = self.current.get(name.index()).copied().flatten()?;
        (depth == self.depth).then_some(binding)
    }

    /// Declares `name` in the innermost scope.
    pub(super) fn declare(&mut self, name: NameId, binding: BindingId) {
        if self.current.len() <= name.index() {
            self.current.resize(name.index() + 1, None);
        }
        let slot = &mut self.current[name.index()];
        self.undo.push((name, *slot));
        *slot = Some((binding, self.depth));
    }
}

/// A name that a scope declares.
pub(super) type Declared<'a> = (&'a swc_ecma_ast::Ident, BindingKind);

/// The lexical declarations of a statement list itself: `let`, `const`, classes, functions, enums, namespaces.
pub(super) fn lexical<'a>(statement: &'a Stmt, found: &mut impl FnMut(Declared<'a>)) {
    if let Stmt::Decl(decl) = unlabelled(statement) {
        lexical_decl(decl, found);
    }
}

fn unlabelled(mut statement: &Stmt) -> &Stmt {
    while let Stmt::Labeled(labelled) = statement {
        statement = &labelled.body;
    }
    statement
}

/// The lexical names of a declaration.
pub(super) fn lexical_decl<'a>(decl: &'a Decl, found: &mut impl FnMut(Declared<'a>)) {
    match decl {
        Decl::Class(class) if !class.declare => found((&class.ident, BindingKind::Class)),
        Decl::Fn(function) if !function.declare && function.function.body.is_some() => {
            found((&function.ident, BindingKind::Function));
        }
        Decl::Var(var) => lexical_var(var, found),
        Decl::Using(using) => {
            using.decls.iter().for_each(|decl| names(&decl.name, &mut |ident| found((ident, BindingKind::Const))));
        }
        Decl::TsEnum(decl) if !decl.declare => found((&decl.id, BindingKind::Namespace)),
        Decl::TsModule(module) if !module.declare && !module.global => {
            if let swc_ecma_ast::TsModuleName::Ident(ident) = &module.id {
                found((ident, BindingKind::Namespace));
            }
        }
        _ => {}
    }
}

/// The names of a `let` or `const`.
pub(super) fn lexical_var<'a>(var: &'a VarDecl, found: &mut impl FnMut(Declared<'a>)) {
    let kind = match var.kind {
        VarDeclKind::Var => return,
        VarDeclKind::Let => BindingKind::Let,
        VarDeclKind::Const => BindingKind::Const,
    };
    if !var.declare {
        var.decls.iter().for_each(|decl| names(&decl.name, &mut |ident| found((ident, kind))));
    }
}

/// The lexical and imported names of a module item.
pub(super) fn module_item<'a>(item: &'a ModuleItem, found: &mut impl FnMut(Declared<'a>)) {
    match item {
        ModuleItem::Stmt(statement) => lexical(statement, found),
        ModuleItem::ModuleDecl(ModuleDecl::ExportDecl(export)) => lexical_decl(&export.decl, found),
        ModuleItem::ModuleDecl(ModuleDecl::ExportDefaultDecl(export)) => match &export.decl {
            swc_ecma_ast::DefaultDecl::Class(class) => {
                class.ident.iter().for_each(|ident| found((ident, BindingKind::Class)));
            }
            swc_ecma_ast::DefaultDecl::Fn(function) if function.function.body.is_some() => {
                function.ident.iter().for_each(|ident| found((ident, BindingKind::Function)));
            }
            _ => {}
        },
        ModuleItem::ModuleDecl(_) => {}
    }
}

/// The `var` names of a module item, nested blocks included.
pub(super) fn module_item_vars<'a>(item: &'a ModuleItem, blocks: BlockFunctions, found: &mut impl FnMut(Declared<'a>)) {
    match item {
        ModuleItem::Stmt(statement) => vars(statement, Nesting::Top, blocks, found),
        ModuleItem::ModuleDecl(ModuleDecl::ExportDecl(export)) => {
            if let Decl::Var(var) = &export.decl {
                var_names(var, found);
            }
        }
        ModuleItem::ModuleDecl(_) => {}
    }
}

/// Whether functions that blocks declare belong to the whole function, as in sloppy code.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum BlockFunctions {
    /// They do.
    Hoisted,
    /// They belong to their block.
    Local,
}

/// Whether a statement stands in a block of the function whose variables are collected.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Nesting {
    /// It is one of the function's own.
    Top,
    /// It is in a block.
    Block,
}

/// The `var` names of a statement, nested blocks included but not nested functions.
pub(super) fn vars<'a>(
    statement: &'a Stmt,
    nesting: Nesting,
    blocks: BlockFunctions,
    found: &mut impl FnMut(Declared<'a>),
) {
    let mut inner = |statement: &'a Stmt| vars_inside(statement, blocks, found);
    match statement {
        Stmt::Decl(Decl::Var(var)) => var_names(var, found),
        Stmt::Decl(Decl::Fn(function))
            if nesting == Nesting::Block && blocks == BlockFunctions::Hoisted && function.function.body.is_some() =>
        {
            found((&function.ident, BindingKind::Function));
        }
        Stmt::Block(block) => block.stmts.iter().for_each(inner),
        Stmt::If(_) => if_vars(statement, blocks, found),
        Stmt::While(s) => inner(&s.body),
        Stmt::DoWhile(s) => inner(&s.body),
        Stmt::With(s) => inner(&s.body),
        Stmt::Labeled(s) => vars(&s.body, nesting, blocks, found),
        Stmt::For(s) => {
            if let Some(VarDeclOrExpr::VarDecl(var)) = &s.init {
                var_names(var, found);
            }
            vars_inside(&s.body, blocks, found);
        }
        Stmt::ForIn(s) => {
            head_vars(&s.left, found);
            vars_inside(&s.body, blocks, found);
        }
        Stmt::ForOf(s) => {
            head_vars(&s.left, found);
            vars_inside(&s.body, blocks, found);
        }
        Stmt::Switch(s) => s.cases.iter().flat_map(|case| &case.cons).for_each(inner),
        Stmt::Try(s) => {
            let handler = s.handler.iter().flat_map(|handler| &handler.body.stmts);
            let finalizer = s.finalizer.iter().flat_map(|block| &block.stmts);
            s.block.stmts.iter().chain(handler).chain(finalizer).for_each(inner);
        }
        _ => {}
    }
}

fn vars_inside<'a>(statement: &'a Stmt, blocks: BlockFunctions, found: &mut impl FnMut(Declared<'a>)) {
    // A trait object ends the growth of closure types that recursion through `impl FnMut` would bring.
    let found: &mut dyn FnMut(Declared<'a>) = found;
    vars_dyn(statement, blocks, found);
}

fn vars_dyn<'a>(statement: &'a Stmt, blocks: BlockFunctions, mut found: &mut dyn FnMut(Declared<'a>)) {
    vars(statement, Nesting::Block, blocks, &mut found);
}

/// `else if` chains are as long as people (and generators) like: they are walked in a loop.
fn if_vars<'a>(mut statement: &'a Stmt, blocks: BlockFunctions, found: &mut impl FnMut(Declared<'a>)) {
    while let Stmt::If(s) = statement {
        vars_inside(&s.cons, blocks, found);
        match &s.alt {
            Some(alt) => statement = alt,
            None => return,
        }
    }
    vars_inside(statement, blocks, found);
}

fn head_vars<'a>(head: &'a ForHead, found: &mut impl FnMut(Declared<'a>)) {
    if let ForHead::VarDecl(var) = head {
        var_names(var, found);
    }
}

fn var_names<'a>(var: &'a VarDecl, found: &mut impl FnMut(Declared<'a>)) {
    if var.kind == VarDeclKind::Var && !var.declare {
        var.decls.iter().for_each(|decl| names(&decl.name, &mut |ident| found((ident, BindingKind::Var))));
    }
}

/// The names that a pattern declares.
pub(super) fn names<'a>(pattern: &'a Pat, found: &mut dyn FnMut(&'a swc_ecma_ast::Ident)) {
    match pattern {
        Pat::Ident(ident) => found(&ident.id),
        Pat::Array(array) => array.elems.iter().flatten().for_each(|element| names(element, found)),
        Pat::Rest(rest) => names(&rest.arg, found),
        Pat::Assign(assign) => names(&assign.left, found),
        Pat::Object(object) => object.props.iter().for_each(|prop| match prop {
            ObjectPatProp::KeyValue(pair) => names(&pair.value, found),
            ObjectPatProp::Assign(assign) => found(&assign.key.id),
            ObjectPatProp::Rest(rest) => names(&rest.arg, found),
        }),
        Pat::Invalid(_) | Pat::Expr(_) => {}
    }
}
