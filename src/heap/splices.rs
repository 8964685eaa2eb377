//! `splice` with something to put in: whether the array gets longer by it.

use smallvec::SmallVec;

use crate::heap::builtins::NativeCall;
use crate::heap::field::Field;
use crate::heap::object::{ObjectId, Value};
use crate::heap::record::NativeEffect;
use crate::heap::solver::Solver;
use crate::syntax::facts::{Constraint, Key};

impl Solver<'_> {
    /// `splice(i, n, …)` that puts in: in place of all that was there, of as many as it puts in, or besides.
    pub(super) fn splice_in(&mut self, call: &NativeCall, this: Value, array: ObjectId) {
        if self.takes_all_out(call, array) {
            self.note(call, this, NativeEffect::TakeMany, None, SmallVec::new());
        } else if self.takes_as_many_out(call) {
            self.note(call, this, NativeEffect::Rearrange, None, SmallVec::new());
        } else {
            self.append(call, this, array, 2);
            return;
        }
        let element = self.field(array, Field::ELEMENT);
        self.add_values(call, 2, element);
    }

    /// `list.splice(i, 1, one)`.
    fn takes_as_many_out(&self, call: &NativeCall) -> bool {
        let count = self.argument_texts(call.invocation, 1);
        let put_in = call.args.len().saturating_sub(2);
        !call.has_spread()
            && !count.is_empty()
            && count.iter().all(|text| text.parse().is_ok_and(|out: usize| out >= put_in))
    }

    /// `list.splice(0, list.length, …others)`.
    fn takes_all_out(&self, call: &NativeCall, array: ObjectId) -> bool {
        let first = self.argument_texts(call.invocation, 0);
        if first.is_empty() || first.iter().any(|text| text != "0") {
            return false;
        }
        let Some(id) = call.call else { return false };
        let key = self.instances[call.caller].key;
        let facts = &self.input.facts[key.file];
        let Some(count) = facts.arguments_of(id).get(1) else { return false };
        facts.constraints_of(key.function).iter().any(|constraint| match *constraint {
            Constraint::Load { dst, base, key: Key::Name(name) } if dst == count.value => {
                let held = self.graph.set(self.node(call.caller, base));
                facts.name(name) == "length"
                    && held.iter().filter_map(Value::as_object).any(|(object, _)| object == array)
            }
            _ => false,
        })
    }
}
