//! Tables that are made when first asked for. A question that looks through a whole function or program for each change
//! takes quadratic time, which generated code makes hours of.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

use crate::base::source::FileId;
use crate::heap::graph::NodeId;
use crate::heap::object::{InstanceId, ObjectId, Source, Value};
use crate::models::facts::{PathId, Step};

use crate::program::asked::{Answers, Assertions, Checks, FiniteTypes, Types};
use crate::program::changes::{Change, Target};
use crate::program::isolation::Isolation;
use crate::program::keepers::Keepers;
use crate::program::lookups::Lookups;
use crate::program::{ChangeId, Program, Stages};
use crate::syntax::facts::{
    BindingId, Call, CallId, Callee, Constraint, FunctionId, Key, MODULE_BODY, ModuleFacts, ValueId,
};

/// Methods that end what a registration gave.
const ENDING: &[&str] = &["unsubscribe", "dispose", "remove", "off", "stop", "close", "cancel"];

/// The method of what ends other things with itself.
const KEEPING: &str = "add";

type FunctionKey = (FileId, FunctionId);

/// The tables.
#[derive(Default)]
pub(super) struct Tables<'a> {
    loaded_names: OnceCell<FxHashSet<&'a str>>,
    outer_loads: OnceCell<FxHashSet<(FileId, BindingId)>>,
    homes: OnceCell<FxHashMap<(FileId, FunctionId, ValueId), BindingId>>,
    loads: OnceCell<FxHashMap<(InstanceId, CallId), usize>>,
    instances: OnceCell<FxHashMap<FunctionKey, Vec<InstanceId>>>,
    calls: OnceCell<FxHashMap<FunctionKey, Vec<CallId>>>,
    handles: OnceCell<FxHashSet<ObjectId>>,
    places: OnceCell<Places>,
    /// The objects that are read as a whole by code outside.
    pub(super) read_whole: OnceCell<FxHashSet<ObjectId>>,
    /// The objects that modules hold.
    pub(super) held_by_modules: OnceCell<FxHashSet<ObjectId>>,
    /// The objects that something else than test code holds.
    pub(super) held_by_production: OnceCell<FxHashSet<ObjectId>>,
    pub(super) keepers: OnceCell<Keepers>,
    isolation: OnceCell<Isolation>,
    pub(super) files_with_tests: OnceCell<FxHashSet<FileId>>,
    /// Instances, and whether they run in a hook after tests.
    pub(super) after_hooks: RefCell<FxHashMap<InstanceId, bool>>,
    /// Instances, and whether they run in a hook around each test.
    pub(super) hooks_around_each: RefCell<FxHashMap<InstanceId, bool>>,
    /// Removals, and whether they remove another entry than they looked for.
    pub(super) looked_up_otherwise: RefCell<FxHashMap<ChangeId, bool>>,
    pub(super) lookups: RefCell<FxHashMap<InstanceId, Rc<Lookups>>>,
    /// Containers and removals, and whether these undo a growth of those.
    pub(super) undoing: RefCell<FxHashMap<(Target, ChangeId), bool>>,
    pub(super) checks: OnceCell<Checks>,
    pub(super) finite_types: OnceCell<FiniteTypes<'a>>,
    pub(super) types: OnceCell<Types>,
    /// The containers that are declared with keys of fixed sets.
    pub(super) keyed_by_types: OnceCell<FxHashSet<ObjectId>>,
    pub(super) assertions: OnceCell<Assertions>,
    pub(super) answers: RefCell<Answers>,
    callees: OnceCell<FxHashMap<(InstanceId, CallId), Vec<InstanceId>>>,
    mentions: OnceCell<FxHashMap<FunctionKey, Vec<BindingId>>>,
    definitions: OnceCell<FxHashMap<FunctionKey, Definitions>>,
}

/// The constraints of a function by what they define.
type Definitions = FxHashMap<ValueId, SmallVec<[u32; 2]>>;

/// Changes by what they write to.
#[derive(Default)]
struct Places {
    slots: FxHashMap<NodeId, Vec<ChangeId>>,
    objects: FxHashMap<ObjectId, Vec<ChangeId>>,
}

/// So many changes of one place are compared with each other; whoever has more is generated.
const COMPARED: usize = 2_000;

/// Functions with more constraints have a table of them.
const LONG: usize = 256;

impl<'a> Program<'a> {
    /// Whether a property of that name is read anywhere.
    pub(super) fn is_name_loaded(&self, name: &str) -> bool {
        let made = || {
            let mut names = FxHashSet::default();
            for facts in self.stages.facts {
                names.extend(facts.constraints.iter().filter_map(|constraint| match constraint {
                    Constraint::Load { key: Key::Name(key), .. } => Some(facts.name(*key)),
                    _ => None,
                }));
            }
            names
        };
        self.tables.loaded_names.get_or_init(made).contains(name)
    }

    /// Whether a function reads a binding of one around it.
    pub(super) fn is_read_by_inner(&self, file: FileId, binding: BindingId) -> bool {
        let made = || {
            let of_file = |(file, facts): (FileId, &'a crate::syntax::facts::ModuleFacts)| {
                facts.constraints.iter().filter_map(move |constraint| match constraint {
                    Constraint::LoadOuter { binding, .. } => Some((file, *binding)),
                    _ => None,
                })
            };
            self.stages.facts.iter_enumerated().flat_map(of_file).collect()
        };
        self.tables.outer_loads.get_or_init(made).contains(&(file, binding))
    }

    /// The variables of functions around that a function, or a callback right in it, reads.
    pub(super) fn mentions_of(&self, file: FileId, function: FunctionId) -> &[BindingId] {
        let made = || {
            let mut mentions: FxHashMap<FunctionKey, Vec<BindingId>> = FxHashMap::default();
            for (file, facts) in self.stages.facts.iter_enumerated() {
                for (id, info) in facts.functions.iter_enumerated() {
                    let read = facts.constraints_of(id).iter().filter_map(|constraint| match *constraint {
                        Constraint::LoadOuter { binding, .. } => Some(binding),
                        _ => None,
                    });
                    for binding in read.filter(|&binding| facts.bindings[binding].function != MODULE_BODY) {
                        for reader in std::iter::once(id).chain(info.parent) {
                            mentions.entry((file, reader)).or_default().push(binding);
                        }
                    }
                }
            }
            mentions
        };
        self.tables.mentions.get_or_init(made).get(&(file, function)).map_or(&[], Vec::as_slice)
    }

    /// The first binding whose home is this value.
    pub(super) fn binding_of(&self, file: FileId, function: FunctionId, value: ValueId) -> Option<BindingId> {
        let made = || {
            let mut homes = FxHashMap::default();
            for (file, facts) in self.stages.facts.iter_enumerated() {
                for (id, binding) in facts.bindings.iter_enumerated() {
                    homes.entry((file, binding.function, binding.home)).or_insert(id);
                }
            }
            homes
        };
        self.tables.homes.get_or_init(made).get(&(file, function, value)).copied()
    }

    /// The load that a call is.
    pub(super) fn load_at(&self, instance: InstanceId, call: CallId) -> Option<&crate::heap::record::ModuleLoad> {
        let loads = &self.stages.heap.record.loads;
        let made = || {
            let mut places = FxHashMap::default();
            for (at, load) in loads.iter().enumerate() {
                places.entry((load.instance, load.call)).or_insert(at);
            }
            places
        };
        self.tables.loads.get_or_init(made).get(&(instance, call)).map(|&at| &loads[at])
    }

    /// The instances that a call calls by itself.
    pub(super) fn callees_of(&self, caller: InstanceId, call: CallId) -> &[InstanceId] {
        let made = || {
            let mut callees: FxHashMap<(InstanceId, CallId), Vec<InstanceId>> = FxHashMap::default();
            for edge in self.stages.heap.record.calls.iter().filter(|edge| edge.position.is_none()) {
                if let Some(call) = edge.call {
                    callees.entry((edge.caller, call)).or_default().push(edge.callee);
                }
            }
            callees
        };
        self.tables.callees.get_or_init(made).get(&(caller, call)).map_or(&[], Vec::as_slice)
    }

    /// The instances of a function.
    pub(super) fn instances_of(&self, file: FileId, function: FunctionId) -> &[InstanceId] {
        let made = || {
            let mut instances: FxHashMap<FunctionKey, Vec<InstanceId>> = FxHashMap::default();
            for (id, info) in self.stages.heap.instances() {
                instances.entry((info.key.file, info.key.function)).or_default().push(id);
            }
            instances
        };
        self.tables.instances.get_or_init(made).get(&(file, function)).map_or(&[], Vec::as_slice)
    }

    /// The calls of a function.
    pub(super) fn calls_in(&self, file: FileId, function: FunctionId) -> &[CallId] {
        let made = || {
            let mut calls: FxHashMap<FunctionKey, Vec<CallId>> = FxHashMap::default();
            for (file, facts) in self.stages.facts.iter_enumerated() {
                for (id, call) in facts.calls.iter_enumerated() {
                    calls.entry((file, call.function)).or_default().push(id);
                }
            }
            calls
        };
        self.tables.calls.get_or_init(made).get(&(file, function)).map_or(&[], Vec::as_slice)
    }

    /// Whether something that runs calls an object, or a method of it that ends what it stands for.
    pub(super) fn is_ended(&self, object: ObjectId) -> bool {
        self.tables.handles.get_or_init(|| handles(&self.stages)).contains(&object)
    }

    /// What test files do with the modules that they load.
    pub(super) fn isolation(&self) -> &Isolation {
        self.tables.isolation.get_or_init(|| Isolation::of(self))
    }

    /// The other changes of what a change writes to, or some of them if there are very many.
    pub(super) fn changes_of_place(&self, change: &Change) -> impl Iterator<Item = &Change> {
        let places = self.tables.places.get_or_init(|| Places::of(self.changes()));
        let at_slot = change.slot.and_then(|slot| places.slots.get(&slot));
        let object = change.base.and_then(Value::as_object).map(|(object, _)| object);
        let at_object = object.and_then(|object| places.objects.get(&object));
        let all = [at_slot, at_object].into_iter().flatten();
        all.flat_map(|ids| ids.iter().take(COMPARED)).map(|&id| self.change(id))
    }

    /// The changes of an object, or some of them if there are very many.
    pub(super) fn changes_of_object(&self, object: ObjectId) -> impl Iterator<Item = &Change> {
        let places = self.tables.places.get_or_init(|| Places::of(self.changes()));
        places.objects.get(&object).into_iter().flat_map(|ids| ids.iter().take(COMPARED)).map(|&id| self.change(id))
    }

    /// The changes of a named property or variable, or some of them if there are very many.
    pub(super) fn changes_at(&self, slot: NodeId) -> impl Iterator<Item = &Change> {
        let places = self.tables.places.get_or_init(|| Places::of(self.changes()));
        places.slots.get(&slot).into_iter().flat_map(|ids| ids.iter().take(COMPARED)).map(|&id| self.change(id))
    }

    /// Whether a function is so long that its constraints have a table.
    pub(super) fn is_long(&self, file: FileId, function: FunctionId) -> bool {
        self.stages.facts[file].constraints_of(function).len() > LONG
    }

    /// The constraints of a function that may define a value.
    pub(super) fn definitions_of(
        &self,
        file: FileId,
        function: FunctionId,
        value: ValueId,
    ) -> impl Iterator<Item = &'a Constraint> {
        let facts = &self.stages.facts[file];
        let all = facts.constraints_of(function);
        let tables = self.tables.definitions.get_or_init(|| definitions(&self.stages));
        let places = match tables.get(&(file, function)) {
            Some(table) => table.get(&value).map_or(&[][..], |places| places.as_slice()),
            None => &[],
        };
        let short = if all.len() <= LONG { all } else { &[] };
        short.iter().chain(places.iter().map(|&at| &all[at as usize]))
    }
}

impl Places {
    fn of(changes: &[Change]) -> Self {
        let mut places = Self::default();
        for (index, change) in changes.iter().enumerate() {
            let id = ChangeId(u32::try_from(index).unwrap_or(u32::MAX));
            if let Some(slot) = change.slot {
                places.slots.entry(slot).or_default().push(id);
            }
            if let Some((object, _)) = change.base.and_then(Value::as_object) {
                places.objects.entry(object).or_default().push(id);
            }
        }
        places
    }
}

fn handles(stages: &Stages<'_>) -> FxHashSet<ObjectId> {
    let mut handles = FxHashSet::default();
    each_running_call(stages, |facts, call, node| {
        if calls_back(stages, facts, call, node) {
            let arguments = facts.arguments[call.arguments.indices()].iter();
            handles.extend(
                arguments.flat_map(|argument| externals(stages, node(argument.value))).map(|(object, _)| object),
            );
        }
    });
    each_running_call(stages, |facts, call, node| {
        let called = match call.callee {
            Callee::Value(value) => value,
            Callee::Method { base, key: Key::Name(name) } if ENDING.contains(&facts.name(name)) => base,
            _ => return,
        };
        let objects = stages.heap.points_to(node(called)).iter().filter_map(Value::as_object);
        handles.extend(objects.map(|(object, _)| object));
    });
    // What is given to something that ends goes with it: `subscriptions.add(source.subscribe(f))`.
    let mut given = Vec::new();
    each_running_call(stages, |facts, call, node| {
        let Callee::Method { base, key: Key::Name(name) } = call.callee else { return };
        let holds_ended = || {
            let mut objects = stages.heap.points_to(node(base)).iter().filter_map(Value::as_object);
            objects.any(|(object, _)| handles.contains(&object))
        };
        if facts.name(name) == KEEPING && holds_ended() {
            for argument in &facts.arguments[call.arguments.indices()] {
                let objects = stages.heap.points_to(node(argument.value)).iter().filter_map(Value::as_object);
                given.extend(objects.map(|(object, _)| object));
            }
        }
    });
    handles.extend(given);
    handles
}

/// Whether a library calls what it is given there: `request.on('close', stop)`.
fn calls_back(stages: &Stages<'_>, facts: &ModuleFacts, call: &Call, node: &dyn Fn(ValueId) -> NodeId) -> bool {
    let path_of = |value| externals(stages, node(value)).filter_map(|(_, path)| path);
    let is_told = |path| stages.models.facts(path).call.as_ref().is_some_and(|call| !call.callbacks.is_empty());
    match call.callee {
        Callee::Value(callee) => path_of(callee).any(is_told),
        Callee::Method { base, key: Key::Name(name) } => {
            path_of(base).filter_map(|path| stages.models.step(path, Step::Member(facts.name(name)))).any(is_told)
        }
        _ => false,
    }
}

/// The objects of libraries that a node may hold, and what the models know them as.
fn externals<'a>(stages: &'a Stages<'_>, node: NodeId) -> impl Iterator<Item = (ObjectId, Option<PathId>)> + 'a {
    let objects = stages.heap.points_to(node).iter().filter_map(Value::as_object);
    objects.filter_map(|(object, _)| match stages.heap.object(object).source {
        Source::External { path, .. } => Some((object, path)),
        _ => None,
    })
}

/// Every call of code that runs after the start, in each instance, with what makes nodes of the instance's values.
fn each_running_call(stages: &Stages<'_>, mut look: impl FnMut(&ModuleFacts, &Call, &dyn Fn(ValueId) -> NodeId)) {
    for (instance, info) in stages.heap.instances() {
        if stages.contexts.of(instance).is_none() {
            continue;
        }
        let facts = &stages.facts[info.key.file];
        for constraint in facts.constraints_of(info.key.function) {
            let Constraint::Call { call } = constraint else { continue };
            look(facts, &facts.calls[*call], &|value| stages.heap.node(instance, value));
        }
    }
}

fn definitions(stages: &Stages<'_>) -> FxHashMap<FunctionKey, Definitions> {
    let mut all = FxHashMap::default();
    for (file, facts) in stages.facts.iter_enumerated() {
        for function in facts.functions.ids() {
            let constraints = facts.constraints_of(function);
            if constraints.len() <= LONG {
                continue;
            }
            let mut table = Definitions::default();
            for (at, constraint) in constraints.iter().enumerate() {
                let defined = match constraint {
                    Constraint::Call { call } => Some(facts.calls[*call].dst),
                    Constraint::Copy { dst, .. }
                    | Constraint::Narrow { dst, .. }
                    | Constraint::Load { dst, .. }
                    | Constraint::Iterate { dst, .. }
                    | Constraint::Alloc { dst, .. }
                    | Constraint::LoadOuter { dst, .. }
                    | Constraint::LoadImport { dst, .. }
                    | Constraint::Concat { dst, .. }
                    | Constraint::Await { dst, .. } => Some(*dst),
                    _ => None,
                };
                if let Some(value) = defined {
                    table.entry(value).or_default().push(u32::try_from(at).unwrap_or(u32::MAX));
                }
            }
            all.insert((file, function), table);
        }
    }
    all
}
