//! Classes: the constructor (written or implied), methods on the prototype, fields, statics, decorators.

use smallvec::SmallVec;
use swc_common::{Span, Spanned};
use swc_ecma_ast::{
    Class as ClassNode, ClassExpr, ClassMember, Constructor, Decorator as DecoratorNode, Expr, Function, Ident,
    Key as MemberKey, MethodKind, ParamOrTsParamProp, PrivateName, PropName, TsParamPropParam, TsTypeAnn,
};

use super::assignments::Made;
use super::functions::{Body, FunctionSource, Naming, ParamPattern, ParamSource};
use super::{Home, Lowerer, plain, range};
use crate::base::span::ByteRange;
use crate::syntax::facts::{
    ARGUMENTS, AccessorKind, Argument, BindingKind, CallKind, Callee, Class, ClassId, Constraint, Decorated, Decorator,
    FunctionForm, FunctionId, Key, NameId, Place, Run, THIS, ValueId,
};

/// Instance fields that a constructor still has to set.
#[derive(Clone)]
pub(in crate::syntax) struct Fields<'a> {
    class: &'a ClassNode,
    params: SmallVec<[(NameId, ValueId, Span); 2]>,
}

/// The name under which a class's static initialiser is kept; no program can write it.
const STATIC_INITIALIZER: &str = "<static>";

/// A member's name.
#[derive(Clone, Copy)]
enum Name<'a> {
    Public(&'a PropName),
    Private(&'a PrivateName),
}

/// A field as it is written, in one of its three forms.
struct Field<'a> {
    name: Name<'a>,
    value: Option<&'a Expr>,
    ty: Option<&'a TsTypeAnn>,
    is_static: bool,
    decorators: &'a [DecoratorNode],
    span: Span,
}

/// Classes of a file above one another; one further up is not inherited from, since each member is looked for in all.
const MOST_ANCESTORS: u32 = 100;

/// Whether a class refers to the class or to its instances.
#[derive(Clone, Copy)]
struct Sides {
    class: ClassId,
    value: ValueId,
    prototype: ValueId,
}

impl<'a> Lowerer<'a> {
    pub(super) fn class_declaration(&mut self, ident: &'a Ident, class: &'a ClassNode) {
        let naming = Naming { name: self.name(&ident.sym), head: range(ident.span) };
        let binding = self.resolve(ident);
        let home = self.own_home(ident);
        let value = home.unwrap_or_else(|| self.node_at(range(ident.span)));
        self.class(class, Some(naming), value);
        if let (None, Some(binding)) = (home, binding) {
            self.store_binding(binding, Some(value));
        }
    }

    pub(super) fn class_expression(&mut self, e: &'a ClassExpr, naming: Option<Naming>) -> ValueId {
        self.shape(65);
        let value = self.node_at(range(e.class.span));
        let Some(ident) = &e.ident else {
            self.class(&e.class, naming, value);
            return value;
        };
        let scope = self.scopes.enter();
        self.declare_at(ident, BindingKind::Class, value);
        let naming = Naming { name: self.name(&ident.sym), head: range(ident.span) };
        self.class(&e.class, Some(naming), value);
        self.scopes.leave(scope);
        value
    }

    /// Lowers a class into `value`.
    fn class(&mut self, class: &'a ClassNode, naming: Option<Naming>, value: ValueId) {
        let parent = class.super_class.as_ref().map(|parent| self.expr_node(parent));
        let above = parent.and_then(|parent| self.ancestors.get(&(self.frame.id, parent)).copied());
        let ancestors = above.map_or(0, |above| above + 1);
        let parent = parent.filter(|_| ancestors <= MOST_ANCESTORS);
        self.ancestors.insert((self.frame.id, value), if parent.is_some() { ancestors } else { 0 });
        let whole = range(class.span);
        let head = naming.map_or(ByteRange::new(whole.start, whole.end.min(whole.start + 5)), |naming| naming.head);
        let implements = self.implemented(class);
        let id = self.facts.classes.push(Class {
            name: naming.map(|naming| naming.name),
            function: self.frame.id,
            value,
            parent,
            constructor: FunctionId(0),
            range: whole,
            head,
            implements,
        });
        self.emit(Constraint::Class { dst: value, class: id });
        let prototype = self.node_at(head);
        let key = Key::Name(self.name_of("prototype"));
        self.emit(Constraint::Load { dst: prototype, base: value, key });
        let sides = Sides { class: id, value, prototype };
        let constructor = self.constructor(class, naming, id);
        self.facts.classes[id].constructor = constructor;
        self.members(class, sides);
        self.static_initializer(class, sides);
        self.decorate(&class.decorators, id, Decorated::Class);
    }

    fn implemented(&mut self, class: &ClassNode) -> Run {
        let mut names: SmallVec<[NameId; 4]> = SmallVec::new();
        let parent = class.super_class.as_deref();
        for e in class.implements.iter().map(|implemented| &*implemented.expr).chain(parent) {
            match e {
                Expr::Ident(ident) => names.push(self.name(&ident.sym)),
                Expr::Member(member) => {
                    if let Some(name) = member.prop.as_ident() {
                        names.push(self.name(&name.sym));
                    }
                }
                _ => {}
            }
        }
        self.name_list(&names)
    }

    fn constructor(&mut self, class: &'a ClassNode, naming: Option<Naming>, id: ClassId) -> FunctionId {
        let written = class.body.iter().find_map(|member| match member {
            ClassMember::Constructor(constructor) if constructor.body.is_some() => Some(constructor),
            _ => None,
        });
        let mut source = match written {
            Some(constructor) => constructor_source(constructor),
            None => FunctionSource::new(plain(FunctionForm::Constructor), SmallVec::new(), Body::Class, class.span),
        };
        source.class = Some(id);
        source.home = Some(Home { class: id, is_static: false });
        source.fields = Some(Fields { class, params: SmallVec::new() });
        let decorated: SmallVec<[&'a [DecoratorNode]; 4]> =
            source.params.iter().map(|param| param.decorators).collect();
        let naming = match written {
            Some(constructor) => naming.map(|naming| Naming { name: naming.name, head: range(constructor.key.span()) }),
            None => naming,
        };
        let function = self.function(source, naming);
        self.decorate_params(&decorated, id, function);
        function
    }

    /// At the start of a constructor of a class without a parent, its fields are set; with a parent, `super(…)` does.
    pub(super) fn begin_constructor(&mut self, params: SmallVec<[(NameId, ValueId, Span); 2]>) {
        let Some(fields) = &mut self.frame.fields else { return };
        fields.params = params;
        if fields.class.super_class.is_none() {
            self.instance_fields();
        }
    }

    /// The body of an implied constructor: one of a derived class passes its arguments on.
    pub(super) fn class_body(&mut self, id: FunctionId) {
        if let (Some(class), Some(_)) = (self.facts.functions[id].class, &self.frame.fields) {
            let arguments = [Argument { value: ARGUMENTS, is_spread: true }];
            let whole = self.facts.functions[id].range;
            let head = self.facts.functions[id].head;
            self.emit_call(Callee::Super(class), &arguments, CallKind::Call, whole, head);
        }
        self.instance_fields();
    }

    /// Sets the instance fields, once in a constructor.
    pub(super) fn instance_fields(&mut self) {
        // An arrow that calls `super` stands in a constructor: its fields are set at that one's end.
        let Some(fields) = self.frame.fields.take() else { return };
        for (name, value, span) in fields.params {
            self.store_field(THIS, Key::Name(name), Some(value), span, Made::Parameter);
        }
        for member in &fields.class.body {
            if let Some(field) = field_of(member).filter(|field| !field.is_static) {
                self.field(&field, THIS);
            }
        }
    }

    /// Sets one field of `base`.
    fn field(&mut self, field: &Field<'a>, base: ValueId) {
        let outer = std::mem::replace(&mut self.frame.statement, range(field.span));
        let mark = self.begin_shape(range(field.span));
        self.shape(66);
        let (key, span) = self.member_name(field.name);
        if let Some(value) = field.value {
            let naming = match key {
                Key::Name(name) => Some(Naming { name, head: range(span) }),
                _ => None,
            };
            let value = self.expr_named(value, naming);
            self.store_field(base, key, value, span, Made::Initializer);
        } else {
            self.flow(Place::Property { base, key }, None);
        }
        if let Some(ty) = field.ty {
            self.note_field_type(base, key, ty, span);
        }
        self.end_shape(mark);
        self.frame.statement = outer;
    }

    fn member_name(&mut self, name: Name<'a>) -> (Key, Span) {
        match name {
            Name::Public(name) => (self.prop_key(name), name.span()),
            Name::Private(name) => (Key::Name(self.private_name(name)), name.span),
        }
    }

    fn members(&mut self, class: &'a ClassNode, sides: Sides) {
        for member in &class.body {
            match member {
                ClassMember::Method(method) => {
                    let name = Name::Public(&method.key);
                    self.method(name, method.kind, &method.function, sides, method.is_static);
                }
                ClassMember::PrivateMethod(method) => {
                    let name = Name::Private(&method.key);
                    self.method(name, method.kind, &method.function, sides, method.is_static);
                }
                _ => {
                    if let Some(field) = field_of(member)
                        && !field.decorators.is_empty()
                        && let Name::Public(PropName::Ident(name)) = field.name
                    {
                        let name = self.name(&name.sym);
                        self.decorate(field.decorators, sides.class, Decorated::Field(name));
                    }
                }
            }
        }
    }

    fn method(&mut self, name: Name<'a>, kind: MethodKind, function: &'a Function, sides: Sides, is_static: bool) {
        // Overloads and abstract methods have no body.
        if function.body.is_none() {
            return;
        }
        self.shape(67);
        let (key, span) = self.member_name(name);
        let form = match kind {
            MethodKind::Method => FunctionForm::Method,
            MethodKind::Getter => FunctionForm::Getter,
            MethodKind::Setter => FunctionForm::Setter,
        };
        let mut source = FunctionSource::of(function, form);
        source.class = Some(sides.class);
        source.home = Some(Home { class: sides.class, is_static });
        let naming = match key {
            Key::Name(name) => Some(Naming { name, head: range(span) }),
            _ => None,
        };
        let src = self.node_at(range(span));
        let id = self.function(source, naming);
        self.emit(Constraint::Closure { dst: src, function: id });
        let base = if is_static { sides.value } else { sides.prototype };
        self.emit(match kind {
            MethodKind::Method => Constraint::Store { base, key, src },
            MethodKind::Getter => Constraint::Accessor { base, key, kind: AccessorKind::Getter, src },
            MethodKind::Setter => Constraint::Accessor { base, key, kind: AccessorKind::Setter, src },
        });
        self.decorate(&function.decorators, sides.class, Decorated::Method(id));
        let decorated: SmallVec<[&'a [DecoratorNode]; 4]> =
            function.params.iter().map(|param| &*param.decorators).collect();
        self.decorate_params(&decorated, sides.class, id);
    }

    /// Static fields and blocks: a function that is called once, with the class as `this`.
    fn static_initializer(&mut self, class: &'a ClassNode, sides: Sides) {
        let is_static = |member: &ClassMember| match member {
            ClassMember::StaticBlock(_) => true,
            _ => field_of(member).is_some_and(|field| field.is_static && field.value.is_some()),
        };
        if !class.body.iter().any(is_static) {
            return;
        }
        let kind = plain(FunctionForm::StaticInitializer);
        let mut source = FunctionSource::new(kind, SmallVec::new(), Body::Static(class), class.span);
        source.class = Some(sides.class);
        source.home = Some(Home { class: sides.class, is_static: true });
        let name = self.name_of(STATIC_INITIALIZER);
        let naming = Naming { name, head: self.facts.classes[sides.class].head };
        let src = self.closure(source, Some(naming));
        let key = Key::Name(name);
        self.emit(Constraint::Store { base: sides.value, key, src });
        self.call_method(sides.value, key, class.span);
    }

    /// The body of a static initialiser.
    pub(super) fn static_members(&mut self, class: &'a ClassNode) {
        for member in &class.body {
            if let ClassMember::StaticBlock(block) = member {
                let scope = self.scopes.enter();
                self.hoist(&block.body.stmts);
                self.statements(&block.body.stmts);
                self.scopes.leave(scope);
            } else if let Some(field) = field_of(member).filter(|field| field.is_static) {
                self.field(&field, THIS);
            }
        }
    }

    fn decorate(&mut self, decorators: &'a [DecoratorNode], class: ClassId, target: Decorated) {
        for decorator in decorators {
            let value = self.expr_node(&decorator.expr);
            let range = range(decorator.span);
            let function = self.frame.id;
            self.facts.decorators.push(Decorator { function, class, target, value, range });
        }
    }

    fn decorate_params(&mut self, params: &[&'a [DecoratorNode]], class: ClassId, function: FunctionId) {
        for (index, decorators) in params.iter().enumerate() {
            let index = u32::try_from(index).unwrap_or(u32::MAX);
            self.decorate(decorators, class, Decorated::Param(function, index));
        }
    }
}

fn constructor_source(constructor: &Constructor) -> FunctionSource<'_> {
    let params = constructor
        .params
        .iter()
        .map(|param| match param {
            ParamOrTsParamProp::Param(param) => ParamSource {
                pattern: ParamPattern::Pattern(&param.pat),
                decorators: &param.decorators,
                is_field: false,
                span: param.span,
            },
            ParamOrTsParamProp::TsParamProp(param) => ParamSource {
                pattern: match &param.param {
                    TsParamPropParam::Ident(ident) => ParamPattern::Ident(ident),
                    TsParamPropParam::Assign(assign) => ParamPattern::Assign(assign),
                },
                decorators: &param.decorators,
                is_field: true,
                span: param.span,
            },
        })
        .collect();
    let body = constructor.body.as_ref().map_or(&[][..], |body| &body.stmts);
    FunctionSource::new(plain(FunctionForm::Constructor), params, Body::Statements(body), constructor.span)
}

/// A member as a field, if it is one that exists at run time.
fn field_of(member: &ClassMember) -> Option<Field<'_>> {
    match member {
        ClassMember::ClassProp(prop) if !prop.declare && !prop.is_abstract => Some(Field {
            name: Name::Public(&prop.key),
            value: prop.value.as_deref(),
            ty: prop.type_ann.as_deref(),
            is_static: prop.is_static,
            decorators: &prop.decorators,
            span: prop.span,
        }),
        ClassMember::PrivateProp(prop) => Some(Field {
            name: Name::Private(&prop.key),
            value: prop.value.as_deref(),
            ty: prop.type_ann.as_deref(),
            is_static: prop.is_static,
            decorators: &prop.decorators,
            span: prop.span,
        }),
        ClassMember::AutoAccessor(prop) if !prop.is_abstract => Some(Field {
            name: match &prop.key {
                MemberKey::Public(name) => Name::Public(name),
                MemberKey::Private(name) => Name::Private(name),
            },
            value: prop.value.as_deref(),
            ty: prop.type_ann.as_deref(),
            is_static: prop.is_static,
            decorators: &prop.decorators,
            span: prop.span,
        }),
        _ => None,
    }
}
