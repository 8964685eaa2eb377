//! Functions that nothing calls: what they load belongs to the module graph too. No rule hears of what they do.

use rustc_hash::FxHashSet;

use crate::base::finding::{Confidence, ContextKind};
use crate::heap::object::{Lifetime, ObjectId, Source, Value};
use crate::heap::roots::Entry;
use crate::heap::solver::{InvocationKind, RootCause, Solver, This};
use crate::syntax::facts::FunctionId;

/// Which functions are looked into.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Code {
    /// What runs, as far as is known.
    #[default]
    Reached,
    /// All of them.
    All,
}

impl Solver<'_> {
    /// Calls all functions that nothing called, and those that are made then.
    pub(super) fn run_uncalled(&mut self) {
        let mut tried: FxHashSet<ObjectId> = FxHashSet::default();
        loop {
            let called: FxHashSet<_> =
                self.instances.iter().map(|instance| (instance.key.file, instance.key.function)).collect();
            let is_uncalled = |(file, function): (_, FunctionId)| !called.contains(&(file, function));
            let open: Vec<ObjectId> = self
                .objects
                .ids()
                .filter(|&id| match self.objects[id].source {
                    Source::Function { file, function, .. } => is_uncalled((file, function)),
                    Source::Class { file, class, .. } => {
                        is_uncalled((file, self.input.facts[file].classes[class].constructor))
                    }
                    _ => false,
                })
                .filter(|&id| tried.insert(id))
                .collect();
            if open.is_empty() || self.is_spent() {
                return;
            }
            for id in open {
                self.call_uncalled(id);
            }
            self.run();
        }
    }

    fn call_uncalled(&mut self, object: ObjectId) {
        let (Source::Function { parent, .. } | Source::Class { parent, .. }) = self.objects[object].source else {
            return;
        };
        let label = self.names.intern("function that nothing calls");
        let cause = RootCause { kind: Some(ContextKind::Init), confidence: Confidence::Low, label, function: None };
        let entry = Entry { cause, params: Vec::new(), caller: parent, this: This::None, dst: None };
        let invocation = self.outside_invocation(&entry, object);
        if let Source::Class { .. } = self.objects[object].source {
            self.invocations[invocation].kind = InvocationKind::New;
        }
        self.invoke(invocation, Value::object(object, Lifetime::Fresh));
    }
}
