//! Who loads whom: specifiers and path patterns to files.

use crate::base::source::FileId;
use crate::project::Project;

/// How a specifier is requested, which decides the conditions of `exports`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Mode {
    /// `require`.
    Require,
    /// `import`, `import()`.
    Import,
}

/// What a specifier leads to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Resolution {
    /// A file of the project.
    File(FileId),
    /// A package that is not analysed, by name and the subpath behind it (`""`, or `fp` of `lodash/fp`).
    Package {
        /// `express`, `@nestjs/common`.
        name: String,
        /// Without a leading slash.
        subpath: String,
    },
    /// A module of the platform, without a prefix: `fs`, `timers/promises`.
    Builtin(String),
    /// Nothing, and why.
    Unresolved(Reason),
}

/// Why a load leads nowhere.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Reason {
    /// The specifier's value is not known.
    UnknownValue,
    /// Nothing matches.
    NoMatch,
    /// More files match than the limit.
    TooMany,
    /// It leads out of the analysed folder.
    OutsideRoot,
}

/// A part of a string of which not all is known.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum PatternPart {
    /// Known text.
    Text(String),
    /// Any text.
    Hole,
    /// A file name of the directory that the text before it names.
    Entry,
    /// A path below the directory that the text before it names.
    Tree,
}

/// What a pattern leads to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Expansion {
    /// The files, sorted.
    pub files: Vec<FileId>,
    /// Why it is not all, or nothing.
    pub problem: Option<Reason>,
}

/// Resolves specifiers and patterns, and remembers what it resolved.
#[derive(Debug, Default)]
pub struct Loader {
    _private: (),
}

impl Loader {
    /// A loader over the project's files.
    pub fn new(_project: &Project) -> Self {
        Self::default()
    }

    /// What `specifier` means in `from`. Absolute paths within the root are files too.
    pub fn resolve(&self, _from: FileId, _specifier: &str, _mode: Mode) -> Resolution {
        Resolution::Unresolved(Reason::NoMatch)
    }

    /// All files that a specifier of this pattern may mean in `from`, as `resolve` would resolve each.
    pub fn expand(&self, _from: FileId, _pattern: &[PatternPart], _mode: Mode) -> Expansion {
        Expansion::default()
    }
}
