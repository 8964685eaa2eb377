//! What is there: paths to a [`Project`].
//!
//! [`load`] finds the analysed folder, walks it, reads the manifests and the configuration, and lists the source files.
//! It does not read the sources: the driver does, in parallel, through the same [`FileSystem`].

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use crate::base::finding::Incomplete;
use crate::base::index::IndexVec;
use crate::base::source::FileId;

pub mod build_output;
pub mod changes;
pub mod config;
mod discover;
mod entries;
pub mod file_system;
mod git;
pub mod import_map;
pub mod manifest;
pub mod path;
pub mod recorded;
mod root;
pub mod test_code;
mod versions;

pub use config::{Config, ConfigChoice, Level};
pub use root::Place;

use config::Collector;
use file_system::FileSystem;

crate::newtype_index! {
    /// A `package.json` of the project.
    pub struct ManifestId;
}

/// The analysed folder and what is in it.
#[derive(Debug, Default)]
pub struct Project {
    /// The analysed folder, absolute and real.
    pub root: PathBuf,
    /// The repository's root above it, or the analysed folder itself if it lies in none. Nothing above is read.
    pub repository: PathBuf,
    /// The source files (JSON files too, that a module may load), in the order of their paths.
    pub files: IndexVec<FileId, ProjectFile>,
    /// Every `package.json` below the root that is not in `node_modules`, in the order of their paths.
    pub manifests: IndexVec<ManifestId, Manifest>,
    /// Import maps, sorted by folder.
    pub import_maps: Vec<import_map::ImportMap>,
    /// What could not be read or was left out.
    pub incomplete: Vec<Incomplete>,
    /// Links inside the root that lead to another place inside it: the link's path and the real one.
    pub links: Vec<(String, String)>,
    /// How many files were left out because they are compiled from a source that is there.
    pub compiled_twins: u32,
    /// The PATHs that were asked for, relative to the root; empty if one of them is the root or lies above it.
    pub selection: Vec<String>,
    /// Other files that frameworks' conventions ask for (`serverless.yml`, `wrangler.toml`), sorted.
    pub other_files: Vec<String>,
    /// What the folders around the project's files hold of `node_modules` and JSON files that are no files of the
    /// project (ignored, links, too large), sorted. What else might configure something is not there.
    pub unlisted: Vec<String>,
    /// The configuration.
    pub config: Config,
    /// Manifests of packages in `node_modules` that were asked for.
    pub followed: Vec<Manifest>,
    /// Files that decided what is analysed: manifests, ignore files, configurations. Absolute, sorted.
    pub inputs: Vec<PathBuf>,
}

impl Project {
    /// The absolute path of a file.
    pub fn absolute(&self, file: FileId) -> PathBuf {
        self.root.join(&self.files[file].path)
    }

    /// The file at a path relative to the root.
    pub fn file_at(&self, path: &str) -> Option<FileId> {
        let at = self.files.as_slice().binary_search_by(|file| file.path.as_bytes().cmp(path.as_bytes())).ok()?;
        u32::try_from(at).ok().map(FileId)
    }

    /// Whether the nearest manifest above a file that asks for a package wants this major version of it, or a later one.
    pub fn has_since(&self, file: FileId, package: &str, least: u32) -> bool {
        let Some(manifest) = self.files[file].manifest else { return false };
        let asking = path::upwards(&self.manifests[manifest].folder).find_map(|folder| {
            let manifest = self.manifests.iter().find(|manifest| manifest.folder == folder)?;
            manifest.versions.contains_key(package).then_some(manifest)
        });
        let majors = asking.into_iter().flat_map(|manifest| &manifest.majors);
        majors.into_iter().any(|(name, major)| name == package && *major >= least)
    }

    /// How many files are sources: all but JSON.
    pub fn source_count(&self) -> usize {
        self.files.iter().filter(|file| !file.is_json()).count()
    }
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
    /// Whether it lies in a folder that builds write to, and is no entry of its package: another form of what the
    /// entries are built of (`umd/`, `es/`), unless something loads it.
    pub is_spare_build: bool,
}

impl ProjectFile {
    /// Whether it is a JSON file: loadable, but no source.
    pub fn is_json(&self) -> bool {
        path::extension_of(&self.path) == "json"
    }
}

/// A `package.json`.
#[derive(Clone, Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "independent facts, as the file states them")]
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
    /// `main` as written.
    pub main: Option<String>,
    /// `"type": "module"`.
    pub is_module: bool,
    /// Whether the test runner's configuration puts spies back or loads modules anew for each test.
    pub test_runner_restores: bool,
    /// Whether it has an `exports` map: then nothing else of it can be required.
    pub has_exports_map: bool,
    /// Names that `module-alias` gives to folders and files, as written, the longest first.
    pub module_aliases: Vec<(String, String)>,
    /// The keys of `exports` and `imports` with a star, each with a target (of any condition) as written.
    pub subpaths: Vec<(String, String)>,
    /// The globs of its workspaces.
    pub workspaces: Vec<String>,
    /// The versions of its dependencies, as written.
    pub versions: BTreeMap<String, String>,
    /// The major ones, where they are known.
    pub majors: Vec<(String, u32)>,
}

/// What to analyse.
#[derive(Clone, Debug, Default)]
pub struct LoadRequest {
    /// The absolute directory that relative paths start from.
    pub working_directory: PathBuf,
    /// The PATHs; none means the working directory.
    pub paths: Vec<PathBuf>,
    /// The analysed folder, if it is given.
    pub root: Option<PathBuf>,
    /// Where the configuration comes from.
    pub config: ConfigChoice,
    /// The names of the rules that exist, for the configuration.
    pub rule_names: Vec<String>,
    /// Packages of `node_modules` to be analysed too; `*` means all.
    pub follow_dependencies: Vec<String>,
}

/// Why there is nothing that could be analysed: wrong use, or a configuration that can't be used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProjectError {
    /// A sentence for people. Never the contents of a file.
    pub message: String,
    /// The file, and where in it (line and column from 1), if it is about one.
    pub place: Option<(PathBuf, u32, u32)>,
    /// What was probably meant, or what to do.
    pub help: Option<String>,
}

impl ProjectError {
    /// An error about no place in a file.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), place: None, help: None }
    }
}

impl fmt::Display for ProjectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((path, line, column)) = &self.place {
            write!(f, "{}:{line}:{column}: ", path.display())?;
        }
        f.write_str(&self.message)?;
        if let Some(help) = &self.help {
            write!(f, " ({help})")?;
        }
        Ok(())
    }
}

impl std::error::Error for ProjectError {}

/// Finds the analysed folder and all that is in it.
///
/// # Errors
/// If a path is not there, the configuration can't be used, or there is no source to analyse.
pub fn load(request: &LoadRequest, fs: &dyn FileSystem) -> Result<Project, ProjectError> {
    load_at(place(request, fs)?, request, fs)
}

/// Finds the analysed folder.
///
/// # Errors
/// If a path is not there.
pub fn place(request: &LoadRequest, fs: &dyn FileSystem) -> Result<Place, ProjectError> {
    root::find(request, fs)
}

/// Finds all that is in the analysed folder. The PATHs of the request count no more.
///
/// # Errors
/// As [`load`].
pub fn load_at(place: Place, request: &LoadRequest, fs: &dyn FileSystem) -> Result<Project, ProjectError> {
    let choice = match &request.config {
        ConfigChoice::File(file) => ConfigChoice::File(request.working_directory.join(file)),
        other => other.clone(),
    };
    let config = Collector::new(&choice, fs, &request.rule_names, &place.repository, &place.root)?;
    let found = discover::discover(&place, &request.follow_dependencies, config, fs)?;
    let mut project = Project {
        root: place.root,
        repository: place.repository,
        links: found.links,
        incomplete: found.incomplete,
        compiled_twins: found.compiled_twins,
        selection: place.selection,
        other_files: found.other_files,
        unlisted: found.unlisted,
        config: found.config,
        followed: found.followed,
        import_maps: found.import_maps,
        inputs: found.inputs,
        ..Project::default()
    };
    entries::fill(&mut project, found.files, found.manifests);
    project.incomplete.sort();
    if project.source_count() == 0 {
        return Err(ProjectError::new(format!(
            "nothing to analyse: no JavaScript or TypeScript file in {}",
            project.root.display()
        )));
    }
    Ok(project)
}

#[cfg(test)]
mod tests;
