//! Which folder is analysed.

use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use crate::project::config::CONFIG_NAMES;
use crate::project::file_system::FileSystem;
use crate::project::{LoadRequest, ProjectError, manifest, path};

/// A larger `pnpm-workspace.yaml` is not read.
pub(super) const WORKSPACE_LIMIT: u64 = 1 << 20;

/// Where the analysis takes place.
#[derive(Clone, Debug)]
pub struct Place {
    /// The analysed folder, real.
    pub root: PathBuf,
    /// The repository's root above it, or the analysed folder itself if there is none.
    pub repository: PathBuf,
    /// The PATHs, relative to the root; empty if one of them is the root or lies above it.
    pub selection: Vec<String>,
}

impl Place {
    /// Whether a file lies in one of the PATHs that were asked for.
    pub fn is_selected(&self, path: &str) -> bool {
        self.selection.is_empty() || self.selection.iter().any(|part| part == path || path::below(part, path).is_some())
    }
}

/// Finds the analysed folder for a request.
///
/// # Errors
/// If a path is not there, or does not lie in the folder that was given.
pub(super) fn find(request: &LoadRequest, fs: &dyn FileSystem) -> Result<Place, ProjectError> {
    let mut paths = Vec::new();
    for path in &request.paths {
        paths.push(real(&request.working_directory, path, fs)?);
    }
    if paths.is_empty() {
        let start = request.root.as_deref().unwrap_or(Path::new("."));
        paths.push(real(&request.working_directory, start, fs)?);
    }
    let root = match &request.root {
        Some(root) => {
            let root = real(&request.working_directory, root, fs)?;
            if !fs.is_directory(&root) {
                return Err(ProjectError::new(format!("the root {} is no folder", root.display())));
            }
            root
        }
        None => discover(&common_parent(&paths, fs), fs),
    };
    let mut selection = Vec::new();
    for path in &paths {
        match path::relative_to(&root, path) {
            Some(inside) if inside.is_empty() => {
                return Ok(Place { repository: repository_of(&root, fs), root, selection: Vec::new() });
            }
            Some(inside) => selection.push(inside),
            None if root.starts_with(path) => {
                return Ok(Place { repository: repository_of(&root, fs), root, selection: Vec::new() });
            }
            None => {
                return Err(ProjectError::new(format!("{} lies outside the root {}", path.display(), root.display())));
            }
        }
    }
    Ok(Place { repository: repository_of(&root, fs), root, selection })
}

fn real(working_directory: &Path, path: &Path, fs: &dyn FileSystem) -> Result<PathBuf, ProjectError> {
    let absolute = working_directory.join(path);
    fs.canonicalize(&absolute).map_err(|error| {
        let why = match error.kind() {
            std::io::ErrorKind::NotFound => "no such file or folder".to_string(),
            std::io::ErrorKind::PermissionDenied => "permission denied".to_string(),
            _ => error.to_string(),
        };
        ProjectError::new(format!("cannot read {}: {why}", path.display()))
    })
}

/// The deepest folder that all paths lie in.
fn common_parent(paths: &[PathBuf], fs: &dyn FileSystem) -> PathBuf {
    let mut common: Option<PathBuf> = None;
    for path in paths {
        let folder = if fs.is_directory(path) { path.as_path() } else { path.parent().unwrap_or(path) };
        common = Some(match common {
            None => folder.to_path_buf(),
            Some(common) => common
                .ancestors()
                .find(|ancestor| folder.starts_with(ancestor))
                .map_or_else(|| folder.to_path_buf(), Path::to_path_buf),
        });
    }
    common.unwrap_or_default()
}

/// From `start` upwards: the workspace root that lists the package, or the nearest folder with a configuration or a
/// manifest; else `start`.
fn discover(start: &Path, fs: &dyn FileSystem) -> PathBuf {
    let repository = repository_above(start, fs);
    let is_inside = |folder: &&Path| repository.as_ref().is_some_and(|repository| folder.starts_with(repository));
    // Without a repository nothing says where the project ends: only manifests and workspaces do.
    let folders: Vec<&Path> = match &repository {
        Some(_) => start.ancestors().take_while(is_inside).collect(),
        None => start.ancestors().filter(|folder| folder.parent().is_some()).collect(),
    };
    let Some(nearest) = folders.iter().position(|folder| is_package(folder, fs)) else {
        return start.to_path_buf();
    };
    let package = folders[nearest];
    for folder in &folders[nearest + 1..] {
        let globs = workspace_globs(folder, fs);
        if globs.is_empty() {
            continue;
        }
        if path::relative_to(folder, package).is_some_and(|inside| lists(&globs, &inside)) {
            return folder.to_path_buf();
        }
    }
    package.to_path_buf()
}

fn is_package(folder: &Path, fs: &dyn FileSystem) -> bool {
    CONFIG_NAMES.iter().chain(&["package.json"]).any(|name| fs.is_file(&folder.join(name)))
}

fn repository_above(folder: &Path, fs: &dyn FileSystem) -> Option<PathBuf> {
    folder.ancestors().find(|folder| fs.metadata(&folder.join(".git")).is_ok()).map(Path::to_path_buf)
}

fn repository_of(root: &Path, fs: &dyn FileSystem) -> PathBuf {
    repository_above(root, fs).unwrap_or_else(|| root.to_path_buf())
}

/// The globs of the workspaces that `folder` is the root of.
fn workspace_globs(folder: &Path, fs: &dyn FileSystem) -> Vec<String> {
    let manifest_path = folder.join("package.json");
    let mut globs = Vec::new();
    if fs.is_file(&manifest_path)
        && let Ok(json) = manifest::read(fs, &manifest_path)
    {
        globs = manifest::parse("", &json).0.workspaces;
    }
    if let Ok(yaml) = fs.read_text(&folder.join("pnpm-workspace.yaml"), WORKSPACE_LIMIT) {
        globs.extend(manifest::pnpm_workspaces(&yaml));
    }
    globs
}

fn lists(globs: &[String], folder: &str) -> bool {
    let (excluded, included): (Vec<&str>, Vec<&str>) =
        globs.iter().map(String::as_str).partition(|glob| glob.starts_with('!'));
    let excluded: Vec<&str> = excluded.iter().map(|glob| &glob[1..]).collect();
    glob_set(&included).is_match(folder) && !glob_set(&excluded).is_match(folder)
}

fn glob_set(globs: &[&str]) -> GlobSet {
    let mut set = GlobSetBuilder::new();
    for glob in globs {
        let glob = glob.trim_start_matches("./").trim_end_matches('/');
        // A glob that can't be understood lists nothing.
        if let Ok(glob) = GlobBuilder::new(glob).literal_separator(true).build() {
            set.add(glob);
        }
    }
    set.build().unwrap_or_else(|_| GlobSet::empty())
}
