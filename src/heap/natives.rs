//! The language's own objects and functions, by name: which there are, and how what they make behaves. What their calls
//! do is in `builtins`.

use crate::base::name::Name;
use crate::heap::field::Field;
use crate::heap::graph::NodeId;
use crate::heap::object::{Lifetime, ObjectId, ObjectKind, Source, Value};
use crate::heap::solver::Solver;

/// A built-in of the language.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Native {
    /// A global: `Array`, `Object`, `JSON`.
    Global(&'static str),
    /// A member of a global: `Object.assign`.
    Static(&'static str, &'static str),
    /// A method of the values of a kind: `Array#push`.
    Method(&'static str, &'static str),
    /// A global's prototype: `Array.prototype`.
    Prototype(&'static str),
}

impl Native {
    /// As people write it: `Object.assign`, `push`.
    pub fn label(self) -> String {
        match self {
            Native::Global(name) | Native::Method(_, name) => name.to_owned(),
            Native::Static(object, name) => format!("{object}.{name}"),
            Native::Prototype(name) => format!("{name}.prototype"),
        }
    }
}

const GLOBALS: &[&str] = &[
    "Object",
    "Array",
    "Map",
    "Set",
    "WeakMap",
    "WeakSet",
    "WeakRef",
    "Promise",
    "JSON",
    "Reflect",
    "Symbol",
    "Function",
    "String",
    "Number",
    "Boolean",
    "BigInt",
    "RegExp",
    "Error",
    "TypeError",
    "RangeError",
    "SyntaxError",
    "EvalError",
    "ReferenceError",
    "URIError",
    "AggregateError",
    "Proxy",
    "parseInt",
    "parseFloat",
    "isNaN",
    "isFinite",
    "encodeURIComponent",
    "decodeURIComponent",
    "encodeURI",
    "decodeURI",
    "Int8Array",
    "Uint8Array",
    "Uint8ClampedArray",
    "Int16Array",
    "Uint16Array",
    "Int32Array",
    "Uint32Array",
    "Float32Array",
    "Float64Array",
    "BigInt64Array",
    "BigUint64Array",
    "ArrayBuffer",
    "SharedArrayBuffer",
    "DataView",
    "Iterator",
    "Atomics",
];

const STATICS: &[(&str, &[&str])] = &[
    (
        "Object",
        &[
            "assign",
            "keys",
            "values",
            "entries",
            "create",
            "defineProperty",
            "defineProperties",
            "freeze",
            "seal",
            "preventExtensions",
            "setPrototypeOf",
            "getPrototypeOf",
            "fromEntries",
            "getOwnPropertyNames",
            "getOwnPropertySymbols",
            "getOwnPropertyDescriptor",
            "getOwnPropertyDescriptors",
            "hasOwn",
            "is",
            "isFrozen",
            "groupBy",
        ],
    ),
    (
        "Reflect",
        &[
            "set",
            "get",
            "has",
            "defineProperty",
            "deleteProperty",
            "setPrototypeOf",
            "getPrototypeOf",
            "apply",
            "construct",
            "ownKeys",
            "getOwnPropertyDescriptor",
        ],
    ),
    ("Array", &["from", "of", "isArray", "fromAsync"]),
    ("Map", &["groupBy"]),
    ("Promise", &["resolve", "reject", "all", "allSettled", "race", "any", "withResolvers", "try"]),
    ("JSON", &["parse", "stringify"]),
    ("Symbol", &["for", "iterator", "asyncIterator"]),
    ("String", &["raw", "fromCharCode", "fromCodePoint"]),
    ("Number", &["isInteger", "isNaN", "isFinite", "parseFloat", "parseInt", "isSafeInteger"]),
    ("Proxy", &["revocable"]),
];

const METHODS: &[(&str, &[&str])] = &[
    (
        "Array",
        &[
            "push",
            "unshift",
            "splice",
            "pop",
            "shift",
            "sort",
            "reverse",
            "fill",
            "copyWithin",
            "forEach",
            "map",
            "filter",
            "find",
            "findLast",
            "findIndex",
            "findLastIndex",
            "some",
            "every",
            "flatMap",
            "flat",
            "reduce",
            "reduceRight",
            "slice",
            "concat",
            "at",
            "join",
            "indexOf",
            "lastIndexOf",
            "includes",
            "keys",
            "values",
            "entries",
            "toSorted",
            "toReversed",
            "toSpliced",
            "with",
            "set",
            "subarray",
            "toString",
        ],
    ),
    (
        "Map",
        &[
            "get",
            "set",
            "has",
            "delete",
            "clear",
            "forEach",
            "keys",
            "values",
            "entries",
            "getOrInsert",
            "getOrInsertComputed",
            "append",
        ],
    ),
    (
        "Set",
        &[
            "add",
            "has",
            "delete",
            "clear",
            "forEach",
            "keys",
            "values",
            "entries",
            "union",
            "intersection",
            "difference",
            "symmetricDifference",
        ],
    ),
    ("Weak", &["get", "set", "has", "delete", "add", "deref"]),
    ("Promise", &["then", "catch", "finally"]),
    (
        "Iterator",
        &[
            "next", "return", "throw", "map", "filter", "take", "drop", "flatMap", "reduce", "toArray", "forEach",
            "some", "every", "find",
        ],
    ),
    ("Function", &["call", "apply", "bind"]),
    (
        "Object",
        &[
            "hasOwnProperty",
            "propertyIsEnumerable",
            "isPrototypeOf",
            "toString",
            "valueOf",
            "toLocaleString",
            "__defineGetter__",
            "__defineSetter__",
        ],
    ),
    (
        "Date",
        &[
            "setTime",
            "setMilliseconds",
            "setSeconds",
            "setMinutes",
            "setHours",
            "setDate",
            "setMonth",
            "setFullYear",
            "setUTCMilliseconds",
            "setUTCSeconds",
            "setUTCMinutes",
            "setUTCHours",
            "setUTCDate",
            "setUTCMonth",
            "setUTCFullYear",
        ],
    ),
];

fn known(list: &'static [&'static str], name: &str) -> Option<&'static str> {
    list.iter().copied().find(|known| *known == name)
}

fn table(tables: &'static [(&'static str, &'static [&'static str])], object: &str) -> &'static [&'static str] {
    tables.iter().find(|(name, _)| *name == object).map_or(&[], |(_, list)| list)
}

/// Whether a path of names leads through a method that all objects have: `Math.E.toString.power`.
pub fn is_below_method(path: &str) -> bool {
    path.split('.').skip(1).any(|name| known(table(METHODS, "Object"), name).is_some())
}

/// The global of that name, if the language has it.
pub fn global(name: &str) -> Option<Native> {
    known(GLOBALS, name).map(Native::Global)
}

fn class_of(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::Plain => "Object",
        ObjectKind::Array => "Array",
        ObjectKind::Map => "Map",
        ObjectKind::Set => "Set",
        ObjectKind::Weak => "Weak",
        ObjectKind::Promise => "Promise",
        ObjectKind::Iterator => "Iterator",
        ObjectKind::Function => "Function",
        ObjectKind::Other => "Date",
    }
}

/// So many classes that extend each other are looked through.
const CHAIN: usize = 8;

/// How what `new` of a built-in makes behaves.
pub fn constructed_kind(native: Native) -> ObjectKind {
    let Native::Global(name) = native else { return ObjectKind::Plain };
    match name {
        "Array" => ObjectKind::Array,
        "Map" | "URLSearchParams" | "Headers" | "FormData" => ObjectKind::Map,
        "Set" => ObjectKind::Set,
        "WeakMap" | "WeakSet" | "WeakRef" => ObjectKind::Weak,
        "Promise" => ObjectKind::Promise,
        "Object" | "Proxy" => ObjectKind::Plain,
        "Function" => ObjectKind::Function,
        _ if name.ends_with("Array") => ObjectKind::Array,
        _ => ObjectKind::Other,
    }
}

/// A method that all functions have.
pub(super) fn function_method(name: &str) -> Option<Native> {
    known(table(METHODS, "Function"), name).map(|method| Native::Method("Function", method))
}

impl Solver<'_> {
    /// A built-in as a value: it lives as long as the process.
    pub(super) fn native_value(&mut self, native: Native) -> Value {
        let kind = match native {
            Native::Prototype(_) => ObjectKind::Plain,
            _ => ObjectKind::Function,
        };
        let object = self.object(Source::Native(native), kind);
        Value::object(object, Lifetime::Module)
    }

    /// The built-in members of an object.
    pub(super) fn load_native(&mut self, object: ObjectId, name: Name, dst: NodeId) {
        if let Some(native) = self.native_member(object, name) {
            let value = self.native_value(native);
            self.graph.insert(dst, value);
        }
    }

    fn native_member(&self, object: ObjectId, name: Name) -> Option<Native> {
        let text = self.names.text(name);
        match self.objects[object].source {
            Source::Native(Native::Global(global)) => {
                if text == "prototype" {
                    return Some(Native::Prototype(global));
                }
                known(table(STATICS, global), text)
                    .map(|member| Native::Static(global, member))
                    .or_else(|| known(table(METHODS, "Function"), text).map(|m| Native::Method("Function", m)))
            }
            Source::Native(Native::Prototype(global)) => {
                known(table(METHODS, global), text).map(|member| Native::Method(global, member))
            }
            Source::Instance { class: of, .. } | Source::Prototype { of }
                if self.is_overridden(of, Field::name(name)) =>
            {
                None
            }
            _ => {
                let class = class_of(self.objects[object].kind);
                known(table(METHODS, class), text)
                    .map(|member| Native::Method(class, member))
                    .or_else(|| known(table(METHODS, "Object"), text).map(|member| Native::Method("Object", member)))
            }
        }
    }

    /// Whether a class, or one that it extends, has a method in the place of a built-in one: `class Lru extends Map { set() {…} }`.
    pub(super) fn is_overridden(&self, class: ObjectId, method: Field) -> bool {
        let mut prototype = self.object_ids.get(&Source::Prototype { of: class }).copied();
        for _ in 0..CHAIN {
            let Some(at) = prototype else { return false };
            // A property that is only asked for has a node as well.
            let own = self.states[at].fields.iter().find(|&&(field, _)| field == method);
            if own.is_some_and(|&(_, node)| !self.graph.set(node).is_empty()) {
                return true;
            }
            let mut above = self.states[at].prototypes.iter().filter_map(|value| value.as_object());
            prototype = above.next().map(|(object, _)| object);
        }
        false
    }
}
