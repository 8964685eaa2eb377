//! Spies and stubs, and what puts back what they replaced.

use rustc_hash::FxHashSet;

use crate::base::finding::ContextKind;
use crate::base::source::FileId;
use crate::heap::graph::NodeId;
use crate::heap::object::InstanceId;
use crate::heap::record::Restore;
use crate::models::facts::Restored;
use crate::program::Program;
use crate::program::changes::{Change, Effect};
use crate::syntax::facts::{Call, CallId, Callee, Constraint, Key, ValueId};

/// What runners call the functions that run before and after tests.
const HOOKS: [&str; 6] = ["before", "after", "setup", "teardown", "suitesetup", "suiteteardown"];

impl Program<'_> {
    /// Whether a change puts a double on something, and that is taken off again: by the runner, by a call that restores
    /// all or what the same sandbox made, or by the double itself.
    pub(super) fn is_double_restored(&self, change: &Change) -> bool {
        if change.effect != Effect::Stub {
            return false;
        }
        let restores = || self.stages.heap.record.restores.iter();
        self.runner_restores(change)
            || restores().any(|restore| self.restores(restore, change))
            || self.is_restored_through_its_place(change)
    }

    /// Whether the runner's configuration restores spies by itself.
    fn runner_restores(&self, change: &Change) -> bool {
        let manifest = self.stages.project.files[change.file].manifest;
        manifest.is_some_and(|id| self.stages.project.manifests[id].test_runner_restores)
    }

    fn restores(&self, restore: &Restore, change: &Change) -> bool {
        match restore.what {
            Restored::All => self.is_in_reach(restore.instance, change.file),
            Restored::Receiver => {
                let Some(receiver) = self.receiver_node(restore.instance, restore.call) else { return false };
                self.double_of(change).is_some_and(|(made, maker)| {
                    made.is_some_and(|made| self.share_object(made, receiver))
                        || maker.is_some_and(|maker| self.share_object(maker, receiver))
                            && self.is_in_reach(restore.instance, change.file)
                })
            }
            Restored::Modules => false,
        }
    }

    /// Whether what runs in an instance speaks for a file's tests: it stands there, or in a hook of a file that only
    /// sets tests up.
    fn is_in_reach(&self, instance: InstanceId, file: FileId) -> bool {
        let other = self.stages.heap.instance(instance).key.file;
        other == file || self.is_after_hook(instance) && !self.has_tests(other)
    }

    /// Whether a file registers tests, and not only hooks.
    pub(super) fn has_tests(&self, file: FileId) -> bool {
        self.tables.files_with_tests.get_or_init(|| self.files_with_tests()).contains(&file)
    }

    fn files_with_tests(&self) -> FxHashSet<FileId> {
        let roots = self.stages.heap.record.roots.iter().filter(|root| root.cause.kind == Some(ContextKind::Test));
        let sites = roots.filter_map(|root| root.site);
        sites
            .map(|(caller, call)| (self.stages.heap.instance(caller).key.file, call))
            .filter(|&(file, call)| !self.is_called_by_name(file, call, &HOOKS))
            .map(|(file, _)| file)
            .collect()
    }

    /// `api.get.mockRestore()`: the double is restored through the member that it stands in for.
    fn is_restored_through_its_place(&self, change: &Change) -> bool {
        let (Some(base), Some(member)) = (change.base.and_then(crate::heap::object::Value::as_object), change.field)
        else {
            return false;
        };
        let heap = self.stages.heap;
        let facts = &self.stages.facts[change.file];
        let project = self.stages.project;
        let restoring =
            self.stages.models.restoring_members(|since| project.has_since(change.file, &since.package, since.major));
        let is_member = |key: Key| match key {
            Key::Name(name) => heap.name(facts.name(name)).map(crate::heap::field::Field::name) == Some(member),
            _ => false,
        };
        facts.calls.iter().any(|call| {
            let Callee::Method { base: double, key: Key::Name(name) } = call.callee else { return false };
            restoring.contains(&facts.name(name))
                && self.definitions_of(change.file, call.function, double).any(|constraint| match *constraint {
                    Constraint::Load { dst, base: holder, key } => {
                        dst == double && is_member(key) && self.may_hold(change.file, call, holder, base.0)
                    }
                    _ => false,
                })
        })
    }

    /// Whether a value of a call's function holds an object in some instance.
    fn may_hold(&self, file: FileId, call: &Call, value: ValueId, object: crate::heap::object::ObjectId) -> bool {
        let mut instances = self.instances_of(file, call.function).iter();
        instances.any(|&instance| self.holds_object(self.stages.heap.node(instance, value), object))
    }

    /// The nodes of the double that a change makes, and of what makes it.
    fn double_of(&self, change: &Change) -> Option<(Option<NodeId>, Option<NodeId>)> {
        let facts = &self.stages.facts[change.file];
        let mut calls = self.calls_in(change.file, change.function).iter();
        let &call = calls.find(|&&call| facts.calls[call].place == change.range)?;
        let made = self.stages.heap.node(change.instance, facts.calls[call].dst);
        Some((Some(made), self.receiver_node(change.instance, call)))
    }

    fn receiver_node(&self, instance: InstanceId, call: CallId) -> Option<NodeId> {
        let facts = &self.stages.facts[self.stages.heap.instance(instance).key.file];
        match facts.calls[call].callee {
            Callee::Method { base, .. } => Some(self.stages.heap.node(instance, base)),
            _ => None,
        }
    }
}
