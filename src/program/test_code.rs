//! What test code changes in production modules, and in which hooks of the runner code runs.

use rustc_hash::FxHashSet;

use crate::base::finding::ContextKind;
use crate::base::source::FileId;
use crate::heap::object::{InstanceId, Lifetime, ObjectId, Source, Value};
use crate::heap::record::Root;
use crate::program::Program;
use crate::program::changes::Change;
use crate::program::holders::{self, Link, Owner};
use crate::syntax::facts::{CallId, MODULE_BODY};

/// So many callers are looked at to find the hooks that run something.
const CALLERS: usize = 50;

/// What runners call the functions that run after tests.
const AFTER: [&str; 2] = ["after", "teardown"];
/// … and those that run around each of them.
const AROUND_EACH: [&str; 4] = ["beforeeach", "aftereach", "setup", "teardown"];

impl Program<'_> {
    /// Whether a change is test code's, to an object that production code (or a package, or the platform) owns and holds:
    /// an instance that a test makes of a production class is the test's.
    pub fn is_test_change(&self, change: &Change) -> bool {
        let is_production = match self.owner(change) {
            Owner::File(file) => !self.stages.tests[file],
            Owner::Package(_) | Owner::Platform(_) => true,
        };
        let is_held = || {
            let object = change.base.and_then(Value::as_object);
            object.is_none_or(|(object, _)| self.is_held_by_production(object))
        };
        self.stages.tests[change.file]
            && change.lifetime == Lifetime::Module
            && change.function != MODULE_BODY
            && is_production
            && is_held()
    }

    /// Whether the owner of a change is the platform: globals and `process.env`.
    pub fn is_platform_change(&self, change: &Change) -> bool {
        matches!(self.owner(change), Owner::Platform(_))
    }

    /// Whether something else than test code holds an object.
    fn is_held_by_production(&self, object: ObjectId) -> bool {
        self.tables.held_by_production.get_or_init(|| self.held_by_production()).contains(&object)
    }

    fn held_by_production(&self) -> FxHashSet<ObjectId> {
        let heap = self.stages.heap;
        let tests = self.stages.tests;
        let lasts = |link: &Link| match *link {
            Link::Variable(file, _) => !tests[file],
            Link::Captured(instance, _) => !tests[heap.instance(instance).key.file],
            Link::Field(..) => false,
        };
        let is_of_production = |object| match holders::owner_of(&self.stages, object) {
            Owner::File(file) => !tests[file],
            _ => true,
        };
        // What a framework makes it keeps.
        let is_kept = |object| match heap.object(object).source {
            Source::Namespace(_) | Source::Instance { call: None, .. } => true,
            _ => holders::is_root(&self.stages, object),
        };
        let is_default = |object| self.holders.default_of(object).is_some_and(|file| !tests[file]);
        let is_first = |&object: &ObjectId| {
            is_kept(object) && is_of_production(object)
                || is_default(object)
                || self.holders.of(object).iter().any(lasts)
        };
        self.held_from(heap.objects().map(|(id, _)| id).filter(is_first).collect())
    }

    /// Whether an instance runs in a hook that the runner calls after tests: by the name of what registered it.
    pub(super) fn is_after_hook(&self, instance: InstanceId) -> bool {
        if let Some(&known) = self.tables.after_hooks.borrow().get(&instance) {
            return known;
        }
        let is_after = self.test_roots(instance).iter().any(|root| self.is_hook(root, &AFTER));
        self.tables.after_hooks.borrow_mut().insert(instance, is_after);
        is_after
    }

    /// Whether an instance runs before or after each of the tests among which a change stands.
    pub(super) fn is_around_each(&self, instance: InstanceId, change: &Change) -> bool {
        self.is_in_hook_around_each(instance)
            && self
                .test_roots(instance)
                .iter()
                .any(|root| self.is_hook(root, &AROUND_EACH) && self.is_hook_of(root, change))
    }

    /// Whether an instance runs in a hook around each test.
    pub(super) fn is_in_hook_around_each(&self, instance: InstanceId) -> bool {
        if let Some(&known) = self.tables.hooks_around_each.borrow().get(&instance) {
            return known;
        }
        let is_around = self.test_roots(instance).iter().any(|root| self.is_hook(root, &AROUND_EACH));
        self.tables.hooks_around_each.borrow_mut().insert(instance, is_around);
        is_around
    }

    /// Whether a hook is registered in the suite of a change, one around that, or a file that only sets tests up.
    fn is_hook_of(&self, hook: &Root, change: &Change) -> bool {
        let Some((suite, _)) = hook.site else { return false };
        let suite = self.stages.heap.instance(suite).key;
        if suite.file != change.file {
            return !self.has_tests(suite.file);
        }
        let sites = self.test_roots(change.instance).into_iter().filter_map(|root| root.site).map(|(site, _)| site);
        std::iter::once(change.instance)
            .chain(sites)
            .any(|at| self.stages.heap.instance(at).key.file == suite.file && self.encloses(suite.function, at))
    }

    /// The tests and hooks by which an instance runs.
    pub(super) fn test_roots(&self, instance: InstanceId) -> Vec<&Root> {
        let record = &self.stages.heap.record;
        let mut seen = vec![instance];
        let mut roots = Vec::new();
        let mut at = 0;
        while let Some(&instance) = seen.get(at) {
            at += 1;
            roots.extend(record.roots_of(instance).filter(|root| root.cause.kind == Some(ContextKind::Test)));
            for &caller in self.stages.contexts.callers(instance) {
                if !seen.contains(&caller) && seen.len() < CALLERS {
                    seen.push(caller);
                }
            }
        }
        roots
    }

    /// Whether the runner calls an instance by itself: it is a test or a hook.
    pub(super) fn is_test_root(&self, instance: InstanceId) -> bool {
        self.stages.heap.record.roots_of(instance).any(|root| root.cause.kind == Some(ContextKind::Test))
    }

    fn is_hook(&self, root: &Root, words: &[&str]) -> bool {
        root.site.is_some_and(|(caller, call)| {
            let file = self.stages.heap.instance(caller).key.file;
            self.is_called_by_name(file, call, words)
        })
    }

    /// Whether a part of a callee's name (`test.afterEach.always`) begins with one of these words.
    pub(super) fn is_called_by_name(&self, file: FileId, call: CallId, words: &[&str]) -> bool {
        let text = self.text(file, self.stages.facts[file].calls[call].range);
        let callee = text.split('(').next().unwrap_or_default().to_lowercase();
        callee.split('.').any(|part| words.iter().any(|word| part.starts_with(word)))
    }
}
