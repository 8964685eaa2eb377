//! Deep copies (`structuredClone`, `_.cloneDeep`, what a deep merge takes from its sources): plain objects, arrays, maps
//! and sets are made anew at every depth; functions and what is external stay the originals, and so do instances that a
//! merge finds in its sources.
//!
//! A copy is one object for each original and root (what the copy hangs on), so that `_.merge({}, defaults)` in two
//! places gives two.

use crate::heap::field::Field;
use crate::heap::graph::NodeId;
use crate::heap::object::{Lifetime, ObjectId, ObjectKind, Source, Value};
use crate::heap::solver::{ExceptId, Listener, Solver};

/// Copies every property deeply: no list of names.
pub(super) const DEEP: ExceptId = ExceptId(1);

impl Solver<'_> {
    /// A value of the original goes into `dst` as a deep copy has it.
    pub(super) fn clone_into(&mut self, value: Value, dst: NodeId, root: ObjectId) {
        let copied = value.as_object().filter(|&(object, _)| self.is_cloned(object, root));
        let Some((of, lifetime)) = copied else {
            self.graph.insert(dst, value);
            return;
        };
        // A copy of a copy is one more copy of the original, so that copies made of each other come to an end.
        let original = match self.objects[of].source {
            Source::Clone { of, .. } => of,
            _ => of,
        };
        let copy = self.object(Source::Clone { of: original, root }, self.objects[of].kind);
        for prototype in self.states[of].prototypes.clone() {
            self.add_prototype(copy, prototype);
        }
        self.graph.insert(dst, Value::object(copy, Lifetime::Fresh));
        self.copy_to(Value::object(of, lifetime), Value::object(copy, Lifetime::Fresh), DEEP);
        if self.objects[of].kind == ObjectKind::Map {
            let (src, dst) = (self.field(of, Field::MAP_VALUE), self.field(copy, Field::MAP_VALUE));
            self.listen(src, Listener::Clone { dst, root });
        }
    }

    /// A deep merge goes into what is no package's or the platform's: most of what those give are primitives.
    pub(super) fn merge_into(&mut self, value: Value, dst: NodeId) {
        let is_own = |object: ObjectId| !matches!(self.objects[object].source, Source::External { .. });
        if value.as_object().is_some_and(|(object, _)| is_own(object)) {
            self.graph.insert(dst, value);
        }
    }

    /// Whether a deep copy has a copy of an object.
    fn is_cloned(&self, object: ObjectId, root: ObjectId) -> bool {
        let is_data = matches!(
            self.objects[object].kind,
            ObjectKind::Plain | ObjectKind::Array | ObjectKind::Map | ObjectKind::Set
        );
        let is_copied = match self.objects[object].source {
            Source::Site { .. } | Source::Call { .. } | Source::Exports(_) | Source::Entry { .. } => true,
            // The root of what a call copies as a whole is the call's; a merge's is its target.
            Source::Clone { root: other, .. } => other != root,
            Source::Instance { .. } => matches!(self.objects[root].source, Source::Call { .. }),
            _ => false,
        };
        is_data && is_copied && object != root
    }

    /// What deep copies into an object hang on.
    pub(super) fn clone_root(&self, object: ObjectId) -> ObjectId {
        match self.objects[object].source {
            Source::Clone { root, .. } => root,
            _ => object,
        }
    }
}
