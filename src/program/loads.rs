//! Loads of modules: which are computed, which block a request, which load anew.

use rustc_hash::FxHashSet;

use crate::base::source::FileId;
use crate::base::span::ByteRange;
use crate::heap::instance::InstanceKey;
use crate::heap::object::Source;
use crate::heap::record::LoadForm;
use crate::modules::{Reason, Resolution};
use crate::program::changes::Effect;
use crate::program::{Point, Program};
use crate::syntax::facts::{Constraint, FunctionId, ModuleFacts, ValueId};

/// A `require`, `import()` or loader call.
#[derive(Clone, Debug)]
pub struct LoadUse {
    /// The file.
    pub file: FileId,
    /// Where it runs.
    pub point: Point,
    /// The call's place.
    pub range: ByteRange,
    /// Whether it is a synchronous `require`.
    pub is_require: bool,
    /// Whether its specifier is written out.
    pub is_constant: bool,
    /// The specifier as the code has it.
    pub specifier: String,
    /// How many modules it may load.
    pub targets: usize,
    /// Why it is not known what it loads.
    pub problem: Option<Reason>,
}

/// A module that is loaded anew.
#[derive(Clone, Debug)]
pub struct Reloading {
    /// The file.
    pub file: FileId,
    /// Where it runs.
    pub point: Point,
    /// The place.
    pub range: ByteRange,
    /// What does it: `delete require.cache[…]`, a helper, `import()` with a changing query.
    pub how: String,
}

/// The values of the function at hand that are texts as they are written.
#[derive(Default)]
struct Constants {
    function: Option<(FileId, FunctionId)>,
    values: FxHashSet<ValueId>,
}

impl Constants {
    fn of(&mut self, facts: &ModuleFacts, key: InstanceKey) -> &FxHashSet<ValueId> {
        let function = Some((key.file, key.function));
        if self.function != function {
            let texts = facts.constraints_of(key.function).iter().filter_map(|constraint| match constraint {
                Constraint::String { dst, .. } => Some(*dst),
                _ => None,
            });
            self.values = texts.collect();
            for binding in facts.bindings.iter().filter(|binding| binding.function == key.function) {
                self.values.remove(&binding.home);
            }
            self.function = function;
        }
        &self.values
    }
}

impl Program<'_> {
    /// All loads by calls.
    pub fn loads(&self) -> Vec<LoadUse> {
        let heap = self.stages.heap;
        let mut out = Vec::new();
        let mut constants = Constants::default();
        for load in &heap.record.loads {
            if matches!(load.form, LoadForm::Resolve | LoadForm::StandIn) {
                continue;
            }
            let key = heap.instance(load.instance).key;
            let facts = &self.stages.facts[key.file];
            let Some(call) = facts.calls.get(load.call) else { continue };
            let argument = facts.arguments_of(load.call).first();
            let is_constant = argument.is_some_and(|arg| constants.of(facts, key).contains(&arg.value));
            let specifier = argument
                .and_then(|arg| facts.value_range(key.function, arg.value))
                .map(|range| self.text(key.file, range))
                .unwrap_or_default();
            let targets = load
                .found
                .iter()
                .flat_map(|(_, _, targets)| targets)
                .filter(|target| !matches!(target, Resolution::Unresolved(_)))
                .count();
            let problem = load.problem.filter(|_| targets == 0).or_else(|| {
                let is_unknown = targets == 0 && !is_constant;
                is_unknown.then_some(if load.found.is_empty() { Reason::UnknownValue } else { Reason::NoMatch })
            });
            let problem = problem.or(load.problem.filter(|reason| *reason == Reason::TooMany));
            let is_other_case = |target: &&Resolution| **target == Resolution::Unresolved(Reason::OtherCase);
            let other_case = load.found.iter().flat_map(|(_, _, targets)| targets).find(is_other_case);
            let other_case = other_case.filter(|_| targets == 0).map(|_| Reason::OtherCase);
            out.push(LoadUse {
                file: key.file,
                point: self.point_of(load.instance, load.call),
                range: call.place,
                is_require: load.form == LoadForm::Require,
                is_constant,
                specifier,
                targets,
                problem: other_case.or(problem.filter(|_| !is_constant)),
            });
        }
        out
    }

    /// What loads modules anew: evictions from `require.cache`, helpers, `import()` of changing URLs.
    pub fn reloads(&self) -> Vec<Reloading> {
        let heap = self.stages.heap;
        let mut out = Vec::new();
        for change in self.changes() {
            let is_eviction = matches!(change.effect, Effect::Remove | Effect::Delete)
                && change
                    .base
                    .and_then(crate::heap::object::Value::as_object)
                    .is_some_and(|(object, _)| matches!(heap.object(object).source, Source::Cache));
            if is_eviction {
                out.push(Reloading {
                    file: change.file,
                    point: change.point(),
                    range: change.range,
                    how: "a module is taken out of require.cache".to_owned(),
                });
            }
        }
        for reload in &heap.record.reloads {
            let key = heap.instance(reload.instance).key;
            let call = &self.stages.facts[key.file].calls[reload.call];
            let text = self.text(key.file, call.range);
            let how = format!("`{text}` loads a module anew");
            out.push(Reloading {
                file: key.file,
                point: self.point_of(reload.instance, reload.call),
                range: call.place,
                how,
            });
        }
        for load in heap.record.loads.iter().filter(|load| load.form == LoadForm::Import) {
            let changes = load
                .found
                .iter()
                .any(|(text, _, _)| text.split_once(['?', '#']).is_some_and(|(_, query)| query.contains('*')));
            if changes {
                let key = heap.instance(load.instance).key;
                let call = &self.stages.facts[key.file].calls[load.call];
                let how = "import() of a changing URL makes a new module each time".to_owned();
                out.push(Reloading {
                    file: key.file,
                    point: self.point_of(load.instance, load.call),
                    range: call.place,
                    how,
                });
            }
        }
        out
    }

    /// Whether a change evicts a module: that has a rule of its own.
    pub fn is_eviction(&self, change: &crate::program::Change) -> bool {
        change
            .base
            .and_then(crate::heap::object::Value::as_object)
            .is_some_and(|(object, _)| matches!(self.stages.heap.object(object).source, Source::Cache))
    }
}
