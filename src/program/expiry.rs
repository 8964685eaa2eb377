//! Entries that expire only when somebody asks for them: keys that are never asked for again stay for ever.

use crate::heap::graph::NodeId;
use crate::heap::object::{Data, InstanceId, ObjectKind, Value};
use crate::models::facts::{DataKind, Position};
use crate::program::Program;
use crate::program::changes::Change;
use crate::program::sources::Follow;
use crate::syntax::facts::{Constraint, Guard, Key, Test};

impl Program<'_> {
    /// Whether a removal is `if (entry.until < Date.now()) entries.delete(key)` for the one key that is looked up.
    pub(super) fn is_lazy_expiry(&self, removal: &Change) -> bool {
        let Some(key) = removal.key else { return false };
        self.guards(removal).any(|guard| self.is_age_check(removal.instance, guard))
            && !self.is_iterated(removal.instance, key)
    }

    fn is_age_check(&self, instance: InstanceId, guard: &Guard) -> bool {
        let Test::Compare { value, other, .. } = guard.test else { return false };
        let time = Value::data(Data::Known(DataKind::Time));
        std::iter::once(value)
            .chain(other)
            .any(|side| self.stages.heap.points_to(self.stages.heap.node(instance, side)).contains(time))
    }

    /// Whether a key comes from going through a container: a loop's variable, or a callback's parameter.
    fn is_iterated(&self, instance: InstanceId, key: NodeId) -> bool {
        let heap = self.stages.heap;
        let info = heap.instance(instance).key;
        let facts = &self.stages.facts[info.file];
        let node = |value| heap.node(instance, value);
        let from = self.sources_of(instance, key, Follow::Loads);
        let is_loop = |constraint: &Constraint| match constraint {
            Constraint::Iterate { dst, .. } | Constraint::KeysOf { dst, .. } => from.contains(&node(*dst)),
            // `const key = keys[i];`
            Constraint::Load { dst, base, key: Key::Computed(_) } => {
                from.contains(&node(*dst)) && self.holds_array(node(*base))
            }
            _ => false,
        };
        if facts.constraints_of(info.function).iter().any(is_loop) {
            return true;
        }
        let is_param = facts.params_of(info.function).iter().any(|param| from.contains(&node(param.value)));
        is_param && self.is_called_for_each(instance)
    }

    fn holds_array(&self, node: NodeId) -> bool {
        let heap = self.stages.heap;
        let mut objects = heap.points_to(node).iter().filter_map(Value::as_object);
        objects.any(|(object, _)| heap.object(object).kind == ObjectKind::Array)
    }

    /// Whether something calls an instance before it goes on, as `forEach` does.
    fn is_called_for_each(&self, instance: InstanceId) -> bool {
        self.stages.heap.record.calls_of(instance).any(|edge| edge.position == Some(Position::Sync))
    }
}
