//! What the solver notes on the way, besides the solved graph: who calls whom, what repeats, writes through calls,
//! listeners, loads.

use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

use crate::base::name::Name;
use crate::base::source::FileId;
use crate::heap::graph::NodeId;
use crate::heap::object::{InstanceId, Value};
use crate::heap::solver::RootCause;
use crate::models::facts::{ListenerRemoval, PathId, Position, Restored};
use crate::modules::{Mode, Reason, Resolution};
use crate::syntax::facts::{CallId, FunctionId, ImportId};

/// A call that the solver found.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct CallEdge {
    /// Who calls.
    pub caller: InstanceId,
    /// The call in the caller's facts.
    pub call: Option<CallId>,
    /// Who is called.
    pub callee: InstanceId,
    /// How a callback is called; none for a direct call.
    pub position: Option<Position>,
}

/// An instance that something outside makes run.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Root {
    /// The instance.
    pub instance: InstanceId,
    /// What makes it run.
    pub cause: RootCause,
    /// Where it is registered, if it is.
    pub site: Option<(InstanceId, CallId)>,
    /// When it is called.
    pub position: Option<Position>,
}

/// A change of an object through a call.
#[derive(Clone, PartialEq, Debug)]
pub struct NativeWrite {
    /// The function that calls.
    pub instance: InstanceId,
    /// The call.
    pub call: CallId,
    /// The object.
    pub base: Value,
    /// What happens to it.
    pub effect: NativeEffect,
    /// The key, where there is one.
    pub key: Option<NodeId>,
    /// What is put in.
    pub values: SmallVec<[NodeId; 2]>,
    /// What was called: `push`, `Object.assign`.
    pub name: Name,
}

/// What a call does to an object.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum NativeEffect {
    /// Adds elements to an array (or text to a buffer).
    Append,
    /// Sets a map's entry.
    SetEntry,
    /// Adds a member to a set.
    AddMember,
    /// Writes a property under the key.
    SetProperty,
    /// Copies the properties of `values` in.
    AssignAll,
    /// Defines properties.
    Define,
    /// Replaces the prototype.
    SetPrototype,
    /// Rearranges elements in place.
    Rearrange,
    /// Changes other state: a date's, a URL's.
    Mutate,
    /// Deletes a property.
    DeleteProperty,
    /// Takes one element or entry away: `pop`, `shift`, `delete(key)`.
    TakeOne,
    /// Takes elements away: `splice`, `clear`.
    TakeMany,
    /// Replaces members by spies or stubs: the one that the key names, or all.
    Stub,
    /// Keeps something for ever.
    Retain,
}

/// A listener, subscription or timer that is added.
#[derive(Clone, PartialEq, Debug)]
pub struct Listening {
    /// The function that adds it.
    pub instance: InstanceId,
    /// The call.
    pub call: CallId,
    /// What holds it; none for the platform.
    pub emitter: Option<Value>,
    /// The function.
    pub listener: Option<NodeId>,
    /// The event's name.
    pub event: Option<NodeId>,
    /// What the registration gave.
    pub result: Option<NodeId>,
    /// How it goes.
    pub removal: ListenerRemoval,
    /// What was called.
    pub path: PathId,
}

/// A removal of listeners.
#[derive(Clone, PartialEq, Debug)]
pub struct Unlistening {
    /// The function that removes.
    pub instance: InstanceId,
    /// The call.
    pub call: CallId,
    /// What held it; none for the platform's timers.
    pub emitter: Option<Value>,
    /// The function or handle; none: all.
    pub listener: Option<NodeId>,
    /// The event's name.
    pub event: Option<NodeId>,
}

/// A load of modules.
#[derive(Clone, Debug)]
pub struct ModuleLoad {
    /// The loading function.
    pub instance: InstanceId,
    /// The call.
    pub call: CallId,
    /// How it is requested.
    pub mode: Mode,
    /// The specifier's node.
    pub specifier: NodeId,
    /// Receives the module.
    pub dst: NodeId,
    /// `require`, `import()`, `require.resolve`, a loader of a package.
    pub form: LoadForm,
    /// What was found: the specifier as text, whether it is a pattern, and its targets.
    pub found: Vec<(String, How, Vec<Resolution>)>,
    /// Why some of it is not known.
    pub problem: Option<Reason>,
}

/// What a load is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LoadForm {
    /// `require(x)`.
    Require,
    /// `import(x)`.
    Import,
    /// `require.resolve(x)`: loads nothing.
    Resolve,
    /// A model's loader of modules.
    Loader,
    /// `import-fresh` and its like.
    Fresh,
    /// `jest.mock(x)` and its like: the file gets something else in its place.
    StandIn,
}

/// How a load's targets are known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum How {
    /// Written out.
    Constant,
    /// One of several values.
    Values,
    /// A pattern.
    Template,
    /// A directory's entries.
    Directory,
    /// A loader's.
    Loader,
}

/// An ES import or re-export, resolved.
#[derive(Clone, Debug)]
pub struct StaticLoad {
    /// The importing file.
    pub file: FileId,
    /// The import.
    pub import: ImportId,
    /// What it is.
    pub target: Resolution,
}

/// A module evicted or loaded anew by a helper.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Reload {
    /// The function.
    pub instance: InstanceId,
    /// The call.
    pub call: CallId,
}

/// A call that puts back what tests changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Restore {
    /// The function.
    pub instance: InstanceId,
    /// The call.
    pub call: CallId,
    /// What it puts back.
    pub what: Restored,
}

/// Everything that was noted.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// Nodes' owners: the first node of each instance, ascending.
    pub instance_bases: Vec<(NodeId, InstanceId)>,
    /// Who calls whom.
    pub calls: Vec<CallEdge>,
    known_calls: FxHashSet<CallEdge>,
    /// For each callee its places in `calls`.
    calls_of: FxHashMap<InstanceId, Vec<u32>>,
    /// What repeats.
    pub roots: Vec<Root>,
    /// For each instance its places in `roots`.
    roots_of: FxHashMap<InstanceId, Vec<usize>>,
    /// Writes through calls.
    pub writes: Vec<NativeWrite>,
    known_writes: FxHashSet<(InstanceId, CallId, Value, NativeEffect)>,
    /// Listeners that are added.
    pub listenings: Vec<Listening>,
    known_listenings: FxHashSet<(InstanceId, CallId, Option<Value>)>,
    /// Listeners that are removed.
    pub unlistenings: Vec<Unlistening>,
    known_unlistenings: FxHashSet<(InstanceId, CallId, Option<Value>)>,
    /// Computed and constant loads by calls.
    pub loads: Vec<ModuleLoad>,
    /// ES imports.
    pub static_loads: Vec<StaticLoad>,
    /// Modules loaded anew by helpers.
    pub reloads: Vec<Reload>,
    /// Calls that put back what tests changed.
    pub restores: Vec<Restore>,
    /// Which functions were called with which models' facts: for statistics.
    pub handlers: Vec<(FileId, FunctionId)>,
}

impl Record {
    /// Notes a call; whether it is new.
    pub(super) fn call(&mut self, edge: CallEdge) -> bool {
        let is_new = self.known_calls.insert(edge);
        if is_new {
            let at = u32::try_from(self.calls.len()).unwrap_or(u32::MAX);
            self.calls_of.entry(edge.callee).or_default().push(at);
            self.calls.push(edge);
        }
        is_new
    }

    /// Notes a root.
    pub(super) fn root(&mut self, root: Root) {
        let places = self.roots_of.entry(root.instance).or_default();
        let is_known = places.iter().any(|&at| {
            let known = &self.roots[at];
            known.site == root.site && known.cause.kind == root.cause.kind
        });
        if !is_known {
            places.push(self.roots.len());
            self.roots.push(root);
        }
    }

    /// The calls of an instance.
    pub fn calls_of(&self, callee: InstanceId) -> impl Iterator<Item = &CallEdge> {
        self.calls_of.get(&callee).into_iter().flatten().map(|&at| &self.calls[at as usize])
    }

    /// What makes an instance repeat.
    pub fn roots_of(&self, instance: InstanceId) -> impl Iterator<Item = &Root> {
        self.roots_of.get(&instance).into_iter().flatten().map(|&at| &self.roots[at])
    }

    /// Whether something outside makes an instance run.
    pub fn is_root(&self, instance: InstanceId) -> bool {
        self.roots_of.contains_key(&instance)
    }

    /// Notes a write through a call.
    pub(super) fn write(&mut self, write: NativeWrite) {
        if self.known_writes.insert((write.instance, write.call, write.base, write.effect)) {
            self.writes.push(write);
        }
    }

    /// Notes a listener.
    pub(super) fn listening(&mut self, listening: Listening) {
        if self.known_listenings.insert((listening.instance, listening.call, listening.emitter)) {
            self.listenings.push(listening);
        }
    }

    /// Notes the removal of listeners.
    pub(super) fn unlistening(&mut self, unlistening: Unlistening) {
        if self.known_unlistenings.insert((unlistening.instance, unlistening.call, unlistening.emitter)) {
            self.unlistenings.push(unlistening);
        }
    }
}
