//! Which ways in from outside lead to a piece of code.

use rustc_hash::FxHashSet;

use crate::base::finding::ContextKind;
use crate::base::source::FileId;
use crate::heap::object::InstanceId;
use crate::program::Program;
use crate::program::changes::Change;
use crate::syntax::facts::FunctionId;

/// How many callers are looked at on the way up.
const CALLERS: usize = 500;

impl Program<'_> {
    /// Whether a removal that only unknown callers reach runs when they make the container grow: some exported function
    /// leads to both. In an application, whose other half is just not among the sources, who may call the one may call
    /// the other.
    pub(super) fn is_called_for(&self, growth: &Change, removal: &Change) -> bool {
        if removal.function == growth.function && removal.file == growth.file {
            return true;
        }
        if self.is_undoing(growth, removal) || self.is_counterpart(growth, removal) {
            return true;
        }
        let is_exported = self.context_of(growth) == ContextKind::Exported;
        if is_exported && self.is_application(removal.file) && self.is_application(growth.file) {
            return true;
        }
        let ways = self.ways_in(growth.instance);
        self.ways_in(removal.instance).iter().any(|way| ways.contains(way))
    }

    /// Whether a removal stands in the counterpart of the growth's function, by its name: `bind` and `unbind`, or what a
    /// framework calls first and last. Who calls the one is to call the other.
    fn is_counterpart(&self, growth: &Change, removal: &Change) -> bool {
        let name = |change: &Change| {
            let facts = &self.stages.facts[change.file];
            facts.functions[change.function].name.map(|name| facts.name(name))
        };
        let (Some(puts), Some(takes)) = (name(growth), name(removal)) else { return false };
        let undoes = || {
            takes.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("un"))
                && takes[2..].eq_ignore_ascii_case(puts)
        };
        growth.file == removal.file && (undoes() || self.stages.models.are_counterparts(puts, takes))
    }

    /// The functions that something outside runs and that lead to an instance.
    fn ways_in(&self, instance: InstanceId) -> FxHashSet<(FileId, FunctionId)> {
        let heap = self.stages.heap;
        let mut seen = FxHashSet::from_iter([instance]);
        let mut queue = vec![instance];
        let mut ways = FxHashSet::default();
        while let Some(at) = queue.pop() {
            if heap.record.is_root(at) {
                let key = heap.instance(at).key;
                ways.insert((key.file, key.function));
            }
            for &caller in self.stages.contexts.callers(at) {
                if seen.len() < CALLERS && seen.insert(caller) {
                    queue.push(caller);
                }
            }
        }
        ways
    }

    /// Whether a file is of no package that others install.
    pub fn is_application(&self, file: FileId) -> bool {
        let project = self.stages.project;
        let manifest = project.files[file].manifest.map(|manifest| &project.manifests[manifest]);
        manifest.is_none_or(|manifest| manifest.is_private || manifest.entries.is_empty())
    }
}
