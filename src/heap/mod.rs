//! Who may hold what: inclusion-based points-to analysis (Andersen's), field-sensitive, with the call graph found on
//! the fly, and with two lifetimes.
//!
//! # The domain
//!
//! A *value node* ([`graph::NodeId`]) stands for a place through which values flow: an expression, a variable, a field of
//! an abstract object. It holds a set of [`object::Value`]s: abstract objects (by allocation site), each with a
//! lifetime; strings of which something is known; and origins of data (a request, the time, a counter).
//!
//! # Two lifetimes
//!
//! An allocation gives a `Fresh` object. A load *through* something `Module` gives what was stored there *promoted* to
//! `Module`; a load through something `Fresh` gives it as it was stored. A module-level binding read inside a function, an
//! import, a `require`, a global, a prototype seen from an instance are loads through `Module`. So `Module` says of the
//! *way* by which a value was reached that the object outlives the call:
//!
//! ```js
//! const sessions = new Map();
//! function create(id) {
//!   const session = { events: [] };   // fresh
//!   session.events.push('created');   // fresh still: construction
//!   sessions.set(id, session);        // `sessions` is read from inside a function: module
//! }
//! function touch(id) {
//!   sessions.get(id).events.push(1);  // taken out of something module-lifetime: module
//! }
//! ```
//!
//! Closures carry their environment: an [`instance::Instance`] is a function together with the instance that made its
//! closure and how that closure was reached. `const store = createStore()` makes `store.add`'s environment `Module` for
//! whoever calls it through `store`; an array captured by a callback inside one request stays `Fresh`.
//!
//! # Limits
//!
//! Unknown code changes and keeps nothing, and gives back only origins. Sets are capped ([`limits`]).

mod arguments;
mod arrays;
mod budget;
mod builtins;
mod bundled;
mod callbacks;
mod calls;
mod carriers;
mod chains;
mod clones;
mod collections;
mod constraints;
mod decorated;
mod driven;
mod effects;
mod exports;
mod externals;
pub mod field;
mod folders;
pub mod graph;
mod injection;
pub mod instance;
pub mod limits;
mod loaders;
mod loads;
mod memo;
pub mod memoized;
pub mod natives;
mod nodes;
pub mod object;
mod offers;
mod payloads;
mod platform;
pub mod points_to;
mod promises;
mod properties;
mod prototypes;
mod providers;
mod proxies;
pub mod record;
mod reflection;
mod roots;
mod shorthands;
mod solver;
mod splices;
mod splits;
pub mod strings;
#[cfg(test)]
mod tests;
mod texts;
mod uncalled;
mod unknown;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::base::chunks::Chunks;
use crate::base::index::{Idx, IndexVec};
use crate::base::name::{Interner, Name};
use crate::base::source::FileId;
use crate::heap::field::Field;
use crate::heap::graph::{Edge, NodeId};
use crate::heap::instance::Instance;
use crate::heap::limits::Hits;
use crate::heap::object::{AbstractObject, InstanceId, ObjectId, Source, StringId, Value};
use crate::heap::offers::Which;
use crate::heap::points_to::PointsToSet;
use crate::heap::record::Record;
use crate::heap::solver::LOOKED_THROUGH;
use crate::heap::strings::StringTable;
use crate::modules::PatternPart;
use crate::syntax::facts::{ModuleKind, ValueId};

pub use crate::heap::solver::{Input, RootCause};
pub use crate::heap::uncalled::Code;

/// The solved heap.
pub struct Heap {
    graph: graph::Graph<solver::Listener>,
    names: Interner,
    file_names: IndexVec<FileId, Vec<Name>>,
    objects: Chunks<ObjectId, AbstractObject>,
    object_ids: FxHashMap<Source, ObjectId>,
    fields: FxHashMap<(ObjectId, Field), NodeId>,
    field_nodes: Vec<(NodeId, (ObjectId, Field))>,
    /// What is known of each object; of literals also the fields that nothing asked for.
    states: Chunks<ObjectId, solver::ObjectState>,
    /// All setters that any object has.
    setters: FxHashSet<Field>,
    strings: StringTable,
    instances: Chunks<InstanceId, Instance>,
    bodies: IndexVec<FileId, InstanceId>,
    /// What was noted on the way.
    pub record: Record,
}

/// Solves the program. `bytes` is the size of all sources, which sets the budget of work.
pub fn solve(input: Input<'_>, bytes: u64) -> Heap {
    let mut solver = solver::Solver::new(input, bytes);
    // Bodies get their nodes before any of them is put into the graph, since a body may load any other.
    for file in input.facts.ids() {
        let id = solver.module_body(file);
        solver.bodies.push(id);
    }
    solver.allow(50);
    for file in input.facts.ids() {
        if !input.project.files[file].is_spare_build && input.facts[file].kind != ModuleKind::Json {
            solver.run_module(file);
        }
    }
    solver.allow(75);
    solver.run();
    solver.allow(85);
    solver.enter_conventions();
    solver.enter_decorated();
    solver.inject_types();
    solver.run();
    while solver.inject_types() {
        solver.run();
    }
    solver.note_called();
    solver.enter_handlers();
    solver.run();
    solver.note_called();
    solver.allow(95);
    solver.offer_entries();
    solver.offer_extensions();
    solver.run();
    solver.note_called();
    for which in [Which::Unloaded, Which::Loaded] {
        solver.offer_inner(which);
        solver.run();
        solver.note_called();
    }
    solver.offer_unloaded();
    solver.run();
    solver.note_called();
    solver.allow(100);
    solver.offer_uncalled();
    solver.run();
    if input.code == Code::All {
        solver.run_uncalled();
    }
    solver.finish()
}

impl solver::Solver<'_> {
    fn finish(mut self) -> Heap {
        self.record.instance_bases.sort_unstable();
        let mut setters = FxHashSet::default();
        for (index, state) in self.states.iter_mut().enumerate() {
            let object = ObjectId::new(index);
            let mut initial = std::mem::take(&mut state.initial);
            initial.retain(|&(field, _)| state.field(object, field, &self.fields).is_none());
            state.initial = initial;
            if state.fields.len() <= LOOKED_THROUGH && state.fields.len() + state.initial.len() > LOOKED_THROUGH {
                self.fields.extend(state.fields.iter().map(|&(field, node)| ((object, field), node)));
            }
            let nodes = state.initial.iter().filter_map(|&(field, initial)| Some((field, initial.node()?)));
            state.fields.extend(nodes);
            setters.extend(state.fields.iter().map(|&(field, _)| field).filter(|field| field.is_setter()));
        }
        Heap {
            graph: self.graph,
            names: self.names,
            file_names: self.file_names,
            objects: self.objects,
            object_ids: self.object_ids,
            fields: self.fields,
            field_nodes: self.field_nodes,
            states: self.states,
            setters,
            strings: self.strings,
            instances: self.instances,
            bodies: self.bodies,
            record: self.record,
        }
    }
}

impl Heap {
    /// What a node may hold.
    pub fn points_to(&self, node: NodeId) -> &PointsToSet {
        self.graph.set(node)
    }

    /// Whether a node holds more objects than the cap.
    pub fn is_many(&self, node: NodeId) -> bool {
        self.graph.is_many(node)
    }

    /// The node that stands for a node since cycles were collapsed.
    pub fn representative(&self, node: NodeId) -> NodeId {
        self.graph.find(node)
    }

    /// How many nodes there are.
    pub fn node_count(&self) -> usize {
        self.graph.len()
    }

    /// The edges out of a node.
    pub fn edges(&self, node: NodeId) -> &[Edge] {
        self.graph.edges(node)
    }

    /// The node of a value of an instance's function.
    pub fn node(&self, instance: InstanceId, value: ValueId) -> NodeId {
        self.instances[instance].node(value)
    }

    /// All instances.
    pub fn instances(&self) -> impl Iterator<Item = (InstanceId, &Instance)> {
        self.instances.iter_enumerated()
    }

    /// An instance.
    pub fn instance(&self, id: InstanceId) -> &Instance {
        &self.instances[id]
    }

    /// The instance of a module's body.
    pub fn body(&self, file: FileId) -> InstanceId {
        self.bodies[file]
    }

    /// An object.
    pub fn object(&self, id: ObjectId) -> &AbstractObject {
        &self.objects[id]
    }

    /// All objects.
    pub fn objects(&self) -> impl Iterator<Item = (ObjectId, &AbstractObject)> {
        self.objects.iter_enumerated()
    }

    /// The object of a source, if there is one.
    pub fn object_of(&self, source: &Source) -> Option<ObjectId> {
        self.object_ids.get(source).copied()
    }

    /// The node of a field, if anything asked for it, or a literal was made with more than a constant there.
    pub fn field(&self, object: ObjectId, field: Field) -> Option<NodeId> {
        let state = &self.states[object];
        match state.initial.iter().find(|&&(of, _)| of == field) {
            Some((_, initial)) => initial.node(),
            None => state.field(object, field, &self.fields),
        }
    }

    /// Whether an object has a field, or anything asked for it.
    pub fn has_field(&self, object: ObjectId, field: Field) -> bool {
        let state = &self.states[object];
        state.initial.iter().any(|&(of, _)| of == field) || state.field(object, field, &self.fields).is_some()
    }

    /// The fields of an object.
    pub fn fields_of(&self, object: ObjectId) -> &[(Field, NodeId)] {
        &self.states[object].fields
    }

    /// Whether writing a property of an object calls a setter, its own or an inherited one.
    pub fn has_setter(&self, object: ObjectId, name: Name) -> bool {
        let setter = Field::setter(name);
        if !self.setters.contains(&setter) {
            return false;
        }
        let mut known = FxHashSet::from_iter([object]);
        let mut waiting = vec![object];
        while let Some(object) = waiting.pop() {
            if self.field(object, setter).is_some_and(|node| !self.points_to(node).is_empty()) {
                return true;
            }
            for (prototype, _) in self.states[object].prototypes.iter().copied().filter_map(Value::as_object) {
                if known.insert(prototype) {
                    waiting.push(prototype);
                }
            }
        }
        false
    }

    /// Which field a node is.
    pub fn field_of(&self, node: NodeId) -> Option<(ObjectId, Field)> {
        let at = self.field_nodes.binary_search_by_key(&node, |&(node, _)| node).ok()?;
        Some(self.field_nodes[at].1)
    }

    /// The instance and value that a node is, if it is one of an instance's.
    pub fn owner_of(&self, node: NodeId) -> Option<InstanceId> {
        let at = self.record.instance_bases.partition_point(|(base, _)| *base <= node);
        let (_, id) = *self.record.instance_bases.get(at.checked_sub(1)?)?;
        Some(id)
    }

    /// The text of a name.
    pub fn text(&self, name: Name) -> &str {
        self.names.text(name)
    }

    /// The name of a text, if anything has it.
    pub fn name(&self, text: &str) -> Option<Name> {
        self.names.get(text)
    }

    /// The global name of a file's name.
    pub fn global_name(&self, file: FileId, name: crate::syntax::facts::NameId) -> Name {
        self.file_names[file][name.0 as usize]
    }

    /// The parts of a string value.
    pub fn string(&self, id: StringId) -> &[PatternPart] {
        self.strings.parts(id)
    }

    /// How often limits were hit.
    pub fn hits(&self) -> Hits {
        self.graph.hits
    }

    /// Units of work that were done.
    pub fn work(&self) -> u64 {
        self.graph.work
    }

    /// Whether a value is an object of the given lifetime or any.
    pub fn is_module(value: Value) -> bool {
        matches!(value.as_object(), Some((_, object::Lifetime::Module)))
    }
}
