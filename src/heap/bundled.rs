//! What bundlers understand in place of calls: `require.context(…)`, `import.meta.glob(…)`.

use crate::heap::builtins::NativeCall;
use crate::heap::field::Field;
use crate::heap::graph::{EdgeKind, NodeId};
use crate::heap::object::{Lifetime, ObjectId, ObjectKind, Value};
use crate::heap::solver::{Solver, Special};
use crate::models::Step;
use crate::models::facts::DataKind;

/// The part of a call that is its object of modules, or its context.
const MODULES: u8 = 0;
/// The part that is a function beside it.
const FUNCTION: u8 = 1;
/// The part that a promise or a list is.
const GIVEN: u8 = 2;

impl Solver<'_> {
    /// Members that only a bundler adds, where the models describe them.
    pub(super) fn add_bundler_members(&mut self, object: ObjectId, way: &[&str], members: &[&str]) {
        let models = self.input.models;
        let Some((first, rest)) = way.split_first() else { return };
        let root = models.global(first);
        let at = rest.iter().try_fold(root, |at, name| Some(models.step(at?, Step::Member(name))));
        let Some(Some(at)) = at else { return };
        for member in members {
            let Some(path) = models.step(at, Step::Member(member)) else { continue };
            let name = self.names.intern(member);
            let field = self.field(object, Field::name(name));
            let value = self.external_at(path, None);
            self.graph.insert(field, value);
        }
    }

    /// `import.meta.glob('./*.js')`: an object of functions that give promises of modules, or of modules (`eager`).
    pub(super) fn give_lazily(&mut self, call: &NativeCall, module: NodeId) {
        let promise = self.made(call.caller, call.call, GIVEN, ObjectKind::Promise);
        let promised = self.field(promise, Field::PROMISED);
        self.graph.add_edge(module, promised, EdgeKind::Copy);
        let given = self.fresh_node();
        self.graph.insert(given, Value::object(promise, Lifetime::Fresh));
        let function = self.function_giving(call, given);
        let object = self.made(call.caller, call.call, MODULES, ObjectKind::Plain);
        let unknown = self.field(object, Field::UNKNOWN);
        self.graph.add_edge(module, unknown, EdgeKind::Copy);
        self.graph.insert(unknown, function);
        self.give(call, Value::object(object, Lifetime::Fresh));
    }

    /// `require.context('./d')`: a function that gives a module by its name, with `keys()`.
    pub(super) fn give_context(&mut self, call: &NativeCall, module: NodeId) {
        let context = self.made(call.caller, call.call, MODULES, ObjectKind::Function);
        self.specials.insert(context, Special::Gives(module));
        let list = self.made(call.caller, call.call, GIVEN, ObjectKind::Array);
        let element = self.field(list, Field::ELEMENT);
        self.insert_data(element, DataKind::Finite);
        let given = self.fresh_node();
        self.graph.insert(given, Value::object(list, Lifetime::Fresh));
        let keys = self.function_giving(call, given);
        let name = self.names.intern("keys");
        let field = self.field(context, Field::name(name));
        self.graph.insert(field, keys);
        self.give(call, Value::object(context, Lifetime::Fresh));
    }

    fn function_giving(&mut self, call: &NativeCall, node: NodeId) -> Value {
        let function = self.made(call.caller, call.call, FUNCTION, ObjectKind::Function);
        self.specials.insert(function, Special::Gives(node));
        Value::object(function, Lifetime::Fresh)
    }
}
