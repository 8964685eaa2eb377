//! Modules that a test file has for itself: the runner puts something else in their place, or gives new ones.

use rustc_hash::FxHashSet;

use crate::base::source::FileId;
use crate::heap::object::{Source, Value};
use crate::heap::record::LoadForm;
use crate::models::facts::Restored;
use crate::modules::Resolution;
use crate::program::changes::{Change, Effect};
use crate::program::holders::Owner;
use crate::program::{Program, Stages};

/// What test files do with the modules that they load.
#[derive(Debug, Default)]
pub(super) struct Isolation {
    /// Files, and modules in whose place they get something else.
    replaced: FxHashSet<(FileId, FileId)>,
    /// Files that have modules loaded anew.
    renewing: FxHashSet<FileId>,
    /// Files, and modules that they load once, at their start.
    loaded_at_start: FxHashSet<(FileId, FileId)>,
}

impl Program<'_> {
    /// Whether a test changes an object of a module that it has for itself: of one that is mocked, or of one that is
    /// loaded in the test or a hook, where modules are reset:
    ///
    /// ```js
    /// beforeEach(() => { jest.resetModules(); config = require('../config'); });
    /// ```
    pub(super) fn is_isolated(&self, change: &Change) -> bool {
        let Owner::File(owner) = self.owner(change) else { return false };
        let isolation = self.isolation();
        isolation.replaced.contains(&(change.file, owner))
            || isolation.renewing.contains(&change.file) && !isolation.loaded_at_start.contains(&(change.file, owner))
    }
}

impl Isolation {
    /// Looks through all loads and resets.
    pub(super) fn of(stages: &Stages<'_>, changes: &[Change]) -> Self {
        let heap = stages.heap;
        let record = &heap.record;
        let mut isolation = Self::default();
        for load in &record.loads {
            let key = heap.instance(load.instance).key;
            if !stages.tests[key.file] {
                continue;
            }
            let targets = load.found.iter().flat_map(|(_, _, targets)| targets).filter_map(file_of);
            if load.form == LoadForm::StandIn {
                isolation.replaced.extend(targets.map(|target| (key.file, target)));
            } else if key.parent.is_none() && matches!(load.form, LoadForm::Require | LoadForm::Import) {
                isolation.loaded_at_start.extend(targets.map(|target| (key.file, target)));
            }
        }
        for load in &record.static_loads {
            isolation.loaded_at_start.extend(file_of(&load.target).map(|target| (load.file, target)));
        }
        let file = |instance| heap.instance(instance).key.file;
        let resets = record.restores.iter().filter(|restore| restore.what == Restored::Modules);
        isolation.renewing.extend(resets.map(|restore| file(restore.instance)));
        isolation.renewing.extend(record.reloads.iter().map(|reload| file(reload.instance)));
        isolation
            .renewing
            .extend(changes.iter().filter(|change| is_eviction(stages, change)).map(|change| change.file));
        isolation
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
