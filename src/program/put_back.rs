//! What puts back what tests change: the test itself, hooks around it, the runner.

use crate::base::source::FileId;
use crate::heap::object::{InstanceId, Lifetime, ObjectId, Value};
use crate::program::Program;
use crate::program::changes::{Change, Effect};
use crate::program::holders::Link;
use crate::syntax::facts::{Cleanup, Constraint, FunctionId, Key, MODULE_BODY, Place, ValueId, Write, WriteForm};

/// So many assignments are followed back to where a value was read.
const ASSIGNMENTS: usize = 4;

impl Program<'_> {
    /// Whether something in the tests puts back what a test changes, or the change is what puts back.
    pub fn is_put_back(&self, change: &Change) -> bool {
        change.cleanup != Cleanup::None
            || self.is_after_hook(change.instance)
            || self.is_isolated(change)
            || self.is_double_restored(change)
            || self.is_put_back_in_test(change)
            || change.effect == Effect::Delete && self.is_of_tests(change)
            || self.is_put_back_around(change)
            || self.empties_what_fills_itself(change)
    }

    /// Whether another change of the same place puts it back: one in a hook that runs after tests, or in a `finally`
    /// block, or one before each test that replaces what is there.
    fn is_put_back_around(&self, change: &Change) -> bool {
        let is_in_hook = self.is_in_hook_around_each(change.instance);
        let undoes = |other: &Change| {
            let is_other = (other.file, other.range) != (change.file, change.range);
            let is_after = || other.cleanup == Cleanup::Finally || self.is_after_hook(other.instance);
            let empties = matches!(other.effect, Effect::Remove | Effect::Delete);
            let replaces = matches!(other.effect, Effect::Replace(_)) && !is_in_hook;
            other.file == change.file && is_after()
                || is_other && (empties || replaces) && self.is_around_each(other.instance, change)
        };
        self.changes_of_place(change).any(|other| is_same_place(change, other) && undoes(other))
            || self.is_renewed_around(change)
    }

    /// Whether each test gets a new object in the place of the one that is changed: `beforeEach(() => logger.init())`.
    fn is_renewed_around(&self, change: &Change) -> bool {
        let Some(object) = object_of(change) else { return false };
        self.replacements_of(object).any(|other| {
            let is_new = |value: Value| value.as_object() == Some((object, Lifetime::Fresh));
            let puts_new = other.values.iter().any(|&node| self.stages.heap.points_to(node).iter().any(is_new));
            puts_new && self.is_around_each(other.instance, change)
        })
    }

    /// Whether a hook around each test takes away what production code makes when it is asked for, as if the test were
    /// the first: `beforeEach(() => { Store.instance = undefined; })`.
    fn empties_what_fills_itself(&self, change: &Change) -> bool {
        let text = self.text(change.file, change.statement);
        let value = text.trim_end_matches(';').rsplit('=').next().unwrap_or_default().trim();
        let fills = |other: &Change| !self.is_test(other.file) && self.is_initialisation(other);
        matches!(change.effect, Effect::Replace(_))
            && matches!(value, "undefined" | "null")
            && self.is_in_hook_around_each(change.instance)
            && change.slot.is_some_and(|slot| self.changes_at(slot).any(fills))
    }

    /// Whether a property that a test deletes is one that tests have put there.
    fn is_of_tests(&self, change: &Change) -> bool {
        let puts = |other: &Change| {
            self.stages.tests[other.file] && other.effect != Effect::Delete && is_same_place(change, other)
        };
        self.changes_of_place(change).any(puts)
    }

    /// Whether the same test assigns the same place before or after: the last assignment puts back what the first
    /// changed (unless the test fails between them). To delete what was assigned does so as well, and to assign what was
    /// read from there.
    fn is_put_back_in_test(&self, change: &Change) -> bool {
        let is_of_test = |other: &Change| other.statement != change.statement && self.is_same_test(change, other);
        let is_assigned_again = is_assignment(change)
            && self
                .changes_of_place(change)
                .any(|other| is_assignment(other) && is_of_test(other) && is_same_place(change, other));
        is_assigned_again
            || self.is_assigned_again_by_name(change)
            || self.assigns_what_was_read(change)
            || self.is_replaced_by_copy(change)
            || self.puts_copy_back(change)
    }

    /// The same by what is written, for callbacks of which the analysis does not know that they are called.
    fn is_assigned_again_by_name(&self, change: &Change) -> bool {
        let facts = &self.stages.facts[change.file];
        let Some(write) = change.write.map(|id| &facts.writes[id]).filter(|write| is_plain(write)) else {
            return false;
        };
        let test = self.test_around(change.instance).unwrap_or(change.function);
        let within = facts.functions[test].range;
        let target = self.target_text(change.file, write);
        facts.writes.iter().any(|other| {
            is_plain(other)
                && other.statement != write.statement
                && (within.start..within.end).contains(&other.range.start)
                && self.target_text(change.file, other) == target
        })
    }

    /// What a write assigns to, as it is written.
    fn target_text(&self, file: FileId, write: &Write) -> String {
        let text = self.text(file, write.range);
        text.split('=').next().unwrap_or_default().trim().to_owned()
    }

    /// Whether the test puts a copy, which it made before, in the place of what is changed.
    fn is_replaced_by_copy(&self, change: &Change) -> bool {
        let replaces = |other: &Change| self.is_copy_put_back(other) && self.is_later_in_test(change, other);
        let Some(object) = object_of(change) else { return false };
        let slots = self.holders.of(object).iter().filter_map(|link| match *link {
            Link::Field(parent, field) => self.stages.heap.field(parent, field),
            _ => None,
        });
        slots.into_iter().any(|slot| self.changes_at(slot).any(replaces))
    }

    /// Whether a change is what puts such a copy there.
    fn puts_copy_back(&self, change: &Change) -> bool {
        let Some(slot) = change.slot.filter(|_| self.is_copy_put_back(change)) else { return false };
        let mut objects = self.stages.heap.points_to(slot).iter().filter_map(Value::as_object);
        objects.any(|(object, _)| self.changes_of_object(object).any(|other| self.is_later_in_test(other, change)))
    }

    /// Whether what is assigned is in a variable, and is not the very thing that was there.
    fn is_copy_put_back(&self, change: &Change) -> bool {
        matches!(change.effect, Effect::Replace(_)) && self.has_variable(change) && !self.assigns_what_was_read(change)
    }

    fn is_later_in_test(&self, change: &Change, later: &Change) -> bool {
        later.statement.start > change.statement.start && self.is_same_test(change, later)
    }

    /// Whether what a change assigns is in a variable.
    fn has_variable(&self, change: &Change) -> bool {
        let Some(value) = self.written_value(change) else { return false };
        let is_outer = |constraint: &Constraint| matches!(constraint, Constraint::LoadOuter { .. });
        self.binding_of(change.file, change.function, value).is_some()
            || self.definitions_of(change.file, change.function, value).any(is_outer)
    }

    /// Whether a change assigns what was read from the same place before: `config.list = old`.
    fn assigns_what_was_read(&self, change: &Change) -> bool {
        let (Effect::Replace(_), Some(object), Some(value)) =
            (change.effect, object_of(change), self.written_value(change))
        else {
            return false;
        };
        let facts = &self.stages.facts[change.file];
        let Some(write) = change.write.map(|id| facts.writes[id]) else { return false };
        let Place::Property { key: Key::Name(written), .. } = write.place else { return false };
        let mut open = vec![(change.instance, value)];
        for _ in 0..ASSIGNMENTS {
            for (instance, value) in std::mem::take(&mut open) {
                let function = self.stages.heap.instance(instance).key.function;
                for constraint in self.definitions_of(change.file, function, value) {
                    match *constraint {
                        Constraint::Copy { dst, src } | Constraint::Narrow { dst, src, .. } if dst == value => {
                            open.push((instance, src));
                        }
                        Constraint::LoadOuter { dst, binding } if dst == value => {
                            let info = facts.bindings[binding];
                            let around = self.around(instance).find(|&at| {
                                let key = self.stages.heap.instance(at).key;
                                key.file == change.file && key.function == info.function
                            });
                            open.extend(around.map(|at| (at, info.home)));
                        }
                        Constraint::Load { dst, base, key: Key::Name(read) }
                            if dst == value
                                && facts.name(read) == facts.name(written)
                                && self.holds_object(self.stages.heap.node(instance, base), object) =>
                        {
                            return true;
                        }
                        _ => {}
                    }
                }
            }
        }
        false
    }

    fn written_value(&self, change: &Change) -> Option<ValueId> {
        self.stages.facts[change.file].writes[change.write?].value
    }

    /// Whether two changes stand in the same test or hook, in callbacks of it too.
    fn is_same_test(&self, a: &Change, b: &Change) -> bool {
        a.file == b.file
            && (a.function == b.function
                || self.test_around(a.instance).is_some_and(|test| self.test_around(b.instance) == Some(test)))
    }

    /// The innermost function around an instance that is a test or hook.
    fn test_around(&self, instance: InstanceId) -> Option<FunctionId> {
        let heap = self.stages.heap;
        let is_test = |&at: &InstanceId| heap.instance(at).key.function != MODULE_BODY && self.is_test_root(at);
        std::iter::once(instance).chain(self.around(instance)).find(is_test).map(|at| heap.instance(at).key.function)
    }

    /// The instances of the functions around one.
    pub(super) fn around(&self, instance: InstanceId) -> impl Iterator<Item = InstanceId> {
        let outer = |at: &InstanceId| self.stages.heap.instance(*at).key.parent;
        std::iter::successors(outer(&instance), outer)
    }
}

/// Whether a write assigns a property anew, whatever it held.
fn is_plain(write: &Write) -> bool {
    write.form == WriteForm::Assign && matches!(write.place, Place::Property { key: Key::Name(_), .. })
}

fn is_assignment(change: &Change) -> bool {
    matches!(change.effect, Effect::Replace(_) | Effect::Delete)
}

fn object_of(change: &Change) -> Option<ObjectId> {
    change.base.and_then(Value::as_object).map(|(object, _)| object)
}

fn is_same_place(a: &Change, b: &Change) -> bool {
    match (a.slot, b.slot) {
        (Some(a), Some(b)) => a == b,
        _ => {
            let is_same_object = object_of(a).is_some() && object_of(a) == object_of(b);
            is_same_object && (a.field == b.field || a.field.is_none() || b.field.is_none())
        }
    }
}
