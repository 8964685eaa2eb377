//! Wrapped values, whose methods are a library's functions: `_.chain(users).filter('active').head().value()`.

use crate::heap::field::Field;
use crate::heap::graph::EdgeKind;
use crate::heap::object::{Lifetime, ObjectId, ObjectKind, Source, Value};
use crate::heap::solver::{Arg, InvocationId, InvocationKind, Solver, This};
use crate::models::facts::{PathId, Step};

impl Solver<'_> {
    /// The function that is a method of a wrapped value.
    pub(super) fn wrapped_member(&self, wrapper: PathId, name: &str) -> Option<PathId> {
        let functions = self.input.models.facts(wrapper).carrier.wraps?;
        self.input.models.step(functions, Step::Member(name))
    }

    /// A call of a method of a wrapped value; whether it was one. The function gets the value before its arguments, and
    /// what it gives is wrapped again.
    pub(super) fn call_chained(&mut self, invocation: InvocationId, function: ObjectId, lifetime: Lifetime) -> bool {
        let This::Value(receiver) = self.invocations[invocation].this else { return false };
        let Some((wrapper, _)) = receiver.as_object() else { return false };
        let Source::External { package, path: Some(path), label, .. } = self.objects[wrapper].source else {
            return false;
        };
        let Source::External { path: Some(called), .. } = self.objects[function].source else { return false };
        let models = self.input.models;
        let name = models.facts(called).label.rsplit('.').next().unwrap_or_default();
        if models.step(path, Step::Member(name)).is_some() || self.wrapped_member(path, name) != Some(called) {
            return false;
        }
        let mut inner = self.invocations[invocation].clone();
        let (wrapped, given) = (self.field(wrapper, Field::MADE_OF), self.fresh_node());
        inner.args.insert(0, Arg { node: wrapped, is_spread: false });
        inner.this = This::None;
        inner.kind = InvocationKind::Call;
        let dst = inner.dst.replace(given);
        if let Some(dst) = dst {
            let made = Some((inner.caller, inner.call));
            let again = self.object(Source::External { package, path: Some(path), made, label }, ObjectKind::Plain);
            let made_of = self.field(again, Field::MADE_OF);
            self.graph.add_edge(given, made_of, EdgeKind::Copy);
            self.graph.add_edge(given, dst, EdgeKind::Copy);
            self.graph.insert(dst, Value::object(again, Lifetime::Fresh));
        }
        let inner = self.invocation(inner);
        self.call_external(inner, function, lifetime);
        true
    }
}
