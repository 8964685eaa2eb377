//! `fs.readdir` and its like: names are strings that stand for a folder's entries.

use crate::base::name_test::NameTest;
use crate::heap::builtins::NativeCall;
use crate::heap::field::Field;
use crate::heap::graph::NodeId;
use crate::heap::loaders::{Base, Glob};
use crate::heap::object::{Lifetime, ObjectKind, Source, Value};
use crate::heap::solver::{Arg, Invocation, InvocationId, Listener, Solver, TextChange, This};
use crate::models::facts::{DataKind, LoaderForm, Position};

/// The parts of such a call.
const NAMES: u8 = 0;
const ENTRY: u8 = 1;
const LATER: u8 = 2;

impl Solver<'_> {
    /// A function of `fs`; whether it lists something.
    pub(super) fn call_directory(&mut self, invocation: InvocationId, name: &str) -> bool {
        let inv = self.invocations[invocation].clone();
        let name = name.trim_start_matches("promises.");
        let Some(first) = inv.args.first().map(|arg| arg.node) else { return false };
        match name {
            "readdirSync" | "readdir" | "opendirSync" | "opendir" => self.list_folder(&inv, first, name),
            "globSync" | "glob" => self.list_glob(&inv, first),
            _ => return false,
        }
        true
    }

    fn list_folder(&mut self, inv: &Invocation, folder: NodeId, name: &str) {
        let options = inv.args.get(1).map(|arg| arg.node);
        let flag = |name| options.and_then(|options| self.flag(options, name));
        let (is_deep, has_types) = (flag("recursive") == Some(true), flag("withFileTypes"));
        let array = self.made(inv.caller, inv.call, NAMES, ObjectKind::Array);
        let element = self.field(array, Field::ELEMENT);
        if has_types != Some(true) {
            let change = if is_deep { TextChange::Tree } else { TextChange::Entries };
            self.listen(folder, Listener::Text { dst: element, change });
            self.insert_data(element, DataKind::Finite);
        }
        if has_types.is_some() || name.starts_with("opendir") {
            let entry = self.entry_of(inv, folder, is_deep);
            self.graph.insert(element, entry);
        }
        self.give_listed(inv, Value::object(array, Lifetime::Fresh));
    }

    /// With `withFileTypes` the entries are objects that have the name.
    fn entry_of(&mut self, inv: &Invocation, folder: NodeId, is_deep: bool) -> Value {
        let entry = self.made(inv.caller, inv.call, ENTRY, ObjectKind::Plain);
        let name = self.names.intern("name");
        let field = self.field(entry, Field::name(name));
        self.listen(folder, Listener::Text { dst: field, change: TextChange::Entries });
        self.insert_data(field, DataKind::Finite);
        for name in ["parentPath", "path"] {
            let name = self.names.intern(name);
            let field = self.field(entry, Field::name(name));
            self.listen(folder, Listener::Text { dst: field, change: TextChange::Same });
            if is_deep {
                let tail = self.strings.constant("");
                self.listen(folder, Listener::Below { dst: field, form: LoaderForm::Tree, tail });
            }
        }
        Value::object(entry, Lifetime::Fresh)
    }

    fn list_glob(&mut self, inv: &Invocation, patterns: NodeId) {
        let array = self.made(inv.caller, inv.call, NAMES, ObjectKind::Array);
        let element = self.field(array, Field::ELEMENT);
        let flat = self.fresh_node();
        let tail = self.strings.constant("");
        self.listen(patterns, Listener::Below { dst: flat, form: LoaderForm::Glob, tail });
        self.waiting.globs.push(Glob { patterns: flat, except: None, base: Base::Nothing, dst: element, heard: None });
        self.give_listed(inv, Value::object(array, Lifetime::Fresh));
    }

    fn give_listed(&mut self, inv: &Invocation, list: Value) {
        if let Some(dst) = inv.dst {
            self.graph.insert(dst, list);
        }
        self.give_later(inv, list);
    }

    /// What is given as a promise too, and to a callback.
    pub(super) fn give_later(&mut self, inv: &Invocation, list: Value) {
        let promise = self.made(inv.caller, inv.call, LATER, ObjectKind::Promise);
        let promised = self.field(promise, Field::PROMISED);
        self.graph.insert(promised, list);
        if let Some(dst) = inv.dst {
            self.graph.insert(dst, Value::object(promise, Lifetime::Fresh));
        }
        let Some(callback) = inv.args.last().filter(|_| inv.args.len() > 1).map(|arg| arg.node) else { return };
        let (error, names) = (self.fresh_node(), self.fresh_node());
        self.graph.insert(names, list);
        let mut inner = inv.clone();
        inner.args = [error, names].iter().map(|&node| Arg { node, is_spread: false }).collect();
        inner.dst = None;
        inner.this = This::None;
        inner.position = Some(Position::Once);
        let inner = self.invocation(inner);
        self.listen(callback, Listener::Invoke { invocation: inner });
    }

    /// `names.filter(f)`: what is known of a name that it lets through.
    pub(super) fn name_filter(&self, call: &NativeCall) -> Option<NameTest> {
        let mut functions = self.graph.set(call.arg(0)?).iter().filter_map(Value::as_object);
        let (only, None) = (functions.next()?.0, functions.next()) else { return None };
        let Source::Function { file, function, .. } = self.objects[only].source else { return None };
        self.input.facts[file].name_test(function).cloned()
    }
}
