//! Memoizers: functions that keep what they gave under what they were given.
//!
//! To the models a memoizer is a call that wraps a function and gives a map besides. Each call of what it gave,
//! `find(key)`, puts an entry into that map.

use smallvec::SmallVec;

use crate::heap::field::Field;
use crate::heap::object::{Lifetime, ObjectId, ObjectKind, Source, Value};
use crate::heap::record::{NativeEffect, NativeWrite};
use crate::heap::solver::{InvocationId, Solver};

/// The part of a modelled call that is its container.
pub(super) const CONTAINER: u8 = 7;

/// What the growth by a call of a memoizer's function is called.
pub const WRITE: &str = "memoize";

impl Solver<'_> {
    /// A call of a wrapped function: if a map came with it, it grows under the first argument.
    pub(super) fn note_memoized(&mut self, invocation: InvocationId, wrapped: ObjectId, lifetime: Lifetime) {
        let Some(map) = self.memo_of(wrapped) else { return };
        let inv = &self.invocations[invocation];
        let (Some(call), Some(key)) = (inv.call, inv.args.first().map(|arg| arg.node)) else { return };
        let instance = inv.caller;
        let name = self.names.intern(WRITE);
        self.record.write(NativeWrite {
            instance,
            call,
            base: Value::object(map, lifetime),
            effect: NativeEffect::SetEntry,
            key: Some(key),
            values: SmallVec::new(),
            name,
        });
    }

    /// The map of a memoizer is at hand as the `cache` of what it gave: `find.cache.clear()`.
    pub(super) fn give_memo_cache(&mut self, wrapped: ObjectId) {
        let Some(map) = self.memo_of(wrapped) else { return };
        let name = self.names.intern("cache");
        let cache = self.field(wrapped, Field::name(name));
        self.graph.insert(cache, Value::object(map, Lifetime::Fresh));
    }

    fn memo_of(&self, wrapped: ObjectId) -> Option<ObjectId> {
        let Source::Bound { instance, call } = self.objects[wrapped].source else { return None };
        let map = *self.object_ids.get(&Source::Call { instance, call, part: CONTAINER })?;
        (self.objects[map].kind == ObjectKind::Map).then_some(map)
    }
}
