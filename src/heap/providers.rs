//! Containers of dependencies: what is provided under a token (a class, a string, a symbol), and who gets it.
//!
//! Under each token there is a node. What asks for the token reads it; what a container is told to provide flows into it.
//! Whether a class has one instance for ever is often said after it was bound (`bind(T).to(C).inSingletonScope()`): so
//! bindings are gathered while the program is solved, and instances are made when it is quiet.

use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::{SmallVec, smallvec};

use crate::heap::builtins::NativeCall;
use crate::heap::field::{Field, FieldKind};
use crate::heap::graph::{EdgeKind, NodeId};
use crate::heap::instance::Phase;
use crate::heap::object::{InstanceId, Lifetime, ObjectId, ObjectKind, Source, Value, ValueKind};
use crate::heap::solver::{Arg, Invocation, InvocationKind, Listener, Solver, This};
use crate::models::facts::{Arguments, Lasting, PathId, Provision};
use crate::syntax::facts::{CallId, Decorated, Decorator};

/// How deep modules may import modules.
const MODULES: u32 = 4;

/// So many arguments of a factory are looked at.
const GIVEN: u32 = 6;

/// What a container is told to provide.
#[derive(Clone, Debug)]
pub(super) struct Binding {
    /// The tokens.
    tokens: NodeId,
    /// What.
    values: NodeId,
    /// How it comes to be.
    how: Provision,
    /// Who tells.
    at: (InstanceId, Option<CallId>),
    /// The object that may say later that it is kept.
    on: Option<ObjectId>,
    /// Whether it is kept.
    is_kept: bool,
    /// What constructors and factories are called with.
    given: SmallVec<[Arg; 3]>,
}

/// What the solver knows of containers.
#[derive(Debug, Default)]
pub(super) struct Providers {
    /// Parameters and fields with decorators, by the instance of their function or of the one around their class, and
    /// the decorator's place.
    pub(super) injected: Vec<(InstanceId, usize)>,
    /// What containers are told to provide and is not provided yet.
    bindings: Vec<Binding>,
    /// The objects that tell a container to keep what it provides.
    pub(super) kept: FxHashSet<ObjectId>,
    /// What containers were asked for instances of, and who got them.
    pub(super) resolved: Vec<(NodeId, NodeId)>,
    /// What is provided under each token.
    provided: FxHashMap<Value, NodeId>,
}

impl Solver<'_> {
    /// The node of what is provided under a token, if the value is one.
    fn token_node(&mut self, token: Value) -> Option<NodeId> {
        let token = match token.kind() {
            ValueKind::Object(object, _) => Value::object(object, Lifetime::Fresh),
            ValueKind::String(id) if self.strings.text(id).is_some() => token,
            ValueKind::String(_) | ValueKind::Data(_) => return None,
        };
        if let Some(&node) = self.providers.provided.get(&token) {
            return Some(node);
        }
        let node = self.fresh_node();
        self.providers.provided.insert(token, node);
        Some(node)
    }

    /// `dst` gets what is provided under a token.
    pub(super) fn resolve_token(&mut self, token: Value, dst: NodeId) {
        if let Some(node) = self.token_node(token) {
            self.graph.add_edge(node, dst, EdgeKind::Copy);
        }
    }

    /// The same for a token that is a name.
    pub(super) fn resolve_name(&mut self, name: &str, dst: NodeId) {
        let token = Value::string(self.strings.constant(name));
        self.resolve_token(token, dst);
    }

    /// What `src` holds is provided under a token.
    pub(super) fn provide_under(&mut self, token: Value, src: NodeId) {
        if let Some(node) = self.token_node(token) {
            self.graph.add_edge(src, node, EdgeKind::Copy);
        }
    }

    /// The one instance of a class is provided under the class.
    pub(super) fn provide_singleton(&mut self, class: ObjectId) {
        let instance = Value::object(self.singletons[&class], Lifetime::Module);
        if let Some(node) = self.token_node(Value::object(class, Lifetime::Fresh)) {
            self.graph.insert(node, instance);
        }
    }

    /// What is provided under a class.
    pub(super) fn provided_as(&self, class: ObjectId) -> Option<Value> {
        let node = self.providers.provided.get(&Value::object(class, Lifetime::Fresh))?;
        self.graph.set(*node).iter().find(|value| value.is_object())
    }

    /// A call tells a container what to provide.
    pub(super) fn note_binding(
        &mut self,
        call: &NativeCall,
        (values, token): (&Arguments, Option<&Arguments>),
        how: Provision,
        lasting: &Lasting,
    ) {
        let tokens = match token {
            Some(token) => self.selected(call.invocation, token).first().copied(),
            None => Some(self.fresh_node()),
        };
        let (Some(tokens), Some(&values)) = (tokens, self.selected(call.invocation, values).first()) else { return };
        let on = call.this.and_then(Value::as_object).map(|(object, _)| object);
        let nodes: Vec<NodeId> = call.args.iter().map(|arg| arg.node).collect();
        let is_kept = self.is_lasting(&nodes, lasting);
        let at = (call.caller, call.call);
        self.providers.bindings.push(Binding { tokens, values, how, at, on, is_kept, given: SmallVec::new() });
    }

    fn is_lasting(&self, args: &[NodeId], lasting: &Lasting) -> bool {
        let Lasting::With(options) = lasting else { return true };
        let objects = || args.iter().flat_map(|&arg| self.graph.set(arg).iter()).filter_map(Value::as_object);
        options.iter().any(|(option, words)| objects().any(|(object, _)| self.option_is(object, option, words)))
    }

    /// Provides what containers were told to; whether there was anything.
    pub(super) fn provide_bound(&mut self) -> bool {
        let mut has_provided = false;
        while !self.is_spent() {
            let bindings = std::mem::take(&mut self.providers.bindings);
            if bindings.is_empty() {
                break;
            }
            has_provided = true;
            self.spend(bindings.len());
            for binding in bindings {
                self.provide(binding);
            }
        }
        has_provided
    }

    fn provide(&mut self, mut binding: Binding) {
        binding.is_kept |= binding.on.is_some_and(|on| self.providers.kept.contains(&on));
        let values: Vec<Value> = self.graph.set(binding.values).iter().collect();
        let src = self.fresh_node();
        let (tokens, edge) = (binding.tokens, if binding.is_kept { EdgeKind::Promote } else { EdgeKind::Copy });
        match binding.how {
            Provision::Class => {
                for (class, _) in values.into_iter().filter_map(Value::as_object) {
                    if let Some(instance) = self.provided_instance(&binding, class) {
                        self.graph.insert(src, instance);
                    }
                }
            }
            Provision::Value => self.graph.add_edge(binding.values, src, EdgeKind::Promote),
            Provision::Factory => {
                let (given, awaited) = (self.fresh_node(), self.fresh_node());
                self.call_factory(&binding, given);
                self.listen(given, Listener::Await { dst: awaited });
                self.graph.add_edge(awaited, src, edge);
            }
            Provision::Alias => self.listen(binding.values, Listener::Resolve { dst: src }),
            Provision::Described => {
                for (object, _) in values.into_iter().filter_map(Value::as_object) {
                    self.bind_described(&binding, object);
                }
            }
            Provision::Table => {
                for (object, _) in values.into_iter().filter_map(Value::as_object) {
                    self.bind_table(&binding, object);
                }
            }
        }
        self.listen(tokens, Listener::Provided { src });
    }

    fn provided_instance(&mut self, binding: &Binding, class: ObjectId) -> Option<Value> {
        if !matches!(self.objects[class].source, Source::Class { .. } | Source::Function { .. }) {
            return None;
        }
        if let Some(&instance) = self.singletons.get(&class) {
            return Some(Value::object(instance, Lifetime::Module));
        }
        let (caller, call) = binding.at;
        let is_kept = binding.is_kept && !self.is_declared_transient(class);
        let (lifetime, call) = if is_kept { (Lifetime::Module, None) } else { (Lifetime::Fresh, call) };
        let instance = self.instance_of(class, caller, call);
        let value = Value::object(instance, lifetime);
        if is_kept {
            self.singletons.insert(class, instance);
        }
        self.construct_for(caller, class, value, binding.given.clone());
        Some(value)
    }

    /// Whether a class's decorator says that each who asks gets an instance of its own.
    fn is_declared_transient(&self, class: ObjectId) -> bool {
        let Source::Class { file, class: id, parent } = self.objects[class].source else { return false };
        let decorators = self.input.facts[file].decorators.iter();
        let mut on_class = decorators.filter(|it| it.class == id && it.target == Decorated::Class);
        on_class.any(|decorator| {
            let meaning = self.decorator_facts(parent, decorator);
            meaning.is_some_and(|meaning| self.is_transient(parent, decorator, &meaning))
        })
    }

    fn call_factory(&mut self, binding: &Binding, dst: NodeId) {
        let (caller, call) = binding.at;
        let invocation = self.invocation(Invocation {
            caller,
            call,
            this: This::None,
            args: binding.given.clone(),
            dst: Some(dst),
            kind: InvocationKind::Call,
            position: None,
            phase: if binding.is_kept { Phase::Init } else { Phase::Repeat },
            root: None,
            hops: 0,
            is_opaque: false,
        });
        self.listen(binding.values, Listener::Invoke { invocation });
    }

    /// `{provide: TOKEN, useClass: C}`, or what a call gave that describes what it was made with.
    fn bind_described(&mut self, binding: &Binding, object: ObjectId) {
        if let Source::External { path: Some(path), made, .. } = self.objects[object].source {
            let Some(facts) = self.input.models.facts(path).provides.clone() else { return };
            let values = self.field(object, Field::MADE_OF);
            let args = made.and_then(|(caller, call)| Some((caller, call?))).map_or_else(Vec::new, |(caller, call)| {
                let args = self.facts_of(caller).arguments_of(call);
                args.iter().map(|arg| self.node(caller, arg.value)).collect()
            });
            let is_kept = binding.is_kept || self.is_lasting(&args, &facts.lasting);
            let given = facts.given.map_or_else(SmallVec::new, |path| self.given_at(path, binding.at));
            let own = Binding { values, how: facts.how, on: Some(object), is_kept, given, ..binding.clone() };
            self.providers.bindings.push(own);
            return;
        }
        let words = self.input.models.provider_words();
        let own_token = self.first_of(object, &words.token);
        for (word, how) in &words.provisions {
            let Some(values) = self.first_of(object, std::slice::from_ref(word)) else { continue };
            let given = self.given_to_factory(object, &words.given);
            let tokens = own_token.unwrap_or(binding.tokens);
            self.providers.bindings.push(Binding { tokens, values, how: *how, given, on: None, ..binding.clone() });
        }
    }

    /// A table of what is provided, each under its name.
    fn bind_table(&mut self, binding: &Binding, object: ObjectId) {
        self.open(object);
        for (field, values) in self.states[object].fields.clone() {
            let FieldKind::Name(name) = field.kind() else { continue };
            let token = self.strings.constant(self.names.text(name));
            let tokens = self.fresh_node();
            self.graph.insert(tokens, Value::string(token));
            self.providers.bindings.push(Binding { tokens, values, how: Provision::Described, ..binding.clone() });
        }
    }

    fn given_at(&mut self, path: PathId, at: (InstanceId, Option<CallId>)) -> SmallVec<[Arg; 3]> {
        let node = self.fresh_node();
        let value = self.external_at(path, Some(at));
        self.graph.insert(node, value);
        smallvec![Arg { node, is_spread: false }]
    }

    /// The node of the first of these properties that an object has.
    fn first_of(&mut self, object: ObjectId, words: &[String]) -> Option<NodeId> {
        words.iter().find_map(|word| {
            let field = Field::name(self.names.get(word)?);
            self.has_field(object, field).then(|| self.field(object, field))
        })
    }

    /// A factory is called with what is provided under the tokens of a list.
    fn given_to_factory(&mut self, object: ObjectId, words: &[String]) -> SmallVec<[Arg; 3]> {
        let Some(list) = self.first_of(object, words) else { return SmallVec::new() };
        (0..GIVEN)
            .map(|index| {
                let (token, node) = (self.fresh_node(), self.fresh_node());
                self.listen(list, Listener::Load { dst: token, field: Field::index(index) });
                self.listen(token, Listener::Resolve { dst: node });
                Arg { node, is_spread: false }
            })
            .collect()
    }

    /// What a class's decorator lists as provided.
    pub(super) fn bind_listed(&mut self, at: InstanceId, decorator: &Decorator) {
        for node in self.decorator_arguments(at, decorator) {
            let modules: Vec<Value> = self.graph.set(node).iter().collect();
            for (module, _) in modules.into_iter().filter_map(Value::as_object) {
                self.bind_lists(at, module, 0);
            }
        }
    }

    fn bind_lists(&mut self, at: InstanceId, module: ObjectId, depth: u32) {
        let lists = &self.input.models.provider_words().lists;
        for word in lists {
            let Some(list) = self.first_of(module, std::slice::from_ref(word)) else { continue };
            for (object, _) in self.listed(list) {
                let is_plain = self.objects[object].kind == ObjectKind::Plain;
                if !is_plain || depth == MODULES {
                    continue;
                }
                let (tokens, values) = (self.fresh_node(), self.fresh_node());
                self.graph.insert(values, Value::object(object, Lifetime::Fresh));
                let how = Provision::Described;
                let given = SmallVec::new();
                self.providers.bindings.push(Binding {
                    tokens,
                    values,
                    how,
                    at: (at, None),
                    on: None,
                    is_kept: true,
                    given,
                });
                self.bind_lists(at, object, depth + 1);
            }
        }
    }

    /// The objects in the arrays (and promises of them) that a node holds.
    fn listed(&mut self, list: NodeId) -> Vec<(ObjectId, Lifetime)> {
        let arrays: Vec<Value> = self.graph.set(list).iter().collect();
        let mut listed = Vec::new();
        for (array, _) in arrays.into_iter().filter_map(Value::as_object) {
            self.open(array);
            for (field, node) in self.states[array].fields.clone() {
                if matches!(field.kind(), FieldKind::Index(_)) || field == Field::ELEMENT {
                    listed.extend(self.graph.set(node).iter().filter_map(Value::as_object));
                }
            }
        }
        listed
    }

    fn decorator_arguments(&self, at: InstanceId, decorator: &Decorator) -> Vec<NodeId> {
        let Some(object) = self.decorator_external(at, decorator) else { return Vec::new() };
        let Source::External { made: Some((caller, Some(call))), .. } = self.objects[object].source else {
            return Vec::new();
        };
        self.facts_of(caller).arguments_of(call).iter().map(|arg| self.node(caller, arg.value)).collect()
    }

    /// Parameters and fields whose decorator names a token; whether there were any.
    pub(super) fn inject_decorated(&mut self) -> bool {
        let injected = std::mem::take(&mut self.providers.injected);
        let mut has_injected = false;
        for (at, place) in injected {
            let decorator = &self.input.facts[self.instances[at].key.file].decorators[place];
            let Some((owner, _)) = self.enclosing(at, decorator.function) else { continue };
            let Some(index) = self.decorator_facts(owner, decorator).and_then(|facts| facts.injects) else { continue };
            let Some(&token) = self.decorator_arguments(owner, decorator).get(index as usize) else { continue };
            let Some(dst) = self.injected_node(at, decorator) else { continue };
            has_injected = true;
            self.listen(token, Listener::Resolve { dst });
        }
        has_injected
    }

    fn injected_node(&mut self, at: InstanceId, decorator: &Decorator) -> Option<NodeId> {
        match decorator.target {
            Decorated::Param(function, index) => {
                let facts = self.facts_of(at);
                let param = facts.params_of(function).get(index as usize)?;
                Some(self.node(at, param.value))
            }
            Decorated::Field(name) => {
                let name = self.global_name(self.instances[at].key.file, name);
                let class = self.class_object(at, decorator.class)?;
                let prototype = self.prototype_of(class);
                Some(self.field(prototype, Field::name(name)))
            }
            Decorated::Class | Decorated::Method(_) => None,
        }
    }
}
