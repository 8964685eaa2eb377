//! What is there: paths to a `Project`.

use std::path::PathBuf;

use crate::base::finding::Incomplete;
use crate::base::index::IndexVec;
use crate::base::source::FileId;

crate::newtype_index! {
    /// A `package.json` of the project.
    pub struct ManifestId;
}

/// The analysed folder and what is in it.
#[derive(Debug, Default)]
pub struct Project {
    /// The analysed folder, absolute and real.
    pub root: PathBuf,
    /// The source files (JSON files too, that a module may load), in the order of their paths.
    pub files: IndexVec<FileId, ProjectFile>,
    /// Every `package.json` below the root that is not in `node_modules`, in the order of their paths.
    pub manifests: IndexVec<ManifestId, Manifest>,
    /// What could not be read or was left out.
    pub incomplete: Vec<Incomplete>,
}

/// A file of the project.
#[derive(Clone, Debug)]
pub struct ProjectFile {
    /// Relative to the root, with `/`.
    pub path: String,
    /// Whether it is test code by its path or the configuration.
    pub is_test: bool,
    /// The nearest manifest upwards.
    pub manifest: Option<ManifestId>,
}

/// A `package.json`.
#[derive(Clone, Debug, Default)]
pub struct Manifest {
    /// Its folder, relative to the root, with `/`; empty for the root.
    pub folder: String,
    /// Its name.
    pub name: Option<String>,
    /// `"private": true`.
    pub is_private: bool,
    /// All kinds of dependencies, sorted.
    pub dependencies: Vec<String>,
    /// What `main`, `module`, `browser`, `exports` (all conditions and subpaths, patterns expanded) and `bin` name, as
    /// project files.
    pub entries: Vec<FileId>,
    /// Whether the manifest names any entry at all (also one that is not there, like build output).
    pub names_entries: bool,
    /// The files that `bin` names.
    pub bins: Vec<FileId>,
}
