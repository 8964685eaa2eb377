//! Tables of answers in what a package hands out: in an instance of an exported class, or around a closure that an
//! exported factory gives. Its callers keep it, for a table that is asked before it grows is of use only while it lasts:
//!
//! ```js
//! class Ring { get(key) { return this.cache[key] ??= this.search(key); } }   // one entry for each key ever asked for
//! ```
//!
//! What else such an object grows is its callers' affair.

use crate::base::finding::{Confidence, ContextKind};
use crate::heap::object::{InstanceId, Lifetime, ObjectId, ObjectKind, Source, Value};
use crate::program::changes::{Change, Effect, Target};
use crate::program::holders::Link;
use crate::program::{Keys, Program, Refused};
use crate::syntax::facts::{Callee, Constraint, Key, MODULE_BODY, Reuse, THIS, Test};

impl Program<'_> {
    /// Whether a growth of something that is not seen to last is of such a table.
    pub(super) fn is_kept_by_callers(&self, change: &Change) -> bool {
        let Target::Object(object) = change.target else { return false };
        if change.effect != Effect::Grow || change.lifetime != Lifetime::Fresh || !self.is_asked_first(change, object) {
            return false;
        }
        let Some(context) = self.context_at(change.point()) else { return false };
        matches!(self.keys(change), Some(Keys::Parameter | Keys::Endless(_)))
            && self.uses_the_answer(change, object)
            && !self.is_list(change)
            && self.refused_removals(change).iter().all(|refused| matches!(refused, Refused::NeverCalled(_)))
            && context.kind == ContextKind::Exported
            && context.confidence == Confidence::High
            && (self.is_of_receiver(change, context.root, object) || self.is_around(context.root, object))
    }

    /// Whether the container is asked for the key, and grows only if it has none.
    fn is_asked_first(&self, change: &Change, object: ObjectId) -> bool {
        let (heap, Some(key)) = (self.stages.heap, change.key) else { return false };
        self.guards(change).any(|guard| match guard.test {
            Test::Has { container, key: asked } if !guard.holds => {
                let asked = heap.node(change.instance, asked);
                self.holds_object(heap.node(change.instance, container), object)
                    && (asked == key || self.is_alias(asked, key))
            }
            _ => false,
        })
    }

    /// Whether the function reads the entry for more than to see whether it is there: what is only put in is registered.
    fn uses_the_answer(&self, change: &Change, object: ObjectId) -> bool {
        let (heap, Some(key)) = (self.stages.heap, change.key) else { return false };
        let node = |value| heap.node(change.instance, value);
        let is_entry = |container, asked| {
            self.holds_object(node(container), object) && (node(asked) == key || self.is_alias(node(asked), key))
        };
        let facts = &self.stages.facts[change.file];
        let constraints = facts.constraints_of(change.function);
        let answers = constraints.iter().filter_map(|constraint| match *constraint {
            Constraint::Load { dst, base, key: Key::Computed(asked) } => is_entry(base, asked).then_some(dst),
            Constraint::Call { call } => {
                let Callee::Method { base, key: Key::Name(name) } = facts.calls[call].callee else { return None };
                let asked = facts.arguments_of(call).first()?.value;
                (facts.name(name) == "get" && is_entry(base, asked)).then_some(facts.calls[call].dst)
            }
            _ => None,
        });
        let mut answers = answers.peekable();
        answers.peek().is_some()
            && answers.any(|answer| {
                constraints.iter().any(|constraint| match *constraint {
                    Constraint::Copy { src, .. }
                    | Constraint::Narrow { src, .. }
                    | Constraint::Return { src }
                    | Constraint::Store { src, .. } => src == answer,
                    Constraint::Load { base, .. } => base == answer,
                    Constraint::Call { call } => {
                        matches!(facts.calls[call].callee, Callee::Method { base, .. } if base == answer)
                            || facts.arguments_of(call).iter().any(|argument| argument.value == answer)
                    }
                    _ => false,
                })
            })
    }

    /// Whether what is put in is a list, which others fill: that a group is there is no answer.
    fn is_list(&self, change: &Change) -> bool {
        let heap = self.stages.heap;
        let is_collection = |value: Value| {
            value.as_object().is_some_and(|(object, _)| {
                matches!(heap.object(object).kind, ObjectKind::Array | ObjectKind::Map | ObjectKind::Set)
            })
        };
        change.values.iter().any(|&node| heap.points_to(node).iter().any(is_collection))
    }

    /// Whether the instance whose method is called from outside has the container in a field, and no other method that
    /// runs then puts a new one there.
    fn is_of_receiver(&self, growth: &Change, method: InstanceId, container: ObjectId) -> bool {
        let heap = self.stages.heap;
        let growths = self.growths_of(growth.target);
        let this = heap.points_to(heap.node(method, THIS));
        this.iter().filter_map(Value::as_object).any(|(instance, _)| {
            let Source::Instance { class, .. } = heap.object(instance).source else { return false };
            heap.fields_of(instance).iter().any(|&(_, slot)| {
                self.holds_object(slot, container)
                    && !self.changes.iter().any(|other| {
                        other.slot == Some(slot)
                            && matches!(other.effect, Effect::Replace(Reuse::None | Reuse::Shrinks))
                            && !self.is_constructor_of(class, other)
                            && growths.iter().any(|&id| self.is_called_for(self.change(id), other))
                    })
            })
        })
    }

    /// Whether a change stands in a class's constructor.
    fn is_constructor_of(&self, class: ObjectId, change: &Change) -> bool {
        match self.stages.heap.object(class).source {
            Source::Class { file, class, .. } => {
                (file, self.stages.facts[file].classes[class].constructor) == (change.file, change.function)
            }
            Source::Function { file, function, .. } => (file, function) == (change.file, change.function),
            _ => false,
        }
    }

    /// Whether a function that a factory hands out has the container for itself.
    fn is_around(&self, function: InstanceId, container: ObjectId) -> bool {
        let heap = self.stages.heap;
        let around = |at: &InstanceId| heap.instance(*at).key.parent;
        let makers: Vec<InstanceId> = std::iter::successors(around(&function), around)
            .filter(|&at| heap.instance(at).key.function != MODULE_BODY)
            .collect();
        let holds = |link: &Link| matches!(link, Link::Captured(at, _) if makers.contains(at));
        self.holders.of(container).iter().any(holds)
    }
}
