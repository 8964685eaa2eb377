//! What frameworks make and inject: decorated classes, their methods, and values of declared types.

use smallvec::SmallVec;

use crate::base::finding::{Confidence, ContextKind};
use crate::heap::builtins::NativeCall;
use crate::heap::field::Field;
use crate::heap::graph::NodeId;
use crate::heap::instance::Phase;
use crate::heap::object::{InstanceId, Lifetime, ObjectId, ObjectKind, Source, Value};
use crate::heap::roots::Entry;
use crate::heap::solver::{Arg, Invocation, InvocationKind, Listener, RootCause, Solver, This};
use crate::models::facts::{Arguments, DecoratorFacts, ParamFacts};
use crate::modules::Resolution;
use crate::syntax::facts::{Callee, Decorated, Decorator, FunctionForm, Imported, Key, NameId, THIS, TypeRef};

impl Solver<'_> {
    /// Classes, methods and parameters that decorators hand to a framework. Needs the decorators' values: after a
    /// first run.
    pub(super) fn enter_decorated(&mut self) {
        let mut singletons: Vec<(InstanceId, ObjectId)> = Vec::new();
        let owners: Vec<InstanceId> = self.instances.ids().collect();
        for &at in &owners {
            let key = self.instances[at].key;
            let facts = &self.input.facts[key.file];
            for decorator in facts.decorators.iter().filter(|d| d.function == key.function) {
                if decorator.target != Decorated::Class {
                    continue;
                }
                let Some(meaning) = self.decorator_facts(at, decorator) else { continue };
                if meaning.has_providers {
                    self.bind_listed(at, decorator);
                }
                if (meaning.is_singleton || meaning.context.is_some())
                    && !self.is_transient(at, decorator, &meaning)
                    && let Some(class) = self.class_object(at, decorator.class)
                    && !singletons.contains(&(at, class))
                {
                    singletons.push((at, class));
                }
            }
        }
        for &(at, class) in &singletons {
            let instance = self.instance_of(class, at, None);
            self.singletons.insert(class, instance);
        }
        for &(at, class) in &singletons {
            self.construct_singleton(at, class);
        }
        for &(at, class) in &singletons {
            self.enter_methods(at, class, Value::object(self.singletons[&class], Lifetime::Module));
            self.enter_named_methods(at, class);
            self.enter_all_methods(at, class);
        }
        for &(_, class) in &singletons {
            self.provide_singleton(class);
        }
        for (at, class) in self.classes_with_handlers(&owners) {
            self.enter_passing(at, class);
        }
        for (class, dst) in self.providers.resolved.clone() {
            if let Some(kept) = self.singleton_in(class) {
                self.graph.insert(dst, kept);
            }
        }
    }

    /// Classes with methods that handle something, of which the framework keeps no instance.
    fn classes_with_handlers(&mut self, owners: &[InstanceId]) -> Vec<(InstanceId, ObjectId)> {
        let mut classes = Vec::new();
        for &at in owners {
            let key = self.instances[at].key;
            let facts = &self.input.facts[key.file];
            for decorator in facts.decorators.iter().filter(|d| d.function == key.function) {
                if !matches!(decorator.target, Decorated::Method(_))
                    || self.decorator_facts(at, decorator).is_none_or(|meaning| meaning.context.is_none())
                {
                    continue;
                }
                if let Some(class) = self.class_object(at, decorator.class)
                    && !self.singletons.contains_key(&class)
                    && !classes.contains(&(at, class))
                {
                    classes.push((at, class));
                }
            }
        }
        classes
    }

    /// Each call of a handler has an instance of its own.
    fn enter_passing(&mut self, at: InstanceId, class: ObjectId) {
        let instance = self.instance_of(class, at, None);
        let this = Value::object(instance, Lifetime::Fresh);
        self.construct_for(at, class, this, SmallVec::new());
        self.enter_methods(at, class, this);
    }

    /// `container.resolve(C)`: an instance of its own; or, once it is known which classes have but one, that one.
    pub(super) fn resolve_instance(&mut self, call: &NativeCall, class: &Arguments, dst: NodeId) {
        let mut inner = self.invocations[call.invocation].clone();
        inner.kind = InvocationKind::New;
        inner.this = This::None;
        inner.args = SmallVec::new();
        let inner = self.invocation(inner);
        for node in self.selected(call.invocation, class) {
            self.providers.resolved.push((node, dst));
            self.listen(node, Listener::Resolve { dst });
            self.listen(node, Listener::Invoke { invocation: inner });
        }
    }

    /// Methods that the framework calls by their names on the instances that it made.
    fn enter_named_methods(&mut self, at: InstanceId, class: ObjectId) {
        let Source::Class { file, class: id, .. } = self.objects[class].source else { return };
        let decorators = self.input.facts[file].decorators.iter();
        let on_class = decorators.filter(|d| d.class == id && d.target == Decorated::Class);
        let named: Vec<(String, ContextKind)> =
            on_class.filter_map(|d| self.decorator_facts(at, d)).flat_map(|facts| facts.methods).collect();
        let prototype = self.prototype_of(class);
        for (name, kind) in named {
            let Some(name) = self.names.get(&name) else { continue };
            let Some(method) = self.known_field(prototype, Field::name(name)) else { continue };
            let functions: Vec<Value> = self.graph.set(method).iter().collect();
            for (object, _) in functions.into_iter().filter_map(Value::as_object) {
                let Source::Function { file, function, .. } = self.objects[object].source else { continue };
                let text = format!("{} of a class that the framework makes", self.names.text(name));
                let cause = RootCause {
                    kind: Some(kind),
                    confidence: Confidence::High,
                    label: self.names.intern(&text),
                    function: Some((file, function)),
                };
                self.enter_method(at, class, object, cause);
            }
        }
    }

    /// A method that the framework calls with the data of its context.
    fn enter_method(&mut self, at: InstanceId, class: ObjectId, method: ObjectId, cause: RootCause) {
        let Source::Function { file, function, .. } = self.objects[method].source else { return };
        let data = match cause.kind {
            Some(ContextKind::Request) => Some(crate::models::facts::DataKind::Request),
            Some(ContextKind::Event) => Some(crate::models::facts::DataKind::Event),
            _ => None,
        };
        let count = u32::try_from(self.input.facts[file].params_of(function).len()).unwrap_or(0);
        let params = data
            .map_or_else(Default::default, |data| (0..count).map(|index| (index, ParamFacts::Data(data))).collect());
        let this = This::Value(Value::object(self.singletons[&class], Lifetime::Module));
        let invocation = self.outside_invocation(&Entry { cause, params, caller: at, this, dst: None }, method);
        self.invoke(invocation, Value::object(method, Lifetime::Module));
    }

    pub(super) fn construct_singleton(&mut self, at: InstanceId, class: ObjectId) {
        let this = Value::object(self.singletons[&class], Lifetime::Module);
        self.construct_for(at, class, this, SmallVec::new());
    }

    /// A container makes an instance.
    pub(super) fn construct_for(&mut self, at: InstanceId, class: ObjectId, this: Value, args: SmallVec<[Arg; 3]>) {
        let invocation = self.invocation(Invocation {
            caller: at,
            call: None,
            this: This::Value(this),
            args,
            dst: None,
            kind: InvocationKind::New,
            position: None,
            phase: Phase::Init,
            root: None,
            hops: 0,
            is_opaque: false,
        });
        self.run_constructor(invocation, class, Value::object(class, Lifetime::Module), this);
    }

    /// Methods of a class that the framework made: those with a decorator that says so.
    fn enter_methods(&mut self, at: InstanceId, class: ObjectId, this: Value) {
        let Source::Class { file, class: id, .. } = self.objects[class].source else { return };
        let facts = &self.input.facts[file];
        let class_context = facts
            .decorators
            .iter()
            .filter(|d| d.class == id && d.target == Decorated::Class)
            .find_map(|d| self.decorator_facts(at, d).and_then(|facts| facts.context));
        for decorator in facts.decorators.iter().filter(|d| d.class == id) {
            let Decorated::Method(function) = decorator.target else { continue };
            let Some(meaning) = self.decorator_facts(at, decorator) else { continue };
            let Some(kind) = meaning.context.or(class_context) else { continue };
            let text = format!("{} method", self.decorator_label(at, decorator));
            let label = self.names.intern(&text);
            let cause =
                RootCause { kind: Some(kind), confidence: Confidence::High, label, function: Some((file, function)) };
            let data = meaning.data.map(ParamFacts::Data).unwrap_or(ParamFacts::Data(match kind {
                ContextKind::Request => crate::models::facts::DataKind::Request,
                _ => crate::models::facts::DataKind::Event,
            }));
            let count = u32::try_from(facts.params_of(function).len()).unwrap_or(0);
            let params = (0..count).map(|index| (index, data.clone())).collect();
            let entry = Entry { cause, params, caller: at, this: This::Value(this), dst: None };
            let object = self.object(Source::Function { file, function, parent: at }, ObjectKind::Function);
            let invocation = self.outside_invocation(&entry, object);
            self.invoke(invocation, Value::object(object, Lifetime::Module));
        }
    }

    /// All methods of a class whose decorator says that they handle something: but those with a decorator or name that
    /// has a meaning of its own, and those that the class calls itself.
    fn enter_all_methods(&mut self, at: InstanceId, class: ObjectId) {
        let Source::Class { file, class: id, .. } = self.objects[class].source else { return };
        let facts = &self.input.facts[file];
        let decorators = || facts.decorators.iter().filter(|decorator| decorator.class == id);
        let on_class = || decorators().filter(|decorator| decorator.target == Decorated::Class);
        let Some((kind, text)) = on_class().find_map(|decorator| {
            let kind = self.decorator_facts(at, decorator)?.context?;
            Some((kind, format!("method of a class with {}", self.decorator_label(at, decorator))))
        }) else {
            return;
        };
        let named: Vec<String> = on_class()
            .filter_map(|decorator| self.decorator_facts(at, decorator))
            .flat_map(|facts| facts.methods.into_iter().map(|(name, _)| name))
            .collect();
        let is_decorated = |function| decorators().any(|decorator| decorator.target == Decorated::Method(function));
        let is_called_inside = |name: NameId| {
            facts.calls.iter().any(|call| {
                let is_inside = facts.functions[call.function].class == Some(id);
                is_inside && matches!(call.callee, Callee::Method { base: THIS, key: Key::Name(key) } if key == name)
            })
        };
        let methods: Vec<_> = facts
            .functions
            .iter_enumerated()
            .filter(|(_, info)| info.class == Some(id) && info.kind.form == FunctionForm::Method)
            .filter_map(|(function, info)| Some((function, info.name?)))
            .filter(|&(function, name)| {
                let text = facts.name(name);
                !is_decorated(function) && !is_called_inside(name) && !named.iter().any(|known| known == text)
            })
            .collect();
        let prototype = self.prototype_of(class);
        let label = self.names.intern(&text);
        for (function, name) in methods {
            let Some(name) = self.names.get(facts.name(name)) else { continue };
            let object = self.object(Source::Function { file, function, parent: at }, ObjectKind::Function);
            let held = self.known_field(prototype, Field::name(name));
            let is_method = held.is_some_and(|node| {
                self.graph.set(node).iter().filter_map(Value::as_object).any(|(method, _)| method == object)
            });
            if is_method {
                let function = Some((file, function));
                self.enter_method(
                    at,
                    class,
                    object,
                    RootCause { kind: Some(kind), confidence: Confidence::High, label, function },
                );
            }
        }
    }

    pub(super) fn decorator_external(&self, at: InstanceId, decorator: &Decorator) -> Option<ObjectId> {
        let node = self.node(at, decorator.value);
        self.graph.set(node).iter().find_map(|value| {
            let (object, _) = value.as_object()?;
            matches!(self.objects[object].source, Source::External { path: Some(_), .. }).then_some(object)
        })
    }

    pub(super) fn decorator_facts(&self, at: InstanceId, decorator: &Decorator) -> Option<DecoratorFacts> {
        let object = self.decorator_external(at, decorator)?;
        let Source::External { path: Some(path), .. } = self.objects[object].source else { return None };
        self.input.models.facts(path).decorator.as_deref().cloned()
    }

    pub(super) fn decorator_label(&self, at: InstanceId, decorator: &Decorator) -> String {
        self.decorator_external(at, decorator).map_or_else(String::new, |object| {
            let Source::External { label, .. } = self.objects[object].source else { return String::new() };
            let text = self.names.text(label);
            format!("@{}", text.rsplit(['.', '/']).next().unwrap_or(text))
        })
    }

    /// Whether the decorator's options make the class one of many instances.
    pub(super) fn is_transient(&self, at: InstanceId, decorator: &Decorator, meaning: &DecoratorFacts) -> bool {
        let Some(object) = self.decorator_external(at, decorator) else { return false };
        let Source::External { made: Some((caller, Some(call))), .. } = self.objects[object].source else {
            return false;
        };
        let facts = self.facts_of(caller);
        facts.arguments_of(call).iter().any(|arg| {
            let node = self.node(caller, arg.value);
            self.graph.set(node).iter().filter_map(Value::as_object).any(|(options, _)| {
                meaning.transient_options.iter().any(|(option, words)| self.option_is(options, option, words))
            })
        })
    }

    pub(super) fn option_is(&self, options: ObjectId, option: &str, words: &[String]) -> bool {
        let Some(name) = self.names.get(option) else { return false };
        self.known_values(options, Field::name(name)).into_iter().any(|value| match value.kind() {
            crate::heap::object::ValueKind::Object(object, _) => match self.objects[object].source {
                Source::External { label, .. } => {
                    let text = self.names.text(label);
                    let last = text.rsplit('.').next().unwrap_or(text);
                    words.iter().any(|word| word == last)
                }
                _ => false,
            },
            crate::heap::object::ValueKind::String(id) => {
                self.strings.text(id).is_some_and(|text| words.iter().any(|word| word == text))
            }
            crate::heap::object::ValueKind::Data(_) => false,
        })
    }

    /// Declared types of an instance's nodes: framework types at once, project classes later.
    pub(super) fn constrain_types(&mut self, at: InstanceId) {
        let key = self.instances[at].key;
        let facts = &self.input.facts[key.file];
        for (place, decorator) in facts.decorators.iter().enumerate() {
            let is_here = match decorator.target {
                Decorated::Param(function, _) => function == key.function,
                Decorated::Field(_) => decorator.function == key.function,
                Decorated::Class | Decorated::Method(_) => false,
            };
            if is_here {
                self.providers.injected.push((at, place));
            }
            if decorator.function == key.function {
                let place = u32::try_from(place).unwrap_or(u32::MAX);
                self.listen(self.node(at, decorator.value), Listener::Decorate { at, place });
            }
        }
        for fact in facts.types.iter().filter(|fact| fact.function == key.function) {
            match fact.ty {
                TypeRef::Finite => {
                    let node = self.node(at, fact.value);
                    self.insert_data(node, crate::models::facts::DataKind::Finite);
                }
                TypeRef::Binding(_) | TypeRef::Member(..) => self.typed.push((at, *fact)),
                _ => {}
            }
        }
    }

    /// Values that come from outside by their declared types, where nothing else is known: instances that a framework
    /// injects, and the framework's own objects.
    pub(super) fn inject_types(&mut self) -> bool {
        let mut changed = self.provide_bound();
        changed |= self.inject_decorated();
        for (at, fact) in self.typed.clone() {
            let node = self.node(at, fact.value);
            if self.graph.set(node).iter().any(|value| self.is_known_object(value)) {
                continue;
            }
            if let Some(value) = self.value_of_type(at, fact.ty) {
                changed |= self.graph.insert(node, value);
            }
        }
        changed
    }

    /// Whether something is known of it: what a package without a model gives says less than a declared type.
    fn is_known_object(&self, value: Value) -> bool {
        value
            .as_object()
            .is_some_and(|(object, _)| !matches!(self.objects[object].source, Source::External { path: None, .. }))
    }

    pub(super) fn value_of_type(&mut self, at: InstanceId, ty: TypeRef) -> Option<Value> {
        let file = self.instances[at].key.file;
        let facts = &self.input.facts[file];
        let (binding, member) = match ty {
            TypeRef::Binding(binding) => (binding, None),
            TypeRef::Member(binding, member) => (binding, Some(facts.name(member).to_owned())),
            _ => return None,
        };
        let Some(import) = facts.bindings[binding].import else {
            let (node, _) = self.outer_binding(at, binding)?;
            return self.singleton_in(node);
        };
        let target = self.resolve_import(file, import);
        let name = match (facts.imports[import].what, member) {
            (_, Some(member)) => member,
            (Imported::Name(name), None) => facts.name(name).to_owned(),
            _ => return None,
        };
        match target {
            Resolution::Package { name: package, .. } => {
                let path = self.input.models.type_named(&package, &name)?;
                Some(self.external_at(path, Some((at, None))))
            }
            Resolution::Builtin(module) => {
                let path = self.input.models.type_named(&format!("node:{module}"), &name)?;
                Some(self.external_at(path, Some((at, None))))
            }
            Resolution::File(_) => {
                let node = self.fresh_node();
                self.load_import(file, import, node);
                // Edges hand over at once what is there.
                self.singleton_in(node)
            }
            Resolution::Unresolved(_) => None,
        }
    }

    pub(super) fn singleton_in(&self, node: NodeId) -> Option<Value> {
        self.graph.set(node).iter().find_map(|value| {
            let (class, _) = value.as_object()?;
            let kept = self.singletons.get(&class).map(|&instance| Value::object(instance, Lifetime::Module));
            kept.or_else(|| self.provided_as(class))
        })
    }
}
