//! Specifiers that are no relative paths, as Node and TypeScript resolve them: workspace packages, self-references,
//! `imports`, `exports` with conditions, tsconfig `paths`.
//!
//! The algorithm is `oxc_resolver`'s; its file system is a [`View`] of the project's table, in which every package of
//! the project seems to be installed in the root's `node_modules` (as a workspace's root has it), and a built file
//! that is missing seems to be there if its source is.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use oxc_resolver::{
    FileMetadata, FileSystem as ResolverFileSystem, ResolveError, ResolveOptions, ResolverGeneric, TsconfigDiscovery,
};

use crate::base::source::FileId;
use crate::modules::Mode;
use crate::modules::table::Table;
use crate::project::file_system::{FileKind, FileSystem};
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
    table: Arc<Table>,
}

impl fmt::Debug for PackageResolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PackageResolver")
    }
}

impl PackageResolver {
    pub(super) fn new(table: Arc<Table>, fs: Arc<dyn FileSystem>) -> Self {
        let view = View { table: Arc::clone(&table), fs };
        let first = ResolverGeneric::new_with_file_system(view, options(Mode::Require, Language::Js));
        let second = first.clone_with_options(options(Mode::Require, Language::Ts));
        let third = first.clone_with_options(options(Mode::Import, Language::Js));
        let fourth = first.clone_with_options(options(Mode::Import, Language::Ts));
        let folders = first
            .clone_with_options(ResolveOptions { resolve_to_context: true, ..options(Mode::Import, Language::Ts) });
        Self { require: [first, second], import: [third, fourth], folders, table }
    }

    /// The project's folder that `specifier` means in the file at `from`.
    pub(super) fn resolve_folder(&self, from: &str, specifier: &str) -> Option<String> {
        let resolution = self.folders.resolve_file(self.table.root.join(from), specifier).ok()?;
        inside(&self.table, resolution.path()).filter(|folder| self.table.folder(folder).is_some())
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
        resolvers.into_iter().find_map(|resolver| {
            let resolution = match resolver.resolve_file(&importer, specifier) {
                // A tsconfig that can't be used takes nothing away but its own paths.
                Err(error) if is_tsconfig_error(&error) => resolver.resolve(importer.parent()?, specifier),
                other => other,
            };
            self.file_of(resolution.ok()?.path())
        })
    }

    fn file_of(&self, resolved: &Path) -> Option<FileId> {
        let inside = inside(&self.table, resolved)?;
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

/// The path relative to the root that a path of the view means.
fn inside(table: &Table, path: &Path) -> Option<String> {
    let relative = path::relative_to(&table.root, path)?;
    let Some(rest) = relative.strip_prefix("node_modules/") else { return Some(relative) };
    let (name, subpath) = split_package(rest);
    match table.package(name) {
        Some(folder) => path::join(folder, subpath),
        None => Some(relative),
    }
}

/// The package's name and the subpath of a bare specifier.
pub(super) fn split_package(specifier: &str) -> (&str, &str) {
    let mut slashes = specifier.match_indices('/').map(|(at, _)| at);
    let end = if specifier.starts_with('@') { slashes.nth(1) } else { slashes.next() };
    end.map_or((specifier, ""), |end| (&specifier[..end], &specifier[end + 1..]))
}

/// The project's table as `oxc_resolver` wants to see it.
struct View {
    table: Arc<Table>,
    fs: Arc<dyn FileSystem>,
}

fn not_found() -> io::Error {
    io::Error::from(io::ErrorKind::NotFound)
}

impl View {
    /// Configuration is read from the disk: within the project, and as data from installed packages that a tsconfig
    /// extends.
    fn config_path(&self, path: &Path) -> Option<PathBuf> {
        let name = path.file_name()?.to_str()?;
        let is_config = name == "package.json" || (name.ends_with(".json") && name.contains("tsconfig"));
        let inside = inside(&self.table, path)?;
        let is_installed = inside.split('/').any(|part| part == "node_modules");
        (is_config || (!is_installed && name.ends_with(".json"))).then(|| self.table.root.join(inside))
    }
}

impl ResolverFileSystem for View {
    fn new() -> Self {
        Self { table: Arc::default(), fs: Arc::new(crate::project::file_system::Memory::new()) }
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.fs.read(&self.config_path(path).ok_or_else(not_found)?, CONFIG_LIMIT)
    }

    fn read_to_string(&self, path: &Path) -> io::Result<String> {
        self.fs.read_text(&self.config_path(path).ok_or_else(not_found)?, CONFIG_LIMIT)
    }

    fn metadata(&self, path: &Path) -> io::Result<FileMetadata> {
        let Some(inside) = inside(&self.table, path) else {
            // Above the root there are folders, and nothing in them that matters.
            return if self.table.root.starts_with(path) {
                Ok(FileMetadata::new(false, true, false))
            } else {
                Err(not_found())
            };
        };
        if self.table.file(&inside).is_some() {
            return Ok(FileMetadata::new(true, false, false));
        }
        if self.table.folder(&inside).is_some() || self.table.main_of(&inside).is_some() || is_packages_folder(&inside)
        {
            return Ok(FileMetadata::new(false, true, false));
        }
        if let Some(config) = self.config_path(path) {
            let kind = self.fs.metadata(&config)?.kind;
            return Ok(FileMetadata::new(kind == FileKind::File, kind == FileKind::Directory, false));
        }
        if self.table.source_of_output(&inside).is_some() {
            return Ok(FileMetadata::new(true, false, false));
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

/// Whether it is the folder in which the project's packages seem to be installed, or a scope in it.
fn is_packages_folder(inside: &str) -> bool {
    inside == "node_modules"
        || inside.strip_prefix("node_modules/").is_some_and(|rest| rest.starts_with('@') && !rest.contains('/'))
}
