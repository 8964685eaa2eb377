//! What test code changes in production modules, and whether anything puts it back.

use crate::base::finding::ContextKind;
use crate::base::source::FileId;
use crate::heap::object::{InstanceId, Lifetime};
use crate::program::Program;
use crate::program::changes::{Change, Effect};
use crate::program::holders::Owner;
use crate::syntax::facts::{CallId, Cleanup, MODULE_BODY};

impl Program<'_> {
    /// Whether a change is test code's, to an object that production code (or a package, or the platform) owns.
    pub fn is_test_change(&self, change: &Change) -> bool {
        let is_production = match self.owner(change) {
            Owner::File(file) => !self.stages.tests[file],
            Owner::Package(_) | Owner::Platform(_) => true,
        };
        self.stages.tests[change.file]
            && change.lifetime == Lifetime::Module
            && change.function != MODULE_BODY
            && is_production
    }

    /// Whether the owner of a change is the platform: globals and `process.env`.
    pub fn is_platform_change(&self, change: &Change) -> bool {
        matches!(self.owner(change), Owner::Platform(_))
    }

    /// Whether something in the tests puts back what a test changes: another change of the same place in a hook that
    /// runs after tests, or in a `finally` block; or the runner does.
    pub fn is_put_back(&self, change: &Change) -> bool {
        if change.cleanup != Cleanup::None || self.is_after_hook(change.instance) {
            return true;
        }
        if self.is_isolated(change) || self.is_double_restored(change) || self.is_assigned_back(change) {
            return true;
        }
        if change.effect == Effect::Delete && self.is_of_tests(change) {
            return true;
        }
        self.changes_of_place(change).any(|other| {
            self.stages.tests[other.file]
                && other.file == change.file
                && is_same_change_place(change, other)
                && (other.cleanup == Cleanup::Finally || self.is_after_hook(other.instance))
        })
    }

    /// Whether a property that a test deletes is one that tests have put there.
    fn is_of_tests(&self, change: &Change) -> bool {
        let puts = |other: &Change| {
            self.stages.tests[other.file] && other.effect != Effect::Delete && is_same_change_place(change, other)
        };
        self.changes_of_place(change).any(puts)
    }

    /// Whether the same test assigns the same place before or after: the last assignment puts back what the first
    /// changed (unless the test fails between them). To delete what was assigned does so as well.
    fn is_assigned_back(&self, change: &Change) -> bool {
        let is_assignment = |change: &Change| matches!(change.effect, Effect::Replace(_) | Effect::Delete);
        is_assignment(change)
            && self.changes_of_place(change).any(|other| {
                other.file == change.file
                    && other.function == change.function
                    && other.statement != change.statement
                    && is_assignment(other)
                    && is_same_change_place(change, other)
            })
    }

    /// Whether an instance runs in a hook that the runner calls after tests: by the name of what registered it.
    pub(super) fn is_after_hook(&self, instance: InstanceId) -> bool {
        if let Some(&known) = self.tables.after_hooks.borrow().get(&instance) {
            return known;
        }
        let is_after = self.leads_to_after_hook(instance);
        self.tables.after_hooks.borrow_mut().insert(instance, is_after);
        is_after
    }

    fn leads_to_after_hook(&self, instance: InstanceId) -> bool {
        let mut seen = vec![instance];
        let mut at = 0;
        while let Some(&instance) = seen.get(at) {
            at += 1;
            if self.is_after_root(instance) {
                return true;
            }
            for &caller in self.stages.contexts.callers(instance) {
                if !seen.contains(&caller) && seen.len() < 50 {
                    seen.push(caller);
                }
            }
        }
        false
    }

    fn is_after_root(&self, instance: InstanceId) -> bool {
        self.stages.heap.record.roots_of(instance).any(|root| {
            root.cause.kind == Some(ContextKind::Test)
                && root.site.is_some_and(|(caller, call)| {
                    let file = self.stages.heap.instance(caller).key.file;
                    self.is_called_by_name(file, call, &["after", "teardown"])
                })
        })
    }

    /// Whether a part of a callee's name (`test.afterEach.always`) begins with one of these words.
    pub(super) fn is_called_by_name(&self, file: FileId, call: CallId, words: &[&str]) -> bool {
        let text = self.text(file, self.stages.facts[file].calls[call].range);
        let callee = text.split('(').next().unwrap_or_default().to_lowercase();
        callee.split('.').any(|part| words.iter().any(|word| part.starts_with(word)))
    }
}

fn is_same_change_place(a: &Change, b: &Change) -> bool {
    match (a.slot, b.slot) {
        (Some(a), Some(b)) => a == b,
        _ => {
            let object =
                |change: &Change| change.base.and_then(crate::heap::object::Value::as_object).map(|(object, _)| object);
            let is_same_object = object(a).is_some() && object(a) == object(b);
            is_same_object && (a.field == b.field || a.field.is_none() || b.field.is_none())
        }
    }
}
