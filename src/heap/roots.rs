//! Ways into the program from outside: files that frameworks call by convention, decorators and the instances that
//! frameworks make, functions that look like handlers, and what a library offers to unknown callers.

use globset::{Glob, GlobSetBuilder};
use smallvec::SmallVec;

use crate::base::finding::{Confidence, ContextKind};
use crate::base::source::FileId;
use crate::heap::field::Field;
use crate::heap::graph::{EdgeKind, NodeId};
use crate::heap::instance::Phase;
use crate::heap::object::{Data, InstanceId, Lifetime, ObjectId, ObjectKind, Source, Value, ValueKind};
use crate::heap::solver::{
    Arg, EntryId, Invocation, InvocationId, InvocationKind, Listener, OfferId, RootCause, Solver, This,
};
use crate::models::facts::{Convention, DataKind, HandlerShape, ParamFacts, Position};
use crate::syntax::facts::{Callee, Constraint, FunctionId, Key, ModuleKind};

/// A way into the program: what is called there runs with this cause and these parameters.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) cause: RootCause,
    pub(super) params: Vec<(u32, ParamFacts)>,
    pub(super) caller: InstanceId,
    pub(super) this: This,
    /// Where what it gives goes.
    pub(super) dst: Option<NodeId>,
}

/// How values of a library are offered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Offer {
    pub(super) cause: RootCause,
    pub(super) caller: InstanceId,
}

/// Folders of a package with examples and measurements.
const DEMONSTRATIONS: [&str; 10] =
    ["benchmark", "benchmarks", "bench", "perf", "example", "examples", "demo", "demos", "docs", "website"];

/// Methods by which routers get handlers: those of RFC 9110, and what routers have beside them.
const ROUTING: [&str; 10] = ["get", "post", "put", "patch", "delete", "head", "options", "all", "use", "route"];

/// What the first parameter of a callback is called that gets a client's answer.
const ANSWERS: [&str; 11] =
    ["err", "error", "e", "done", "cb", "callback", "response", "body", "data", "result", "json"];

impl Solver<'_> {
    /// Files that frameworks call.
    pub(super) fn enter_conventions(&mut self) {
        let models = self.input.models;
        let loaded = self.loaded_files();
        for convention in models.conventions() {
            for file in self.convention_files(convention) {
                if !convention.is_unloaded || !loaded.contains(&file) {
                    self.enter_file(file, convention);
                }
            }
        }
    }

    pub(super) fn convention_files(&self, convention: &Convention) -> Vec<FileId> {
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

    pub(super) fn is_beside(&self, convention: &Convention, folder: &str) -> bool {
        convention.beside.is_empty()
            || convention.beside.iter().any(|name| {
                let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
                let project = self.input.project;
                project.other_files.binary_search(&path).is_ok() || project.file_at(&path).is_some()
            })
    }

    pub(super) fn enter_file(&mut self, file: FileId, convention: &Convention) {
        if let Some(directive) = &convention.directive {
            let facts = &self.input.facts[file];
            if !facts.directives.iter().any(|&d| facts.name(d) == directive) {
                return;
            }
        }
        self.run_module(file);
        let label = self.names.intern(&convention.label);
        let cause = RootCause { kind: Some(convention.context), confidence: Confidence::High, label, function: None };
        let caller = self.bodies[file];
        for export in &convention.exports {
            let mut segments = export.split('.');
            let first = segments.next().unwrap_or_default();
            let mut node = self.fresh_node();
            let (first, is_called) = called(first);
            self.export_into(file, first, node);
            if is_called {
                node = self.given_at_start(node, cause, caller);
            }
            for segment in segments {
                let (segment, is_called) = called(segment);
                node = self.members_of(node, segment);
                if is_called {
                    node = self.given_at_start(node, cause, caller);
                }
            }
            let params = convention.params.clone();
            let entry = self.entries.push(Entry { cause, params, caller, this: This::None, dst: None });
            self.listen(node, Listener::Enter { entry });
        }
    }

    /// What functions give that a framework calls once, while it starts.
    fn given_at_start(&mut self, functions: NodeId, cause: RootCause, caller: InstanceId) -> NodeId {
        let given = self.fresh_node();
        let cause = RootCause { kind: Some(ContextKind::Init), ..cause };
        let entry = self.entries.push(Entry { cause, params: Vec::new(), caller, this: This::None, dst: Some(given) });
        self.listen(functions, Listener::Enter { entry });
        given
    }

    /// What a value has under a name (`*` for all), or its instances if it is a class.
    fn members_of(&mut self, node: NodeId, name: &str) -> NodeId {
        let (prototypes, members) = (self.fresh_node(), self.fresh_node());
        self.listen(node, Listener::Load { dst: prototypes, field: Field::name(self.well_known.prototype) });
        for holder in [node, prototypes] {
            if name == "*" {
                self.all_values(holder, members);
            } else {
                let name = self.names.intern(name);
                self.listen(holder, Listener::Load { dst: members, field: Field::name(name) });
            }
        }
        members
    }

    /// The value of an export (`*` for all) flows into `dst`.
    pub(super) fn export_into(&mut self, file: FileId, name: &str, dst: NodeId) {
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

    pub(super) fn outside_invocation(&mut self, entry: &Entry, function: ObjectId) -> InvocationId {
        let count = match self.objects[function].source {
            Source::Function { file, function, .. } => self.input.facts[file].params_of(function).len(),
            _ => 0,
        };
        let (position, phase) = match entry.cause.kind {
            Some(ContextKind::Init) => (Position::Once, Phase::Init),
            _ => (Position::Repeat, Phase::Repeat),
        };
        let invocation = self.invocation(Invocation {
            caller: entry.caller,
            call: None,
            this: entry.this,
            args: SmallVec::new(),
            dst: entry.dst,
            kind: InvocationKind::Call,
            position: Some(position),
            phase,
            root: Some(entry.cause),
            hops: 0,
            is_opaque: false,
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

    /// A function given to unknown code that looks like a handler: the call also gets a path, or its parameters are
    /// named and used as a handler's.
    pub(super) fn guess_handler(
        &mut self,
        invocation: InvocationId,
        file: FileId,
        function: FunctionId,
    ) -> Option<(RootCause, SmallVec<[Arg; 3]>)> {
        let shape = self.handler_shape(file, function).map(|shape| (shape.context, shape.params.clone()));
        let is_routed = shape.is_none() && self.is_routed(invocation, file, function);
        let (context, params) = shape.or_else(|| is_routed.then(|| (ContextKind::Request, Vec::new())))?;
        let label = self.names.intern("{callee} handler");
        let cause =
            RootCause { kind: Some(context), confidence: Confidence::Medium, label, function: Some((file, function)) };
        let mut args = SmallVec::new();
        let count = self.input.facts[file].params_of(function).len();
        for index in 0..count {
            let node = self.fresh_node();
            if is_routed {
                self.insert_data(node, DataKind::Request);
            }
            for (at, facts) in &params {
                if *at as usize == index {
                    self.fill_param(node, facts, invocation);
                }
            }
            args.push(Arg { node, is_spread: false });
        }
        Some((cause, args))
    }

    /// `router.get('/orders/:id', show)`: a method named like one of HTTP's gets a path, and a function behind it that is
    /// no callback with an error or an answer.
    fn is_routed(&self, invocation: InvocationId, file: FileId, function: FunctionId) -> bool {
        let inv = &self.invocations[invocation];
        let Some(id) = inv.call.filter(|_| inv.kind == InvocationKind::Call) else { return false };
        let facts = &self.input.facts[self.instances[inv.caller].key.file];
        let Callee::Method { key: Key::Name(method), .. } = facts.calls[id].callee else { return false };
        let is_path = |value: Value| match value.kind() {
            ValueKind::String(id) => self.strings.text(id).is_some_and(|text| text.starts_with('/')),
            _ => false,
        };
        let first = self.input.facts[file].params_of(function).first().and_then(|param| param.name);
        ROUTING.contains(&facts.name(method))
            && inv.args.len() > 1
            && self.graph.set(inv.args[0].node).iter().any(is_path)
            && !first.is_some_and(|name| ANSWERS.contains(&self.input.facts[file].name(name)))
    }

    pub(super) fn handler_shape(&self, file: FileId, function: FunctionId) -> Option<&'_ HandlerShape> {
        let facts = &self.input.facts[file];
        let params = facts.params_of(function);
        self.input.models.handler_shapes().iter().find(|shape| {
            shape.names.len() <= params.len()
                && params[shape.names.len()..].iter().all(|param| param.is_optional)
                && shape.names.iter().zip(params).all(|(names, param)| {
                    param.name.is_some_and(|name| {
                        let name = facts.name(name).trim_start_matches('_');
                        names.iter().any(|known| known == name)
                    })
                })
                && (shape.members.is_empty() || self.uses_members(file, function, &shape.members))
        })
    }

    pub(super) fn uses_members(&self, file: FileId, function: FunctionId, members: &[String]) -> bool {
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
            let is_own = (caller.file, caller.function) == (callee.file, callee.function);
            if !is_own && !self.input.tests[caller.file] && !self.is_demonstration(caller.file) {
                self.called.insert((callee.file, callee.function));
            }
        }
    }

    /// Whether a file only shows or measures what a package does: that it calls a function says nothing of others.
    fn is_demonstration(&self, file: FileId) -> bool {
        let info = &self.input.project.files[file];
        let Some(manifest) = info.manifest else { return false };
        let inside = info.path.strip_prefix(&self.input.project.manifests[manifest].folder).unwrap_or(&info.path);
        let first = inside.trim_start_matches('/').split('/').next().unwrap_or_default();
        DEMONSTRATIONS.contains(&first)
    }

    /// A function that a library offers and that looks like a handler (a middleware, or what makes one gives it): who
    /// gets it registers it, and so it lasts.
    pub(super) fn offer_handler(&mut self, value: Value, holder: Value, offer: OfferId) -> bool {
        let Some((object, _)) = value.as_object() else { return false };
        let Source::Function { file, function, .. } = self.objects[object].source else { return false };
        let Some(shape) = self.handler_shape(file, function) else { return false };
        let (context, params) = (shape.context, shape.params.clone());
        let this = if holder.is_object() { This::Value(holder) } else { This::None };
        let entry = Entry {
            cause: self.handler_cause(context, (file, function)),
            params,
            caller: self.offers[offer].caller,
            this,
            dst: None,
        };
        let invocation = self.outside_invocation(&entry, object);
        self.invoke(invocation, value.promoted());
        true
    }

    fn handler_cause(&mut self, context: ContextKind, function: (FileId, FunctionId)) -> RootCause {
        let label = self.names.intern("function that looks like a handler");
        RootCause { kind: Some(context), confidence: Confidence::Medium, label, function: Some(function) }
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
            let cause = self.handler_cause(context, (file, function));
            let entry = Entry { cause, params, caller: parent, this: This::None, dst: None };
            let invocation = self.outside_invocation(&entry, id);
            self.invoke(invocation, Value::object(id, Lifetime::Fresh));
        }
    }
}

/// A segment of the way to an export, and whether what is there is called.
fn called(segment: &str) -> (&str, bool) {
    segment.strip_suffix("()").map_or((segment, false), |name| (name, true))
}
