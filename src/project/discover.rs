//! The walk over the analysed folder: which files are sources, and where the manifests are.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::base::finding::Incomplete;
use crate::project::file_system::{DirectoryEntry, FileKind, FileSystem};
use crate::project::manifest::{self, ManifestProblem, NamedEntries};
use crate::project::root::Place;
use crate::project::{Manifest, ProjectError, build_output, path};

/// A larger JSON file is data, not a module.
const JSON_LIMIT: u64 = 1 << 20;

/// A larger `.gitignore` is not read.
const IGNORE_FILE_LIMIT: u64 = 1 << 20;

/// Folders below this depth are not entered.
const DEPTH_LIMIT: usize = 128;

/// A larger configuration file of a test runner is not looked at.
const RUNNER_CONFIG_LIMIT: u64 = 256 << 10;

/// The extensions of sources.
const SOURCE_EXTENSIONS: [&str; 9] = ["js", "jsx", "mjs", "cjs", "ts", "tsx", "mts", "cts", "vue"];

/// What the walk found.
#[derive(Default)]
pub(super) struct Found {
    /// The files, sorted by path.
    pub(super) files: Vec<String>,
    /// The manifests and the files that they name, sorted by folder.
    pub(super) manifests: Vec<(Manifest, NamedEntries)>,
    /// Links inside the root: path and real path.
    pub(super) links: Vec<(String, String)>,
    /// Files that are no sources but may mark a framework's folder, sorted.
    pub(super) other_files: Vec<String>,
    /// What was left out.
    pub(super) incomplete: Vec<Incomplete>,
    /// How many files are compiled from a source that is there.
    pub(super) compiled_twins: u32,
}

/// Walks the analysed folder.
///
/// # Errors
/// If it can't be read at all.
pub(super) fn discover(place: &Place, fs: &dyn FileSystem) -> Result<Found, ProjectError> {
    if let Err(error) = fs.read_dir(&place.root) {
        return Err(ProjectError::new(format!("cannot read {}: {error}", place.root.display())));
    }
    let mut walk =
        Walk { root: &place.root, fs, found: Found::default(), files: BTreeSet::new(), restoring: BTreeSet::new() };
    let mut pending = vec![Folder { path: String::new(), depth: 0, ignores: ignores_above(place, fs) }];
    while let Some(folder) = pending.pop() {
        walk.enter(folder, &mut pending);
    }
    Ok(walk.finish())
}

/// A folder to be walked, with what is ignored in it, innermost last.
struct Folder {
    path: String,
    depth: usize,
    ignores: Vec<Gitignore>,
}

struct Walk<'a> {
    root: &'a Path,
    fs: &'a dyn FileSystem,
    found: Found,
    files: BTreeSet<String>,
    /// Folders with a test runner's configuration that puts things back.
    restoring: BTreeSet<String>,
}

impl Walk<'_> {
    fn enter(&mut self, mut folder: Folder, pending: &mut Vec<Folder>) {
        let absolute = self.root.join(&folder.path);
        let entries = match self.fs.read_dir(&absolute) {
            Ok(entries) => entries,
            Err(error) => {
                return self.leave_out(&folder.path, "unreadable", format!("the folder can't be read: {error}"));
            }
        };
        if has_file(&entries, ".gitignore") {
            folder.ignores.extend(read_ignores(&absolute, self.fs));
        }
        if has_file(&entries, "package.json") {
            self.read_manifest(&folder.path);
        }
        for entry in &entries {
            match &entry.name {
                Ok(name) => self.visit(&folder, name, entry.kind, pending),
                Err(shown) => self.leave_out(
                    &join(&folder.path, shown),
                    "unreadable",
                    "the name is not valid Unicode".to_string(),
                ),
            }
        }
    }

    fn visit(&mut self, folder: &Folder, name: &str, kind: FileKind, pending: &mut Vec<Folder>) {
        let path = join(&folder.path, name);
        if kind == FileKind::Link {
            return self.follow(folder, name, &path);
        }
        let is_directory = kind == FileKind::Directory;
        if is_skipped(name, is_directory) || is_ignored(&folder.ignores, &self.root.join(&path), is_directory) {
            return;
        }
        match kind {
            FileKind::Directory if folder.depth >= DEPTH_LIMIT => {
                self.leave_out(&path, "limit", format!("folders more than {DEPTH_LIMIT} deep are not entered"));
            }
            FileKind::Directory => {
                pending.push(Folder { path, depth: folder.depth + 1, ignores: folder.ignores.clone() });
            }
            FileKind::File => self.take(folder, name, path),
            FileKind::Other if is_source(name) => {
                self.leave_out(&path, "unreadable", "not a regular file".to_string());
            }
            FileKind::Link | FileKind::Other => {}
        }
    }

    fn take(&mut self, folder: &Folder, name: &str, path: String) {
        if is_runner_config(name)
            && let Ok(text) = self.fs.read_text(&self.root.join(&path), RUNNER_CONFIG_LIMIT)
            && manifest::runner_restores(&text)
        {
            self.restoring.insert(folder.path.clone());
        }
        let is_taken = if name.ends_with(".json") {
            self.fs.metadata(&self.root.join(&path)).is_ok_and(|metadata| metadata.len <= JSON_LIMIT)
        } else {
            is_source(name)
        };
        if is_taken {
            self.files.insert(path);
        } else if name.ends_with(".yml") || name.ends_with(".yaml") || name.ends_with(".toml") {
            self.found.other_files.push(path);
        }
    }

    /// A link is another name of what it leads to, which the walk finds by itself if it lies inside.
    fn follow(&mut self, folder: &Folder, name: &str, path: &str) {
        let absolute = self.root.join(path);
        let target = self.fs.metadata(&absolute);
        let is_directory = target.as_ref().is_ok_and(|metadata| metadata.kind == FileKind::Directory);
        if is_skipped(name, is_directory) || is_ignored(&folder.ignores, &absolute, is_directory) {
            return;
        }
        let is_of_interest = is_directory || is_source(name);
        let Ok(real) = self.fs.canonicalize(&absolute) else {
            if is_source(name) {
                self.leave_out(path, "unreadable", "the link leads nowhere".to_string());
            }
            return;
        };
        match path::relative_to(self.root, &real) {
            Some(inside) => self.found.links.push((path.to_string(), inside)),
            None if is_of_interest => {
                self.leave_out(path, "outside-root", "the link leads out of the analysed folder".to_string());
            }
            None => {}
        }
    }

    fn read_manifest(&mut self, folder: &str) {
        let path = join(folder, "package.json");
        let problem = match manifest::read(self.fs, &self.root.join(&path)) {
            Ok(json) => return self.found.manifests.push(manifest::parse(folder, &json)),
            Err(problem) => problem,
        };
        let (reason, message) = match problem {
            ManifestProblem::Unreadable => ("unreadable", "the file can't be read"),
            ManifestProblem::TooLarge => ("too-large", "the file is too large for a package.json"),
            ManifestProblem::Malformed => ("syntax-error", "the file is no JSON object"),
        };
        // The folder is a package's all the same.
        self.found
            .manifests
            .push((Manifest { folder: folder.to_string(), ..Manifest::default() }, NamedEntries::default()));
        self.leave_out(&path, reason, message.to_string());
    }

    fn leave_out(&mut self, file: &str, reason: &'static str, message: String) {
        self.found.incomplete.push(Incomplete { file: file.to_string(), reason, message, range: None });
    }

    fn finish(mut self) -> Found {
        let mut found = self.found;
        found.manifests.sort_by(|(a, _), (b, _)| a.folder.cmp(&b.folder));
        found.links.sort();
        found.other_files.sort();
        for (manifest, _) in &mut found.manifests {
            manifest.test_runner_restores |= self.restoring.contains(&manifest.folder);
        }
        let packages: BTreeSet<String> = found.manifests.iter().map(|(manifest, _)| manifest.folder.clone()).collect();
        let package_of = |file: &str| {
            path::upwards(path::folder_of(file))
                .find(|folder| packages.contains(*folder))
                .unwrap_or_default()
                .to_string()
        };
        let twins: Vec<String> = self
            .files
            .iter()
            .filter(|file| {
                build_output::is_compiled_twin(&package_of(file), file, |source| self.files.contains(source))
            })
            .cloned()
            .collect();
        for twin in &twins {
            self.files.remove(twin);
        }
        found.compiled_twins = u32::try_from(twins.len()).unwrap_or(u32::MAX);
        found.files = self.files.into_iter().collect();
        found
    }
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_string() } else { format!("{folder}/{name}") }
}

fn has_file(entries: &[DirectoryEntry], name: &str) -> bool {
    entries.iter().any(|entry| entry.kind == FileKind::File && entry.name.as_deref() == Ok(name))
}

/// Folders that never hold the project's own code, and files that are no code.
fn is_skipped(name: &str, is_directory: bool) -> bool {
    if is_directory {
        return name.starts_with('.') || matches!(name, "node_modules" | "bower_components" | "jspm_packages");
    }
    [".d.ts", ".d.mts", ".d.cts"].iter().any(|ending| name.ends_with(ending))
}

fn is_source(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(stem, extension)| !stem.is_empty() && SOURCE_EXTENSIONS.contains(&extension))
}

fn is_runner_config(name: &str) -> bool {
    ["jest.config.", "vitest.config.", "vite.config.", "vitest.workspace."].iter().any(|start| name.starts_with(start))
}

/// The ignore files between the repository's root and the analysed folder.
fn ignores_above(place: &Place, fs: &dyn FileSystem) -> Vec<Gitignore> {
    let above = place.root.ancestors().skip(1).take_while(|folder| folder.starts_with(&place.repository));
    let mut folders: Vec<PathBuf> = above.map(Path::to_path_buf).collect();
    folders.reverse();
    let mut ignores: Vec<Gitignore> = folders.iter().filter_map(|folder| read_ignores(folder, fs)).collect();
    // Who names an ignored folder wants it analysed.
    ignores.retain(|ignore| !ignore.matched_path_or_any_parents(&place.root, true).is_ignore());
    ignores
}

fn read_ignores(folder: &Path, fs: &dyn FileSystem) -> Option<Gitignore> {
    let text = fs.read_text(&folder.join(".gitignore"), IGNORE_FILE_LIMIT).ok()?;
    let mut builder = GitignoreBuilder::new(folder);
    for line in text.lines() {
        // git skips lines that it can't understand, too.
        let _ = builder.add_line(None, line);
    }
    builder.build().ok().filter(|ignores| !ignores.is_empty())
}

/// As git decides: the innermost file that says anything about the path.
fn is_ignored(ignores: &[Gitignore], path: &Path, is_directory: bool) -> bool {
    for ignore in ignores.iter().rev() {
        match ignore.matched(path, is_directory) {
            Match::Ignore(_) => return true,
            Match::Whitelist(_) => return false,
            Match::None => {}
        }
    }
    false
}
