//! What a value node may hold: abstract objects with a lifetime, strings, and the origins of data.

use crate::base::name::Name;
use crate::base::source::FileId;
use crate::heap::natives::Native;
use crate::models::facts::{DataKind, PathId};
use crate::syntax::facts::{CallId, ClassId, FunctionId, SiteId, SiteKind};

crate::newtype_index! {
    /// An abstract object.
    pub struct ObjectId;
    /// A string constant or pattern of the solver's table.
    pub struct StringId;
    /// A function in one context: see [`crate::heap::instance`].
    pub struct InstanceId;
}

/// Whether an object may outlive the call that made it, by the way in which it was reached.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Lifetime {
    /// In the hands of the code that makes it.
    Fresh,
    /// Taken out of something that the module cache or the global object holds.
    Module,
}

/// One element of a points-to set, in 32 bits: the two highest say what it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Value(u32);

const KIND: u32 = 0xC000_0000;
const MODULE_OBJECT: u32 = 0x4000_0000;
const STRING: u32 = 0x8000_0000;
const DATA: u32 = 0xC000_0000;

/// A value, taken apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ValueKind {
    /// An object, and how it was reached.
    Object(ObjectId, Lifetime),
    /// A string of which something is known.
    String(StringId),
    /// A primitive, or an object of no interest, of which only the origin is known.
    Data(Data),
}

/// Where data comes from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Data {
    /// Known by a model.
    Known(DataKind),
    /// One of two, decided by data of a request: `req.query.embed === 'true'`.
    Choice,
    /// A parameter of a function that unknown callers call.
    Parameter,
    /// Not known.
    Unknown,
}

impl Data {
    /// What a decision is that this data makes, if that says something of it.
    pub fn decided(self) -> Option<Data> {
        matches!(self, Data::Known(DataKind::Request) | Data::Choice).then_some(Data::Choice)
    }
}

const DATA_KINDS: [Data; 11] = [
    Data::Known(DataKind::Request),
    Data::Known(DataKind::Event),
    Data::Known(DataKind::Time),
    Data::Known(DataKind::Random),
    Data::Known(DataKind::Counter),
    Data::Known(DataKind::Identity),
    Data::Known(DataKind::Finite),
    Data::Known(DataKind::Config),
    Data::Choice,
    Data::Parameter,
    Data::Unknown,
];

impl Value {
    /// An object reached in this way.
    pub fn object(id: ObjectId, lifetime: Lifetime) -> Self {
        match lifetime {
            Lifetime::Fresh => Self(id.0),
            Lifetime::Module => Self(id.0 | MODULE_OBJECT),
        }
    }

    /// A string.
    pub fn string(id: StringId) -> Self {
        Self(id.0 | STRING)
    }

    /// Data of an origin.
    pub fn data(data: Data) -> Self {
        let index = DATA_KINDS.iter().position(|&kind| kind == data).unwrap_or(DATA_KINDS.len() - 1);
        Self(u32::try_from(index).unwrap_or(0) | DATA)
    }

    /// The value taken apart.
    pub fn kind(self) -> ValueKind {
        match self.0 & KIND {
            STRING => ValueKind::String(StringId(self.0 & !KIND)),
            DATA => ValueKind::Data(DATA_KINDS[((self.0 & !KIND) as usize).min(DATA_KINDS.len() - 1)]),
            MODULE_OBJECT => ValueKind::Object(ObjectId(self.0 & !KIND), Lifetime::Module),
            _ => ValueKind::Object(ObjectId(self.0), Lifetime::Fresh),
        }
    }

    /// The object, if it is one.
    pub fn as_object(self) -> Option<(ObjectId, Lifetime)> {
        match self.kind() {
            ValueKind::Object(id, lifetime) => Some((id, lifetime)),
            ValueKind::String(_) | ValueKind::Data(_) => None,
        }
    }

    /// Whether it is an object.
    pub fn is_object(self) -> bool {
        self.0 & STRING == 0
    }

    /// The value as it is when it is loaded through something module-lifetime.
    #[must_use]
    pub fn promoted(self) -> Self {
        if self.is_object() { Self(self.0 | MODULE_OBJECT) } else { self }
    }
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.kind().fmt(f)
    }
}

/// What behaves how: decides which built-in methods an object has.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ObjectKind {
    /// Properties only.
    Plain,
    /// An array (or `arguments`, a typed array).
    Array,
    /// A `Map`, `URLSearchParams`, `Headers`, `FormData`.
    Map,
    /// A `Set`.
    Set,
    /// A `WeakMap`, `WeakSet` or `WeakRef`: holds nothing.
    Weak,
    /// A promise.
    Promise,
    /// An iterator or generator.
    Iterator,
    /// A function or class.
    Function,
    /// A regular expression, date, error … : state, but no growth.
    Other,
}

/// Where an object comes from.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Source {
    /// A literal.
    Site {
        /// The function that makes it, in its context.
        instance: InstanceId,
        /// The file.
        file: FileId,
        /// The site.
        site: SiteId,
        /// What the site makes.
        kind: SiteKind,
    },
    /// What a call of a built-in or `new` makes; `part` tells the objects of one call apart.
    Call {
        /// The caller.
        instance: InstanceId,
        /// The call.
        call: CallId,
        /// Which of the objects that the call makes.
        part: u8,
    },
    /// An instance of a class or constructor function.
    Instance {
        /// Its class.
        class: ObjectId,
        /// The caller.
        instance: InstanceId,
        /// The `new`; none for one that a framework makes.
        call: Option<CallId>,
    },
    /// A closure.
    Function {
        /// The file.
        file: FileId,
        /// The function.
        function: FunctionId,
        /// The instance that made it: its environment.
        parent: InstanceId,
    },
    /// A class.
    Class {
        /// The file.
        file: FileId,
        /// The class.
        class: ClassId,
        /// The instance that made it.
        parent: InstanceId,
    },
    /// The prototype of a function or class.
    Prototype {
        /// The function or class.
        of: ObjectId,
    },
    /// A module's first `module.exports`.
    Exports(FileId),
    /// A module's `module`.
    Module(FileId),
    /// An ES module's namespace.
    Namespace(FileId),
    /// A module's `require`.
    Require(FileId),
    /// `require.cache`: all modules that were loaded.
    Cache,
    /// The promise or iterator that calls of an async function or generator give.
    Result(InstanceId),
    /// A map's entry, an array of two.
    Entry {
        /// The map.
        of: ObjectId,
    },
    /// A deep copy of an object.
    Clone {
        /// The original.
        of: ObjectId,
        /// What the whole copy hangs on.
        root: ObjectId,
    },
    /// A function bound to a receiver and arguments.
    Bound {
        /// The caller of `bind` (or of the wrapping function).
        instance: InstanceId,
        /// The call.
        call: CallId,
    },
    /// The global object.
    Global,
    /// A built-in function or object of the language.
    Native(Native),
    /// Something of a package or the platform.
    External {
        /// The package, or `node:…`, or empty for the platform's globals.
        package: Name,
        /// What the models know of it.
        path: Option<PathId>,
        /// For what a call made: the call.
        made: Option<(InstanceId, Option<CallId>)>,
        /// The name by which it was reached, for messages.
        label: Name,
    },
}

/// An abstract object: all objects of one source.
#[derive(Clone, Debug)]
pub struct AbstractObject {
    /// Where it comes from.
    pub source: Source,
    /// How it behaves.
    pub kind: ObjectKind,
    /// A container of a library that bounds itself.
    pub bounds_itself: bool,
}
