//! Ways into the program from outside: files that frameworks call by convention, decorators and the instances that
//! frameworks make, functions that look like handlers, and what a library offers to unknown callers.

use globset::{Glob, GlobSetBuilder};
use smallvec::SmallVec;

use crate::base::finding::{Confidence, ContextKind};
use crate::base::source::FileId;
use crate::heap::field::{Field, FieldKind};
use crate::heap::graph::{EdgeKind, NodeId};
use crate::heap::instance::Phase;
use crate::heap::limits::DEPTH;
use crate::heap::object::{Data, InstanceId, Lifetime, ObjectId, ObjectKind, Source, Value};
use crate::heap::solver::{
    Arg, EntryId, Invocation, InvocationId, InvocationKind, Listener, OfferId, RootCause, Solver, This,
};
use crate::models::facts::{Convention, DecoratorFacts, HandlerShape, ParamFacts, Position};
use crate::modules::Resolution;
use crate::project::ManifestId;
use crate::syntax::facts::{Constraint, Decorated, Decorator, FunctionId, Imported, Key, ModuleKind, RETURN, TypeRef};

/// A way into the program: what is called there runs with this cause and these parameters.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    cause: RootCause,
    params: Vec<(u32, ParamFacts)>,
    caller: InstanceId,
    this: This,
}

/// How values of a library are offered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Offer {
    cause: RootCause,
    caller: InstanceId,
}

impl Solver<'_> {
    /// Files that frameworks call.
    pub(super) fn enter_conventions(&mut self) {
        let models = self.input.models;
        for convention in models.conventions() {
            for file in self.convention_files(convention) {
                self.enter_file(file, convention);
            }
        }
    }

    fn convention_files(&self, convention: &Convention) -> Vec<FileId> {
        let mut set = GlobSetBuilder::new();
        for glob in &convention.files {
            if let Ok(glob) = Glob::new(glob) {
                set.add(glob);
            }
        }
        let Ok(set) = set.build() else { return Vec::new() };
        let project = self.input.project;
        project
            .files
            .iter_enumerated()
            .filter(|(id, file)| {
                if self.input.tests[*id] {
                    return false;
                }
                let manifest = file.manifest.map(|id| &project.manifests[id]);
                let has_dependency = convention.dependencies.is_empty()
                    || manifest.is_some_and(|m| {
                        convention.dependencies.iter().any(|d| m.dependencies.binary_search(d).is_ok())
                    });
                let folder = manifest.map_or("", |m| m.folder.as_str());
                let inner = file.path.strip_prefix(folder).unwrap_or(&file.path).trim_start_matches('/');
                has_dependency && self.is_beside(convention, folder) && set.is_match(inner)
            })
            .map(|(id, _)| id)
            .collect()
    }

    fn is_beside(&self, convention: &Convention, folder: &str) -> bool {
        convention.beside.is_empty()
            || convention.beside.iter().any(|name| {
                let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
                self.input.project.other_files.binary_search(&path).is_ok()
            })
    }

    fn enter_file(&mut self, file: FileId, convention: &Convention) {
        if let Some(directive) = &convention.directive {
            let facts = &self.input.facts[file];
            if !facts.directives.iter().any(|&d| facts.name(d) == directive) {
                return;
            }
        }
        let label = self.names.intern(&convention.label);
        let cause = RootCause { kind: Some(convention.context), confidence: Confidence::High, label, function: None };
        let caller = self.bodies[file];
        for export in &convention.exports {
            let mut segments = export.split('.');
            let first = segments.next().unwrap_or_default();
            let mut node = self.fresh_node();
            self.export_into(file, first, node);
            for segment in segments {
                let next = self.fresh_node();
                let name = self.names.intern(segment);
                self.listen(node, Listener::Load { dst: next, field: Field::name(name) });
                node = next;
            }
            let entry = self.entries.push(Entry { cause, params: convention.params.clone(), caller, this: This::None });
            self.listen(node, Listener::Enter { entry });
        }
    }

    /// The value of an export (`*` for all) flows into `dst`.
    fn export_into(&mut self, file: FileId, name: &str, dst: NodeId) {
        if self.input.facts[file].kind == ModuleKind::Es {
            let names = if name == "*" { self.exported_names(file) } else { vec![name.to_owned()] };
            for name in names {
                self.connect_export(file, &name, dst, EdgeKind::Promote);
            }
            return;
        }
        let exports = self.module_exports(file);
        let read = self.fresh_node();
        self.graph.add_edge(exports, read, EdgeKind::Promote);
        match name {
            "default" => self.graph.add_edge(read, dst, EdgeKind::Copy),
            "*" => self.all_values(read, dst),
            name => {
                let name = self.names.intern(name);
                self.listen(read, Listener::Load { dst, field: Field::name(name) });
            }
        }
    }

    /// A function that an entry calls.
    pub(super) fn enter(&mut self, value: Value, entry: EntryId) {
        let Some((object, _)) = value.as_object() else { return };
        if self.objects[object].kind != ObjectKind::Function {
            return;
        }
        let entry = self.entries[entry].clone();
        let invocation = self.outside_invocation(&entry, object);
        self.invoke(invocation, value.promoted());
    }

    fn outside_invocation(&mut self, entry: &Entry, function: ObjectId) -> InvocationId {
        let count = match self.objects[function].source {
            Source::Function { file, function, .. } => self.input.facts[file].params_of(function).len(),
            _ => 0,
        };
        let invocation = self.invocation(Invocation {
            caller: entry.caller,
            call: None,
            this: entry.this,
            args: SmallVec::new(),
            dst: None,
            kind: InvocationKind::Call,
            position: Some(Position::Repeat),
            phase: Phase::Repeat,
            root: Some(entry.cause),
            hops: 0,
        });
        for index in 0..count {
            let node = self.fresh_node();
            let at = u32::try_from(index).unwrap_or(u32::MAX);
            let mut is_known = false;
            for (_, facts) in entry.params.iter().filter(|(param, _)| *param == at) {
                is_known = true;
                self.fill_param(node, facts, invocation);
            }
            if !is_known {
                self.graph.insert(node, Value::data(Data::Unknown));
            }
            self.invocations[invocation].args.push(Arg { node, is_spread: false });
        }
        invocation
    }

    /// Classes, methods and parameters that decorators hand to a framework. Needs the decorators' values: after a
    /// first run.
    pub(super) fn enter_decorated(&mut self) {
        let mut singletons: Vec<(InstanceId, ObjectId)> = Vec::new();
        let owners: Vec<InstanceId> = self.instances.ids().collect();
        for at in owners {
            let key = self.instances[at].key;
            let facts = &self.input.facts[key.file];
            for decorator in facts.decorators.iter().filter(|d| d.function == key.function) {
                if decorator.target == Decorated::Class
                    && let Some(meaning) = self.decorator_facts(at, decorator)
                    && (meaning.is_singleton || meaning.context.is_some())
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
            self.enter_methods(at, class);
        }
    }

    fn construct_singleton(&mut self, at: InstanceId, class: ObjectId) {
        let this = Value::object(self.singletons[&class], Lifetime::Module);
        let invocation = self.invocation(Invocation {
            caller: at,
            call: None,
            this: This::Value(this),
            args: SmallVec::new(),
            dst: None,
            kind: InvocationKind::New,
            position: None,
            phase: Phase::Init,
            root: None,
            hops: 0,
        });
        self.run_constructor(invocation, class, Value::object(class, Lifetime::Module), this);
    }

    /// Methods of a class that the framework made: those with a decorator that says so.
    fn enter_methods(&mut self, at: InstanceId, class: ObjectId) {
        let Source::Class { file, class: id, .. } = self.objects[class].source else { return };
        let facts = &self.input.facts[file];
        let this = This::Value(Value::object(self.singletons[&class], Lifetime::Module));
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
            let entry = Entry { cause, params, caller: at, this };
            let object = self.object(Source::Function { file, function, parent: at }, ObjectKind::Function);
            let invocation = self.outside_invocation(&entry, object);
            self.invoke(invocation, Value::object(object, Lifetime::Module));
        }
    }

    fn decorator_external(&self, at: InstanceId, decorator: &Decorator) -> Option<ObjectId> {
        let node = self.node(at, decorator.value);
        self.graph.set(node).iter().find_map(|value| {
            let (object, _) = value.as_object()?;
            matches!(self.objects[object].source, Source::External { path: Some(_), .. }).then_some(object)
        })
    }

    fn decorator_facts(&self, at: InstanceId, decorator: &Decorator) -> Option<DecoratorFacts> {
        let object = self.decorator_external(at, decorator)?;
        let Source::External { path: Some(path), .. } = self.objects[object].source else { return None };
        self.input.models.facts(path).decorator.clone()
    }

    fn decorator_label(&self, at: InstanceId, decorator: &Decorator) -> String {
        let facts = self.facts_of(at);
        let _ = facts;
        self.decorator_external(at, decorator).map_or_else(String::new, |object| {
            let Source::External { label, .. } = self.objects[object].source else { return String::new() };
            let text = self.names.text(label);
            format!("@{}", text.rsplit(['.', '/']).next().unwrap_or(text))
        })
    }

    /// Whether the decorator's options make the class one of many instances.
    fn is_transient(&self, at: InstanceId, decorator: &Decorator, meaning: &DecoratorFacts) -> bool {
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

    fn option_is(&self, options: ObjectId, option: &str, words: &[String]) -> bool {
        let Some(name) = self.names.get(option) else { return false };
        let Some(&node) = self.fields.get(&(options, Field::name(name))) else { return false };
        self.graph.set(node).iter().any(|value| match value.kind() {
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
        let mut changed = false;
        for (at, fact) in self.typed.clone() {
            let node = self.node(at, fact.value);
            if self.graph.set(node).iter().any(Value::is_object) {
                continue;
            }
            if let Some(value) = self.value_of_type(at, fact.ty) {
                changed |= self.graph.insert(node, value);
            }
        }
        changed
    }

    fn value_of_type(&mut self, at: InstanceId, ty: TypeRef) -> Option<Value> {
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

    fn singleton_in(&self, node: NodeId) -> Option<Value> {
        self.graph.set(node).iter().find_map(|value| {
            let (class, _) = value.as_object()?;
            self.singletons.get(&class).map(|&instance| Value::object(instance, Lifetime::Module))
        })
    }

    /// A function given to unknown code that looks like a handler: the call also gets a path, or its parameters are
    /// named and used as a handler's.
    pub(super) fn guess_handler(
        &mut self,
        invocation: InvocationId,
        file: FileId,
        function: FunctionId,
    ) -> Option<(RootCause, SmallVec<[Arg; 3]>)> {
        let shape = self.handler_shape(file, function)?;
        let (context, params) = (shape.context, shape.params.clone());
        let label = self.names.intern("{callee} handler");
        let cause =
            RootCause { kind: Some(context), confidence: Confidence::Medium, label, function: Some((file, function)) };
        let mut args = SmallVec::new();
        let count = self.input.facts[file].params_of(function).len();
        for index in 0..count {
            let node = self.fresh_node();
            for (at, facts) in &params {
                if *at as usize == index {
                    self.fill_param(node, facts, invocation);
                }
            }
            args.push(Arg { node, is_spread: false });
        }
        Some((cause, args))
    }

    fn handler_shape(&self, file: FileId, function: FunctionId) -> Option<&'_ HandlerShape> {
        let facts = &self.input.facts[file];
        let params = facts.params_of(function);
        self.input.models.handler_shapes().iter().find(|shape| {
            shape.names.len() == params.len()
                && shape.names.iter().zip(params).all(|(names, param)| {
                    param.name.is_some_and(|name| {
                        let name = facts.name(name).trim_start_matches('_');
                        names.iter().any(|known| known == name)
                    })
                })
                && (shape.members.is_empty() || self.uses_members(file, function, &shape.members))
        })
    }

    fn uses_members(&self, file: FileId, function: FunctionId, members: &[String]) -> bool {
        let facts = &self.input.facts[file];
        let params: Vec<_> = facts.params_of(function).iter().map(|param| param.value).collect();
        let is_member = |key: Key| matches!(key, Key::Name(name) if members.iter().any(|m| m == facts.name(name)));
        facts.constraints_of(function).iter().any(|constraint| match constraint {
            Constraint::Load { base, key, .. } => params.contains(base) && is_member(*key),
            Constraint::Call { call } => match facts.calls[*call].callee {
                crate::syntax::facts::Callee::Method { base, key } => params.contains(&base) && is_member(key),
                _ => false,
            },
            _ => false,
        })
    }

    /// Notes which functions the program itself calls.
    pub(super) fn note_called(&mut self) {
        for edge in &self.record.calls {
            let caller = self.instances[edge.caller].key;
            let callee = self.instances[edge.callee].key;
            if !self.input.tests[caller.file] && (caller.file, caller.function) != (callee.file, callee.function) {
                self.called.insert((callee.file, callee.function));
            }
        }
    }

    /// Functions that nothing calls and that look like handlers.
    pub(super) fn enter_handlers(&mut self) {
        for id in self.objects.ids().collect::<Vec<_>>() {
            let Source::Function { file, function, parent } = self.objects[id].source else { continue };
            if self.input.tests[file] || self.called.contains(&(file, function)) {
                continue;
            }
            let Some(shape) = self.handler_shape(file, function) else { continue };
            let (context, params) = (shape.context, shape.params.clone());
            let label = self.names.intern("function that looks like a handler");
            let cause = RootCause {
                kind: Some(context),
                confidence: Confidence::Medium,
                label,
                function: Some((file, function)),
            };
            let entry = Entry { cause, params, caller: parent, this: This::None };
            let invocation = self.outside_invocation(&entry, id);
            self.invoke(invocation, Value::object(id, Lifetime::Fresh));
        }
    }

    /// What libraries offer: their entries' exports, then, without an `exports` map, what else can be required.
    pub(super) fn offer_entries(&mut self) {
        for manifest in self.input.project.manifests.ids() {
            if self.is_library(manifest) {
                for file in self.input.project.manifests[manifest].entries.clone() {
                    self.offer_file(file, Confidence::High);
                }
            }
        }
        let project = self.input.project;
        for (file, info) in project.files.iter_enumerated() {
            if project.config.is_entry(&info.path) {
                self.offer_file(file, Confidence::High);
            }
        }
    }

    /// Modules of a library beside its entries: without an `exports` map anyone may require them.
    pub(super) fn offer_inner(&mut self) {
        for (file, info) in self.input.project.files.iter_enumerated() {
            let Some(manifest) = info.manifest else { continue };
            if self.is_library(manifest)
                && !self.input.tests[file]
                && !self.input.project.manifests[manifest].has_exports_map
                && !self.input.project.manifests[manifest].entries.contains(&file)
            {
                self.offer_file(file, Confidence::Medium);
            }
        }
    }

    /// A package that others install: not private, with entries, and no server by itself.
    fn is_library(&self, manifest: ManifestId) -> bool {
        let info = &self.input.project.manifests[manifest];
        if info.is_private || info.entries.is_empty() {
            return false;
        }
        !self.record.roots.iter().any(|root| {
            let file = self.instances[root.instance].key.file;
            root.cause.kind == Some(ContextKind::Request)
                && root.cause.confidence == Confidence::High
                && self.input.project.files[file].manifest == Some(manifest)
                && !self.input.tests[file]
        })
    }

    fn offer_file(&mut self, file: FileId, confidence: Confidence) {
        let text = format!("exported by {}", self.input.project.files[file].path);
        let label = self.names.intern(&text);
        let cause = RootCause { kind: Some(ContextKind::Exported), confidence, label, function: None };
        let offer = self.offers.push(Offer { cause, caller: self.bodies[file] });
        let node = self.fresh_node();
        if self.input.facts[file].kind == ModuleKind::Es {
            self.export_into(file, "*", node);
        } else {
            self.export_into(file, "default", node);
        }
        let none = Value::data(Data::Unknown);
        self.listen(node, Listener::Offer { holder: none, depth: 0, offer });
    }

    /// A value that unknown callers get: functions are called with their parameters, classes are made and their
    /// methods called, properties and results are offered in turn.
    pub(super) fn offer(&mut self, value: Value, holder: Value, depth: u8, offer: OfferId) {
        let Some((object, lifetime)) = value.as_object() else { return };
        if depth > DEPTH || !self.offered.insert((value, holder)) {
            return;
        }
        match self.objects[object].source.clone() {
            Source::Function { file, function, .. } => {
                if self.is_constructor(object) {
                    self.offer_class(value, depth, offer);
                } else if !self.called.contains(&(file, function)) {
                    self.offer_function(value, holder, depth, offer, file, function);
                }
                self.offer_members(object, lifetime, value, depth, offer);
            }
            Source::Class { .. } => {
                self.offer_class(value, depth, offer);
                self.offer_members(object, lifetime, value, depth, offer);
            }
            Source::Native(_) | Source::External { .. } | Source::Require(_) | Source::Global => {}
            Source::Result(_) if self.objects[object].kind == ObjectKind::Promise => {
                let node = self.fresh_node();
                self.await_value(value, node);
                self.listen(node, Listener::Offer { holder, depth: depth + 1, offer });
            }
            _ => self.offer_members(object, lifetime, value, depth, offer),
        }
    }

    /// A function whose prototype has members: a class of old.
    fn is_constructor(&self, function: ObjectId) -> bool {
        let Some(&prototype) = self.object_ids.get(&Source::Prototype { of: function }) else { return false };
        let own = |field: &Field| matches!(field.kind(), FieldKind::Name(name) if name != self.well_known.constructor);
        self.states[prototype]
            .fields
            .iter()
            .any(|(field, node)| own(field) && self.graph.set(*node).iter().any(Value::is_object))
    }

    fn offer_members(&mut self, object: ObjectId, lifetime: Lifetime, value: Value, depth: u8, offer: OfferId) {
        let mut holders = vec![(object, lifetime)];
        let is_instance = matches!(self.objects[object].source, Source::Instance { .. });
        if is_instance {
            let mut at = 0;
            while let Some(&(holder, _)) = holders.get(at) {
                at += 1;
                for prototype in self.states[holder].prototypes.clone() {
                    if let Some((prototype, _)) = prototype.as_object()
                        && holders.len() < usize::from(DEPTH)
                        && !holders.iter().any(|(known, _)| *known == prototype)
                    {
                        holders.push((prototype, Lifetime::Module));
                    }
                }
            }
        }
        for (holder, lifetime) in holders {
            for (field, node) in self.states[holder].fields.clone() {
                let FieldKind::Name(name) = field.kind() else { continue };
                let text = self.names.text(name);
                // What begins with an underscore or a hash is not offered by convention.
                if name == self.well_known.prototype
                    || name == self.well_known.constructor
                    || text.starts_with(['_', '#'])
                {
                    continue;
                }
                let member = self.fresh_node();
                self.graph.add_edge(node, member, crate::heap::constraints::edge_of(lifetime));
                self.listen(member, Listener::Offer { holder: value, depth: depth + 1, offer });
            }
        }
    }

    fn offer_class(&mut self, value: Value, depth: u8, offer: OfferId) {
        let Some((object, _)) = value.as_object() else { return };
        let is_called = match self.objects[object].source {
            Source::Function { file, function, .. } => self.called.contains(&(file, function)),
            Source::Class { file, class, .. } => {
                self.called.contains(&(file, self.input.facts[file].classes[class].constructor))
            }
            _ => true,
        };
        let dst = self.fresh_node();
        if is_called {
            let instance = self.instance_of(object, self.offers[offer].caller, None);
            self.graph.insert(dst, Value::object(instance, Lifetime::Fresh));
        } else {
            let invocation = self.offered_invocation(value, This::None, Some(dst), offer, InvocationKind::New);
            self.invoke(invocation, value.promoted());
        }
        self.listen(dst, Listener::Offer { holder: value, depth: depth + 1, offer });
    }

    fn offer_function(
        &mut self,
        value: Value,
        holder: Value,
        depth: u8,
        offer: OfferId,
        file: FileId,
        function: FunctionId,
    ) {
        let this = if holder.is_object() { This::Value(holder) } else { This::None };
        let dst = self.fresh_node();
        let invocation = self.offered_invocation(value, this, Some(dst), offer, InvocationKind::Call);
        self.invoke(invocation, value);
        let _ = (file, function, RETURN);
        self.listen(dst, Listener::Offer { holder: Value::data(Data::Unknown), depth: depth + 1, offer });
    }

    fn offered_invocation(
        &mut self,
        value: Value,
        this: This,
        dst: Option<NodeId>,
        offer: OfferId,
        kind: InvocationKind,
    ) -> InvocationId {
        let count = value.as_object().map_or(0, |(object, _)| match self.objects[object].source {
            Source::Function { file, function, .. } => self.input.facts[file].params_of(function).len(),
            Source::Class { file, class, .. } => {
                let facts = &self.input.facts[file];
                facts.params_of(facts.classes[class].constructor).len()
            }
            _ => 0,
        });
        let Offer { cause, caller } = self.offers[offer];
        let mut args = SmallVec::new();
        for _ in 0..count {
            let node = self.fresh_node();
            self.graph.insert(node, Value::data(Data::Parameter));
            args.push(Arg { node, is_spread: false });
        }
        self.invocation(Invocation {
            caller,
            call: None,
            this,
            args,
            dst,
            kind,
            position: Some(Position::Repeat),
            phase: Phase::Repeat,
            root: Some(cause),
            hops: 0,
        })
    }
}
