//! What a library offers to unknown callers: its entries' exports, and all that can be reached from them.

use rustc_hash::FxHashSet;
use smallvec::SmallVec;

use crate::base::finding::{Confidence, ContextKind};
use crate::base::index::IndexVec;
use crate::base::source::FileId;
use crate::heap::field::{Field, FieldKind};
use crate::heap::graph::NodeId;
use crate::heap::instance::Phase;
use crate::heap::limits::DEPTH;
use crate::heap::natives::Native;
use crate::heap::object::{Data, InstanceId, Lifetime, ObjectId, ObjectKind, Source, Value};
use crate::heap::record::{ModuleLoad, Root};
use crate::heap::roots::Offer;
use crate::heap::solver::{
    Arg, Invocation, InvocationId, InvocationKind, Listener, MembersOffer, OfferId, RootCause, Solver, This,
};
use crate::models::facts::Position;
use crate::modules::Resolution;
use crate::project::ManifestId;
use crate::syntax::facts::{CallId, Constraint, FunctionForm, FunctionId, ModuleKind, THIS};

/// Modules by whether other production modules load them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Which {
    /// Nothing loads them.
    Unloaded,
    /// Something does.
    Loaded,
}

impl Solver<'_> {
    /// What libraries offer: their entries' exports, then, without an `exports` map, what else can be required.
    pub(super) fn offer_entries(&mut self) {
        let libraries = self.libraries();
        for manifest in self.input.project.manifests.ids() {
            if libraries.contains(&manifest) {
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

    /// Modules of a library beside its entries: without an `exports` map anyone may require them. First those that the
    /// library itself does not load, so that what they call counts as called.
    pub(super) fn offer_inner(&mut self, which: Which) {
        let (loaded, libraries) = (self.loaded_files(), self.libraries());
        for (file, info) in self.input.project.files.iter_enumerated() {
            let Some(manifest) = info.manifest else { continue };
            if libraries.contains(&manifest)
                && loaded.contains(&file) == (which == Which::Loaded)
                && self.memo.running.contains(&file)
                && !self.input.tests[file]
                && !self.input.project.manifests[manifest].has_exports_map
                && !self.input.project.manifests[manifest].entries.contains(&file)
            {
                self.offer_file(file, Confidence::Medium);
            }
        }
    }

    /// Modules of an application that no production module loads: their callers are not in the analysed folder, or
    /// reach them in a way that is not understood. Where the whole program is seen, such a module is dead.
    pub(super) fn offer_unloaded(&mut self) {
        let (loaded, libraries) = (self.loaded_files(), self.libraries());
        let whole = self.whole_programs();
        for (file, info) in self.input.project.files.iter_enumerated() {
            let is_dead = info.manifest.is_some_and(|manifest| whole.contains(&manifest));
            if self.is_application_code(file, info.manifest, &libraries) && !loaded.contains(&file) && !is_dead {
                self.offer_file(file, Confidence::Medium);
            }
        }
    }

    /// Packages whose start is among the sources (something there registers what repeats) and whose loads are all
    /// resolved: what they do not load does not run.
    fn whole_programs(&self) -> FxHashSet<ManifestId> {
        let project = self.input.project;
        let manifest = |instance: InstanceId| {
            let file = self.instances[instance].key.file;
            project.files[file].manifest.filter(|_| !self.input.tests[file])
        };
        let is_start = |root: &&Root| root.site.is_some() && root.cause.kind > Some(ContextKind::Exported);
        let starts = self.record.roots.iter().filter(is_start).filter_map(|root| manifest(root.instance));
        let finds = |load: &ModuleLoad| load.found.iter().any(|(_, _, targets)| !targets.is_empty());
        let open = self.record.loads.iter().filter(|load| load.problem.is_some() && !finds(load));
        let open: FxHashSet<_> = open.filter_map(|load| manifest(load.instance)).collect();
        starts.filter(|manifest| !open.contains(manifest)).collect()
    }

    /// What is left: exports of an application's loaded modules that nothing in it calls.
    pub(super) fn offer_uncalled(&mut self) {
        let (loaded, libraries) = (self.loaded_files(), self.libraries());
        for (file, info) in self.input.project.files.iter_enumerated() {
            if self.is_application_code(file, info.manifest, &libraries) && loaded.contains(&file) {
                self.offer_file(file, Confidence::Medium);
            }
        }
    }

    fn is_application_code(
        &self,
        file: FileId,
        manifest: Option<ManifestId>,
        libraries: &FxHashSet<ManifestId>,
    ) -> bool {
        self.memo.running.contains(&file)
            && !self.input.tests[file]
            && !manifest.is_some_and(|manifest| libraries.contains(&manifest))
    }

    /// The files that production modules load.
    pub(super) fn loaded_files(&self) -> FxHashSet<FileId> {
        let is_test = |file: FileId| self.input.tests[file];
        let calls = self.record.loads.iter().filter(|load| !is_test(self.instances[load.instance].key.file));
        let called = calls.flat_map(|load| load.found.iter().flat_map(|(_, _, targets)| targets));
        let imports = self.record.static_loads.iter().filter(|load| !is_test(load.file)).map(|load| &load.target);
        let file = |target: &Resolution| match target {
            Resolution::File(file) => Some(*file),
            _ => None,
        };
        called.chain(imports).filter_map(file).collect()
    }

    /// The packages that others install: not private, with entries, and no servers by themselves.
    fn libraries(&self) -> FxHashSet<ManifestId> {
        let project = self.input.project;
        let is_served =
            |root: &&Root| root.cause.kind == Some(ContextKind::Request) && root.cause.confidence == Confidence::High;
        let served = self.record.roots.iter().filter(is_served).map(|root| self.instances[root.instance].key.file);
        let served = served.filter(|&file| !self.input.tests[file]).filter_map(|file| project.files[file].manifest);
        let servers: FxHashSet<ManifestId> = served.collect();
        let is_library = |&manifest: &ManifestId| {
            let info = &project.manifests[manifest];
            !info.is_private && !info.entries.is_empty() && !servers.contains(&manifest)
        };
        project.manifests.ids().filter(is_library).collect()
    }

    pub(super) fn offer_file(&mut self, file: FileId, confidence: Confidence) {
        self.run_module(file);
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
        // Only functions care who holds them.
        let is_method = matches!(self.objects[object].source, Source::Function { .. });
        let holder = if is_method { holder } else { Value::data(Data::Unknown) };
        if depth > DEPTH || !self.offered.insert((value, holder)) {
            return;
        }
        match self.objects[object].source.clone() {
            Source::Function { file, function, .. } => {
                if self.is_constructor(object) {
                    self.offer_class(value, depth, offer);
                } else if !self.called.contains(&(file, function)) || self.is_own_export(depth, offer) {
                    self.offer_function(value, holder, depth, offer);
                }
                self.offer_members(object, lifetime, value, depth, offer);
            }
            Source::Class { .. } => {
                self.offer_class(value, depth, offer);
                self.offer_members(object, lifetime, value, depth, offer);
            }
            Source::External { path: None, made: Some((maker, Some(call))), .. } => {
                self.offer_wrapped((maker, call), depth, offer);
            }
            Source::Native(_) | Source::External { .. } | Source::Require(_) | Source::Global => {}
            _ if self.objects[object].kind == ObjectKind::Promise => {
                let node = self.fresh_node();
                self.await_value(value, node);
                self.listen(node, Listener::Offer { holder, depth: depth + 1, offer });
            }
            _ => self.offer_members(object, lifetime, value, depth, offer),
        }
    }

    /// Whether a value is an entry's export itself: it is there to be called from outside, whatever calls it inside.
    fn is_own_export(&self, depth: u8, offer: OfferId) -> bool {
        depth <= 1 && self.offers[offer].cause.confidence == Confidence::High
    }

    /// A function whose prototype has members, or with a name like a class's: a class of old.
    pub(super) fn is_constructor(&self, function: ObjectId) -> bool {
        if let Source::Function { file, function, .. } = self.objects[function].source {
            let facts = &self.input.facts[file];
            let info = &facts.functions[function];
            let name = info.name.map_or("", |name| facts.name(name));
            let is_plain = info.kind.form == FunctionForm::Plain && !info.kind.is_async && !info.kind.is_generator;
            if is_plain && name.starts_with(|c: char| c.is_ascii_uppercase()) && self.uses_this(file, function) {
                return true;
            }
        }
        let Some(&prototype) = self.object_ids.get(&Source::Prototype { of: function }) else { return false };
        let own = |field: &Field| matches!(field.kind(), FieldKind::Name(name) if name != self.well_known.constructor);
        self.states[prototype]
            .fields
            .iter()
            .any(|(field, node)| own(field) && self.graph.set(*node).iter().any(Value::is_object))
    }

    /// Whether a function writes to its `this`, or hands it on.
    fn uses_this(&self, file: FileId, function: FunctionId) -> bool {
        let facts = &self.input.facts[file];
        facts.constraints_of(function).iter().any(|constraint| match *constraint {
            Constraint::Store { base, .. } => base == THIS,
            Constraint::Call { call } => facts.arguments_of(call).iter().any(|argument| argument.value == THIS),
            _ => false,
        })
    }

    pub(super) fn offer_members(
        &mut self,
        object: ObjectId,
        lifetime: Lifetime,
        value: Value,
        depth: u8,
        offer: OfferId,
    ) {
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
            self.open(holder);
            self.spend(self.states[holder].fields.len());
            let members = MembersOffer { lifetime, value, depth, offer };
            self.members_offered.entry(holder).or_default().push(members);
            for (field, node) in self.states[holder].fields.clone() {
                self.offer_member(field, node, members);
            }
        }
    }

    /// One property of what unknown callers get; those that an object gets later are offered then.
    pub(super) fn offer_member(&mut self, field: Field, node: NodeId, members: MembersOffer) {
        let FieldKind::Name(name) = field.kind() else { return };
        let text = self.names.text(name);
        // What begins with an underscore or a hash is not offered by convention.
        if name == self.well_known.prototype || name == self.well_known.constructor || text.starts_with(['_', '#']) {
            return;
        }
        let MembersOffer { lifetime, value, depth, offer } = members;
        let member = self.read_through(node, lifetime);
        self.listen(member, Listener::Offer { holder: value, depth: depth + 1, offer });
    }

    pub(super) fn offer_class(&mut self, value: Value, depth: u8, offer: OfferId) {
        let Some((object, _)) = value.as_object() else { return };
        let is_called = match self.objects[object].source {
            Source::Function { file, function, .. } => self.called.contains(&(file, function)),
            Source::Class { file, class, .. } => {
                self.called.contains(&(file, self.input.facts[file].classes[class].constructor))
            }
            _ => true,
        };
        let dst = self.fresh_node();
        if is_called && !self.is_own_export(depth, offer) {
            let instance = self.instance_of(object, self.offers[offer].caller, None);
            self.graph.insert(dst, Value::object(instance, Lifetime::Fresh));
        } else {
            let invocation = self.offered_invocation(value, This::None, Some(dst), offer, InvocationKind::New);
            self.invoke(invocation, value.promoted());
        }
        self.listen(dst, Listener::Offer { holder: value, depth: depth + 1, offer });
    }

    fn offer_function(&mut self, value: Value, holder: Value, depth: u8, offer: OfferId) {
        if self.offer_handler(value, holder, offer) {
            return;
        }
        let is_known = holder.is_object() || holder == Value::data(Data::Parameter);
        let this = if is_known { This::Value(holder) } else { This::None };
        let dst = self.fresh_node();
        let invocation = self.offered_invocation(value, this, Some(dst), offer, InvocationKind::Call);
        self.invoke(invocation, value);
        self.listen(dst, Listener::Offer { holder: Value::data(Data::Unknown), depth: depth + 1, offer });
    }

    pub(super) fn offered_invocation(
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
        for at in 0..count + usize::from(self.takes_more(value)) {
            let node = self.fresh_node();
            self.graph.insert(node, Value::data(Data::Parameter));
            args.push(Arg { node, is_spread: at == count });
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
            is_opaque: false,
        })
    }

    /// Whether a function takes arguments that it does not name.
    fn takes_more(&mut self, value: Value) -> bool {
        let Some((object, _)) = value.as_object() else { return false };
        let Source::Function { file, function, .. } = self.objects[object].source else { return false };
        self.has_arguments(file, function)
    }

    /// Functions that a library puts on the language's own objects are there for all code.
    pub(super) fn offer_extensions(&mut self) {
        let label = self.names.intern("method put on a built-in");
        let cause =
            RootCause { kind: Some(ContextKind::Exported), confidence: Confidence::Medium, label, function: None };
        let libraries = self.libraries();
        let is_shipped = |file: FileId| {
            let manifest = self.input.project.files[file].manifest;
            !self.input.tests[file] && manifest.is_some_and(|manifest| libraries.contains(&manifest))
        };
        let shipped: IndexVec<FileId, bool> = self.input.facts.ids().map(is_shipped).collect();
        for id in self.objects.ids().collect::<Vec<_>>() {
            if !self.is_everywhere(id) {
                continue;
            }
            for (field, node) in self.states[id].fields.clone() {
                let makers = self.graph.set(node).iter().filter_map(|value| self.maker_of(value));
                let mut makers = makers.into_iter();
                let Some(caller) = makers.find(|&maker| shipped[self.instances[maker].key.file]) else { continue };
                let offer = self.offers.push(Offer { cause, caller });
                let value = Value::data(Data::Parameter);
                self.offer_member(field, node, MembersOffer { lifetime: Lifetime::Module, value, depth: 0, offer });
            }
        }
    }

    /// Whether an object is the language's or the platform's, and all code has it.
    fn is_everywhere(&self, object: ObjectId) -> bool {
        match self.objects[object].source {
            Source::Native(Native::Global(_) | Native::Prototype(_)) => true,
            Source::External { package, made: None, .. } => package == self.well_known.empty,
            _ => false,
        }
    }

    /// The function that made a value of the program's own.
    fn maker_of(&self, value: Value) -> Option<InstanceId> {
        match self.objects[value.as_object()?.0].source {
            Source::Function { parent, .. } => Some(parent),
            Source::Site { instance, .. } => Some(instance),
            _ => None,
        }
    }

    /// What unknown code makes of a function, a library offers: `module.exports = plugin('name', (options) => …)`.
    fn offer_wrapped(&mut self, (maker, call): (InstanceId, CallId), depth: u8, offer: OfferId) {
        let file = self.instances[maker].key.file;
        for argument in self.input.facts[file].arguments_of(call) {
            let given: Vec<Value> = self.graph.set(self.node(maker, argument.value)).iter().collect();
            for value in given {
                if matches!(value.as_object(), Some((object, _)) if self.is_function(object)) {
                    self.offer(value, Value::data(Data::Unknown), depth, offer);
                }
            }
        }
    }

    fn is_function(&self, object: ObjectId) -> bool {
        matches!(self.objects[object].source, Source::Function { .. })
    }
}
