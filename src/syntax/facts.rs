//! What later stages know of a file: flat tables with 32-bit ids, no trees, no boxes.
//!
//! A file's facts depend on its bytes alone. Every function (the module's body is function 0) has its own *value
//! nodes*, numbered from 0: places through which values flow. Constraints say how values flow between the nodes of
//! one function; bindings carry them between functions. The heap gives each *instance* of a function its own copy of
//! the function's nodes, so that one function may be analysed in several contexts.
//!
//! Conventions that the lowering keeps and the heap relies on:
//!
//! - Every binding has one home node in the function that declares it. Inside that function the home node is read and
//!   written directly; a nested function uses [`Constraint::LoadOuter`] and [`Constraint::StoreOuter`].
//! - Every write that a rule may look at is a [`Write`] event, *besides* the [`Constraint::Store`] (or copy) that
//!   moves the value. Writes through calls (`push`, `Object.assign`, …) are no `Write` events: the heap finds them,
//!   since only it knows what is called.
//! - Free names (`require`, `module`, `exports`, `__dirname`, `console`, …) are [`Constraint::LoadGlobal`]: scopes are
//!   resolved, so a shadowed `require` never is one.

pub use crate::syntax::typed::{FiniteType, TypeFact, TypeRef};

use crate::base::finding::Suppression;
use crate::base::index::IndexVec;
use crate::base::name_test::NameTest;
use crate::base::span::ByteRange;

pub use crate::syntax::rounds::{Loop, LoopEnd};

crate::newtype_index! {
    /// A string of this file's table.
    pub struct NameId;
    /// A function of this file; 0 is the module's body.
    pub struct FunctionId;
    /// A binding of this file: a variable, parameter, function's or class's name, or import.
    pub struct BindingId;
    /// A value node of one function.
    pub struct ValueId;
    /// An allocation site of this file.
    pub struct SiteId;
    /// A class of this file.
    pub struct ClassId;
    /// A call, `new`, tagged template, JSX element or `import()` of this file.
    pub struct CallId;
    /// A guard of this file: a condition that dominates code.
    pub struct GuardId;
    /// A write event of this file.
    pub struct WriteId;
    /// An import request of this file.
    pub struct ImportId;
    /// A loop of this file that waits in each of its rounds.
    pub struct LoopId;
}

/// The module's body.
pub const MODULE_BODY: FunctionId = FunctionId(0);

/// `this` of a function. An arrow has none of its own: it uses [`Constraint::OuterThis`].
pub const THIS: ValueId = ValueId(0);
/// Everything that a function returns (the operand of `return`, before it is wrapped in a promise).
pub const RETURN: ValueId = ValueId(1);
/// Everything that it throws; a `catch` parameter is a copy of it.
pub const THROWN: ValueId = ValueId(2);
/// Everything that it yields (elements of a `yield*` operand included).
pub const YIELDED: ValueId = ValueId(3);
/// Its `arguments` object.
pub const ARGUMENTS: ValueId = ValueId(4);
/// The function's own object, for the name of a function expression.
pub const SELF: ValueId = ValueId(5);
/// The first value node that is free for parameters, bindings and expressions.
pub const FIRST_FREE: u32 = 6;

/// A run of elements of one of the file's tables.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Run {
    /// The first element.
    pub start: u32,
    /// After the last element.
    pub end: u32,
}

impl Run {
    /// The indices of the run.
    pub fn indices(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }

    /// Whether there is nothing in it.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }
}

/// All facts of one file.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct ModuleFacts {
    /// How the file was understood.
    pub kind: ModuleKind,
    /// The file's strings.
    pub names: IndexVec<NameId, Box<str>>,
    /// The functions; the module's body is the first.
    pub functions: IndexVec<FunctionId, Function>,
    /// The constraints, a run for each function.
    pub constraints: Vec<Constraint>,
    /// Where each value node comes from, a run for each function (of `value_count` elements): an expression's range,
    /// or a binding's name; empty for nodes that have none.
    pub value_ranges: Vec<ByteRange>,
    /// The bindings.
    pub bindings: IndexVec<BindingId, Binding>,
    /// The allocation sites.
    pub sites: IndexVec<SiteId, Site>,
    /// The classes.
    pub classes: IndexVec<ClassId, Class>,
    /// The calls.
    pub calls: IndexVec<CallId, Call>,
    /// Arguments of calls and parts of concatenations.
    pub arguments: Vec<Argument>,
    /// Names left out by copies (`{a, ...rest}`).
    pub name_lists: Vec<NameId>,
    /// The write events, in the order of their places.
    pub writes: IndexVec<WriteId, Write>,
    /// The conditions.
    pub guards: IndexVec<GuardId, Guard>,
    /// The loops that wait.
    pub loops: IndexVec<LoopId, Loop>,
    /// Lists of guards that dominate a write or a call; [`Write::guards`] and [`Call::guards`] are runs of it.
    pub guard_lists: Vec<GuardId>,
    /// ES imports and re-exports: what is requested.
    pub imports: IndexVec<ImportId, Import>,
    /// ES exports.
    pub exports: Vec<Export>,
    /// Parameters of functions.
    pub params: Vec<Param>,
    /// Decorators, in order.
    pub decorators: Vec<Decorator>,
    /// What was asked before a value was chosen, an answer given, or a function left.
    pub checks: Vec<Check>,
    /// Declared types that say something about a value.
    pub types: Vec<TypeFact>,
    /// The types of this file that stand for fixed sets (enums, unions of literals), and the properties of its
    /// interfaces that are of such types.
    pub finite_types: Vec<FiniteType>,
    /// Names of properties that are declared or written without a value of which something is known: `{note: null}`,
    /// `label?: string;` in a class, `x.socket = undefined`.
    pub bare_properties: Vec<NameId>,
    /// The shape of the statements, for finding near copies.
    pub shapes: Vec<Shape>,
    /// What functions ask of the name that is their first parameter, where they do nothing else, by function.
    pub name_tests: Vec<(FunctionId, NameTest)>,
    /// What conditions ask of strings.
    pub conditions: Vec<NameTest>,
    /// The regular expressions, by site.
    pub regexes: Vec<(SiteId, Box<str>)>,
    /// Suppression comments.
    pub suppressions: Vec<Suppression>,
    /// `'use server'`, `'use client'` and their like at the top of the file.
    pub directives: Vec<NameId>,
}

/// How a file was understood.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize, serde::Deserialize)]
pub enum ModuleKind {
    /// No import or export declaration: `require`, `module`, `exports` are its own.
    #[default]
    CommonJs,
    /// Has import or export declarations.
    Es,
    /// A JSON file: its body is `module.exports = <the value>`.
    Json,
}

/// A function, method, accessor, class initialiser, or the module's body.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Function {
    /// The function in which it is written; none for the module's body.
    pub parent: Option<FunctionId>,
    /// The name by which a person would call it (from its declaration, the variable, property or key it is given to).
    pub name: Option<NameId>,
    /// What it is.
    pub kind: FunctionKind,
    /// The whole function.
    pub range: ByteRange,
    /// The head: its name, or `function`, or an arrow's parameters; what a label points at.
    pub head: ByteRange,
    /// Its run of [`ModuleFacts::params`].
    pub params: Run,
    /// How many value nodes it has.
    pub value_count: u32,
    /// Its run of [`ModuleFacts::value_ranges`].
    pub values: Run,
    /// Its run of [`ModuleFacts::constraints`].
    pub constraints: Run,
    /// Its run of [`ModuleFacts::shapes`].
    pub shapes: Run,
    /// The class whose method, accessor, constructor or initialiser it is.
    pub class: Option<ClassId>,
    /// What the heap may do for precision.
    pub cloning: Cloning,
    /// Directives in its body: `'use server'`.
    pub directives: Run,
}

/// What kind of function it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct FunctionKind {
    /// Its syntactic form.
    pub form: FunctionForm,
    /// `async`.
    pub is_async: bool,
    /// `function*`.
    pub is_generator: bool,
}

/// The syntactic form of a function.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub enum FunctionForm {
    /// The module's body.
    Module,
    /// A declaration or function expression.
    Plain,
    /// An arrow function: no `this` of its own.
    Arrow,
    /// A method of a class or an object literal.
    Method,
    /// A getter.
    Getter,
    /// A setter.
    Setter,
    /// A class's constructor (written or implied); field initialisers are lowered into it, before its body, or after
    /// `super(…)` in a derived class. An implied one of a derived class passes its arguments on to `super`.
    Constructor,
    /// Static fields and blocks of a class, run once with `this` = the class.
    StaticInitializer,
}

/// What makes a function worth an instance for each call site. Decided from the function alone.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize, serde::Deserialize)]
pub enum Cloning {
    /// One instance serves all callers.
    #[default]
    None,
    /// It returns a closure, an object that holds closures, or an object that it makes (a factory).
    Factory,
    /// It is small (40 constraints at most), and a parameter flows to its result or into another parameter.
    Helper,
    /// Where it makes an instance: each has containers of its own.
    Constructor,
}

/// A formal parameter.
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
pub struct Param {
    /// Its name, unless it is a pattern.
    pub name: Option<NameId>,
    /// The node that receives the argument (before its default is mixed in and before a pattern takes it apart).
    pub value: ValueId,
    /// Whether it collects the remaining arguments into an array.
    pub is_rest: bool,
    /// Whether a call may leave it out: it has a default, or `?` in TypeScript.
    pub is_optional: bool,
    /// Its place.
    pub range: ByteRange,
}

/// A variable, parameter, function's or class's name, or import.
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
pub struct Binding {
    /// Its name.
    pub name: NameId,
    /// How it is declared.
    pub kind: BindingKind,
    /// The function that it belongs to.
    pub function: FunctionId,
    /// Its node in that function.
    pub home: ValueId,
    /// The name's place in its declaration.
    pub range: ByteRange,
    /// The import that it stands for. Reads of it are [`Constraint::LoadImport`].
    pub import: Option<ImportId>,
    /// Whether a nested function reads or writes it.
    pub is_captured: bool,
}

/// How a binding is declared.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub enum BindingKind {
    /// `const` (and `using`).
    Const,
    /// `let`.
    Let,
    /// `var`.
    Var,
    /// A function's name.
    Function,
    /// A class's name.
    Class,
    /// A parameter.
    Param,
    /// A `catch` parameter.
    Catch,
    /// An import.
    Import,
    /// An enum's or namespace's name.
    Namespace,
}

/// Where an object is made.
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
pub struct Site {
    /// What it makes.
    pub kind: SiteKind,
    /// The function that makes it.
    pub function: FunctionId,
    /// The expression.
    pub range: ByteRange,
}

/// What an allocation site makes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, serde::Serialize, serde::Deserialize)]
pub enum SiteKind {
    /// `{…}` (and the object of an enum or namespace).
    Object,
    /// `[…]`.
    Array,
    /// `/…/`.
    RegExp,
    /// A tagged template's strings, and other things without fields of interest.
    Other,
}

/// A property's key.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub enum Key {
    /// `.name`, `['name']`, `.#name` (the `#` is part of the name).
    Name(NameId),
    /// `[3]`, and the place of an element in an array literal. 0 to 7 are kept apart in tuples.
    Index(u32),
    /// `[expression]`.
    Computed(ValueId),
    /// Any element: of an array literal after a spread, or of a rest element.
    Element,
}

/// How values flow inside one function. Nodes named `dst`, `src`, … are of that function.
#[derive(Clone, Copy, PartialEq, Debug, serde::Serialize, serde::Deserialize)]
pub enum Constraint {
    /// All that `src` may hold, `dst` may hold.
    Copy {
        /// Receives.
        dst: ValueId,
        /// Gives.
        src: ValueId,
    },
    /// A copy, where a condition holds that asks something of the value if it is a string.
    Narrow {
        /// Receives.
        dst: ValueId,
        /// Gives.
        src: ValueId,
        /// The place of the condition in [`ModuleFacts::conditions`].
        test: u32,
    },
    /// A string constant (number constants too, as JavaScript prints them).
    String {
        /// Receives.
        dst: ValueId,
        /// The constant.
        value: NameId,
    },
    /// A value of which only the origin matters.
    Origin {
        /// Receives.
        dst: ValueId,
        /// Its origin.
        origin: Origin,
    },
    /// An object, array, … made here.
    Alloc {
        /// Receives.
        dst: ValueId,
        /// The site.
        site: SiteId,
    },
    /// A closure made here.
    Closure {
        /// Receives.
        dst: ValueId,
        /// Its function.
        function: FunctionId,
    },
    /// A class made here. Its methods are stores to `prototype` (of a load of `prototype` from `dst`) and to `dst`.
    Class {
        /// Receives.
        dst: ValueId,
        /// The class.
        class: ClassId,
    },
    /// `dst = base[key]`.
    Load {
        /// Receives.
        dst: ValueId,
        /// The object.
        base: ValueId,
        /// The key.
        key: Key,
    },
    /// `base[key] = src`.
    Store {
        /// The object.
        base: ValueId,
        /// The key.
        key: Key,
        /// Gives.
        src: ValueId,
    },
    /// A property that a literal is made with: `base` holds nothing but the literal, and the key is known.
    Init {
        /// The literal.
        base: ValueId,
        /// The key.
        key: Key,
        /// Gives.
        src: ValueId,
    },
    /// The same with a constant: tables of these are most of some programs, and need no nodes.
    InitConstant {
        /// The literal.
        base: ValueId,
        /// The key.
        key: Key,
        /// The constant.
        value: Constant,
    },
    /// A getter or setter of an object literal, class or prototype.
    Accessor {
        /// The object that has it (for a class: the load of its `prototype`, or the class).
        base: ValueId,
        /// Its name.
        key: Key,
        /// Which of the two.
        kind: AccessorKind,
        /// The function.
        src: ValueId,
    },
    /// A helper that a compiler wrote into the file, unless the global object has one of its name:
    /// `var h = (this && this.h) || function …`.
    Helper {
        /// Receives.
        dst: ValueId,
        /// The helper's name.
        name: NameId,
        /// What was written.
        src: ValueId,
    },
    /// `{...src}`, `({a, ...dst} = src)`, `for (k in src) dst[k] = src[k]`: all own properties but the named ones.
    CopyAll {
        /// The object that is written to.
        dst: ValueId,
        /// The object that is read.
        src: ValueId,
        /// A run of [`ModuleFacts::name_lists`]: what is left out.
        except: Run,
    },
    /// `dst` = an element that iterating `src` gives: `for (dst of src)`, `[…, dst] = src`, `...src` in a call.
    /// For `for await`, what the promise gives.
    Iterate {
        /// Receives.
        dst: ValueId,
        /// The iterable.
        src: ValueId,
        /// The element's place in a destructuring pattern, for tuples; 0 to 7.
        index: Option<u32>,
        /// Whether promises are awaited.
        is_async: bool,
    },
    /// `[...src]` in an array literal, or `[…, ...dst] = src`: elements of `src` become elements of the array `dst`.
    SpreadInto {
        /// The array.
        dst: ValueId,
        /// The iterable.
        src: ValueId,
    },
    /// `for (dst in src)`: the keys.
    KeysOf {
        /// Receives.
        dst: ValueId,
        /// The object.
        src: ValueId,
    },
    /// The call of the table; also `new`, tagged templates, JSX elements, `super(…)` and `import(…)`.
    Call {
        /// The call.
        call: CallId,
    },
    /// A template or `+`: [`ModuleFacts::arguments`] from `parts` joined. Also numeric addition.
    Concat {
        /// Receives.
        dst: ValueId,
        /// A run of [`ModuleFacts::arguments`].
        parts: Run,
    },
    /// A primitive that is computed from other values (`a - b`, `!a`, `a < b`): carries only the origins of `src`.
    Derive {
        /// Receives.
        dst: ValueId,
        /// Gives.
        src: ValueId,
    },
    /// One of two that is decided by `src` (`!a`, `a === b`).
    Decide {
        /// Receives.
        dst: ValueId,
        /// Decides.
        src: ValueId,
    },
    /// `dst = await src`.
    Await {
        /// Receives.
        dst: ValueId,
        /// The promise or value.
        src: ValueId,
    },
    /// `return src`. [`RETURN`] gets it; async functions wrap it.
    Return {
        /// Gives.
        src: ValueId,
    },
    /// `dst = binding`, of an enclosing function (or the module).
    LoadOuter {
        /// Receives.
        dst: ValueId,
        /// The binding.
        binding: BindingId,
    },
    /// `binding = src`, of an enclosing function (or the module).
    StoreOuter {
        /// The binding.
        binding: BindingId,
        /// Gives.
        src: ValueId,
    },
    /// `this` of the nearest enclosing function that is no arrow.
    OuterThis {
        /// Receives.
        dst: ValueId,
        /// That function.
        function: FunctionId,
    },
    /// `arguments` of the nearest enclosing function that is no arrow.
    OuterArguments {
        /// Receives.
        dst: ValueId,
        /// That function.
        function: FunctionId,
    },
    /// A read of an import: live, through the exporter's binding.
    LoadImport {
        /// Receives.
        dst: ValueId,
        /// What is imported.
        import: ImportId,
    },
    /// A read of a free name.
    LoadGlobal {
        /// Receives.
        dst: ValueId,
        /// The name.
        name: NameId,
    },
    /// A write to a free name (an implicit global).
    StoreGlobal {
        /// The name.
        name: NameId,
        /// Gives.
        src: ValueId,
    },
    /// `import.meta`.
    ImportMeta {
        /// Receives.
        dst: ValueId,
    },
    /// `super` as an object (`super.x`): the prototype above the home object's.
    SuperObject {
        /// Receives.
        dst: ValueId,
        /// The class.
        class: ClassId,
        /// In a static method, the parent class itself.
        is_static: bool,
    },
    /// `new.target`.
    NewTarget {
        /// Receives.
        dst: ValueId,
    },
}

/// Which accessor.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub enum AccessorKind {
    /// `get x()`.
    Getter,
    /// `set x(v)`.
    Setter,
}

/// A primitive that is written out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub enum Constant {
    /// A string (numbers too, as JavaScript prints them).
    Text(NameId),
    /// One of which only the origin matters.
    Origin(Origin),
}

/// Where a primitive comes from, which says whether such values end.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
pub enum Origin {
    /// One of a fixed set: `typeof x`, `x % n`, a comparison, a boolean, a value whose declared type is a union of
    /// literals or an enum.
    Finite,
    /// `true`, one of a fixed set too.
    True,
    /// Counts up: `++n`, `n += 1`.
    Counter,
    /// Anything: arithmetic, an unknown value.
    Unknown,
}

/// A call, `new`, tagged template, JSX element, `super(…)` or `import(…)`.
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
pub struct Call {
    /// The function in which it stands.
    pub function: FunctionId,
    /// What is called.
    pub callee: Callee,
    /// Its run of [`ModuleFacts::arguments`].
    pub arguments: Run,
    /// Receives the result.
    pub dst: ValueId,
    /// How.
    pub kind: CallKind,
    /// The whole expression, for a chained call from the chain's start.
    pub range: ByteRange,
    /// The place to report: the property's name or the callee to the closing parenthesis; the line is the call's own.
    pub place: ByteRange,
    /// The nearest enclosing statement (or the expression body of an arrow).
    pub statement: ByteRange,
    /// Its run of [`ModuleFacts::guard_lists`].
    pub guards: Run,
    /// Whether it stands in a `finally` block or a `catch` block.
    pub cleanup: Cleanup,
}

/// Whether code runs to clean up.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize, serde::Deserialize)]
pub enum Cleanup {
    /// Ordinary code.
    #[default]
    None,
    /// In a `finally` block.
    Finally,
    /// In a `catch` block.
    Catch,
}

/// What is called.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub enum Callee {
    /// A value; `this` is not given. `(0, m.f)()` is one.
    Value(ValueId),
    /// `base.key(…)`, with `this` = base.
    Method {
        /// The object.
        base: ValueId,
        /// The key.
        key: Key,
    },
    /// `super(…)` in a constructor of this class.
    Super(ClassId),
    /// `super.key(…)` in a method: looked up above the class, with `this` = this.
    SuperMethod {
        /// The class.
        class: ClassId,
        /// The key.
        key: Key,
        /// The function's `this`.
        this: ValueId,
    },
    /// `import(…)`.
    Import,
}

/// How something is called.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub enum CallKind {
    /// `f(…)`.
    Call,
    /// `new F(…)`.
    New,
    /// ``f`…` ``: the first argument is an opaque object.
    Tagged,
    /// `<F a={…} />` with a component: one argument, the object of its props.
    Jsx,
}

/// An argument, or a part of a concatenation.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Argument {
    /// The value.
    pub value: ValueId,
    /// `...value`.
    pub is_spread: bool,
}

/// A class.
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
pub struct Class {
    /// Its name.
    pub name: Option<NameId>,
    /// The function in which it stands.
    pub function: FunctionId,
    /// The node that holds the class there.
    pub value: ValueId,
    /// The value that it extends.
    pub parent: Option<ValueId>,
    /// Its constructor: always there, written or implied.
    pub constructor: FunctionId,
    /// The whole class.
    pub range: ByteRange,
    /// Its name's place, or `class`.
    pub head: ByteRange,
    /// The names of the interfaces and classes that it implements or extends, as types.
    pub implements: Run,
}

/// What an ES import or re-export requests.
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
pub struct Import {
    /// The specifier.
    pub specifier: NameId,
    /// What of it.
    pub what: Imported,
    /// Types only: nothing is loaded.
    pub is_type: bool,
    /// The specifier's place.
    pub range: ByteRange,
}

/// What is imported of a module.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub enum Imported {
    /// Nothing: `import './x'`.
    Effects,
    /// `import {name}`; the default is `default`.
    Name(NameId),
    /// `import * as ns`.
    Namespace,
    /// `import x = require('…')`: the module's `module.exports`.
    Require,
}

/// An ES export.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub enum Export {
    /// `export {binding as name}`, `export const name`, `export default` (name `default`, a binding or a value).
    Binding {
        /// The exported name.
        name: NameId,
        /// The binding.
        binding: BindingId,
        /// Its place.
        range: ByteRange,
    },
    /// `export default expression`.
    Value {
        /// The exported name, `default`.
        name: NameId,
        /// A node of the module's body.
        value: ValueId,
        /// Its place.
        range: ByteRange,
    },
    /// `export {x as name} from '…'`, `export * as name from '…'`.
    From {
        /// The exported name.
        name: NameId,
        /// What is imported.
        import: ImportId,
    },
    /// `export * from '…'`.
    All {
        /// The request.
        import: ImportId,
    },
    /// `export = value`.
    Assign {
        /// A node of the module's body.
        value: ValueId,
        /// Its place.
        range: ByteRange,
    },
}

/// A place that can be written or asked: a binding or a property.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub enum Place {
    /// A binding of this function or an enclosing one (or an import: writing throws).
    Binding(BindingId),
    /// A free name.
    Global(NameId),
    /// `base.key`.
    Property {
        /// The object.
        base: ValueId,
        /// The key.
        key: Key,
    },
}

/// A change of an object or of a binding, by syntax.
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
pub struct Write {
    /// The function in which it stands.
    pub function: FunctionId,
    /// What is written.
    pub place: Place,
    /// How.
    pub form: WriteForm,
    /// The new value, where there is one.
    pub value: Option<ValueId>,
    /// How the new value uses the old one.
    pub reuse: Reuse,
    /// The target's place, to be reported.
    pub range: ByteRange,
    /// The nearest enclosing statement.
    pub statement: ByteRange,
    /// Its run of [`ModuleFacts::guard_lists`].
    pub guards: Run,
    /// Whether it stands in a `finally` or `catch` block.
    pub cleanup: Cleanup,
    /// Whether it stands in a declaration with an initialiser (`let x = …`): making, not changing.
    pub is_initializer: bool,
}

/// The syntactic form of a write.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub enum WriteForm {
    /// `=`, a destructuring target, a `for-in`/`of` target, an object pattern's rest.
    Assign,
    /// `+=`.
    AddAssign,
    /// `-=`, `*=`, `**=`, `>>>=` …
    ArithmeticAssign,
    /// `??=`, `||=`: initialises.
    InitAssign,
    /// `&&=`.
    AndAssign,
    /// `++`.
    Update,
    /// `--`.
    Decrement,
    /// `delete`.
    Delete,
}

/// How a newly assigned value uses what was there before: found by syntax, where the same binding or the same member
/// chain (`this.a.b`) stands on both sides.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub enum Reuse {
    /// Not at all.
    None,
    /// Adds to a copy: `a.concat(x)`, `[...a, x]`, `[x, ...a]`, `new Set([...s, x])`, `new Map([...m, [k, v]])`,
    /// `{...o, list: [...o.list, x]}`, and, for strings, `` `${s}${x}` ``.
    Appends,
    /// `s + x`, which joins texts and adds numbers.
    Adds,
    /// Adds keys to a copy: `{...o, [k]: v}`, `Object.assign({}, o, {[k]: v})`. The computed key is here; without one
    /// (only constant keys) the form is [`Reuse::Keeps`].
    AddsKey(ValueId),
    /// A new link that holds the old value: `head = {value, next: head}`, `prev = wrap(prev)` as a closure.
    Links,
    /// A function that calls the old one: `const previous = o.f; o.f = () => previous()`.
    Wraps,
    /// Leaves some out: `a.filter(…)`, `a.slice(…)`, `s.slice(…)`.
    Shrinks,
    /// The old value, or a copy of no other size: `x || []`, `x ?? []`, `x ? x : []`, `a.map(…)`, `{...o, k: 1}`.
    Keeps,
}

/// A condition that holds where code runs: an enclosing `if`, `?:`, `&&`, `||`, `switch` case or loop, or an earlier
/// `if (…) return` (`throw`, `continue`, `break`) of the same block.
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
pub struct Guard {
    /// What is asked; `!` is taken into `holds`, `&&` and `||` are split where that is sound.
    pub test: Test,
    /// The outcome under which the guarded code runs.
    pub holds: bool,
    /// The condition.
    pub range: ByteRange,
}

/// What a condition asks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub enum Test {
    /// Whether a place is truthy (not `null`, not `undefined`: the same for our purposes). `value` is what was read.
    Truthy {
        /// The place, if it is one.
        place: Option<Place>,
        /// The node of the condition's value.
        value: ValueId,
    },
    /// A comparison with the size of a container: `c.length < n`, `m.size >= n`, `Object.keys(o).length > n`.
    Size {
        /// The container.
        container: ValueId,
    },
    /// A comparison (`<`, `>`, `<=`, `>=`) of a place with something: a counter that may guard a size.
    Compare {
        /// The place, if it is one.
        place: Option<Place>,
        /// The node of its value.
        value: ValueId,
        /// The node of what it is compared with.
        other: Option<ValueId>,
        /// Whether the test holds while the value is the smaller one.
        is_below: bool,
    },
    /// Whether a container has a key or element: `m.has(k)`, `k in o`, `o.hasOwnProperty(k)`, `a.includes(x)`,
    /// `a.indexOf(x) !== -1`, `o[k]`, `o[k] !== undefined`, `m.get(k)`; also of a variable that holds `m.get(k)` or
    /// `o[k]`.
    Has {
        /// The container.
        container: ValueId,
        /// The key or element.
        key: ValueId,
    },
    /// `a === b`, `a == b`, `case b`.
    Equal {
        /// The place of the left side, if it is one.
        place: Option<Place>,
        /// One side (the switch's subject).
        left: ValueId,
        /// The other.
        right: ValueId,
    },
    /// No question: it stands in a loop.
    Round(LoopId),
    /// Something else.
    Other,
}

/// What was asked before something came to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Check {
    /// The function.
    pub function: FunctionId,
    /// What came to be.
    pub of: Checked,
    /// What held then: a run of [`ModuleFacts::guard_lists`].
    pub guards: Run,
}

/// What came to be when something had been asked.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, serde::Serialize, serde::Deserialize)]
pub enum Checked {
    /// A branch of a conditional was taken: `LIST.includes(x) ? x : 'other'`.
    Value(ValueId),
    /// The function answered with something truthy: `isKind = (x) => LIST.includes(x)`.
    Answer,
    /// The function came to its end without throwing: `if (!LIST.includes(x)) throw …`.
    End,
}

/// A decorator.
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
pub struct Decorator {
    /// The function in which the class stands.
    pub function: FunctionId,
    /// The class.
    pub class: ClassId,
    /// What is decorated.
    pub target: Decorated,
    /// The decorator's value there (of `@Get('/x')`, what `Get('/x')` returned).
    pub value: ValueId,
    /// Its place.
    pub range: ByteRange,
}

/// What a decorator stands on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub enum Decorated {
    /// The class.
    Class,
    /// A method or accessor.
    Method(FunctionId),
    /// A field.
    Field(NameId),
    /// A parameter of a method or the constructor.
    Param(FunctionId, u32),
}

/// A statement's shape: a hash of its structure without identifiers, literals and types, and its place. `f(x)` has one
/// hash, be it a statement, what is returned, or an arrow's body, and awaited or not. In the function's own order, nested blocks flattened after the statement that holds them; nested functions are
/// flattened into the function that holds them as well as being functions of their own.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Shape {
    /// The hash.
    pub hash: u64,
    /// The statement.
    pub range: ByteRange,
    /// How many tree nodes it has: the weight of a match.
    pub weight: u32,
    /// A hash of the names of the properties in it, in their order; 0 if it has none. Statements of the same shape that
    /// are about the same properties are more alike than those that are not.
    pub properties: u32,
}

impl ModuleFacts {
    /// Gives back what the tables do not need: the facts of all files are kept.
    pub(super) fn shrink(&mut self) {
        self.names.shrink();
        self.functions.shrink();
        self.constraints.shrink_to_fit();
        self.value_ranges.shrink_to_fit();
        self.bindings.shrink();
        self.sites.shrink();
        self.calls.shrink();
        self.arguments.shrink_to_fit();
        self.writes.shrink();
        self.guards.shrink();
        self.params.shrink_to_fit();
        self.shapes.shrink_to_fit();
    }

    /// What a function asks of a name, if that is all it does.
    pub fn name_test(&self, function: FunctionId) -> Option<&NameTest> {
        self.name_tests.iter().find(|(of, _)| *of == function).map(|(_, test)| test)
    }

    /// The source of a regular expression.
    pub fn regex(&self, site: SiteId) -> Option<&str> {
        let at = self.regexes.binary_search_by_key(&site, |(of, _)| *of).ok()?;
        Some(&self.regexes[at].1)
    }

    /// Whether an object literal is made with `true`, or with another constant, as the option of a name.
    pub fn flag(&self, site: SiteId, name: &str) -> Option<bool> {
        let constraints = self.constraints_of(self.sites[site].function);
        let literal = constraints.iter().find_map(|constraint| match constraint {
            Constraint::Alloc { dst, site: of } if *of == site => Some(*dst),
            _ => None,
        })?;
        constraints.iter().find_map(|constraint| match *constraint {
            Constraint::InitConstant { base, key: Key::Name(key), value: Constant::Origin(origin) }
                if base == literal && self.name(key) == name =>
            {
                Some(origin == Origin::True)
            }
            _ => None,
        })
    }

    /// The text of a name.
    pub fn name(&self, id: NameId) -> &str {
        &self.names[id]
    }

    /// The constraints of a function.
    pub fn constraints_of(&self, function: FunctionId) -> &[Constraint] {
        &self.constraints[self.functions[function].constraints.indices()]
    }

    /// The parameters of a function.
    pub fn params_of(&self, function: FunctionId) -> &[Param] {
        &self.params[self.functions[function].params.indices()]
    }

    /// The directives at the top of a function: `'use server'`, `'use strict'`.
    pub fn directives_of(&self, function: FunctionId) -> &[NameId] {
        &self.name_lists[self.functions[function].directives.indices()]
    }

    /// The arguments of a call.
    pub fn arguments_of(&self, call: CallId) -> &[Argument] {
        &self.arguments[self.calls[call].arguments.indices()]
    }

    /// Guards of a write or call.
    pub fn guards_in(&self, run: Run) -> impl Iterator<Item = &Guard> {
        self.guard_lists[run.indices()].iter().map(|&id| &self.guards[id])
    }

    /// The place of a value node, if it has one.
    pub fn value_range(&self, function: FunctionId, value: ValueId) -> Option<ByteRange> {
        let run = self.functions[function].values;
        let range = *self.value_ranges.get(run.start as usize + value.0 as usize)?;
        (range.end > range.start).then_some(range)
    }
}
