//! The solved program: an inert thing with questions to ask. Rules see nothing else.

mod asked;
mod bounds;
mod chains;
mod changes;
mod collected;
mod containers;
mod doubles;
mod entries;
mod expiry;
mod files;
mod holders;
mod isolation;
mod keepers;
mod kept;
mod key_forms;
mod keys;
mod lasting;
mod links;
mod listeners;
mod loads;
mod lookups;
mod optional;
mod own_entries;
mod pairs;
mod put_back;
mod reach;
mod rebuilt;
mod renewed;
mod requests;
mod rounds;
mod sources;
mod steps;
mod strongest;
mod switched;
mod tables;
mod test_code;
mod verdicts;

use rustc_hash::FxHashMap;

use crate::base::finding::ContextKind;
use crate::base::index::IndexVec;
use crate::base::source::{FileId, Texts};
use crate::base::span::ByteRange;
use crate::contexts::Contexts;
use crate::heap::Heap;
use crate::heap::graph::NodeId;
use crate::heap::object::ObjectId;
use crate::models::Models;
use crate::project::Project;
use crate::syntax::facts::{BindingId, FunctionId, ModuleFacts};

pub use bounds::{Bound, Refused};
pub use changes::{Change, Effect, Target};
pub use entries::Point;
pub use holders::{Link, Naming, Owner};
pub use keys::Keys;
pub use listeners::ListenerUse;
pub use loads::{LoadUse, Reloading};
pub use strongest::Strongest;
pub use verdicts::Unresolved;

/// So many bytes of a place's text are looked at: people see less of it.
const TEXT_SEEN: usize = 1_000;

crate::newtype_index! {
    /// A change of the program.
    pub struct ChangeId;
}

/// What the stages before have found.
#[derive(Clone, Copy)]
pub struct Stages<'a> {
    /// The project.
    pub project: &'a Project,
    /// The facts of each file.
    pub facts: &'a IndexVec<FileId, ModuleFacts>,
    /// What libraries do.
    pub models: &'a Models,
    /// Who may hold what.
    pub heap: &'a Heap,
    /// How often code runs.
    pub contexts: &'a Contexts,
    /// Which files are test code, or loaded by tests only.
    pub tests: &'a IndexVec<FileId, bool>,
    /// The sources' texts, for what is said to people.
    pub texts: &'a dyn Texts,
}

/// The solved program.
pub struct Program<'a> {
    stages: Stages<'a>,
    changes: Vec<Change>,
    growths: FxHashMap<Target, Vec<ChangeId>>,
    removals: FxHashMap<Target, Vec<ChangeId>>,
    /// For each object the replacements of places that hold it.
    replacements: FxHashMap<ObjectId, Vec<ChangeId>>,
    holders: holders::Holders,
    /// The graph turned around, once something asks for steps.
    reversed: std::cell::OnceCell<steps::Reversed>,
    /// The ways that were looked for.
    ways: std::cell::RefCell<steps::Ways>,
    /// Near copies of test code.
    copies: Vec<crate::copies::Copy>,
    /// Loads whose targets are known in some instance.
    resolved_loads: rustc_hash::FxHashSet<(FileId, ByteRange)>,
    tables: tables::Tables<'a>,
}

impl Stages<'_> {
    /// Bindings that nested functions use, by the function that declares them (without modules' bodies).
    fn captured_bindings(&self) -> FxHashMap<(FileId, FunctionId), Vec<BindingId>> {
        let mut map: FxHashMap<(FileId, FunctionId), Vec<BindingId>> = FxHashMap::default();
        for (file, facts) in self.facts.iter_enumerated() {
            for (id, binding) in facts.bindings.iter_enumerated() {
                if binding.is_captured && binding.function != crate::syntax::facts::MODULE_BODY {
                    map.entry((file, binding.function)).or_default().push(id);
                }
            }
        }
        map
    }
}

impl<'a> Program<'a> {
    /// Makes the program of what the stages found.
    pub fn new(stages: Stages<'a>) -> Self {
        let changes = changes::collect(&stages);
        let mut growths: FxHashMap<Target, Vec<ChangeId>> = FxHashMap::default();
        let mut removals: FxHashMap<Target, Vec<ChangeId>> = FxHashMap::default();
        let mut replacements: FxHashMap<ObjectId, Vec<ChangeId>> = FxHashMap::default();
        let mut program = Self {
            stages,
            changes,
            growths: FxHashMap::default(),
            removals: FxHashMap::default(),
            replacements: FxHashMap::default(),
            holders: holders::Holders::new(&stages),
            reversed: std::cell::OnceCell::new(),
            ways: std::cell::RefCell::default(),
            copies: Vec::new(),
            resolved_loads: rustc_hash::FxHashSet::default(),
            tables: tables::Tables::default(),
        };
        for (index, change) in program.changes.iter().enumerate() {
            let id = ChangeId(u32::try_from(index).unwrap_or(u32::MAX));
            match change.effect {
                Effect::Grow => growths.entry(change.target).or_default().push(id),
                Effect::Remove | Effect::Delete => removals.entry(change.target).or_default().push(id),
                _ if bounds::is_replacement(change) && !program.is_initialisation(change) => {
                    let Some(slot) = change.slot else { continue };
                    removals.entry(Target::Slot(slot)).or_default().push(id);
                    for value in stages.heap.points_to(slot) {
                        if let Some((object, _)) = value.as_object() {
                            replacements.entry(object).or_default().push(id);
                        }
                    }
                }
                _ => {}
            }
        }
        program.growths = growths;
        program.removals = removals;
        program.replacements = replacements;
        program.resolved_loads =
            program.loads().into_iter().filter(|load| load.targets > 0).map(|load| (load.file, load.range)).collect();
        program
    }

    /// All changes.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// A change.
    pub fn change(&self, id: ChangeId) -> &Change {
        &self.changes[id.0 as usize]
    }

    /// The growths of a container.
    pub fn growths_of(&self, target: Target) -> &[ChangeId] {
        self.growths.get(&target).map_or(&[], Vec::as_slice)
    }

    /// The replacements of places that hold an object.
    fn replacements_of(&self, object: ObjectId) -> impl Iterator<Item = &Change> {
        self.replacements.get(&object).into_iter().flatten().map(|&id| self.change(id))
    }

    /// How often a change runs.
    pub fn context_of(&self, change: &Change) -> ContextKind {
        self.kind_of(change.point())
    }

    /// Whether a file is test code, or loaded by tests only.
    pub fn is_test(&self, file: FileId) -> bool {
        self.stages.tests[file]
    }

    /// Whether a change initialises: it stands behind a check that its own place is empty.
    pub fn is_initialisation(&self, change: &Change) -> bool {
        use crate::syntax::facts::Test;
        if change.effect == Effect::Initialize {
            return true;
        }
        let facts = &self.stages.facts[change.file];
        let Some(write) = change.write.map(|id| &facts.writes[id]) else { return false };
        facts.guards_in(change.guards).any(|guard| {
            let Test::Truthy { place: Some(place), .. } = guard.test else { return false };
            !guard.holds && self.is_same_place(change.instance, write.place, place)
        })
    }

    /// The source text of a place, on one line; of a long one the beginning.
    pub(crate) fn text(&self, file: FileId, range: ByteRange) -> String {
        let Some(text) = self.stages.texts.text(file) else { return String::new() };
        let slice = text.get(range.start as usize..range.end as usize).unwrap_or_default();
        let slice = &slice[..slice.floor_char_boundary(TEXT_SEEN)];
        let joined: Vec<&str> = slice.split_whitespace().collect();
        joined.join(" ")
    }

    /// The source text of a node, if it stands for an expression.
    fn node_text(&self, node: NodeId) -> Option<String> {
        let (instance, range) = self.node_range(node)?;
        Some(self.text(self.stages.heap.instance(instance).key.file, range))
    }

    fn node_range(&self, node: NodeId) -> Option<(crate::heap::object::InstanceId, ByteRange)> {
        let (instance, value) = self.value_at(node)?;
        let key = self.stages.heap.instance(instance).key;
        let range = self.stages.facts[key.file].value_range(key.function, value)?;
        Some((instance, range))
    }

    /// The path of a file.
    pub fn path(&self, file: FileId) -> &str {
        &self.stages.project.files[file].path
    }

    /// Tells which production code is a near copy of test code.
    pub fn set_copies(&mut self, copies: Vec<crate::copies::Copy>) {
        self.copies = copies;
    }

    /// Near copies of test code in production.
    pub fn copies(&self) -> &[crate::copies::Copy] {
        &self.copies
    }
}
