//! Modules that a test file has for itself: the runner puts something else in their place, or gives new ones.

use rustc_hash::FxHashSet;

use crate::base::index::IndexVec;
use crate::base::source::FileId;
use crate::heap::object::{InstanceId, Source, Value};
use crate::heap::record::{LoadForm, ModuleLoad};
use crate::models::facts::Restored;
use crate::modules::Resolution;
use crate::program::changes::{Change, Effect};
use crate::program::holders::Owner;
use crate::program::{Program, Stages};
use crate::project::ManifestId;
use crate::syntax::facts::{Callee, Constraint, MODULE_BODY, ValueId};

/// So many callers of what evicts modules are looked at.
const CALLERS: usize = 50;

/// So many assignments and members are followed back to where a module was loaded.
const STEPS: usize = 12;

/// What test files do with the modules that they load.
#[derive(Debug, Default)]
pub(super) struct Isolation {
    /// Files, and modules in whose place they get something else.
    replaced: FxHashSet<(FileId, Module)>,
    /// Packages of the project, and modules in whose place a setup file puts something else for all tests.
    replaced_for_all: FxHashSet<(Option<ManifestId>, Module)>,
    /// Files that have modules loaded anew.
    renewing: FxHashSet<FileId>,
    /// Files, and modules that they load once, at their start.
    loaded_at_start: FxHashSet<(FileId, FileId)>,
}

/// A module by what a specifier leads to.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Module {
    File(FileId),
    /// A package or a module of the platform, by its whole name.
    Named(String),
}

impl Program<'_> {
    /// Whether a test changes an object of a module that it has for itself: of one that is mocked, or of one that is
    /// loaded in the test or a hook, where modules are reset:
    ///
    /// ```js
    /// beforeEach(() => { jest.resetModules(); config = require('../config'); });
    /// ```
    pub(super) fn is_isolated(&self, change: &Change) -> bool {
        self.is_of_replaced(change) || self.is_of_renewed(change)
    }

    /// Whether what is changed is of a mocked module: it was made there, or read from what the file loads by that name.
    fn is_of_replaced(&self, change: &Change) -> bool {
        let isolation = self.isolation();
        let manifest = self.stages.project.files[change.file].manifest;
        let is_replaced = |module: Module| {
            isolation.replaced_for_all.contains(&(manifest, module.clone()))
                || isolation.replaced.contains(&(change.file, module))
        };
        let made_by = match self.owner(change) {
            Owner::File(file) => Module::File(file),
            Owner::Package(name) | Owner::Platform(name) => Module::Named(name),
        };
        if isolation.replaced.is_empty() && isolation.replaced_for_all.is_empty() {
            return false;
        }
        is_replaced(made_by) || self.loaded_modules(change).into_iter().any(is_replaced)
    }

    fn is_of_renewed(&self, change: &Change) -> bool {
        let Owner::File(owner) = self.owner(change) else { return false };
        let isolation = self.isolation();
        isolation.renewing.contains(&change.file) && !isolation.loaded_at_start.contains(&(change.file, owner))
    }

    /// The modules that the base of a change was loaded from, straight or as a member, in this function or around it.
    fn loaded_modules(&self, change: &Change) -> Vec<Module> {
        let mut modules = Vec::new();
        let info = self.stages.heap.instance(change.instance);
        let base = change.base_node.and_then(|node| node.0.checked_sub(info.base.0)).map(ValueId);
        let mut open: Vec<(InstanceId, ValueId)> = base.map(|value| (change.instance, value)).into_iter().collect();
        for _ in 0..STEPS {
            for (instance, value) in std::mem::take(&mut open) {
                self.follow_back(instance, value, &mut open, &mut modules);
            }
        }
        modules
    }

    /// One step back from a value: to what it was read from, or to the module that a load gave.
    fn follow_back(
        &self,
        instance: InstanceId,
        value: ValueId,
        open: &mut Vec<(InstanceId, ValueId)>,
        modules: &mut Vec<Module>,
    ) {
        let key = self.stages.heap.instance(instance).key;
        let facts = &self.stages.facts[key.file];
        for constraint in self.definitions_of(key.file, key.function, value) {
            match *constraint {
                Constraint::Copy { dst, src }
                | Constraint::Narrow { dst, src, .. }
                | Constraint::Await { dst, src }
                | Constraint::Load { dst, base: src, .. }
                    if dst == value =>
                {
                    open.push((instance, src));
                }
                Constraint::LoadOuter { dst, binding } if dst == value => {
                    let info = facts.bindings[binding];
                    let is_its = |&at: &InstanceId| self.stages.heap.instance(at).key.function == info.function;
                    let around = self.around(instance).find(is_its);
                    open.extend(around.map(|at| (at, info.home)));
                }
                Constraint::LoadImport { dst, import } if dst == value => {
                    let loads = self.stages.heap.record.static_loads.iter();
                    let own = loads.filter(|load| load.file == key.file && load.import == import);
                    modules.extend(own.filter_map(|load| module_of(&load.target)));
                }
                Constraint::Call { call } if facts.calls[call].dst == value => {
                    if let Some(load) = self.load_at(instance, call) {
                        modules.extend(targets(load));
                    } else if let Callee::Method { base, .. } = facts.calls[call].callee {
                        open.push((instance, base));
                    }
                }
                _ => {}
            }
        }
    }
}

impl Isolation {
    /// Looks through all loads and resets.
    pub(super) fn of(program: &Program<'_>) -> Self {
        let stages = &program.stages;
        let heap = stages.heap;
        let record = &heap.record;
        let mut isolation = Self::default();
        let mut stand_ins = Vec::new();
        for load in &record.loads {
            let key = heap.instance(load.instance).key;
            if !stages.tests[key.file] {
                continue;
            }
            if load.form == LoadForm::StandIn {
                stand_ins.push(load);
            } else if key.parent.is_none() && matches!(load.form, LoadForm::Require | LoadForm::Import) {
                let files = load.found.iter().flat_map(|(_, _, targets)| targets).filter_map(file_of);
                isolation.loaded_at_start.extend(files.map(|target| (key.file, target)));
            }
        }
        for load in &record.static_loads {
            isolation.loaded_at_start.extend(file_of(&load.target).map(|target| (load.file, target)));
        }
        for load in stand_ins {
            isolation.replace(program, load);
        }
        let resets = record.restores.iter().filter(|restore| restore.what == Restored::Modules);
        let reloads = record.reloads.iter().map(|reload| reload.instance);
        let evictions = program.changes().iter().filter(|change| is_eviction(stages, change));
        let renewals =
            resets.map(|restore| restore.instance).chain(reloads).chain(evictions.map(|change| change.instance));
        for instance in renewals {
            isolation.renewing.extend(files_that_run(stages, instance));
        }
        isolation
    }

    /// What stands in for a module does so for its file, and those that load a file of mere setting up; all tests of the
    /// package if none does, since then the runner's configuration names it.
    fn replace(&mut self, program: &Program<'_>, load: &ModuleLoad) {
        let key = program.stages.heap.instance(load.instance).key;
        let mut files = vec![key.file];
        if key.function == MODULE_BODY && !program.has_tests(key.file) {
            self.add_loading(&mut files, program.stages.tests);
        }
        let is_for_all = files.len() == 1 && !program.has_tests(key.file);
        let manifest = program.stages.project.files[key.file].manifest;
        for module in targets(load) {
            if is_for_all {
                self.replaced_for_all.insert((manifest, module.clone()));
            }
            self.replaced.extend(files.iter().map(|&file| (file, module.clone())));
        }
    }

    /// Adds the test files that load one of these, straight or through others.
    fn add_loading(&self, files: &mut Vec<FileId>, tests: &IndexVec<FileId, bool>) {
        let mut at = 0;
        while let Some(&loaded) = files.get(at) {
            at += 1;
            let loading = self.loaded_at_start.iter().filter(|&&(file, target)| target == loaded && tests[file]);
            let mut loading: Vec<FileId> = loading.map(|&(file, _)| file).collect();
            loading.sort_unstable();
            for file in loading {
                if !files.contains(&file) {
                    files.push(file);
                }
            }
        }
    }
}

/// The test files in which an instance runs: its own, and those of its callers.
fn files_that_run(stages: &Stages<'_>, instance: InstanceId) -> Vec<FileId> {
    let mut seen = vec![instance];
    let mut at = 0;
    while let Some(&instance) = seen.get(at) {
        at += 1;
        for &caller in stages.contexts.callers(instance) {
            if !seen.contains(&caller) && seen.len() < CALLERS {
                seen.push(caller);
            }
        }
    }
    seen.into_iter().map(|at| stages.heap.instance(at).key.file).filter(|&file| stages.tests[file]).collect()
}

fn targets(load: &ModuleLoad) -> impl Iterator<Item = Module> {
    load.found.iter().flat_map(|(_, _, targets)| targets).filter_map(module_of)
}

fn module_of(target: &Resolution) -> Option<Module> {
    match target {
        Resolution::File(file) => Some(Module::File(*file)),
        Resolution::Package { name, subpath } if subpath.is_empty() => Some(Module::Named(name.clone())),
        Resolution::Package { name, subpath } => Some(Module::Named(format!("{name}/{subpath}"))),
        Resolution::Builtin(name) => Some(Module::Named(format!("node:{}", name.trim_start_matches("node:")))),
        Resolution::Unresolved(_) => None,
    }
}

fn file_of(target: &Resolution) -> Option<FileId> {
    match target {
        Resolution::File(file) => Some(*file),
        _ => None,
    }
}

/// `delete require.cache[…]`.
fn is_eviction(stages: &Stages<'_>, change: &Change) -> bool {
    let base = change.base.and_then(Value::as_object);
    matches!(change.effect, Effect::Remove | Effect::Delete)
        && base.is_some_and(|(object, _)| stages.heap.object(object).source == Source::Cache)
}
