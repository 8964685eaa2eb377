//! Specifiers that are no relative paths, as Node and TypeScript resolve them: workspace packages, self-references,
//! `imports`, `exports` with conditions, tsconfig `paths`.
//!
//! The algorithm is `oxc_resolver`'s; its file system is a [`View`] of the project's table, in which every package of
//! the project seems to be installed in the root's `node_modules` (as a workspace's root has it), and a built file
//! that is missing seems to be there if its source is.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::FxHashMap;

use oxc_resolver::{
    FileMetadata, FileSystem as ResolverFileSystem, ResolveError, ResolveOptions, ResolverGeneric, TsconfigDiscovery,
    TsconfigOptions, TsconfigReferences,
};

use crate::base::source::FileId;
use crate::modules::Mode;
use crate::modules::table::Table;
use crate::project::file_system::{FileKind, FileSystem, Memory};
use crate::project::path;

/// A larger manifest or tsconfig is not read.
const CONFIG_LIMIT: u64 = 4 << 20;

/// The language of the importing file, which decides the order in which extensions are tried.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Language {
    /// JavaScript.
    Js,
    /// TypeScript.
    Ts,
}

/// Extensions that a JavaScript file may leave out: Node's own, then what bundlers and loaders add.
pub(super) const JS_EXTENSIONS: [&str; 11] =
    [".js", ".json", ".node", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts", ".vue"];

/// Extensions that a TypeScript file may leave out.
pub(super) const TS_EXTENSIONS: [&str; 11] =
    [".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs", ".json", ".node", ".vue"];

/// The extensions to try for a language.
pub(super) fn extensions(language: Language) -> &'static [&'static str] {
    match language {
        Language::Js => &JS_EXTENSIONS,
        Language::Ts => &TS_EXTENSIONS,
    }
}

/// What a written extension may stand for, likeliest first.
pub(super) fn written_extensions(language: Language, extension: &str) -> &'static [&'static str] {
    match (language, extension) {
        (Language::Js, "js") => &[".js", ".ts", ".tsx", ".jsx"],
        (Language::Ts, "js") => &[".ts", ".tsx", ".js", ".jsx"],
        (Language::Js, "jsx") => &[".jsx", ".tsx"],
        (Language::Ts, "jsx") => &[".tsx", ".jsx"],
        (Language::Js, "mjs") => &[".mjs", ".mts"],
        (Language::Ts, "mjs") => &[".mts", ".mjs"],
        (Language::Js, "cjs") => &[".cjs", ".cts"],
        (Language::Ts, "cjs") => &[".cts", ".cjs"],
        _ => &[],
    }
}

/// Resolvers for both modes and languages, with one cache.
pub(super) struct PackageResolver {
    require: [ResolverGeneric<View>; 2],
    import: [ResolverGeneric<View>; 2],
    folders: ResolverGeneric<View>,
    /// By the folder of a tsconfig that is taken at its word for all files around it.
    by_tsconfig: Mutex<FxHashMap<String, Arc<ResolverGeneric<View>>>>,
    view: View,
    table: Arc<Table>,
}

impl fmt::Debug for PackageResolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PackageResolver")
    }
}

impl PackageResolver {
    pub(super) fn new(table: Arc<Table>, fs: Arc<dyn FileSystem>) -> Self {
        let view = View::new(Arc::clone(&table), fs);
        let first = ResolverGeneric::new_with_file_system(view.clone(), options(Mode::Require, Language::Js));
        let second = first.clone_with_options(options(Mode::Require, Language::Ts));
        let third = first.clone_with_options(options(Mode::Import, Language::Js));
        let fourth = first.clone_with_options(options(Mode::Import, Language::Ts));
        let folders = first
            .clone_with_options(ResolveOptions { resolve_to_context: true, ..options(Mode::Import, Language::Ts) });
        Self { require: [first, second], import: [third, fourth], folders, by_tsconfig: Mutex::default(), table, view }
    }

    /// The project's folder that `specifier` means in the file at `from`.
    pub(super) fn resolve_folder(&self, from: &str, specifier: &str) -> Option<String> {
        let resolution = self.folders.resolve_file(self.table.root.join(from), specifier).ok()?;
        self.view.inside(resolution.path()).filter(|folder| self.table.folder(folder).is_some())
    }

    /// The project's file that `specifier` means in the file at `from`.
    pub(super) fn resolve(&self, from: &str, specifier: &str, mode: Mode, language: Language) -> Option<FileId> {
        let importer = self.table.root.join(from);
        let at = language as usize;
        // Compiled TypeScript requires what it imports, so a package may only have conditions for the other mode.
        let resolvers = match mode {
            Mode::Require => [&self.require[at], &self.import[at]],
            Mode::Import => [&self.import[at], &self.require[at]],
        };
        let found = resolvers.into_iter().find_map(|resolver| {
            let resolution = match resolver.resolve_file(&importer, specifier) {
                // A tsconfig that can't be used takes nothing away but its own paths.
                Err(error) if is_tsconfig_error(&error) => resolver.resolve(importer.parent()?, specifier),
                other => other,
            };
            self.file_of(resolution.ok()?.path())
        });
        found.or_else(|| self.resolve_around(from, specifier))
    }

    /// By the nearest tsconfig, although it does not list the importing file (a test, a JavaScript file, a component of
    /// Vue): runners and bundlers are told the same paths.
    fn resolve_around(&self, from: &str, specifier: &str) -> Option<FileId> {
        let importer = self.table.root.join(from);
        let resolver = self.resolver_around(path::folder_of(from))?;
        self.file_of(resolver.resolve(importer.parent()?, specifier).ok()?.path())
    }

    fn resolver_around(&self, folder: &str) -> Option<Arc<ResolverGeneric<View>>> {
        let has_tsconfig = |folder: &&str| {
            ["tsconfig.json", "jsconfig.json"]
                .iter()
                .any(|name| path::join(folder, name).is_some_and(|path| self.table.file(&path).is_some()))
        };
        let folder = path::upwards(folder).find(has_tsconfig)?;
        let mut known = self.by_tsconfig.lock().unwrap_or_else(PoisonError::into_inner);
        let resolver = known.entry(folder.to_string()).or_insert_with(|| {
            let config_file = self.table.root.join(folder).join("tsconfig.json");
            let tsconfig = TsconfigOptions { config_file, references: TsconfigReferences::Disabled };
            Arc::new(self.folders.clone_with_options(ResolveOptions {
                tsconfig: Some(TsconfigDiscovery::Manual(tsconfig)),
                ..options(Mode::Import, Language::Ts)
            }))
        });
        Some(Arc::clone(resolver))
    }

    fn file_of(&self, resolved: &Path) -> Option<FileId> {
        let inside = self.view.inside(resolved)?;
        self.table.file(&inside).or_else(|| self.table.source_of_output(&inside))
    }
}

fn is_tsconfig_error(error: &ResolveError) -> bool {
    matches!(
        error,
        ResolveError::TsconfigNotFound(_)
            | ResolveError::TsconfigSelfReference(_)
            | ResolveError::TsconfigCircularExtend(_)
            | ResolveError::TsconfigLoadFailed { .. }
    )
}

fn options(mode: Mode, language: Language) -> ResolveOptions {
    let condition = match mode {
        Mode::Require => "require",
        Mode::Import => "import",
    };
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_string()).collect::<Vec<_>>();
    let written = ["js", "jsx", "mjs", "cjs"];
    ResolveOptions {
        tsconfig: Some(TsconfigDiscovery::Auto),
        condition_names: owned(&["node", condition, "module-sync"]),
        extensions: owned(extensions(language)),
        extension_alias: written
            .iter()
            .map(|extension| (format!(".{extension}"), owned(written_extensions(language, extension))))
            .collect(),
        main_fields: owned(&["main", "module"]),
        // The view has no links: the table knows real paths only.
        symlinks: false,
        node_path: false,
        ..ResolveOptions::default()
    }
}

/// The package's name and the subpath of a bare specifier.
pub(super) fn split_package(specifier: &str) -> (&str, &str) {
    let mut slashes = specifier.match_indices('/').map(|(at, _)| at);
    let end = if specifier.starts_with('@') { slashes.nth(1) } else { slashes.next() };
    end.map_or((specifier, ""), |end| (&specifier[..end], &specifier[end + 1..]))
}

/// The project's table as `oxc_resolver` wants to see it.
#[derive(Clone)]
struct View {
    table: Arc<Table>,
    fs: Arc<dyn FileSystem>,
    /// Installed packages (paths relative to the root) that are links to folders of the project.
    linked: Arc<Mutex<FxHashMap<String, Option<String>>>>,
    /// Folders of installed packages (paths relative to the root), and whether they are there.
    installed: Arc<Mutex<FxHashMap<String, bool>>>,
    /// The texts of configuration files: several paths of the view may mean one.
    texts: Arc<Mutex<FxHashMap<PathBuf, Result<String, io::ErrorKind>>>>,
}

fn not_found() -> io::Error {
    io::Error::from(io::ErrorKind::NotFound)
}

impl View {
    fn new(table: Arc<Table>, fs: Arc<dyn FileSystem>) -> Self {
        Self { table, fs, linked: Arc::default(), installed: Arc::default(), texts: Arc::default() }
    }

    /// The path relative to the root that a path of the view means.
    fn inside(&self, path: &Path) -> Option<String> {
        let relative = path::relative_to(&self.table.root, path)?;
        let Some((start, installed)) = after_last(&relative, "node_modules/") else { return Some(relative) };
        let (name, subpath) = split_package(installed);
        if start == "node_modules/".len()
            && let Some(folder) = self.table.package(name)
        {
            return path::join(folder, subpath);
        }
        // Most projects are analysed without their packages: there are as many names to ask for as imports.
        if !self.has_packages(&relative[..start - 1]) {
            return Some(relative);
        }
        match self.linked_folder(&relative[..start + name.len()]) {
            Some(folder) => path::join(&folder, subpath),
            None => Some(relative),
        }
    }

    /// Whether packages are installed in a folder.
    fn has_packages(&self, folder: &str) -> bool {
        let mut installed = self.installed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(&known) = installed.get(folder) {
            return known;
        }
        let is_there = !self.table.is_absent(folder) && self.fs.is_directory(&self.table.root.join(folder));
        installed.insert(folder.to_string(), is_there);
        is_there
    }

    /// The project's folder that an installed package is a link to (`"shared": "file:../shared"`).
    fn linked_folder(&self, package: &str) -> Option<String> {
        let mut linked = self.linked.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = linked.get(package) {
            return known.clone();
        }
        let real = self.fs.canonicalize(&self.table.root.join(package)).ok();
        let folder = real
            .and_then(|real| path::relative_to(&self.table.root, &real))
            .filter(|folder| !folder.split('/').any(|part| part == "node_modules"));
        linked.insert(package.to_string(), folder.clone());
        folder
    }

    /// Configuration is read from the disk: within the project, a tsconfig above it in the repository, and as data
    /// from installed packages that a tsconfig extends.
    fn config_path(&self, path: &Path) -> Option<PathBuf> {
        let name = path.file_name()?.to_str()?;
        let is_json = path::extension_of(name) == "json";
        let is_tsconfig = is_json && name.contains("tsconfig");
        let Some(inside) = self.inside(path) else {
            return (is_tsconfig && path.starts_with(&self.table.repository)).then(|| path.to_path_buf());
        };
        let is_installed = inside.split('/').any(|part| part == "node_modules");
        let is_config = name == "package.json" || is_tsconfig || (is_json && !is_installed);
        is_config.then(|| self.table.root.join(inside))
    }

    /// A link may lead anywhere, but what the walk took is no link.
    fn is_within_repository(&self, path: &Path, config: &Path) -> bool {
        if let Some(inside) = self.inside(path) {
            if self.table.is_listed(&inside) {
                return true;
            }
            if self.table.is_absent(&inside) {
                return false;
            }
        }
        self.fs.canonicalize(config).is_ok_and(|real| real.starts_with(&self.table.repository))
    }

    /// Whether `path` would be a folder's tsconfig, and the folder has a `jsconfig.json` instead.
    fn is_jsconfig(&self, path: &Path) -> bool {
        let Some(inside) = self.inside(path).filter(|inside| path::name_of(inside) == "tsconfig.json") else {
            return false;
        };
        let named = path::join(path::folder_of(&inside), "jsconfig.json");
        self.table.file(&inside).is_none() && named.is_some_and(|named| self.table.file(&named).is_some())
    }

    fn text_at(&self, config: PathBuf) -> io::Result<String> {
        let mut texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        let read = |config: &Path| self.fs.read_text(config, CONFIG_LIMIT).map_err(|error| error.kind());
        texts.entry(config).or_insert_with_key(|config| read(config)).clone().map_err(io::Error::from)
    }

    /// The text of a configuration file. A tsconfig that another extends and that is not there (not installed, not
    /// checked out) takes nothing away from the other's own settings.
    fn config_text(&self, path: &Path) -> io::Result<String> {
        if self.is_jsconfig(path) {
            return Ok(r#"{"extends": "./jsconfig.json", "compilerOptions": {"allowJs": true}}"#.to_string());
        }
        let text = match self.config_path(path) {
            Some(config) if self.is_within_repository(path, &config) => self.text_at(config),
            _ => Err(not_found()),
        };
        match text {
            Err(error)
                if error.kind() == io::ErrorKind::NotFound && path.file_name() != Some("package.json".as_ref()) =>
            {
                Ok("{}".to_string())
            }
            other => other,
        }
    }
}

impl ResolverFileSystem for View {
    fn new() -> Self {
        Self::new(Arc::default(), Arc::new(Memory::new()))
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.config_text(path).map(String::into_bytes)
    }

    fn read_to_string(&self, path: &Path) -> io::Result<String> {
        self.config_text(path)
    }

    fn metadata(&self, path: &Path) -> io::Result<FileMetadata> {
        let Some(inside) = self.inside(path) else {
            if let Some(config) = self.config_path(path) {
                let is_file = self.fs.metadata(&config)?.kind == FileKind::File;
                return Ok(FileMetadata::new(is_file, !is_file, false));
            }
            // Above the root there are folders, and nothing in them that matters.
            return if self.table.root.starts_with(path) {
                Ok(FileMetadata::new(false, true, false))
            } else {
                Err(not_found())
            };
        };
        if self.table.file(&inside).is_some() || self.is_jsconfig(path) {
            return Ok(FileMetadata::new(true, false, false));
        }
        if self.table.folder(&inside).is_some() || self.table.has_manifest(&inside) || is_packages_folder(&inside) {
            return Ok(FileMetadata::new(false, true, false));
        }
        if let Some(config) = self.config_path(path) {
            if self.table.is_absent(&inside) {
                return Err(not_found());
            }
            let kind = self.fs.metadata(&config)?.kind;
            return Ok(FileMetadata::new(kind == FileKind::File, kind == FileKind::Directory, false));
        }
        if self.table.source_of_output(&inside).is_some() {
            return Ok(FileMetadata::new(true, false, false));
        }
        // Of what is installed only folders are seen, on the way to a tsconfig that another extends.
        if let Some(packages) = path::upwards(&inside).filter(|folder| path::name_of(folder) == "node_modules").last() {
            if self.table.is_absent(packages) {
                return Err(not_found());
            }
            let kind = self.fs.metadata(&self.table.root.join(inside))?.kind;
            return if kind == FileKind::Directory {
                Ok(FileMetadata::new(false, true, false))
            } else {
                Err(not_found())
            };
        }
        Err(not_found())
    }

    fn symlink_metadata(&self, path: &Path) -> io::Result<FileMetadata> {
        self.metadata(path)
    }

    fn read_link(&self, _path: &Path) -> Result<PathBuf, ResolveError> {
        Err(ResolveError::from(not_found()))
    }

    fn canonicalize(&self, path: &Path) -> io::Result<PathBuf> {
        Ok(path.to_path_buf())
    }
}

/// The place after the last occurrence of `part` as a whole name, and what follows it.
fn after_last<'a>(path: &'a str, part: &str) -> Option<(usize, &'a str)> {
    let at = path.rfind(part).filter(|&at| at == 0 || path.as_bytes()[at - 1] == b'/')?;
    let start = at + part.len();
    Some((start, &path[start..]))
}

/// Whether it is the folder in which the project's packages seem to be installed, or a scope in it.
fn is_packages_folder(inside: &str) -> bool {
    inside == "node_modules"
        || inside.strip_prefix("node_modules/").is_some_and(|rest| rest.starts_with('@') && !rest.contains('/'))
}
