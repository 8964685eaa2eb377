//! What the analysis knows of a library's API, after the model files are read: inert data at access paths.
//!
//! An access path begins at a package's exports, at a global name, or at a named type, and goes on by [`Step`]s:
//! `express` · `Return` · `Member("get")`. Paths form a trie whose nodes are [`PathId`]s; what no model mentions is not
//! in the trie, and is opaque to the analysis.

use crate::base::finding::ContextKind;

crate::newtype_index! {
    /// A node of the trie of access paths.
    pub struct PathId;
}

/// One step of an access path.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step<'a> {
    /// A property.
    Member(&'a str),
    /// The result of a call (awaited: promises are seen through).
    Return,
    /// An instance made by `new` (or of a class that extends it).
    Instance,
    /// An element of an array or iterable, a value of a map.
    Element,
}

/// What is known at one access path.
#[derive(Clone, Debug, Default)]
pub struct PathFacts {
    /// The path as people write it: `express().get`.
    pub label: String,
    /// What a call does.
    pub call: Option<Box<CallFacts>>,
    /// What `new` does.
    pub construct: Option<Box<CallFacts>>,
    /// What it means as a decorator.
    pub decorator: Option<Box<DecoratorFacts>>,
    /// What the value itself is.
    pub value: ValueFacts,
    /// Whose properties it has besides its own.
    pub carrier: CarrierFacts,
    /// What it tells a container of dependencies to provide.
    pub provides: Option<Box<ProvidesFacts>>,
}

/// What is provided by a container of dependencies, and how it comes to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Provision {
    /// An instance of a class.
    Class,
    /// A value.
    Value,
    /// What a function gives.
    Factory,
    /// What is provided under another token.
    Alias,
    /// As an object says: `{useClass: C}`, `asClass(C)`.
    Described,
    /// As the properties of an object say, each under its name.
    Table,
}

/// A value that tells a container what to provide: `asClass(C)`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProvidesFacts {
    /// How what it was made of is provided.
    pub how: Provision,
    /// What constructors and factories are called with.
    pub given: Option<PathId>,
    /// Whether there is one for ever.
    pub lasting: Lasting,
}

/// Whether a container of dependencies makes something once and keeps it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Lasting {
    /// It does.
    Always,
    /// With these options: `("lifetime", ["SINGLETON"])`.
    With(Vec<(String, Vec<String>)>),
}

/// The words of objects that describe what is provided: `{provide: TOKEN, useClass: C}`.
#[derive(Clone, Debug, Default)]
pub struct ProviderWords {
    /// Under which token.
    pub token: Vec<String>,
    /// What is provided, and how.
    pub provisions: Vec<(String, Provision)>,
    /// The tokens of what a factory is called with.
    pub given: Vec<String>,
    /// Lists of providers, and of modules that have some.
    pub lists: Vec<String>,
}

/// Values that carry what one function puts on them to another: a request, a context, an application. All values of a
/// path have the properties that were written to any of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct CarrierFacts {
    /// The path whose values have their properties in common with it.
    pub common: Option<PathId>,
    /// The path whose lasting properties it inherits, as from a prototype.
    pub inherits: Option<PathId>,
    /// The path whose functions are its methods, called with what it wraps first; what they give is wrapped again.
    pub wraps: Option<PathId>,
    /// Whether its properties are what a container of dependencies provides under their names.
    pub has_provided: bool,
}

/// What a value at an access path is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ValueFacts {
    /// It (and all that is read from it) is data of a request, an event …
    pub data: Option<DataKind>,
    /// It belongs to the platform or the package for as long as the process lives (`process`, `mongoose.connection`),
    /// although it is read from something that does not.
    pub is_shared: bool,
    /// To write to it is what it is for: the page (`document.title = x`), a window's location.
    pub is_written: bool,
    /// It ends what it is put into by itself: `take(1)` a stream of values.
    pub is_ending: bool,
}

/// Where data comes from, which says whether such values end.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum DataKind {
    /// Of one request: its body, headers, user.
    Request,
    /// Of one event or message.
    Event,
    /// The time.
    Time,
    /// A random value or unique id.
    Random,
    /// A number that counts up.
    Counter,
    /// An object that exists once: a socket, a request object.
    Identity,
    /// One of a fixed set (`os.platform()`, `req.method`, a directory's entries).
    Finite,
    /// Configuration: read once, of a fixed set.
    Config,
}

/// What a call does.
#[derive(Clone, Debug, Default)]
pub struct CallFacts {
    /// Which of its arguments it calls, how and when.
    pub callbacks: Vec<CallbackFacts>,
    /// What it gives back.
    pub result: ResultFacts,
    /// What it does to its receiver and arguments.
    pub effects: Vec<Effect>,
    /// Only if these hold; else the call is opaque.
    pub when: Vec<Condition>,
    /// What it loads, if it is a loader of modules.
    pub loader: Option<LoaderFacts>,
}

/// A condition on a call's arguments.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Condition {
    /// Argument `n` is one of these strings.
    ArgumentIs(u32, Vec<String>),
    /// Argument `n` is none of these strings.
    ArgumentIsNot(u32, Vec<String>),
    /// There are at least `n` arguments.
    AtLeast(u32),
    /// There are at most `n` arguments.
    AtMost(u32),
    /// Argument `n` is a string that begins with `/`.
    PathArgument(u32),
}

/// Which arguments are meant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Arguments {
    /// Argument `n`, from 0.
    At(u32),
    /// Argument `n` and all after it.
    From(u32),
    /// The last argument.
    Last,
    /// All of them.
    All,
    /// The receiver.
    Receiver,
    /// What the receiver was made with: of `bind(T).to(C)`, `T`.
    MadeOf,
}

/// A callback of a call.
#[derive(Clone, Debug)]
pub struct CallbackFacts {
    /// The argument that is called; functions inside an array argument are meant too.
    pub argument: Arguments,
    /// The path inside the argument to the function: `["handler"]`, `["*"]` for every property, `[]` for itself.
    /// Several segments go down; a segment `*` stands for any property, and `**` for any at any depth (at most 6).
    pub path: Vec<String>,
    /// When it is called.
    pub position: Position,
    /// The context that it runs in, if it makes one.
    pub context: Option<ContextKind>,
    /// What its parameters hold.
    pub params: Vec<(u32, ParamFacts)>,
    /// What its `this` is.
    pub this: Option<ParamFacts>,
    /// What makes the context, in words, for the entry's label: `{callee} handler`.
    pub label: Option<String>,
    /// Only if these hold.
    pub when: Vec<Condition>,
    /// Where its result goes.
    pub returns: CallbackResult,
}

/// Where a callback's result goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum CallbackResult {
    /// Nowhere.
    #[default]
    Dropped,
    /// It is the call's result (through a promise, if the call is asynchronous).
    Result,
    /// It is an element of the call's result, an array.
    Elements,
    /// The call's result is a function which calls the callback with its own arguments and gives back its result
    /// (`debounce`, `promisify`, `memoize`, `asyncHandler`).
    Wrapped,
    /// The call's result is a function that calls it with a callback behind its arguments, and gives a promise of what
    /// the callback is given (`promisify`).
    Promised,
    /// It is a generator, which the call runs to its end; the call's result is a promise of what that gives.
    Driven,
    /// The call's result is a function that does so.
    Driver,
    /// A function that it gives is called later: an effect's clean-up.
    Called,
    /// Its properties become those of the values at a path, which carry them: a context that a function makes.
    Carried(PathId),
}

/// When a callback is called.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Position {
    /// Before the call returns.
    Sync,
    /// Once, later.
    Once,
    /// Any number of times, later: the closure is held meanwhile.
    Repeat,
    /// In another realm (worker threads, other processes): shares nothing.
    Realm,
}

/// What a callback's parameter holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ParamFacts {
    /// Data of a kind.
    Data(DataKind),
    /// A value at an access path of the models, fresh for each call: a request, a socket.
    Path(PathId),
    /// An element of an argument.
    ElementOf(Arguments),
    /// A key of an argument.
    KeyOf(Arguments),
    /// An argument itself.
    Argument(Arguments),
    /// What the callback gave back before (an accumulator), and argument `n` at first.
    Accumulator(Arguments),
    /// The receiver.
    Receiver,
    /// What is sent to listeners by the name that an argument is.
    Sent(Arguments),
}

/// What a call gives back.
#[derive(Clone, Debug, Default)]
pub enum ResultFacts {
    /// A value at the access path's `Return` or `Instance` step.
    #[default]
    Path,
    /// Its receiver.
    Receiver,
    /// What its receiver holds under an argument; and the receiver, for calls that put something there.
    Property(Arguments),
    /// An argument.
    Argument(Arguments),
    /// Something at another access path.
    At(PathId),
    /// A primitive or object that only has an origin.
    Data(DataKind),
    /// A primitive that has the origins of its arguments and receiver.
    Derived,
    /// An element of these arguments.
    ElementOf(Arguments),
    /// A new array or object that holds elements of these arguments.
    ElementsOf(Arguments),
    /// A new object that holds elements of these arguments under keys of its own.
    TableOf(Arguments),
    /// The same with arrays of them.
    GroupsOf(Arguments),
    /// A new object whose `value` is one of these arguments.
    Boxed(Arguments),
    /// What an argument holds under the path that the next one is.
    Nested(u32),
    /// A new object with the properties of these arguments.
    CopyOf(Arguments),
    /// The same of an argument, without the properties that those behind it name.
    RestOf(u32),
    /// A deep copy: shares nothing.
    DeepCopy,
    /// An instance of the class that is given, made for the call unless a container keeps one.
    InstanceOf(Arguments),
    /// A new container.
    Container(ContainerFacts),
    /// An array of the keys of an argument.
    KeysOf(Arguments),
    /// What a container of dependencies provides under the token that an argument is.
    Provided(Arguments),
    /// What the receiver was given to keep for whoever asks in the same course of events.
    Kept,
    /// Nothing of interest.
    Opaque,
}

/// A container that a library makes.
#[derive(Clone, Debug)]
pub struct ContainerFacts {
    /// What it behaves like.
    pub like: ContainerLike,
    /// Whether it bounds itself.
    pub bound: SelfBound,
}

/// What a library's container behaves like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ContainerLike {
    /// A `Map`: `get`, `set`, `has`, `delete`, `clear`.
    Map,
    /// A `Set`.
    Set,
    /// An array.
    Array,
    /// An object with computed keys.
    Object,
}

/// Whether a library's container bounds itself.
#[derive(Clone, Debug)]
pub enum SelfBound {
    /// Always.
    Always,
    /// Never.
    Never,
    /// When it is given one of these options (in argument `n`, an object), or when the argument is a number.
    Options(u32, Vec<String>),
}

/// What a call does to its receiver or arguments.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Copies the properties of some arguments into another (`_.extend`). `deep`: into its nested objects too.
    CopyInto {
        /// The target.
        target: Arguments,
        /// The sources.
        sources: Arguments,
        /// Whether nested objects are merged.
        depth: CopyDepth,
    },
    /// Adds elements: `_.push`, `pull` …
    Append {
        /// The array.
        target: Arguments,
        /// The elements.
        values: Arguments,
    },
    /// Writes under a key: `_.set(o, path, v)`.
    SetKey {
        /// The object.
        target: Arguments,
        /// The key.
        key: Arguments,
        /// The value.
        value: Arguments,
    },
    /// Takes entries away.
    Remove {
        /// The container.
        target: Arguments,
        /// The key, if one is given; else it empties the container.
        key: Option<Arguments>,
    },
    /// Rearranges in place.
    Rearrange {
        /// The container.
        target: Arguments,
    },
    /// Adds a listener, subscription or timer to the receiver (or to the platform).
    Listen {
        /// What holds the listener.
        emitter: Arguments,
        /// The function; none for things that are no function.
        listener: Option<Arguments>,
        /// How it is taken off again.
        removal: ListenerRemoval,
    },
    /// Takes listeners off.
    Unlisten {
        /// What held the listener.
        emitter: Arguments,
        /// The function, or the handle that the registration gave; none: all of them.
        listener: Option<Arguments>,
    },
    /// Clears a timer by its handle.
    ClearHandle {
        /// The handle.
        handle: Arguments,
    },
    /// Replaces properties of an argument by a spy or stub, until it is restored: `jest.spyOn(o, 'm')`.
    Stub {
        /// The object.
        target: Arguments,
    },
    /// Puts back what tests changed.
    Restore {
        /// What.
        what: Restored,
        /// The version since which it does so.
        since: Option<Since>,
    },
    /// Evicts a module from the cache and loads it anew: `import-fresh`, `decache`.
    Reload,
    /// Adds an entry to what the receiver (or, if there is none, the library) keeps for ever: `new Counter`,
    /// `addResource`, `mongoose.model`.
    Retain {
        /// What is kept.
        values: Arguments,
        /// What it is kept under; none for a list.
        key: Option<Arguments>,
        /// The property of that argument which is the key, if it isn't the key itself.
        option: Option<String>,
    },
    /// Makes one class inherit from another: `util.inherits`, what compilers write for `extends`.
    Inherit {
        /// The class.
        class: Arguments,
        /// What it extends.
        parent: Arguments,
    },
    /// Gives a class its members from a list of descriptors that hold their names, as compiled classes get them:
    /// `createClass(C, [{key: 'm', value: …}])`.
    Members {
        /// The class.
        class: Arguments,
        /// The descriptors.
        descriptors: Arguments,
        /// Who has the members then.
        of: MembersOf,
    },
    /// The receiver's listeners get values.
    Send {
        /// The event's name.
        event: Arguments,
        /// The first of the values.
        first: u32,
    },
    /// The receiver keeps it for the course of events that begins here: a later call gives it back as it was.
    Keep {
        /// What is kept.
        values: Arguments,
    },
    /// The properties of arguments become those of the values at a path, which carry them.
    Carry {
        /// Whose properties.
        values: Arguments,
        /// The path.
        to: PathId,
    },
    /// A container of dependencies is told what to provide.
    Provide {
        /// What.
        values: Arguments,
        /// The token; none if that is described as well.
        token: Option<Arguments>,
        /// How it comes to be.
        how: Provision,
        /// Whether there is one for ever.
        lasting: Lasting,
    },
    /// What the receiver provides is made once and kept.
    Lasting,
    /// Forbids changes: `freeze`.
    Freeze {
        /// The object.
        target: Arguments,
    },
}

/// What a call puts back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Restored {
    /// All stubs.
    All,
    /// The receiver: it is a stub, or what made some.
    Receiver,
    /// Modules: what loads them then gets new ones.
    Modules,
}

/// A major version of a package.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Since {
    /// The package.
    pub package: String,
    /// The version.
    pub major: u32,
}

/// Whose members a class is given.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MembersOf {
    /// Its instances'.
    Instances,
    /// Its own: statics.
    Class,
}

/// How deep a copy goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CopyDepth {
    /// The own properties.
    Shallow,
    /// Nested objects are merged into the target's own.
    Deep,
}

/// How a listener is taken off.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ListenerRemoval {
    /// By the same function (`off`).
    ByFunction,
    /// By what the registration gave: a function that is called, an object with `unsubscribe`/`dispose`, a timer's
    /// handle.
    ByHandle,
    /// It goes by itself after one call (`once`): it still adds up until then.
    Once,
}

/// What a loader of modules loads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LoaderFacts {
    /// How the argument names the modules.
    pub form: LoaderForm,
    /// The argument.
    pub argument: u32,
    /// The way to the option that holds the folder or the globs, for loaders with an options object.
    pub option: Option<Vec<String>>,
    /// What relative globs start from, unless that is the calling file's folder or the project's.
    pub from: Option<OptionAt>,
    /// Whether it looks into inner folders, if something says that.
    pub deep: Option<OptionAt>,
    /// The regular expression that names must match.
    pub filter: Option<OptionAt>,
    /// Globs of what is left out.
    pub except: Option<OptionAt>,
    /// Whether the paths that it gives are absolute.
    pub absolute: Option<OptionAt>,
    /// What the call gives.
    pub gives: LoaderGives,
    /// The context in which the loaded modules' exported functions run, if the loader registers them as handlers.
    pub handlers: Option<ContextKind>,
}

/// Where a call says how it is to be done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum OptionAt {
    /// An argument.
    Argument(u32),
    /// An option of an object among the arguments, by the way to it: `["migrations", "glob", "1", "cwd"]`.
    Named(Vec<String>),
}

/// How a loader's argument names modules.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LoaderForm {
    /// A specifier, as `require`.
    Specifier,
    /// A folder, all modules in it.
    Directory,
    /// A folder, all modules below it.
    Tree,
    /// Glob patterns, relative to the folder in which the program is started.
    Glob,
    /// Glob patterns, relative to the calling file; after a slash, to the project's folder.
    GlobBeside,
}

/// What a loader gives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LoaderGives {
    /// The module.
    Module,
    /// An object of the modules, by file name.
    Modules,
    /// The same, of modules or of functions that give promises of them, as options say.
    Lazy,
    /// A function that gives a module by its name, and has `keys()`.
    Context,
    /// A copy of the module that nothing else has.
    Copy,
    /// Nothing: the file gets something else in the module's place from now on.
    StandIn,
    /// The files' paths, as strings.
    Paths,
    /// Nothing: modules are only loaded.
    Nothing,
}

/// What a decorator says.
#[derive(Clone, Debug, Default)]
pub struct DecoratorFacts {
    /// On a method: it is a handler of this kind. On a class: all its public methods are.
    pub context: Option<ContextKind>,
    /// On a class: the framework makes one instance of it and keeps it (unless `transient_options` say otherwise).
    pub is_singleton: bool,
    /// Option values that make it no singleton: `("scope", ["REQUEST", "TRANSIENT"])`, matched by the last name of the
    /// option's value.
    pub transient_options: Vec<(String, Vec<String>)>,
    /// On a class: methods that the framework calls by their names, and in which context.
    pub methods: Vec<(String, ContextKind)>,
    /// What a decorated parameter, or the decorated method's parameters, hold.
    pub data: Option<DataKind>,
    /// On a parameter or field: it is what is provided under the token that this argument is.
    pub injects: Option<u32>,
    /// On a class: its options have lists of what is provided.
    pub has_providers: bool,
}

/// Files that a framework calls by convention.
#[derive(Clone, Debug)]
pub struct Convention {
    /// Globs of the files, relative to the package that has the dependency.
    pub files: Vec<String>,
    /// Only in packages with one of these dependencies; none: everywhere.
    pub dependencies: Vec<String>,
    /// Only if one of these files is there (`serverless.yml`), relative to the package.
    pub beside: Vec<String>,
    /// Only files that nothing in the project loads.
    pub is_unloaded: bool,
    /// The exports that are called: names, `default`, or `*` for all; `default.fetch` for a member, `default().fetch` for
    /// one of what the export gives when it is called while the program starts.
    pub exports: Vec<String>,
    /// A directive that the file or the function must bear (`use server`).
    pub directive: Option<String>,
    /// The context.
    pub context: ContextKind,
    /// What the parameters hold.
    pub params: Vec<(u32, ParamFacts)>,
    /// For the entry's label.
    pub label: String,
}

/// Methods that a framework calls in turn: what the first put in, the second are to take out.
#[derive(Clone, Debug)]
pub struct Counterparts {
    /// The names of those that put in.
    pub puts: Vec<String>,
    /// The names of those that take out.
    pub takes: Vec<String>,
}

/// How a parameter list by itself shows a handler: names, in order, and the members that must be used.
#[derive(Clone, Debug)]
pub struct HandlerShape {
    /// For each parameter, the names that it may have (a leading `_` does not count).
    pub names: Vec<Vec<String>>,
    /// At least one of these must be read from, or called on, a parameter.
    pub members: Vec<String>,
    /// The context.
    pub context: ContextKind,
    /// What the parameters hold.
    pub params: Vec<(u32, ParamFacts)>,
}
