//! The walk over the analysed folder: which files are sources, and where the manifests are.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::base::finding::Incomplete;
use crate::project::config::{CONFIG_NAMES, Collector, Config};
use crate::project::file_system::{DirectoryEntry, FileKind, FileSystem};
use crate::project::import_map::{self, ImportMap};
use crate::project::manifest::{self, ManifestProblem, NamedEntries};
use crate::project::root::{Place, WORKSPACE_LIMIT};
use crate::project::versions::{self, Catalogs};
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
    /// Import maps, sorted by folder.
    pub(super) import_maps: Vec<ImportMap>,
    /// Links inside the root: path and real path.
    pub(super) links: Vec<(String, String)>,
    /// Files that are no sources but may mark a framework's folder, sorted.
    pub(super) other_files: Vec<String>,
    /// What walked folders hold that might configure something, and is no file of the project; sorted.
    pub(super) unlisted: Vec<String>,
    /// What was left out.
    pub(super) incomplete: Vec<Incomplete>,
    /// How many files are compiled from a source that is there.
    pub(super) compiled_twins: u32,
    /// Manifests of packages in `node_modules` that were asked for.
    pub(super) followed: Vec<Manifest>,
    /// Files that decided what is analysed.
    pub(super) inputs: Vec<PathBuf>,
    /// The configuration.
    pub(super) config: Config,
}

/// Walks the analysed folder. `follow` names the packages of `node_modules` that are entered too.
///
/// # Errors
/// If it can't be read at all, or a configuration in it can't be used.
pub(super) fn discover(
    place: &Place,
    follow: &[String],
    config: Collector<'_>,
    fs: &dyn FileSystem,
) -> Result<Found, ProjectError> {
    if let Err(error) = fs.read_dir(&place.root) {
        return Err(ProjectError::new(format!("cannot read {}: {error}", place.root.display())));
    }
    let (ignores, inputs) = ignores_above(place, fs);
    let mut walk = Walk {
        root: &place.root,
        repository: &place.repository,
        fs,
        follow,
        config,
        found: Found { inputs, ..Found::default() },
        files: BTreeSet::new(),
        restoring: BTreeSet::new(),
        resetting: BTreeSet::new(),
        packages_seen: BTreeSet::new(),
        pending: vec![Folder { path: String::new(), depth: 0, ignores, is_installed: false }],
    };
    while let Some(folder) = walk.pending.pop() {
        walk.enter(folder)?;
    }
    Ok(walk.finish())
}

/// A folder to be walked, with what is ignored in it, innermost last.
struct Folder {
    path: String,
    depth: usize,
    ignores: Vec<Gitignore>,
    /// Whether it belongs to an installed package.
    is_installed: bool,
}

struct Walk<'a> {
    root: &'a Path,
    /// Nothing outside of it is read.
    repository: &'a Path,
    fs: &'a dyn FileSystem,
    /// Names of installed packages to enter; `*` for all.
    follow: &'a [String],
    config: Collector<'a>,
    found: Found,
    files: BTreeSet<String>,
    /// Folders with a test runner's configuration that puts things back.
    restoring: BTreeSet<String>,
    /// … that resets doubles, which puts things back in newer versions.
    resetting: BTreeSet<String>,
    /// Folders of installed packages that were entered already.
    packages_seen: BTreeSet<String>,
    pending: Vec<Folder>,
}

impl Walk<'_> {
    fn enter(&mut self, mut folder: Folder) -> Result<(), ProjectError> {
        let absolute = self.root.join(&folder.path);
        let entries = match self.fs.read_dir(&absolute) {
            Ok(entries) => entries,
            Err(error) => {
                self.leave_out(&folder.path, "unreadable", format!("the folder can't be read: {error}"));
                return Ok(());
            }
        };
        if !folder.is_installed && has_file(&entries, ".gitignore") {
            folder.ignores.extend(read_ignores(&absolute, self.fs));
            self.found.inputs.push(absolute.join(".gitignore"));
        }
        self.read_manifest_and_config(&folder, &entries)?;
        for entry in &entries {
            match &entry.name {
                Ok(name) => self.visit(&folder, name, entry.kind),
                Err(shown) => self.leave_out(
                    &join(&folder.path, shown),
                    "unreadable",
                    "the name is not valid Unicode".to_string(),
                ),
            }
        }
        Ok(())
    }

    fn read_manifest_and_config(&mut self, folder: &Folder, entries: &[DirectoryEntry]) -> Result<(), ProjectError> {
        let manifest_configures = self.offers(folder, entries, "package.json") && self.read_manifest(folder);
        if folder.is_installed {
            return Ok(());
        }
        if let Some(name) = import_map::FILES.iter().find(|name| self.offers(folder, entries, name)) {
            self.found.inputs.push(self.root.join(join(&folder.path, name)));
            self.found.import_maps.extend(import_map::read(self.root, &folder.path, name, self.fs));
        }
        match CONFIG_NAMES.iter().find(|name| self.offers(folder, entries, name)) {
            Some(name) => self.config.enter(&folder.path, name),
            None if manifest_configures => self.config.enter(&folder.path, "package.json"),
            None => Ok(()),
        }
    }

    /// Whether a folder has this file, or a link to a file of the repository. A link to elsewhere is not read, which is
    /// said.
    fn offers(&mut self, folder: &Folder, entries: &[DirectoryEntry], name: &str) -> bool {
        let Some(entry) = entries.iter().find(|entry| entry.name.as_deref() == Ok(name)) else { return false };
        if entry.kind != FileKind::Link {
            return entry.kind == FileKind::File;
        }
        let path = join(&folder.path, name);
        let real = self.fs.canonicalize(&self.root.join(&path));
        if real.as_ref().is_ok_and(|real| real.starts_with(self.repository) && self.fs.is_file(real)) {
            return true;
        }
        self.leave_out(
            &path,
            "outside-root",
            "the link leads to no file of the repository: it is not read".to_string(),
        );
        false
    }

    fn visit(&mut self, folder: &Folder, name: &str, kind: FileKind) {
        let path = join(&folder.path, name);
        if name == "node_modules" || path::extension_of(name) == "json" {
            self.found.unlisted.push(path.clone());
        }
        if name == "node_modules" && !self.follow.is_empty() {
            return self.enter_packages(&path, folder.depth + 1);
        }
        if kind == FileKind::Link {
            return self.follow_link(folder, name, &path);
        }
        let is_directory = kind == FileKind::Directory;
        if is_skipped(name, is_directory) || self.is_ignored(folder, &path, is_directory) {
            return;
        }
        match kind {
            FileKind::Directory if folder.depth >= DEPTH_LIMIT => {
                self.leave_out(&path, "limit", format!("folders more than {DEPTH_LIMIT} deep are not entered"));
            }
            FileKind::Directory => self.pending.push(Folder {
                path,
                depth: folder.depth + 1,
                ignores: folder.ignores.clone(),
                is_installed: folder.is_installed,
            }),
            FileKind::File => self.take(folder, name, path),
            FileKind::Other if is_source(name) => {
                self.leave_out(&path, "unreadable", "not a regular file".to_string());
            }
            FileKind::Link | FileKind::Other => {}
        }
    }

    fn is_ignored(&self, folder: &Folder, path: &str, is_directory: bool) -> bool {
        is_ignored(&folder.ignores, &self.root.join(path), is_directory)
            || self.config.config.is_ignored(path, is_directory)
    }

    /// Enters those of the packages in a `node_modules` folder that were asked for, by their real paths.
    fn enter_packages(&mut self, packages: &str, depth: usize) {
        let Ok(entries) = self.fs.read_dir(&self.root.join(packages)) else { return };
        for name in entries.into_iter().filter_map(|entry| entry.name.ok()).filter(|name| !name.starts_with('.')) {
            let names = if name.starts_with('@') {
                let scoped = self.fs.read_dir(&self.root.join(packages).join(&name)).unwrap_or_default();
                scoped.into_iter().filter_map(|entry| Some(format!("{name}/{}", entry.name.ok()?))).collect()
            } else {
                vec![name]
            };
            for name in names {
                if self.follow.iter().any(|wanted| wanted == "*" || *wanted == name) {
                    self.enter_package(&join(packages, &name), depth);
                }
            }
        }
    }

    fn enter_package(&mut self, path: &str, depth: usize) {
        let real = self.fs.canonicalize(&self.root.join(path)).ok();
        let Some(real) = real.and_then(|real| path::relative_to(self.root, &real)) else {
            return self.leave_out(path, "outside-root", "the link leads out of the analysed folder".to_string());
        };
        if real != path {
            self.found.links.push((path.to_string(), real.clone()));
        }
        // A package of the project itself is walked where it lies.
        if !real.split('/').any(|part| part == "node_modules") || !self.packages_seen.insert(real.clone()) {
            return;
        }
        if depth >= DEPTH_LIMIT {
            return self.leave_out(path, "limit", format!("folders more than {DEPTH_LIMIT} deep are not entered"));
        }
        // What a package of pnpm's store depends on lies beside it.
        if let Some((store, _)) = real.rsplit_once("/node_modules/").filter(|_| real != path) {
            self.enter_packages(&format!("{store}/node_modules"), depth + 1);
        }
        self.pending.push(Folder { path: real, depth, ignores: Vec::new(), is_installed: true });
    }

    fn take(&mut self, folder: &Folder, name: &str, path: String) {
        if is_runner_config(name)
            && let Ok(text) = self.fs.read_text(&self.root.join(&path), RUNNER_CONFIG_LIMIT)
        {
            if manifest::runner_restores(&text) {
                self.restoring.insert(folder.path.clone());
            }
            if manifest::runner_resets(&text) {
                self.resetting.insert(folder.path.clone());
            }
        }
        let is_taken = if path::extension_of(name) == "json" {
            self.fs.metadata(&self.root.join(&path)).is_ok_and(|metadata| metadata.len <= JSON_LIMIT)
        } else {
            is_source(name)
        };
        if is_taken {
            self.files.insert(path);
        } else if matches!(path::extension_of(name), "yml" | "yaml" | "toml") {
            self.found.other_files.push(path);
        }
    }

    /// A link is another name of what it leads to, which the walk finds by itself if it lies inside.
    fn follow_link(&mut self, folder: &Folder, name: &str, path: &str) {
        let absolute = self.root.join(path);
        let target = self.fs.metadata(&absolute);
        let is_directory = target.as_ref().is_ok_and(|metadata| metadata.kind == FileKind::Directory);
        if is_skipped(name, is_directory) || self.is_ignored(folder, path, is_directory) {
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

    /// Reads a folder's `package.json` and says whether it holds a configuration of ours.
    fn read_manifest(&mut self, folder: &Folder) -> bool {
        let path = join(&folder.path, "package.json");
        let absolute = self.root.join(&path);
        let problem = match manifest::read(self.fs, &absolute) {
            Ok(json) => {
                let (manifest, named) = manifest::parse(&folder.path, &json);
                if folder.is_installed {
                    self.found.followed.push(manifest);
                } else {
                    self.found.inputs.push(absolute);
                    self.found.manifests.push((manifest, named));
                }
                return json.contains_key("modleak");
            }
            Err(problem) => problem,
        };
        let (reason, message) = match problem {
            ManifestProblem::Unreadable => ("unreadable", "the file can't be read"),
            ManifestProblem::TooLarge => ("too-large", "the file is too large for a package.json"),
            ManifestProblem::Malformed => ("syntax-error", "the file is no JSON object"),
        };
        self.leave_out(&path, reason, message.to_string());
        if !folder.is_installed {
            // The folder is a package's all the same.
            let manifest = Manifest { folder: folder.path.clone(), ..Manifest::default() };
            self.found.manifests.push((manifest, NamedEntries::default()));
        }
        false
    }

    fn leave_out(&mut self, file: &str, reason: &'static str, message: String) {
        self.found.incomplete.push(Incomplete { file: file.to_string(), reason, message, range: None });
    }

    fn finish(mut self) -> Found {
        let mut found = self.found;
        found.config = self.config.config;
        found.inputs.extend(found.config.sources().map(Path::to_path_buf));
        found.followed.sort_by(|a, b| a.folder.cmp(&b.folder));
        found.manifests.sort_by(|(a, _), (b, _)| a.folder.cmp(&b.folder));
        found.import_maps.sort_by(|a, b| a.folder.cmp(&b.folder));
        found.links.sort();
        found.other_files.sort();
        found.links.dedup();
        let (catalogs, read) = catalogs(self.root, self.repository, self.fs);
        found.inputs.extend(read);
        found.inputs.sort();
        found.inputs.dedup();
        for (manifest, _) in &mut found.manifests {
            manifest.test_runner_restores |= self.restoring.contains(&manifest.folder);
            manifest.majors = versions::majors(&manifest.versions, &catalogs);
            manifest.test_runner_restores |=
                self.resetting.contains(&manifest.folder) && manifest::resets_restore(&manifest.majors);
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
        found.unlisted.retain(|path| !self.files.contains(path));
        found.unlisted.sort();
        found.files = self.files.into_iter().collect();
        found
    }
}

/// The lists of versions of the nearest workspace around the analysed folder, and the file that they are from.
fn catalogs(root: &Path, repository: &Path, fs: &dyn FileSystem) -> (Catalogs, Option<PathBuf>) {
    let folders = root.ancestors().take_while(|folder| folder.starts_with(repository));
    let files = folders.map(|folder| folder.join("pnpm-workspace.yaml"));
    for file in files {
        if let Ok(text) = fs.read_text(&file, WORKSPACE_LIMIT) {
            return (versions::pnpm_catalogs(&text), Some(file));
        }
    }
    (Catalogs::new(), None)
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

pub(super) fn is_source(name: &str) -> bool {
    SOURCE_EXTENSIONS.contains(&path::extension_of(name))
}

fn is_runner_config(name: &str) -> bool {
    ["jest.config.", "vitest.config.", "vite.config.", "vitest.workspace."].iter().any(|start| name.starts_with(start))
}

/// The ignore files between the repository's root and the analysed folder, and where they are.
fn ignores_above(place: &Place, fs: &dyn FileSystem) -> (Vec<Gitignore>, Vec<PathBuf>) {
    let above = place.root.ancestors().skip(1).take_while(|folder| folder.starts_with(&place.repository));
    let mut folders: Vec<PathBuf> = above.map(Path::to_path_buf).collect();
    folders.reverse();
    let mut ignores: Vec<Gitignore> = folders.iter().filter_map(|folder| read_ignores(folder, fs)).collect();
    let files = folders.iter().map(|folder| folder.join(".gitignore")).filter(|file| fs.is_file(file)).collect();
    // Who names an ignored folder wants it analysed.
    ignores.retain(|ignore| !ignore.matched_path_or_any_parents(&place.root, true).is_ignore());
    (ignores, files)
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
