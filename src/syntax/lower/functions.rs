//! Functions: their frames, parameters and bodies.

use smallvec::SmallVec;
use swc_common::{Span, Spanned};
use swc_ecma_ast::{
    ArrowExpr, ArrowFunctionBody, AssignPat, BindingIdent, Class, Decorator, Expr, FnExpr, Function, FunctionBody,
    Ident, Lit, Pat, Stmt,
};

use super::classes::Fields;
use super::machines::Machine;
use super::{Frame, Home, Lowerer, OWN_NAME, range, run, unfinished};
use crate::base::span::ByteRange;
use crate::syntax::facts::{
    BindingKind, ClassId, Constraint, FunctionForm, FunctionId, FunctionKind, NameId, Param, Run, ValueId,
};
use crate::syntax::scopes::{self, Nesting};

/// The name that a function or class gets from the place it is given to.
#[derive(Clone, Copy)]
pub(super) struct Naming {
    pub(super) name: NameId,
    pub(super) head: ByteRange,
}

/// A parameter as it is written.
#[derive(Clone, Copy)]
pub(super) struct ParamSource<'a> {
    pub(super) pattern: ParamPattern<'a>,
    pub(super) decorators: &'a [Decorator],
    /// Whether it is a field as well (`constructor(private x: T)`).
    pub(super) is_field: bool,
    pub(super) span: Span,
}

/// The three forms in which swc hands patterns of parameters.
#[derive(Clone, Copy)]
pub(super) enum ParamPattern<'a> {
    Pattern(&'a Pat),
    Ident(&'a BindingIdent),
    Assign(&'a AssignPat),
}

/// A function's body.
#[derive(Clone, Copy)]
pub(super) enum Body<'a> {
    Statements(&'a [Stmt]),
    Expression(&'a Expr),
    /// That of an implied constructor.
    Class,
    /// The static fields and blocks of a class.
    Static(&'a Class),
}

/// A function as it is written.
pub(super) struct FunctionSource<'a> {
    pub(super) kind: FunctionKind,
    pub(super) params: SmallVec<[ParamSource<'a>; 4]>,
    pub(super) body: Body<'a>,
    pub(super) span: Span,
    pub(super) own_name: Option<&'a Ident>,
    pub(super) class: Option<ClassId>,
    pub(super) home: Option<Home>,
    pub(super) fields: Option<Fields<'a>>,
}

impl<'a> FunctionSource<'a> {
    pub(super) fn of(function: &'a Function, form: FunctionForm) -> Self {
        let kind = FunctionKind { form, is_async: function.is_async, is_generator: function.is_generator };
        let body = function.body.as_ref().map_or(&[][..], |body: &FunctionBody| &body.stmts);
        let params = function
            .params
            .iter()
            .map(|param| ParamSource {
                pattern: ParamPattern::Pattern(&param.pat),
                decorators: &param.decorators,
                is_field: false,
                span: param.span,
            })
            .collect();
        Self::new(kind, params, Body::Statements(body), function.span)
    }

    pub(super) fn new(kind: FunctionKind, params: SmallVec<[ParamSource<'a>; 4]>, body: Body<'a>, span: Span) -> Self {
        Self { kind, params, body, span, own_name: None, class: None, home: None, fields: None }
    }

    fn arrow(arrow: &'a ArrowExpr) -> Self {
        let kind =
            FunctionKind { form: FunctionForm::Arrow, is_async: arrow.is_async, is_generator: arrow.is_generator };
        let body = match &*arrow.body {
            ArrowFunctionBody::FunctionBody(body) => Body::Statements(&body.stmts),
            ArrowFunctionBody::Expr(e) => Body::Expression(e),
        };
        let params = arrow
            .params
            .iter()
            .map(|pat| ParamSource {
                pattern: ParamPattern::Pattern(pat),
                decorators: &[],
                is_field: false,
                span: pat.span(),
            })
            .collect();
        Self::new(kind, params, body, arrow.span)
    }

    /// What a label points at: the name, or the word `function`, or an arrow's parameters.
    fn head(&self, naming: Option<Naming>) -> ByteRange {
        if let Some(name) = self.own_name {
            return range(name.span);
        }
        let whole = range(self.span);
        match self.kind.form {
            FunctionForm::Arrow => {
                let start = self.params.first().map_or(whole.start, |param| range(param.span).start);
                let end = self.params.last().map_or(whole.start, |param| range(param.span).end);
                if end > start { ByteRange::new(start, end) } else { ByteRange::new(whole.start, whole.start + 2) }
            }
            FunctionForm::Plain => ByteRange::new(whole.start, whole.end.min(whole.start + 8)),
            _ => naming.map_or(whole, |naming| naming.head),
        }
    }
}

impl<'a> Lowerer<'a> {
    /// A function or class expression, named by its place unless it has a name.
    pub(super) fn named(&mut self, e: &'a Expr, naming: Option<Naming>) -> ValueId {
        match e {
            Expr::Fn(function) => self.function_expression(function, naming),
            Expr::Arrow(arrow) => self.closure(FunctionSource::arrow(arrow), naming),
            Expr::Class(class) => self.class_expression(class, naming),
            _ => self.nothing(),
        }
    }

    fn function_expression(&mut self, e: &'a FnExpr, naming: Option<Naming>) -> ValueId {
        let mut source = FunctionSource::of(&e.function, FunctionForm::Plain);
        source.own_name = e.ident.as_ref();
        self.closure(source, naming)
    }

    /// A closure of a function in a node of its own.
    pub(super) fn closure(&mut self, source: FunctionSource<'a>, naming: Option<Naming>) -> ValueId {
        let dst = self.node_at(range(source.span));
        let function = self.function(source, naming);
        self.emit(Constraint::Closure { dst, function });
        dst
    }

    /// Lowers a function.
    pub(super) fn function(&mut self, mut source: FunctionSource<'a>, naming: Option<Naming>) -> FunctionId {
        self.shape(61);
        let machine = Machine::of(&source);
        source.kind.is_generator |= machine.is_some();
        let name = match source.own_name {
            Some(ident) => Some(self.name(&ident.sym)),
            None => naming.map(|naming| naming.name),
        };
        let mut function = unfinished(Some(self.frame.id), name, source.kind, range(source.span));
        function.head = source.head(naming);
        function.class = source.class;
        let id = self.facts.functions.push(function);
        self.enter_frame(id, &mut source);
        self.frame.machine = machine;
        let outer = self.scopes.enter();
        if let Some(ident) = source.own_name {
            self.declare_at(ident, BindingKind::Function, OWN_NAME);
        }
        let inner = self.scopes.enter();
        self.declare_params(&source.params);
        if let Body::Statements(statements) = source.body {
            self.hoist(statements);
        }
        let made_with = |ident: &swc_ecma_ast::Ident| self.made_with(ident);
        if let Some(test) = super::name_tests::asked_of_first(&source.params, source.body, &made_with) {
            self.facts.name_tests.push((id, test));
        }
        let fields = self.params(id, &source.params);
        self.function_body(id, source.body, fields);
        self.scopes.leave(inner);
        self.scopes.leave(outer);
        self.leave_frame();
        id
    }

    fn enter_frame(&mut self, id: FunctionId, source: &mut FunctionSource<'a>) {
        let mut frame = Frame::new(id, source.kind.form);
        frame.home = source.home;
        frame.fields = source.fields.take();
        frame.statement = range(source.span);
        if source.kind.form == FunctionForm::Arrow {
            frame.this_function = self.frame.this_function;
            frame.home = self.frame.home;
        }
        self.outer_frames.push(std::mem::replace(&mut self.frame, frame));
    }

    /// Files what was found in the function, and goes back to the one around it. Statements of nested functions are
    /// among the shapes of those around them too, up to a depth.
    fn leave_frame(&mut self) {
        const FLATTENED_DEPTH: usize = 16;
        self.finish_frame_into_facts();
        let id = self.frame.id;
        if let Some(outer) = self.outer_frames.pop() {
            self.frame = outer;
        }
        if self.outer_frames.len() < FLATTENED_DEPTH {
            let shapes = self.facts.functions[id].shapes.indices();
            self.frame.shapes.extend_from_slice(&self.facts.shapes[shapes]);
        }
    }

    fn declare_params(&mut self, params: &[ParamSource<'a>]) {
        for param in params {
            match param.pattern {
                ParamPattern::Pattern(pattern) => {
                    scopes::names(pattern, &mut |ident| self.declare_once(ident, BindingKind::Param));
                }
                ParamPattern::Ident(ident) => self.declare_once(&ident.id, BindingKind::Param),
                ParamPattern::Assign(assign) => {
                    scopes::names(&assign.left, &mut |ident| self.declare_once(ident, BindingKind::Param));
                }
            }
        }
    }

    /// Declares what the statements of a function's body declare.
    pub(super) fn hoist(&mut self, statements: &'a [Stmt]) {
        let blocks = self.block_functions;
        for statement in statements {
            scopes::vars(statement, Nesting::Top, blocks, &mut |(ident, kind)| self.declare_once(ident, kind));
        }
        for statement in statements {
            scopes::lexical(statement, &mut |(ident, kind)| self.declare_once(ident, kind));
        }
    }

    /// Lowers the parameters; returns those that are fields too.
    fn params(&mut self, id: FunctionId, params: &[ParamSource<'a>]) -> SmallVec<[(NameId, ValueId, Span); 2]> {
        let mut lowered: SmallVec<[Param; 4]> = SmallVec::new();
        let mut fields = SmallVec::new();
        for source in params {
            let (param, ident) = match source.pattern {
                ParamPattern::Pattern(pattern) => self.param(pattern, source.span),
                ParamPattern::Ident(ident) => self.simple_param(ident, source.span),
                ParamPattern::Assign(assign) => self.param_with_default(assign, source.span),
            };
            if let (true, Some(ident)) = (source.is_field, ident) {
                let name = self.name(&ident.sym);
                if let Some(value) = self.read(ident) {
                    fields.push((name, value, ident.span));
                }
            }
            lowered.push(param);
        }
        let start = self.facts.params.len();
        self.facts.params.extend_from_slice(&lowered);
        self.facts.functions[id].params = run(start, self.facts.params.len());
        fields
    }

    fn param(&mut self, pattern: &'a Pat, span: Span) -> (Param, Option<&'a Ident>) {
        match pattern {
            Pat::Ident(ident) => self.simple_param(ident, span),
            Pat::Assign(assign) => self.param_with_default(assign, span),
            Pat::Rest(rest) => {
                let (mut param, ident) = self.param(&rest.arg, span);
                param.is_rest = true;
                (param, ident)
            }
            _ => {
                let value = self.node_at(range(pattern.span()));
                self.note_pattern_type(pattern, value);
                self.declare_pattern(pattern, value);
                (Param { name: None, value, is_rest: false, is_optional: false, range: range(span) }, None)
            }
        }
    }

    fn simple_param(&mut self, ident: &'a BindingIdent, span: Span) -> (Param, Option<&'a Ident>) {
        let name = self.name(&ident.id.sym);
        let value = match self.own_home(&ident.id) {
            Some(home) => home,
            None => self.node(),
        };
        if let Some(ty) = &ident.type_ann {
            self.note_type(value, ty);
        }
        let is_optional = ident.id.optional;
        (Param { name: Some(name), value, is_rest: false, is_optional, range: range(span) }, Some(&ident.id))
    }

    fn param_with_default(&mut self, assign: &'a AssignPat, span: Span) -> (Param, Option<&'a Ident>) {
        let ident = assign.left.as_ident();
        let name = ident.map(|ident| self.name(&ident.id.sym));
        let value = self.node_at(range(assign.left.span()));
        self.note_pattern_type(&assign.left, value);
        self.pattern_default(&assign.left, &assign.right, value, super::patterns::Mode::Declare);
        (Param { name, value, is_rest: false, is_optional: true, range: range(span) }, ident.map(|ident| &ident.id))
    }

    fn function_body(&mut self, id: FunctionId, body: Body<'a>, fields: SmallVec<[(NameId, ValueId, Span); 2]>) {
        match body {
            Body::Expression(e) => {
                self.frame.statement = range(e.span());
                let mark = self.begin_shape(range(e.span()));
                self.shape(super::statements::EXPRESSION);
                self.return_value(e);
                self.end_shape(mark);
            }
            Body::Statements(statements) => {
                self.facts.functions[id].directives = self.directives(statements);
                self.begin_constructor(fields);
                self.statements(statements);
                self.instance_fields();
            }
            Body::Class => {
                self.begin_constructor(fields);
                self.class_body(id);
            }
            Body::Static(class) => self.static_members(class),
        }
    }

    /// `'use server'` and its like at the start of a body.
    pub(super) fn directives(&mut self, statements: &'a [Stmt]) -> Run {
        let mut names: SmallVec<[NameId; 2]> = SmallVec::new();
        for statement in statements {
            let Stmt::Expr(statement) = statement else { break };
            let Expr::Lit(Lit::Str(text)) = &*statement.expr else { break };
            names.push(self.wtf8_name(&text.value));
        }
        if names.is_empty() { Run::default() } else { self.name_list(&names) }
    }
}
