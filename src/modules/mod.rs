//! Who loads whom: specifiers and path patterns to files.

use rustc_hash::FxHashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::base::name_test::NameTest;
use crate::base::source::FileId;
use crate::project::file_system::FileSystem;
use crate::project::{Project, path};

pub mod circles;
pub mod glob;
mod learnt;
pub mod platform;
mod relative;
mod resolver;
mod subpaths;
mod suffix;
mod table;
mod template;
pub mod test_only;
#[cfg(test)]
mod tests;

pub use template::{EXPANSION_LIMIT, has_changing_suffix};

use learnt::Learnt;
use resolver::{Language, PackageResolver};
use table::Table;

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
    /// There is such a file, with other letters in upper and lower case: some file systems find it, others don't.
    OtherCase,
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
    /// Folders below the one that the text before it names, each with the slash behind it; or none.
    Folders,
    /// No text: the name that stands before it, between two slashes, passes this test.
    Where(NameTest),
    /// No text: the whole path is not matched by this glob.
    Except(String),
}

/// What a pattern leads to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Expansion {
    /// The files, sorted.
    pub files: Vec<FileId>,
    /// Why it is not all, or nothing.
    pub problem: Option<Reason>,
    /// The package that all of it belongs to, if that is not analysed: then there are no files, and no problem.
    pub package: Option<String>,
}

/// Resolves specifiers and patterns, and remembers what it resolved. May be shared between threads.
#[derive(Debug)]
pub struct Loader {
    table: Arc<Table>,
    packages: PackageResolver,
    learnt: Learnt,
    known: Mutex<FxHashMap<Request, Resolution>>,
    expanded: Mutex<FxHashMap<PatternRequest, Expansion>>,
}

/// What a pattern means depends on the very file that asks.
type PatternRequest = (FileId, Box<[PatternPart]>, Mode);

/// A specifier means the same in all files of one folder and language.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Request {
    folder: Box<str>,
    specifier: Box<str>,
    mode: Mode,
    language: Language,
}

impl Loader {
    /// A loader over the project's files. `fs` is asked for manifests and tsconfigs only.
    pub fn new(project: &Project, fs: Arc<dyn FileSystem>) -> Self {
        let table = Arc::new(Table::new(project));
        let packages = PackageResolver::new(Arc::clone(&table), fs);
        Self { table, packages, learnt: Learnt::default(), known: Mutex::default(), expanded: Mutex::default() }
    }

    /// A loader that has learnt from the project's specifiers what prefixes mean that no configuration in sight explains.
    #[must_use]
    pub fn having_seen<'a>(mut self, specifiers: impl Iterator<Item = &'a str>) -> Self {
        self.learnt = Learnt::new(&self.table, specifiers);
        self
    }

    /// What `specifier` means in `from`. Absolute paths within the root are files too.
    pub fn resolve(&self, from: FileId, specifier: &str, mode: Mode) -> Resolution {
        let importer = self.table.path(from);
        let request = Request {
            folder: path::folder_of(importer).into(),
            specifier: specifier.into(),
            mode,
            language: language_of(importer),
        };
        if let Some(known) = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&request) {
            return known.clone();
        }
        let resolution = self.resolve_anew(importer, specifier, mode);
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(request, resolution.clone());
        resolution
    }

    fn resolve_anew(&self, importer: &str, specifier: &str, mode: Mode) -> Resolution {
        if let Some(name) = platform::builtin(specifier) {
            return Resolution::Builtin(name.to_string());
        }
        let language = language_of(importer);
        match Form::of(specifier) {
            Form::Path(written) => match self.locate(path::folder_of(importer), &written) {
                Err(reason) => Resolution::Unresolved(reason),
                Ok(target) => {
                    let file = if is_folder_written(&written) {
                        relative::folder(&self.table, &target, language)
                    } else {
                        relative::file(&self.table, &target, language)
                    };
                    let nothing = || {
                        let is_there = self.table.has_in_other_case(&target, language);
                        if is_there { Reason::OtherCase } else { Reason::NoMatch }
                    };
                    file.map_or_else(|| Resolution::Unresolved(nothing()), Resolution::File)
                }
            },
            Form::Bare(name) => self.resolve_bare(importer, name, mode, language),
            Form::Nothing => Resolution::Unresolved(Reason::NoMatch),
        }
    }

    fn resolve_bare(&self, importer: &str, specifier: &str, mode: Mode, language: Language) -> Resolution {
        let (bare, _) = split_suffix(specifier);
        let unversioned = platform::without_registry(bare);
        let bare = unversioned.as_ref();
        if let Some(target) = self.table.aliased(path::folder_of(importer), bare)
            && let Some(file) = relative::file(&self.table, &target, language)
        {
            return Resolution::File(file);
        }
        if let Some(file) = self.packages.resolve(importer, bare, mode, language) {
            return Resolution::File(file);
        }
        let (name, subpath) = resolver::split_package(bare);
        if let Some(folder) = self.table.package(name)
            && let Some(target) = path::join(folder, subpath)
            && let Some(file) = relative::file(&self.table, &target, language)
        {
            // The package's `exports` don't offer the file (or nothing is built): its folder is a good guess.
            return Resolution::File(file);
        }
        if let Some(file) = suffix::file(&self.table, importer, bare, language) {
            return Resolution::File(file);
        }
        if let Some(file) = self.learnt.file(&self.table, bare, language) {
            return Resolution::File(file);
        }
        if bare.starts_with('#') || name.is_empty() || name == "@" || name == "~" {
            return Resolution::Unresolved(Reason::NoMatch);
        }
        Resolution::Package { name: name.to_string(), subpath: subpath.to_string() }
    }

    /// The file at a path, or one in its folder: what is loaded from there means the same as from the path itself.
    pub fn file_beside(&self, from: FileId, written: &str) -> Option<FileId> {
        if let Resolution::File(file) = self.resolve(from, written, Mode::Require)
            && !written.ends_with('/')
        {
            return Some(file);
        }
        let written = written.strip_prefix("file://").unwrap_or(written);
        let folder = self.locate("", path::folder_of(written)).ok()?;
        self.table.folder(&folder)?.files.first().copied()
    }

    /// The path relative to the root that a relative or absolute path means in a folder.
    fn locate(&self, folder: &str, written: &str) -> Result<String, Reason> {
        let target = match self.table.inside(written) {
            Some(inside) => path::join("", inside),
            None if is_absolute(written) => None,
            None => path::join(folder, written),
        };
        target.ok_or(Reason::OutsideRoot)
    }

    /// The absolute path of a file, with `/`: what `__filename` is.
    pub fn absolute(&self, file: FileId) -> String {
        format!("{}/{}", self.table.root_text, self.table.path(file))
    }

    /// The analysed folder, absolute, with `/`: what `process.cwd()` is.
    pub fn root(&self) -> &str {
        &self.table.root_text
    }

    /// The path of a file relative to the root.
    pub fn path(&self, file: FileId) -> &str {
        self.table.path(file)
    }
}

/// What a specifier looks like.
enum Form<'a> {
    /// A relative or absolute path (of a `file:` URL too), with `/`.
    Path(std::borrow::Cow<'a, str>),
    /// A package's name, or `#name`.
    Bare(&'a str),
    /// Nothing that can be loaded.
    Nothing,
}

impl<'a> Form<'a> {
    fn of(specifier: &'a str) -> Self {
        if let Some(url) = specifier.strip_prefix("file://") {
            return Self::Path(percent_decode(url).into());
        }
        if specifier.is_empty()
            || ["data:", "http:", "https:", "blob:"].iter().any(|scheme| specifier.starts_with(scheme))
        {
            return Self::Nothing;
        }
        let is_relative =
            specifier == "." || specifier == ".." || specifier.starts_with("./") || specifier.starts_with("../");
        if is_relative || is_absolute(specifier) {
            return Self::Path(specifier.into());
        }
        Self::Bare(specifier)
    }
}

fn is_absolute(path: &str) -> bool {
    path.starts_with('/') || matches!(path.as_bytes(), [drive, b':', b'/', ..] if drive.is_ascii_alphabetic())
}

/// Whether a path can only mean a folder.
fn is_folder_written(path: &str) -> bool {
    matches!(path.rsplit('/').next(), Some("" | "." | ".."))
}

fn percent_decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = (bytes[at] == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        let (byte, width) = match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => (byte, 3),
            None => (bytes[at], 1),
        };
        decoded.push(byte);
        at += width;
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// The language of a file by its extension.
fn language_of(path: &str) -> Language {
    match path.rsplit_once('.') {
        Some((_, "ts" | "tsx" | "mts" | "cts" | "vue")) => Language::Ts,
        _ => Language::Js,
    }
}

/// A specifier without its `?query` and `#fragment`, and these. A leading `#` is a name of `imports`.
pub fn split_suffix(specifier: &str) -> (&str, &str) {
    let end = specifier.char_indices().skip(1).find(|(_, c)| matches!(c, '?' | '#')).map(|(at, _)| at);
    specifier.split_at(end.unwrap_or(specifier.len()))
}
