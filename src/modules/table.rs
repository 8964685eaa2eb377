//! The project's files as a tree in memory: every question about a relative specifier is answered here, without a
//! look at the disk.

use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::OnceLock;

use crate::base::source::FileId;
use crate::modules::resolver::{Language, extensions};
use crate::project::{Project, build_output, path};

/// What modleak needs of a file.
#[derive(Clone, Debug)]
pub(super) struct TableFile {
    /// Relative to the root.
    pub(super) path: Box<str>,
    /// Whether it is test code.
    pub(super) is_test: bool,
}

/// Files and folders of the project.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// The root, absolute.
    pub(super) root: PathBuf,
    /// The repository's root, absolute.
    pub(super) repository: PathBuf,
    /// The root as text with `/`, without one at the end.
    pub(super) root_text: String,
    files: Vec<TableFile>,
    by_path: FxHashMap<Box<str>, FileId>,
    /// The names in each folder, sorted.
    folders: FxHashMap<Box<str>, Folder>,
    /// The folders that hold a manifest, and its `main`.
    mains: FxHashMap<Box<str>, Option<Box<str>>>,
    /// The folders of packages, by name; of two with one name the first.
    packages: BTreeMap<Box<str>, Box<str>>,
    /// Other names for folders and files, by the folder of the manifest that gives them: name and path.
    aliases: FxHashMap<Box<str>, Vec<(Box<str>, String)>>,
    /// The starred keys and targets of each manifest that has any, by its folder.
    subpaths: FxHashMap<Box<str>, Vec<(String, String)>>,
    /// The names of the packages that each manifest declares, sorted, by its folder.
    declared: FxHashMap<Box<str>, Vec<Box<str>>>,
    /// The folders that hold a folder of a name.
    parents: FxHashMap<Box<str>, Vec<Box<str>>>,
    /// JSON files and `node_modules` that are there and are none of the project's.
    unlisted: FxHashSet<Box<str>>,
    /// The paths in lower case, made when they are first asked for.
    lower: OnceLock<FxHashSet<String>>,
    /// Links: path to real path.
    links: FxHashMap<Box<str>, Box<str>>,
}

/// What lies in a folder.
#[derive(Clone, Debug, Default)]
pub(super) struct Folder {
    /// Files, in the order of their names.
    pub(super) files: Vec<FileId>,
    /// Names of folders, in order.
    pub(super) folders: Vec<Box<str>>,
}

impl Table {
    pub(super) fn new(project: &Project) -> Self {
        let mut table = Self {
            root_text: project.root.to_string_lossy().replace('\\', "/").trim_end_matches('/').to_string(),
            root: project.root.clone(),
            unlisted: project.unlisted.iter().map(|path| path.as_str().into()).collect(),
            repository: project.repository.clone(),
            ..Self::default()
        };
        let mut known = FxHashSet::default();
        table.folders.insert("".into(), Folder::default());
        for (id, file) in project.files.iter_enumerated() {
            table.files.push(TableFile { path: file.path.as_str().into(), is_test: file.is_test });
            table.by_path.insert(file.path.as_str().into(), id);
            table.add_folders(path::folder_of(&file.path), &mut known);
            table.folders.entry(path::folder_of(&file.path).into()).or_default().files.push(id);
        }
        for manifest in project.manifests.iter().chain(&project.followed) {
            table.mains.insert(manifest.folder.as_str().into(), manifest.main.as_deref().map(Into::into));
            let aliases = manifest.module_aliases.iter();
            let aliases: Vec<_> = aliases
                .filter_map(|(name, target)| Some((name.as_str().into(), path::join(&manifest.folder, target)?)))
                .collect();
            if !aliases.is_empty() {
                table.aliases.insert(manifest.folder.as_str().into(), aliases);
            }
            if !manifest.subpaths.is_empty() {
                table.subpaths.insert(manifest.folder.as_str().into(), manifest.subpaths.clone());
            }
            let declared = manifest.dependencies.iter().map(|name| name.as_str().into()).collect();
            table.declared.insert(manifest.folder.as_str().into(), declared);
            let is_own = !manifest.folder.split('/').any(|part| part == "node_modules");
            if let Some(name) = manifest.name.as_ref().filter(|_| is_own) {
                table.packages.entry(name.as_str().into()).or_insert_with(|| manifest.folder.as_str().into());
            }
        }
        for map in &project.import_maps {
            let names = map.names.iter().map(|(name, target)| (name.trim_end_matches('/').into(), target.clone()));
            table.aliases.entry(map.folder.as_str().into()).or_default().extend(names);
        }
        for (link, real) in &project.links {
            table.links.insert(link.as_str().into(), real.as_str().into());
        }
        table
    }

    fn add_folders(&mut self, folder: &str, known: &mut FxHashSet<Box<str>>) {
        let mut folder = folder;
        while !folder.is_empty() && known.insert(folder.into()) {
            let parent = path::folder_of(folder);
            let names = &mut self.folders.entry(parent.into()).or_default().folders;
            let name = path::name_of(folder);
            if let Err(at) = names.binary_search_by(|other| other.as_ref().cmp(name)) {
                names.insert(at, name.into());
                self.parents.entry(name.into()).or_default().push(parent.into());
            }
            folder = parent;
        }
    }

    pub(super) fn file(&self, path: &str) -> Option<FileId> {
        if let Some(&file) = self.by_path.get(path) {
            return Some(file);
        }
        self.by_path.get(self.real(path)?.as_str()).copied()
    }

    /// Whether a path is a file of the project by its real name.
    pub(super) fn is_listed(&self, path: &str) -> bool {
        self.by_path.contains_key(path)
    }

    /// Whether a path means a file if upper and lower case are one.
    pub(super) fn has_in_other_case(&self, target: &str, language: Language) -> bool {
        let lower = self.lower.get_or_init(|| self.files.iter().map(|file| file.path.to_lowercase()).collect());
        let target = target.to_lowercase();
        let endings = extensions(language).iter();
        lower.contains(&target)
            || endings.clone().any(|extension| lower.contains(&format!("{target}{extension}")))
            || endings.clone().any(|extension| lower.contains(&format!("{target}/index{extension}")))
    }

    /// Whether it is known from the walk that a JSON file or a `node_modules` is not there.
    pub(super) fn is_absent(&self, path: &str) -> bool {
        let folder = path::folder_of(path);
        if self.is_listed(folder) {
            return true;
        }
        let is_walked = self.folders.contains_key(folder) && !folder.split('/').any(|part| part == "node_modules");
        is_walked && !self.is_listed(path) && !self.folders.contains_key(path) && !self.unlisted.contains(path)
    }

    /// The path with links replaced by what they lead to, if there are any on the way.
    pub(super) fn real(&self, path: &str) -> Option<String> {
        if self.links.is_empty() {
            return None;
        }
        let link = path::upwards(path).find_map(|prefix| Some((prefix, self.links.get(prefix)?)))?;
        Some(match path::below(link.0, path) {
            Some(rest) if link.1.is_empty() => rest.to_string(),
            Some(rest) => format!("{}/{rest}", link.1),
            None => link.1.to_string(),
        })
    }

    pub(super) fn folder(&self, path: &str) -> Option<&Folder> {
        if let Some(folder) = self.folders.get(path) {
            return Some(folder);
        }
        self.folders.get(self.real(path)?.as_str())
    }

    pub(super) fn path(&self, file: FileId) -> &str {
        self.files.get(file.0 as usize).map_or("", |file| &file.path)
    }

    pub(super) fn is_test(&self, file: FileId) -> bool {
        self.files.get(file.0 as usize).is_some_and(|file| file.is_test)
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = FileId> + use<> {
        (0..u32::try_from(self.files.len()).unwrap_or(u32::MAX)).map(FileId)
    }

    /// Whether a folder holds a manifest.
    pub(super) fn has_manifest(&self, folder: &str) -> bool {
        self.mains.contains_key(folder)
    }

    /// `main` of the manifest in a folder.
    pub(super) fn main_of(&self, folder: &str) -> Option<&str> {
        self.mains.get(folder)?.as_deref()
    }

    /// The folder of the project's package of that name.
    pub(super) fn package(&self, name: &str) -> Option<&str> {
        self.packages.get(name).map(AsRef::as_ref)
    }

    /// Whether the manifest around a file declares a package of that name.
    pub(super) fn is_declared(&self, file: &str, package: &str) -> bool {
        let declared = path::upwards(path::folder_of(file)).find_map(|folder| self.declared.get(folder));
        declared.is_some_and(|names| names.binary_search_by(|name| name.as_ref().cmp(package)).is_ok())
    }

    /// The folders that hold a folder of that name.
    pub(super) fn parents_of(&self, name: &str) -> &[Box<str>] {
        self.parents.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// The path that a bare specifier means by an alias of a manifest in or above `folder`.
    pub(super) fn aliased(&self, folder: &str, specifier: &str) -> Option<String> {
        if self.aliases.is_empty() {
            return None;
        }
        let given = path::upwards(folder).find_map(|folder| self.aliases.get(folder))?;
        given.iter().find_map(|(name, target)| match specifier.strip_prefix(name.as_ref())? {
            "" => Some(target.clone()),
            rest => path::join(target, rest.strip_prefix('/')?),
        })
    }

    /// The starred keys of `exports` and `imports` of the manifest in a folder, with their targets as written.
    pub(super) fn subpaths(&self, folder: &str) -> &[(String, String)] {
        self.subpaths.get(folder).map(Vec::as_slice).unwrap_or_default()
    }

    /// The source of a built file that is not there.
    pub(super) fn source_of_output(&self, output: &str) -> Option<FileId> {
        let package = path::upwards(path::folder_of(output)).find(|folder| self.mains.contains_key(*folder))?;
        build_output::possible_sources(package, output).iter().find_map(|source| self.file(source))
    }

    /// The path relative to the root that an absolute path (`/`-separated) means, if it lies within the root.
    pub(super) fn inside<'a>(&self, absolute: &'a str) -> Option<&'a str> {
        let rest = absolute.strip_prefix(self.root_text.as_str())?;
        if rest.is_empty() { Some("") } else { rest.strip_prefix('/') }
    }
}
