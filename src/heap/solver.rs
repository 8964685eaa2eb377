//! The solver's state and its loop. The rules of inference are in the files beside it: `constraints` (facts to edges
//! and listeners), `properties` (loads, stores, prototypes), `calls`, `natives`, `externals`, `loads`, `roots`.

use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

use crate::base::chunks::Chunks;
use crate::base::finding::{Confidence, ContextKind};
use crate::base::index::IndexVec;
use crate::base::name::{Interner, Name};
use crate::base::source::FileId;
use crate::heap::budget::{Budget, INVOCATION};
use crate::heap::field::Field;
use crate::heap::graph::{Graph, NodeId};
use crate::heap::instance::{Instance, InstanceKey, Phase};
use crate::heap::memo::Memo;
use crate::heap::object::{AbstractObject, Data, InstanceId, Lifetime, ObjectId, ObjectKind, Source, StringId, Value};
use crate::heap::payloads::Direction;
use crate::heap::providers::Providers;
use crate::heap::proxies::Traps;
use crate::heap::record::{NativeWrite, Record};
use crate::heap::roots::{Entry, Offer};
use crate::heap::strings::StringTable;
use crate::heap::texts::Waiting;
use crate::heap::uncalled::Code;
use crate::models::Models;
use crate::models::facts::{DataKind, LoaderForm, ParamFacts, Position};
use crate::modules::{Loader, Resolution};
use crate::project::Project;
use crate::syntax::facts::{CallId, FunctionId, ImportId, ModuleFacts, NameId, Run, TypeFact};

/// So many values that wait for their listener (and at least a quarter of them) are handed over before the next node has
/// its turn: what makes ever more of them is not to keep the rest of the program waiting.
const AT_ONCE: usize = 500;

/// What the solver reads.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    /// The project's files and manifests.
    pub project: &'a Project,
    /// The facts of each file.
    pub facts: &'a IndexVec<FileId, ModuleFacts>,
    /// Resolves specifiers.
    pub loader: &'a Loader,
    /// What libraries do.
    pub models: &'a Models,
    /// For each file, whether only tests load it (or it is a test).
    pub tests: &'a IndexVec<FileId, bool>,
    /// Which functions are looked into.
    pub code: Code,
}

/// What waits for values of a node.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Listener {
    /// `dst = value.field`.
    Load { dst: NodeId, field: Field },
    /// `value.field = src`.
    Store { src: NodeId, field: Field },
    /// `dst = value[key]`, on the base.
    LoadBase { dst: NodeId, key: NodeId },
    /// The same, on the key.
    LoadKey { dst: NodeId, base: NodeId },
    /// `value[key] = src`, on the base.
    StoreBase { src: NodeId, key: NodeId },
    /// The same, on the key.
    StoreKey { src: NodeId, base: NodeId },
    /// All properties of the value go into the objects of `dst`.
    CopyFrom { dst: NodeId, except: ExceptId },
    /// All properties of `src` go into the value.
    CopyTo { src: Value, except: ExceptId },
    /// A deep copy goes into `dst`, as part of one that hangs on `root`.
    Clone { dst: NodeId, root: ObjectId },
    /// `dst` gets the elements that iterating the value gives.
    Iterate { dst: NodeId, index: Option<u8> },
    /// `dst` gets the elements of the value if it is an array, and else the value.
    Flatten { dst: NodeId },
    /// `dst` gets the keys of the value.
    Keys { dst: NodeId },
    /// `dst` gets what the value, a promise or not, gives.
    Await { dst: NodeId },
    /// The array gets what the value's elements give when they are awaited.
    AwaitAll { array: ObjectId },
    /// The value is in `dst` too, if a deep merge goes into it.
    Merged { dst: NodeId },
    /// The value is the target of a proxy with a handler.
    Proxied { handler: NodeId },
    /// The value is a trap for reads of a property: it gives what `dst` gets.
    GetTrap { this: Value, field: Field, dst: NodeId },
    /// The value is a trap for writes of a property: it is given what `src` holds.
    SetTrap { this: Value, field: Field, src: NodeId },
    /// The value makes iterators of `this`.
    OwnIterator { this: Value, dst: NodeId, index: Option<u8> },
    /// The value names an event: `dst` gets what is sent by that name.
    Receive { emitter: ObjectId, index: u8, dst: NodeId },
    /// The value names an event: what `src` holds is sent by that name.
    Send { emitter: ObjectId, index: u8, src: NodeId },
    /// `dst` gets what the base holds under the path that the value is.
    LoadPath { dst: NodeId, base: NodeId },
    /// The value decorates something of a class.
    Decorate { at: InstanceId, place: u32 },
    /// `dst` gets what the value gives in the end, if it is a generator, and what it promises.
    Driven { dst: NodeId },
    /// The value is called.
    Invoke { invocation: InvocationId },
    /// A method of the value is called.
    InvokeMethod { invocation: InvocationId, field: Field },
    /// A method of the value under a computed key is called.
    InvokeComputed { invocation: InvocationId },
    /// The value is a getter that is read.
    Getter { this: Value, dst: NodeId },
    /// The value is a setter that is written to.
    Setter { this: Value, src: NodeId },
    /// The value is a prototype of the object.
    Prototype { of: ObjectId },
    /// The value is a class that another extends.
    Extends { class: ObjectId },
    /// The value is another key under which a method is called.
    InvokeKey { invocation: InvocationId },
    /// The value is a receiver of `call` or `apply`.
    InvokeOn { invocation: InvocationId },
    /// The value holds a proxy's traps.
    Traps { invocation: InvocationId },
    /// `dst` gets the value's prototypes.
    PrototypesOf { dst: NodeId },
    /// The value inherits from what the node holds.
    InheritsFrom { prototype: NodeId },
    /// The value is written to by a call.
    Written { template: u32 },
    /// The value is the key of an accessor that is defined.
    AccessorKey { base: NodeId, src: NodeId, is_getter: bool },
    /// The value describes a property of `target`, and has its key as its own property.
    Descriptor { target: NodeId, key: Field },
    /// The value is a getter whose results are the property's values.
    GetterResult { base: NodeId, field: Field },
    /// Functions in the value (or in its fields) are callbacks.
    Callback { callback: CallbackId, depth: u8 },
    /// Functions in the value are given to unknown code.
    Unknown { invocation: InvocationId },
    /// The value is a specifier that is loaded.
    Specifier { load: u32 },
    /// The value is offered to unknown callers, as a member of the holder.
    Offer { holder: Value, depth: u8, offer: OfferId },
    /// The value is called from outside.
    Enter { entry: EntryId },
    /// A function that is given to a method of data.
    DataCallback { invocation: InvocationId, data: Value },
    /// The value is a class that inherits from what the node holds.
    ClassInherits { parent: NodeId },
    /// The value names what a loader loads.
    Below { dst: NodeId, form: LoaderForm, tail: StringId },
    /// The value is in `dst` too, a name of a folder's entries with `tail` behind it.
    Filtered { dst: NodeId, tail: StringId },
    /// The value is the base of a `require` that is made.
    RequireBase { dst: NodeId, own: FileId },
    /// The value is a token: `dst` gets what is provided under it.
    Resolve { dst: NodeId },
    /// The value is a token, under which is provided what `src` holds.
    Provided { src: NodeId },
    /// Strings of the value are changed.
    Text { dst: NodeId, change: TextChange },
}

/// A change of a string.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum TextChange {
    /// `path.dirname`.
    Dirname,
    /// `path.basename`.
    Basename,
    /// `fileURLToPath`, `decodeURI`, `String(x)`, `normalize`: the same text.
    Same,
    /// `trim`.
    Trimmed,
    /// Lower case.
    Lower,
    /// Upper case.
    Upper,
    /// The extension is cut off (`.replace(/\.js$/, '')`, `slice(0, -3)`, `basename(x, '.js')`, `path.parse(x).name`).
    WithoutExtension,
    /// The description of a symbol.
    Symbol,
    /// The extension alone.
    Extension,
    /// A directory: its entries' names.
    Entries,
    /// A directory: the paths below it.
    Tree,
}

crate::newtype_index! {
    /// Something that is called with given arguments.
    pub(super) struct InvocationId;
    /// A callback of a model at one call.
    pub(super) struct CallbackId;
    /// The names that a copy leaves out.
    pub(super) struct ExceptId;
    /// A way in which values are offered to unknown callers.
    pub(super) struct OfferId;
    /// A way into the program from outside.
    pub(super) struct EntryId;
}

/// `this` of a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum This {
    /// None is given.
    None,
    /// One value.
    Value(Value),
    /// All values of a node.
    Node(NodeId),
}

/// An argument.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Arg {
    /// Its node.
    pub node: NodeId,
    /// Whether it is spread.
    pub is_spread: bool,
}

/// A call, with everything but the callee.
#[derive(Clone, Debug)]
pub(super) struct Invocation {
    /// Who calls.
    pub caller: InstanceId,
    /// The call in the caller's facts.
    pub call: Option<CallId>,
    /// The receiver.
    pub this: This,
    /// The arguments.
    pub args: SmallVec<[Arg; 3]>,
    /// Receives the result.
    pub dst: Option<NodeId>,
    /// `new`.
    pub kind: InvocationKind,
    /// How a callback is called; none for a direct call.
    pub position: Option<Position>,
    /// When the callee runs.
    pub phase: Phase,
    /// What makes the callee repeat.
    pub root: Option<RootCause>,
    /// How many calls by `bind`, `call`, wrappers and callbacks stand between this and the call in the code.
    pub hops: u8,
    /// Whether unknown code has its arguments already.
    pub is_opaque: bool,
}

impl Invocation {
    /// A plain call of nothing in the code, without receiver and arguments.
    pub(super) fn plain(caller: InstanceId, phase: Phase) -> Self {
        Self {
            caller,
            call: None,
            this: This::None,
            args: SmallVec::new(),
            dst: None,
            kind: InvocationKind::Call,
            position: None,
            phase,
            root: None,
            hops: 0,
            is_opaque: false,
        }
    }
}

/// How something is invoked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum InvocationKind {
    /// `f(…)`.
    Call,
    /// `new F(…)`, or a `super(…)` that makes nothing.
    New,
    /// `super(…)`: the constructor is called with the derived instance.
    Super,
}

/// What makes a callee repeat.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RootCause {
    /// The context.
    pub kind: Option<ContextKind>,
    /// How sure that is.
    pub confidence: Confidence,
    /// The label, in the record's texts.
    pub label: Name,
    /// The place that the label speaks of, where it is no call.
    pub function: Option<(FileId, FunctionId)>,
}

/// A callback of a model at one call.
#[derive(Clone, Debug)]
pub(super) struct Callback {
    /// The call.
    pub invocation: InvocationId,
    /// Its place in the call's facts: the access path and the index.
    pub path: crate::models::facts::PathId,
    /// Which of the path's call facts.
    pub is_construct: bool,
    /// The callback's index there.
    pub index: u8,
    /// Whether what holds the callback outlives the call.
    pub is_held: bool,
}

/// What is known of one abstract object besides its source.
#[derive(Debug, Default)]
pub(super) struct ObjectState {
    pub(super) fields: SmallVec<[(Field, NodeId); 2]>,
    pub(super) prototypes: SmallVec<[Value; 1]>,
    /// Loads that go on in a prototype which comes later.
    pub(super) loads: Vec<(Field, NodeId, Value)>,
    pub(super) is_enumerated: bool,
    /// What the literal was made with, until it is opened: fields are made of it when they are asked for.
    pub(super) initial: Vec<(Field, Initial)>,
    /// Whether all that the literal was made with are fields.
    pub(super) is_open: bool,
}

/// Up to so many fields or loads of an object are looked through; only longer lists are hashed.
pub(super) const LOOKED_THROUGH: usize = 12;

impl ObjectState {
    /// The node of a field of this object, if it has one. `long` holds the fields of objects that have many.
    pub(super) fn field(
        &self,
        object: ObjectId,
        field: Field,
        long: &FxHashMap<(ObjectId, Field), NodeId>,
    ) -> Option<NodeId> {
        if self.fields.len() > LOOKED_THROUGH {
            return long.get(&(object, field)).copied();
        }
        self.fields.iter().find(|&&(of, _)| of == field).map(|&(_, node)| node)
    }
}

/// What a literal is made with under one key.
#[derive(Clone, Copy, Debug)]
pub(super) enum Initial {
    /// What a node holds.
    Node(NodeId),
    /// A constant.
    Constant(Value),
}

impl Initial {
    /// The node, unless it is a constant.
    pub(super) fn node(self) -> Option<NodeId> {
        match self {
            Self::Node(node) => Some(node),
            Self::Constant(_) => None,
        }
    }
}

/// What a function made by the solver does when it is called.
#[derive(Clone, Debug)]
pub(super) enum Special {
    /// Settles a promise.
    Resolve(ObjectId),
    /// Gives what a node holds.
    Gives(NodeId),
    /// A callback: settles a promise with its second argument.
    Settles(ObjectId),
    /// Calls what it holds with such a callback.
    Promises(NodeId),
    /// Runs the generator that what it holds gives.
    Drives(NodeId),
    /// Calls what `target` holds with bound receiver and arguments.
    Bound { target: NodeId, this: This, args: SmallVec<[Arg; 3]> },
    /// Calls what `target` holds the first time, and gives the same result ever after: `_.once(f)`.
    Once { target: NodeId },
}

/// How the properties of an object reach unknown callers.
#[derive(Clone, Copy, Debug)]
pub(super) struct MembersOffer {
    /// How the object itself is reached.
    pub(super) lifetime: Lifetime,
    /// Whose members they are.
    pub(super) value: Value,
    /// How far below an export.
    pub(super) depth: u8,
    /// The offer that it belongs to.
    pub(super) offer: OfferId,
}

/// A concatenation that waits for its parts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Concat {
    pub(super) dst: NodeId,
    pub(super) file: FileId,
    pub(super) base: NodeId,
    pub(super) parts: Run,
    /// How much its parts held when they were last joined.
    pub(super) heard: Option<usize>,
}

/// The solver.
pub(super) struct Solver<'a> {
    pub(super) input: Input<'a>,
    pub(super) graph: Graph<Listener>,
    pub(super) names: Interner,
    /// For each file, its local names' global ones.
    pub(super) file_names: IndexVec<FileId, Vec<Name>>,
    pub(super) objects: Chunks<ObjectId, AbstractObject>,
    pub(super) object_ids: FxHashMap<Source, ObjectId>,
    pub(super) states: Chunks<ObjectId, ObjectState>,
    /// The fields of objects that have many.
    pub(super) fields: FxHashMap<(ObjectId, Field), NodeId>,
    /// Which object and field a field node is, ascending; the other nodes belong to instances or to calls.
    pub(super) field_nodes: Vec<(NodeId, (ObjectId, Field))>,
    pub(super) strings: StringTable,
    pub(super) instances: Chunks<InstanceId, Instance>,
    pub(super) instance_ids: FxHashMap<InstanceKey, InstanceId>,
    pub(super) clones: FxHashMap<(FileId, FunctionId), u32>,
    pub(super) bodies: IndexVec<FileId, InstanceId>,
    pub(super) invocations: Chunks<InvocationId, Invocation>,
    pub(super) callbacks: IndexVec<CallbackId, Callback>,
    pub(super) excepts: IndexVec<ExceptId, Vec<Name>>,
    pub(super) specials: FxHashMap<ObjectId, Special>,
    pub(super) methods: FxHashMap<(InvocationId, Value), NodeId>,
    /// The key and base of calls under computed keys.
    pub(super) method_keys: FxHashMap<InvocationId, (NodeId, NodeId)>,
    /// `super(…)` calls that wait for the parent class.
    pub(super) super_calls: FxHashMap<ObjectId, Vec<InvocationId>>,
    /// The functions that `call` and `apply` call.
    pub(super) receivers_of: FxHashMap<InvocationId, NodeId>,
    /// Writes of calls whose object comes later.
    pub(super) write_templates: Vec<NativeWrite>,
    /// The argument nodes of callbacks.
    pub(super) callback_args: FxHashMap<CallbackId, SmallVec<[Arg; 3]>>,
    pub(super) arguments_used: FxHashMap<(FileId, FunctionId), bool>,
    pub(super) applied: FxHashSet<(InvocationId, Value)>,
    /// The loads through objects that have many.
    pub(super) loaded: FxHashSet<(ObjectId, Field, NodeId)>,
    /// What was made before, and is not made twice.
    pub(super) memo: Memo,
    /// The objects whose properties unknown callers get.
    pub(super) members_offered: FxHashMap<ObjectId, SmallVec<[MembersOffer; 1]>>,
    /// Where the properties of an object are copied to.
    pub(super) copied_into: FxHashMap<ObjectId, Vec<(ObjectId, Lifetime, ExceptId)>>,
    pub(super) accessors: FxHashSet<Name>,
    pub(super) pending: Vec<(Listener, Value)>,
    pub(super) concats: Vec<Concat>,
    pub(super) waiting: Waiting,
    pub(super) computed_keys: Vec<NodeId>,
    pub(super) record: Record,
    pub(super) well_known: WellKnown,
    pub(super) budget: Budget,
    pub(super) offers: IndexVec<OfferId, Offer>,
    pub(super) offered: FxHashSet<(Value, Value)>,
    pub(super) entries: IndexVec<EntryId, Entry>,
    /// Functions that something of the program (and no test) calls.
    pub(super) called: FxHashSet<(FileId, FunctionId)>,
    pub(super) imports: FxHashMap<(FileId, ImportId), Resolution>,
    /// `require.resolve` functions.
    pub(super) resolvers: FxHashMap<ObjectId, FileId>,
    /// For each load the file whose `require` it is.
    pub(super) load_files: Vec<FileId>,
    /// Nodes with a declared type that may say what comes from outside.
    pub(super) typed: Vec<(InstanceId, TypeFact)>,
    pub(super) providers: Providers,
    /// The traps of objects that are read and written through proxies.
    pub(super) traps: FxHashMap<ObjectId, SmallVec<[Traps; 1]>>,
    /// The instances that frameworks make, by class.
    pub(super) singletons: FxHashMap<ObjectId, ObjectId>,
}

/// Names that the solver itself asks for.
#[derive(Clone, Copy, Debug)]
pub(super) struct WellKnown {
    pub(super) exports: Name,
    pub(super) default: Name,
    pub(super) prototype: Name,
    pub(super) constructor: Name,
    pub(super) size: Name,
    pub(super) proto: Name,
    pub(super) value: Name,
    pub(super) empty: Name,
    pub(super) global: ObjectId,
}

impl<'a> Solver<'a> {
    pub(super) fn new(input: Input<'a>, bytes: u64) -> Self {
        let mut names = Interner::default();
        let file_names =
            input.facts.iter().map(|facts| facts.names.iter().map(|n| names.intern(n)).collect()).collect();
        let mut objects = Chunks::new();
        let global =
            objects.push(AbstractObject { source: Source::Global, kind: ObjectKind::Plain, bounds_itself: false });
        let well_known = WellKnown {
            exports: names.intern("exports"),
            default: names.intern("default"),
            prototype: names.intern("prototype"),
            constructor: names.intern("constructor"),
            size: names.intern("size"),
            proto: names.intern("__proto__"),
            value: names.intern("value"),
            empty: names.intern(""),
            global,
        };
        let mut graph = Graph::new();
        graph.callable.push(false);
        Self {
            input,
            graph,
            names,
            file_names,
            object_ids: std::iter::once((Source::Global, global)).collect(),
            states: std::iter::once(ObjectState::default()).collect(),
            objects,
            fields: FxHashMap::default(),
            field_nodes: Vec::new(),
            strings: StringTable::default(),
            instances: Chunks::new(),
            instance_ids: FxHashMap::default(),
            clones: FxHashMap::default(),
            bodies: IndexVec::new(),
            invocations: Chunks::new(),
            callbacks: IndexVec::new(),
            // The first is of plain copies, the second of deep ones.
            excepts: IndexVec::from_raw(vec![Vec::new(); 3]),
            specials: FxHashMap::default(),
            methods: FxHashMap::default(),
            method_keys: FxHashMap::default(),
            super_calls: FxHashMap::default(),
            receivers_of: FxHashMap::default(),
            write_templates: Vec::new(),
            callback_args: FxHashMap::default(),
            arguments_used: FxHashMap::default(),
            applied: FxHashSet::default(),
            loaded: FxHashSet::default(),
            memo: Memo::default(),
            members_offered: FxHashMap::default(),
            copied_into: FxHashMap::default(),
            accessors: FxHashSet::default(),
            pending: Vec::new(),
            concats: Vec::new(),
            waiting: Waiting::default(),
            computed_keys: Vec::new(),
            record: Record::default(),
            well_known,
            budget: Budget::of(bytes),
            offers: IndexVec::new(),
            offered: FxHashSet::default(),
            entries: IndexVec::new(),
            called: FxHashSet::default(),
            imports: FxHashMap::default(),
            resolvers: FxHashMap::default(),
            load_files: Vec::new(),
            typed: Vec::new(),
            providers: Providers::default(),
            traps: FxHashMap::default(),
            singletons: FxHashMap::default(),
        }
    }

    /// Runs until nothing changes: values first, then what waits for quiet (concatenations, keys of which nothing is
    /// known).
    pub(super) fn run(&mut self) {
        loop {
            self.propagate();
            if self.is_spent() || !self.settle() {
                return;
            }
        }
    }

    fn propagate(&mut self) {
        loop {
            for _ in 0..AT_ONCE.max(self.pending.len() / 4) {
                let Some((listener, value)) = self.pending.pop() else { break };
                self.graph.work += 1;
                self.react(listener, value);
                if self.is_spent() {
                    return;
                }
            }
            if self.is_spent() {
                return;
            }
            match self.graph.step() {
                Some((node, delta)) => self.deliver(node, &delta),
                None if self.pending.is_empty() => return,
                None => {}
            }
        }
    }

    /// Hands new values to the listeners that a node has now; those that come meanwhile get all of its values.
    fn deliver(&mut self, node: NodeId, delta: &[Value]) {
        let count = self.graph.listener_count(node);
        for &value in delta {
            for place in 0..count {
                self.graph.work += 1;
                self.react(self.graph.listener(node, place), value);
            }
            if self.is_spent() {
                return;
            }
        }
    }

    /// What waits for quiet; whether anything changed.
    fn settle(&mut self) -> bool {
        if self.make_strings() {
            return true;
        }
        let mut changed = self.default_requires();
        let unknown = Value::data(Data::Unknown);
        let keys = std::mem::take(&mut self.computed_keys);
        self.spend(keys.len());
        for node in keys {
            if self.graph.set(node).is_empty() {
                changed |= self.graph.insert(node, unknown);
            }
        }
        changed || !self.pending.is_empty()
    }

    /// Puts a listener on a node; the values that are there are handed to it soon.
    pub(super) fn listen(&mut self, node: NodeId, listener: Listener) {
        for value in self.graph.listen(node, listener) {
            self.pending.push((listener, value));
        }
    }

    fn react(&mut self, listener: Listener, value: Value) {
        match listener {
            Listener::Load { dst, field } => self.load(value, field, dst),
            Listener::Store { src, field } => self.store(value, field, src),
            Listener::LoadBase { dst, key } => self.load_computed(value, key, dst),
            Listener::LoadKey { dst, base } => self.load_under(base, value, dst),
            Listener::StoreBase { src, key } => self.store_computed(value, key, src),
            Listener::StoreKey { src, base } => self.store_under(base, value, src),
            Listener::CopyFrom { dst, except } => self.copy_from(value, dst, except),
            Listener::CopyTo { src, except } => self.copy_to(src, value, except),
            Listener::Clone { dst, root } => self.clone_into(value, dst, root),
            Listener::Iterate { dst, index } => self.iterate(value, dst, index),
            Listener::Flatten { dst } => self.flatten(value, dst),
            Listener::Keys { dst } => self.keys(value, dst),
            Listener::Await { dst } => self.await_value(value, dst),
            Listener::AwaitAll { array } => self.await_all(value, array),
            Listener::Invoke { invocation } => self.invoke(invocation, value),
            Listener::InvokeMethod { invocation, field } => self.invoke_method(invocation, value, field),
            Listener::InvokeComputed { invocation } => self.invoke_computed(invocation, value),
            _ => self.react_to_call(listener, value),
        }
    }

    fn react_to_call(&mut self, listener: Listener, value: Value) {
        match listener {
            Listener::InvokeKey { invocation } => self.invoke_key(invocation),
            Listener::InvokeOn { invocation } => self.invoke_on(invocation, value),
            Listener::Traps { invocation } => self.call_traps(invocation, value),
            Listener::PrototypesOf { dst } => self.prototypes_into(value, dst),
            Listener::InheritsFrom { prototype } => self.inherit(value, prototype),
            Listener::Written { template } => self.written(template, value),
            Listener::AccessorKey { base, src, is_getter } => self.define_accessor(value, base, src, is_getter),
            Listener::Descriptor { target, key } => self.define_own_key(value, target, key),
            Listener::GetterResult { base, field } => self.store_getter_result(value, base, field),
            Listener::Getter { this, dst } => self.call_getter(value, this, dst),
            Listener::Setter { this, src } => self.call_setter(value, this, src),
            Listener::Prototype { of } => self.add_prototype(of, value),
            Listener::Extends { class } => self.extend_class(class, value),
            Listener::Callback { callback, depth } => self.callback_value(callback, value, depth),
            Listener::Unknown { invocation } => self.give_to_unknown(invocation, value),
            Listener::Specifier { load } => self.load_specifier(load, value),
            Listener::Offer { holder, depth, offer } => self.offer(value, holder, depth, offer),
            Listener::Enter { entry } => self.enter(value, entry),
            Listener::DataCallback { invocation, data } => self.call_with_data(invocation, value, data),
            Listener::ClassInherits { parent } => self.class_inherits(value, parent),
            Listener::Below { dst, form, tail } => self.below(value, dst, form, tail),
            Listener::Filtered { dst, tail } => self.filter_name(value, dst, tail),
            Listener::RequireBase { dst, own } => self.require_at(value, dst, own),
            Listener::Merged { dst } => self.merge_into(value, dst),
            Listener::Proxied { handler } => self.note_traps(value, handler),
            Listener::GetTrap { this, field, dst } => self.call_get_trap(value, this, field, dst),
            Listener::SetTrap { this, field, src } => self.call_set_trap(value, this, field, src),
            Listener::OwnIterator { this, dst, index } => self.iterate_own(value, this, dst, index),
            Listener::Receive { emitter, index, dst } => {
                self.connect_payload(value, (emitter, index), Direction::To(dst));
            }
            Listener::Send { emitter, index, src } => {
                self.connect_payload(value, (emitter, index), Direction::From(src));
            }
            Listener::LoadPath { dst, base } => self.load_path(value, base, dst),
            Listener::Decorate { at, place } => self.decorate(value, at, place),
            Listener::Driven { dst } => self.drive(value, dst),
            Listener::Resolve { dst } => self.resolve_token(value, dst),
            Listener::Provided { src } => self.provide_under(value, src),
            Listener::Text { dst, change } => self.change_text(value, dst, change),
            _ => {}
        }
    }

    /// The object of a source, new or known.
    pub(super) fn object(&mut self, source: Source, kind: ObjectKind) -> ObjectId {
        if let Some(&id) = self.object_ids.get(&source) {
            return id;
        }
        let callable = kind == ObjectKind::Function || matches!(source, Source::External { .. });
        let id = self.objects.push(AbstractObject { source: source.clone(), kind, bounds_itself: false });
        self.object_ids.insert(source, id);
        self.states.push(ObjectState::default());
        self.graph.callable.push(callable);
        id
    }

    /// A node of its own.
    pub(super) fn fresh_node(&mut self) -> NodeId {
        self.graph.add_nodes(1)
    }

    /// The global name of a file's name.
    pub(super) fn global_name(&self, file: FileId, name: NameId) -> Name {
        self.file_names[file][name.0 as usize]
    }

    /// The facts of an instance's file.
    pub(super) fn facts_of(&self, instance: InstanceId) -> &'a ModuleFacts {
        &self.input.facts[self.instances[instance].key.file]
    }

    /// Data of a kind goes into a node.
    pub(super) fn insert_data(&mut self, node: NodeId, kind: DataKind) {
        self.graph.insert(node, Value::data(Data::Known(kind)));
    }

    /// The data that a call gives. What is asked of a clock or of chance while a module loads is one value.
    pub(super) fn insert_given(&mut self, node: NodeId, kind: DataKind, caller: InstanceId) {
        let is_loading = self.instances[caller].key.parent.is_none();
        let kind = match kind {
            DataKind::Time | DataKind::Random if is_loading => DataKind::Finite,
            kind => kind,
        };
        self.insert_data(node, kind);
    }

    /// A new invocation.
    pub(super) fn invocation(&mut self, mut invocation: Invocation) -> InvocationId {
        // Copies of an invocation are one hop further on.
        invocation.hops = invocation.hops.saturating_add(1);
        invocation.is_opaque = false;
        self.spend(INVOCATION + invocation.args.len());
        if invocation.args.spilled() {
            self.budget.argument_bytes += invocation.args.len() * size_of::<Arg>();
        }
        self.invocations.push(invocation)
    }

    /// Puts what a parameter holds by the models into a node.
    pub(super) fn fill_param(&mut self, node: NodeId, facts: &ParamFacts, invocation: InvocationId) {
        match facts {
            ParamFacts::Data(kind) => self.insert_data(node, *kind),
            ParamFacts::Path(path) => {
                let made = {
                    let inv = &self.invocations[invocation];
                    Some((inv.caller, inv.call))
                };
                let value = self.external_at(*path, made);
                let is_shared = self.input.models.facts(*path).value.is_shared;
                self.graph.insert(node, if is_shared { value.promoted() } else { value });
            }
            ParamFacts::ElementOf(arguments) => {
                for arg in self.selected(invocation, arguments) {
                    self.elements_or_values(arg, node);
                }
            }
            ParamFacts::KeyOf(arguments) => {
                for arg in self.selected(invocation, arguments) {
                    self.listen(arg, Listener::Keys { dst: node });
                }
            }
            ParamFacts::Argument(arguments) | ParamFacts::Accumulator(arguments) => {
                for arg in self.selected(invocation, arguments) {
                    self.graph.add_edge(arg, node, crate::heap::graph::EdgeKind::Copy);
                }
            }
            ParamFacts::Sent(_) => {}
            ParamFacts::Receiver => match self.invocations[invocation].this {
                This::None => {}
                This::Value(value) => {
                    self.graph.insert(node, value);
                }
                This::Node(from) => self.graph.add_edge(from, node, crate::heap::graph::EdgeKind::Copy),
            },
        }
    }
}
