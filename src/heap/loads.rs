//! Modules as values: `require`, `import`, `import()`, namespaces, and what `module`, `exports` and `__dirname` are.

use rustc_hash::FxHashSet;

use crate::base::source::FileId;
use crate::heap::field::Field;
use crate::heap::graph::{EdgeKind, NodeId};
use crate::heap::object::{InstanceId, Lifetime, ObjectKind, Source, Value, ValueKind};
use crate::heap::record::{How, LoadForm, ModuleLoad, StaticLoad};
use crate::heap::solver::{Invocation, InvocationId, Listener, Solver};
use crate::heap::strings;
use crate::modules::{Mode, PatternPart, Reason, Resolution};
use crate::syntax::facts::{Export, ImportId, Imported, ModuleKind, THIS};

impl Solver<'_> {
    /// The names that node gives each module; whether this was one.
    pub(super) fn load_module_name(&mut self, file: FileId, name: &str, dst: NodeId) -> bool {
        let is_es = self.input.facts[file].kind == ModuleKind::Es;
        match name {
            "require" => {
                let object = self.object(Source::Require(file), ObjectKind::Function);
                self.prepare_require(file, object);
                self.graph.insert(dst, Value::object(object, Lifetime::Module));
            }
            "module" => {
                let object = self.module_object(file);
                self.graph.insert(dst, Value::object(object, Lifetime::Module));
            }
            "exports" if !is_es => {
                let object = self.object(Source::Exports(file), ObjectKind::Plain);
                self.module_object(file);
                self.graph.insert(dst, Value::object(object, Lifetime::Module));
            }
            "__dirname" | "__filename" => self.insert_path(file, name == "__dirname", dst),
            _ => return false,
        }
        true
    }

    pub(super) fn insert_path(&mut self, file: FileId, is_directory: bool, dst: NodeId) {
        let path = format!("{}/{}", self.root_text(), self.input.project.files[file].path);
        let path = if is_directory { path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned() } else { path };
        let id = self.strings.constant(&path);
        self.graph.insert(dst, Value::string(id));
    }

    /// `import.meta`.
    pub(super) fn load_import_meta(&mut self, file: FileId, dst: NodeId) {
        let instance = self.bodies[file];
        let object = self.made(instance, None, 9, ObjectKind::Plain);
        for (name, is_directory) in [("dirname", true), ("filename", false), ("url", false)] {
            let name = self.names.intern(name);
            let field = self.field(object, Field::name(name));
            self.insert_path(file, is_directory, field);
        }
        let resolve = self.names.intern("resolve");
        let field = self.field(object, Field::name(resolve));
        let function = self.object(
            Source::Call { instance, call: crate::syntax::facts::CallId(u32::MAX - 3), part: 0 },
            ObjectKind::Function,
        );
        self.resolvers.insert(function, file);
        self.graph.insert(field, Value::object(function, Lifetime::Module));
        self.add_bundler_members(object, &["import", "meta"], &["glob", "globEager"]);
        self.graph.insert(dst, Value::object(object, Lifetime::Module));
    }

    /// A module's `module`, with its first `exports` and its own `require`.
    pub(super) fn module_object(&mut self, file: FileId) -> crate::heap::object::ObjectId {
        let source = Source::Module(file);
        if let Some(&id) = self.object_ids.get(&source) {
            return id;
        }
        let id = self.object(source, ObjectKind::Plain);
        let exports = self.object(Source::Exports(file), ObjectKind::Plain);
        let field = self.field(id, Field::name(self.well_known.exports));
        self.graph.insert(field, Value::object(exports, Lifetime::Fresh));
        let require = self.object(Source::Require(file), ObjectKind::Function);
        let name = self.names.intern("require");
        let field = self.field(id, Field::name(name));
        self.graph.insert(field, Value::object(require, Lifetime::Module));
        id
    }

    fn prepare_require(&mut self, file: FileId, require: crate::heap::object::ObjectId) {
        let resolve = self.names.intern("resolve");
        let field = self.field(require, Field::name(resolve));
        let object = self.object(
            Source::Call { instance: self.bodies[file], call: crate::syntax::facts::CallId(u32::MAX - 2), part: 0 },
            ObjectKind::Function,
        );
        self.resolvers.insert(object, file);
        self.graph.insert(field, Value::object(object, Lifetime::Module));
        let cache = self.names.intern("cache");
        let field = self.field(require, Field::name(cache));
        let object = self.object(Source::Cache, ObjectKind::Plain);
        self.graph.insert(field, Value::object(object, Lifetime::Module));
        let extensions = self.names.intern("extensions");
        let field = self.field(require, Field::name(extensions));
        let package = self.names.intern("node:module");
        let source = Source::External { package, path: None, made: None, label: extensions };
        let object = self.object(source, ObjectKind::Plain);
        self.graph.insert(field, Value::object(object, Lifetime::Module));
        self.add_bundler_members(require, &["require"], &["context"]);
        let main = self.names.intern("main");
        let field = self.field(require, Field::name(main));
        let module = self.module_object(file);
        self.graph.insert(field, Value::object(module, Lifetime::Module));
    }

    /// `require(x)`.
    pub(super) fn call_require(&mut self, invocation: InvocationId, file: FileId) {
        self.load_by_argument(invocation, file, LoadForm::Require, Mode::Require);
    }

    /// `require.resolve(x)`: the path is a string value, and nothing is loaded.
    pub(super) fn call_resolve(&mut self, invocation: InvocationId, file: FileId) {
        self.load_by_argument(invocation, file, LoadForm::Resolve, Mode::Require);
    }

    /// `import(x)`.
    pub(super) fn constrain_import_call(&mut self, at: InstanceId, invocation: InvocationId) {
        let file = self.instances[at].key.file;
        let inv = self.invocations[invocation].clone();
        let promise = self.made(at, inv.call, 0, ObjectKind::Promise);
        let promised = self.field(promise, Field::PROMISED);
        if let Some(dst) = inv.dst {
            self.graph.insert(dst, Value::object(promise, Lifetime::Fresh));
        }
        self.invocations[invocation].dst = Some(promised);
        self.load_by_argument(invocation, file, LoadForm::Import, Mode::Import);
    }

    fn load_by_argument(&mut self, invocation: InvocationId, file: FileId, form: LoadForm, mode: Mode) {
        let inv = self.invocations[invocation].clone();
        let (Some(call), Some(arg)) = (inv.call, inv.args.first()) else { return };
        let dst = inv.dst.unwrap_or_else(|| self.fresh_node());
        let mut specifier = arg.node;
        if arg.is_spread {
            specifier = self.fresh_node();
            self.listen(arg.node, Listener::Iterate { dst: specifier, index: Some(0) });
        }
        self.add_load(&inv, call, specifier, dst, (form, mode), file);
    }

    pub(super) fn add_load(
        &mut self,
        inv: &Invocation,
        call: crate::syntax::facts::CallId,
        specifier: NodeId,
        dst: NodeId,
        (form, mode): (LoadForm, Mode),
        file: FileId,
    ) {
        let load = u32::try_from(self.record.loads.len()).unwrap_or(u32::MAX);
        self.record.loads.push(ModuleLoad {
            instance: inv.caller,
            call,
            mode,
            specifier,
            dst,
            form,
            found: Vec::new(),
            problem: None,
        });
        self.load_files.push(file);
        self.listen(specifier, Listener::Specifier { load });
    }

    /// A specifier's value.
    pub(super) fn load_specifier(&mut self, load: u32, value: Value) {
        let at = load as usize;
        let from = self.load_files[at];
        let ValueKind::String(id) = value.kind() else {
            // A file URL object, or data: what is not a string is not known.
            if let ValueKind::Data(_) = value.kind() {
                self.record.loads[at].problem.get_or_insert(Reason::UnknownValue);
            }
            return;
        };
        let parts = self.strings.parts(id).to_vec();
        let mode = self.record.loads[at].mode;
        let text = strings::display(&parts);
        let (how, targets) = if let [PatternPart::Text(text)] = parts.as_slice() {
            (How::Constant, vec![self.input.loader.resolve(from, text, mode)])
        } else {
            let is_directory =
                parts.iter().any(|p| matches!(p, PatternPart::Entry | PatternPart::Tree | PatternPart::Folders));
            let expansion = self.input.loader.expand(from, &parts, mode);
            // That something is unknown is less than what is known of the rest.
            let before = self.record.loads[at].problem.filter(|&before| before != Reason::UnknownValue);
            if let Some(problem) = before.or(expansion.problem) {
                self.record.loads[at].problem = Some(problem);
            }
            let how = if is_directory { How::Directory } else { How::Template };
            let package = expansion.package.map(|name| Resolution::Package { name, subpath: strings::display(&parts) });
            (how, expansion.files.into_iter().map(Resolution::File).chain(package).collect())
        };
        let found = (text, how, targets);
        if self.record.loads[at].found.contains(&found) {
            return;
        }
        let targets = &found.2;
        let form = self.record.loads[at].form;
        let dst = self.record.loads[at].dst;
        if form == LoadForm::Resolve {
            let resolved = self.resolved_text(from, &parts, targets);
            self.graph.insert(dst, resolved);
        } else if form != LoadForm::StandIn {
            for target in targets {
                self.load_target(target, mode, dst);
            }
        }
        self.record.loads[at].found.push(found);
    }

    /// What `require.resolve` gives: the path of the one file, or the pattern as it is from the calling file.
    fn resolved_text(&mut self, from: FileId, parts: &[PatternPart], targets: &[Resolution]) -> Value {
        if let [Resolution::File(only)] = targets {
            let path = self.input.loader.absolute(*only);
            return Value::string(self.strings.constant(&path));
        }
        let is_relative = matches!(parts.first(), Some(PatternPart::Text(first)) if first.starts_with('.'));
        if !is_relative {
            return Value::string(self.strings.pattern(parts.to_vec()));
        }
        let own = vec![PatternPart::Text(self.input.loader.absolute(from))];
        let folder = crate::heap::platform::dirname(own);
        let whole = strings::join_paths(&[folder, parts.to_vec()], strings::Restart::Never);
        Value::string(self.strings.pattern(whole))
    }

    /// What loading a target gives flows into `dst`.
    pub(super) fn load_target(&mut self, target: &Resolution, mode: Mode, dst: NodeId) {
        match target {
            Resolution::File(file) => self.load_file(*file, mode, dst),
            Resolution::Package { name, subpath } => {
                let name = if subpath.is_empty() { name.clone() } else { format!("{name}/{subpath}") };
                let value = self.package_value(&name);
                self.graph.insert(dst, value);
            }
            Resolution::Builtin(name) => {
                let value = self.package_value(&format!("node:{}", name.trim_start_matches("node:")));
                self.graph.insert(dst, value);
            }
            Resolution::Unresolved(_) => {}
        }
    }

    /// A project file as a value: `module.exports`, or the namespace.
    pub(super) fn load_file(&mut self, file: FileId, mode: Mode, dst: NodeId) {
        self.run_module(file);
        if let Some(assigned) = self.assigned_export(file) {
            self.graph.add_edge(assigned, dst, EdgeKind::Promote);
            return;
        }
        let is_es = self.input.facts[file].kind == ModuleKind::Es;
        if is_es || mode == Mode::Import {
            let namespace = self.namespace(file);
            self.graph.insert(dst, namespace);
        }
        if !is_es && mode == Mode::Require {
            let exports = self.module_exports(file);
            self.graph.add_edge(exports, dst, EdgeKind::Promote);
        }
    }

    /// The node of what TypeScript's `export =` gives instead of a namespace.
    fn assigned_export(&self, file: FileId) -> Option<NodeId> {
        self.input.facts[file].exports.iter().find_map(|export| match export {
            Export::Assign { value, .. } => Some(self.node(self.bodies[file], *value)),
            _ => None,
        })
    }

    /// The node of a `CommonJS` module's `module.exports`.
    pub(super) fn module_exports(&mut self, file: FileId) -> NodeId {
        let module = self.module_object(file);
        self.field(module, Field::name(self.well_known.exports))
    }

    /// A module's namespace: for a `CommonJS` module its default is `module.exports`, and it has the same names.
    pub(super) fn namespace(&mut self, file: FileId) -> Value {
        let source = Source::Namespace(file);
        if let Some(&id) = self.object_ids.get(&source) {
            return Value::object(id, Lifetime::Module);
        }
        let id = self.object(source, ObjectKind::Plain);
        if self.input.facts[file].kind == ModuleKind::Es {
            for name in self.exported_names(file) {
                let name_id = self.names.intern(&name);
                let field = self.field(id, Field::name(name_id));
                self.connect_export(file, &name, field, EdgeKind::Copy);
            }
        } else {
            let exports = self.module_exports(file);
            let default = self.field(id, Field::name(self.well_known.default));
            self.graph.add_edge(exports, default, EdgeKind::Copy);
            self.listen(exports, Listener::Prototype { of: id });
        }
        Value::object(id, Lifetime::Module)
    }

    /// All names that an ES module exports, with those of `export *`.
    pub(super) fn exported_names(&mut self, file: FileId) -> Vec<String> {
        let mut names = Vec::new();
        let mut known = FxHashSet::default();
        let mut seen = FxHashSet::from_iter([file]);
        let mut queue = vec![file];
        while let Some(at) = queue.pop() {
            if self.is_spent() {
                break;
            }
            let facts = &self.input.facts[at];
            self.spend(facts.exports.len());
            for export in &facts.exports {
                match *export {
                    Export::Binding { name, .. } | Export::Value { name, .. } | Export::From { name, .. } => {
                        let text = facts.name(name);
                        if (at == file || text != "default") && known.insert(text) {
                            names.push(text.to_owned());
                        }
                    }
                    Export::All { import } => {
                        if let Resolution::File(target) = self.resolve_import(at, import)
                            && seen.insert(target)
                        {
                            queue.push(target);
                        }
                    }
                    Export::Assign { .. } => {}
                }
            }
        }
        names
    }

    /// Puts a module's body into the graph, and what it imports. Other forms of a package's build run only if they are
    /// loaded.
    pub(super) fn run_module(&mut self, file: FileId) {
        if !self.memo.running.insert(file) {
            return;
        }
        // Chains of imports may be long: each waits for the one before it.
        self.memo.waking.push(file);
        if self.memo.waking.len() > 1 {
            return;
        }
        let mut at = 0;
        while let Some(&file) = self.memo.waking.get(at) {
            at += 1;
            self.bind_module_this(file);
            self.constrain_all(self.bodies[file]);
            for import in self.input.facts[file].imports.ids() {
                self.resolve_import(file, import);
            }
        }
        self.memo.waking.clear();
    }

    /// What an import's specifier leads to, noted the first time.
    pub(super) fn resolve_import(&mut self, file: FileId, import: ImportId) -> Resolution {
        if let Some(known) = self.imports.get(&(file, import)) {
            return known.clone();
        }
        let facts = &self.input.facts[file];
        let request = facts.imports[import];
        let mode = if request.what == Imported::Require { Mode::Require } else { Mode::Import };
        let target = self.named_by_a_model(facts.name(request.specifier), mode, file);
        self.imports.insert((file, import), target.clone());
        if let Resolution::File(loaded) = target {
            self.run_module(loaded);
        }
        if !request.is_type {
            self.record.static_loads.push(StaticLoad { file, import, target: target.clone() });
        }
        target
    }

    /// What a specifier leads to. Names that only a framework's build knows (`#imports`) are packages to the models.
    fn named_by_a_model(&self, specifier: &str, mode: Mode, file: FileId) -> Resolution {
        match self.input.loader.resolve(file, specifier, mode) {
            Resolution::Unresolved(_) if self.input.models.package(specifier).is_some() => {
                Resolution::Package { name: specifier.to_owned(), subpath: String::new() }
            }
            resolution => resolution,
        }
    }

    /// A read of an import.
    pub(super) fn load_import(&mut self, file: FileId, import: ImportId, dst: NodeId) {
        let target = self.resolve_import(file, import);
        let request = self.input.facts[file].imports[import];
        match request.what {
            Imported::Effects => {}
            Imported::Namespace => self.load_target(&target, Mode::Import, dst),
            Imported::Require => self.load_target(&target, Mode::Require, dst),
            Imported::Name(name) => {
                let text = self.input.facts[file].name(name).to_owned();
                self.load_named(&target, &text, dst);
            }
        }
    }

    /// A named import of a target.
    pub(super) fn load_named(&mut self, target: &Resolution, name: &str, dst: NodeId) {
        match target {
            Resolution::File(file) if self.assigned_export(*file).is_some() => {
                let Some(assigned) = self.assigned_export(*file) else { return };
                let read = self.fresh_node();
                self.graph.add_edge(assigned, read, EdgeKind::Promote);
                if name == "default" {
                    self.graph.add_edge(read, dst, EdgeKind::Copy);
                } else {
                    let name = self.names.intern(name);
                    self.listen(read, Listener::Load { dst, field: Field::name(name) });
                }
            }
            Resolution::File(file) if self.input.facts[*file].kind == ModuleKind::Es => {
                self.connect_export(*file, name, dst, EdgeKind::Promote);
            }
            Resolution::File(file) => {
                let exports = self.module_exports(*file);
                let read = self.fresh_node();
                self.graph.add_edge(exports, read, EdgeKind::Promote);
                let is_compiled = self.input.facts[*file].names.iter().any(|name| &**name == "__esModule");
                if name == "default" && !is_compiled {
                    self.graph.add_edge(read, dst, EdgeKind::Copy);
                    return;
                }
                let name = self.names.intern(name);
                self.listen(read, Listener::Load { dst, field: Field::name(name) });
            }
            target => {
                let whole = self.fresh_node();
                self.load_target(target, Mode::Import, whole);
                let name = self.names.intern(name);
                self.listen(whole, Listener::Load { dst, field: Field::name(name) });
            }
        }
    }

    /// `createRequire(base)`: a `require` of the module at `base`.
    pub(super) fn create_require(&mut self, inv: &Invocation) {
        let Some(dst) = inv.dst else { return };
        let own = self.instances[inv.caller].key.file;
        let base = inv.args.first().map_or_else(|| self.fresh_node(), |arg| arg.node);
        self.listen(base, Listener::RequireBase { dst, own });
        self.waiting.requires.push((base, dst, own));
    }

    /// A `require` of the file at a path, or of a folder: of any file in it.
    pub(super) fn require_at(&mut self, value: Value, dst: NodeId, own: FileId) {
        let ValueKind::String(id) = value.kind() else { return };
        let file = self.strings.text(id).and_then(|text| self.input.loader.file_beside(own, text));
        self.give_require(file.unwrap_or(own), dst);
    }

    fn give_require(&mut self, file: FileId, dst: NodeId) {
        let object = self.object(Source::Require(file), ObjectKind::Function);
        self.prepare_require(file, object);
        self.graph.insert(dst, Value::object(object, Lifetime::Module));
    }

    /// When everything is quiet, a base of which nothing is known is the calling file.
    pub(super) fn default_requires(&mut self) -> bool {
        let before = self.waiting.requires.len();
        for (base, dst, own) in std::mem::take(&mut self.waiting.requires) {
            if self.graph.set(base).string_count() == 0 {
                self.give_require(own, dst);
            }
        }
        before > 0
    }

    /// `this` of a module's body is its exports.
    pub(super) fn bind_module_this(&mut self, file: FileId) {
        let exports = self.object(Source::Exports(file), ObjectKind::Plain);
        let node = self.node(self.bodies[file], THIS);
        self.graph.insert(node, Value::object(exports, Lifetime::Module));
    }
}
