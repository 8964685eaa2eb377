//! The configuration, as the stages and faces ask for it.
//!
//! A project has a layer for each configuration file: its root's (or the nearest above it), and those of nested packages.
//! The nearest layer upwards decides alone for a file, but for `ignore`, which adds up as `.gitignore` files do.
//! Globs are `.gitignore`'s, relative to the configuration's folder: `*.js` means any depth, `/a.js` and `src/a.js` the one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use serde_json::{Value, json};

use crate::project::ProjectError;
use crate::project::file_system::FileSystem;
use crate::project::path;

mod read;
mod schema;

pub use schema::schema;

/// Names of the files that hold the configuration of a folder, in the order in which they are looked for.
pub const CONFIG_NAMES: [&str; 2] = ["modleak.json", "modleak.jsonc"];

/// How severe a rule's findings are by the configuration.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
pub enum Level {
    /// Not reported.
    Off,
    /// `info`.
    Info,
    /// `warning`.
    Warning,
    /// `error`.
    Error,
}

impl Level {
    /// All levels by their names.
    pub const NAMES: [(&'static str, Self); 4] =
        [("off", Self::Off), ("info", Self::Info), ("warning", Self::Warning), ("error", Self::Error)];

    /// The level of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, level)| *level)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, level)| *level == self).map_or("", |(name, _)| name)
    }
}

/// Where the configuration comes from.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum ConfigChoice {
    /// From the project's own files.
    #[default]
    Discover,
    /// From this file alone; its globs are relative to the analysed folder.
    File(PathBuf),
    /// There is none.
    Nothing,
}

/// The configuration of a project.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// Sorted by folder.
    layers: Vec<Layer>,
}

/// What one configuration file says, with all that it extends.
#[derive(Clone, Debug)]
struct Layer {
    /// Its folder, relative to the root; empty for the root, and for a folder above it.
    folder: String,
    /// The root relative to the configuration's folder, if that lies above it.
    prefix: String,
    settings: Settings,
    ignore: Gitignore,
    tests: Gitignore,
    entries: Gitignore,
    /// The globs of each of the settings' rule sets.
    files: Vec<Option<Gitignore>>,
}

/// What a configuration file says, as it is written, the extended files' first.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Settings {
    ignore: Vec<String>,
    tests: Vec<String>,
    entries: Vec<String>,
    /// Of those that say something about a rule and a file, the last counts.
    rules: Vec<RuleSet>,
    models: Vec<(String, String)>,
    /// The files that were read.
    sources: Vec<PathBuf>,
}

/// Levels of rules, for some files or all.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct RuleSet {
    files: Option<Vec<String>>,
    levels: BTreeMap<String, Level>,
}

impl Config {
    /// How severe a rule's findings in the file at `path` are, if the configuration says so.
    pub fn severity_of(&self, rule: &str, path: &str) -> Option<Level> {
        self.layer_of(path)?.level(rule, path)
    }

    /// Whether a file or folder is left out of the analysis.
    pub fn is_ignored(&self, path: &str, is_directory: bool) -> bool {
        self.layers.iter().any(|layer| {
            layer
                .inside(path)
                .is_some_and(|path| layer.ignore.matched_path_or_any_parents(path, is_directory).is_ignore())
        })
    }

    /// Whether the configuration says that a file is test code.
    pub fn is_test(&self, path: &str) -> bool {
        self.layer_of(path).is_some_and(|layer| layer.matches(&layer.tests, path))
    }

    /// Whether the configuration says that a file's exports are called by someone outside.
    pub fn is_entry(&self, path: &str) -> bool {
        self.layer_of(path).is_some_and(|layer| layer.matches(&layer.entries, path))
    }

    /// Whether the configuration names entries for the files in `folder`.
    pub fn names_entries(&self, folder: &str) -> bool {
        self.layer_of(&format!("{folder}/x")).is_some_and(|layer| !layer.settings.entries.is_empty())
    }

    /// The files that teach the analyser further libraries: name and text, in the order in which they are named.
    pub fn models(&self) -> impl Iterator<Item = &(String, String)> {
        self.layers.iter().flat_map(|layer| &layer.settings.models)
    }

    /// Every configuration and model file that was read.
    pub fn sources(&self) -> impl Iterator<Item = &Path> {
        self.layers.iter().flat_map(|layer| &layer.settings.sources).map(PathBuf::as_path)
    }

    /// What holds for the file at `path`, for people to read; `defaults` are the levels of rules where nothing is said.
    pub fn effective(&self, path: &str, defaults: &[(&str, &str)]) -> Value {
        let mut rules: BTreeMap<String, &str> =
            defaults.iter().map(|&(name, level)| (name.to_owned(), level)).collect();
        let nothing = Layer::new(String::new(), String::new(), Settings::default());
        let layer = self.layer_of(path).unwrap_or(&nothing);
        for set in &layer.settings.rules {
            for name in set.levels.keys() {
                if let Some(level) = layer.level(name, path) {
                    rules.insert(name.clone(), level.name());
                }
            }
        }
        let settings = &layer.settings;
        let models: Vec<&String> = settings.models.iter().map(|(name, _)| name).collect();
        json!({
            "ignore": settings.ignore, "tests": settings.tests, "entries": settings.entries, "rules": rules,
            "models": models,
        })
    }

    fn layer_of(&self, path: &str) -> Option<&Layer> {
        let holds = |layer: &&Layer| layer.inside(path).is_some();
        self.layers.iter().filter(holds).max_by_key(|layer| layer.folder.len())
    }
}

impl Layer {
    fn new(folder: String, prefix: String, settings: Settings) -> Self {
        let files = settings.rules.iter().map(|set| set.files.as_deref().map(globs)).collect();
        Self {
            ignore: globs(&settings.ignore),
            tests: globs(&settings.tests),
            entries: globs(&settings.entries),
            folder,
            prefix,
            settings,
            files,
        }
    }

    /// The path relative to the configuration's folder, if it lies there.
    fn inside(&self, path: &str) -> Option<String> {
        let below = path::below(&self.folder, path.trim_start_matches('/'))?;
        Some(if self.prefix.is_empty() { below.to_string() } else { format!("{}/{below}", self.prefix) })
    }

    fn matches(&self, globs: &Gitignore, path: &str) -> bool {
        self.inside(path).is_some_and(|path| globs.matched_path_or_any_parents(path, false).is_ignore())
    }

    fn level(&self, rule: &str, path: &str) -> Option<Level> {
        let applies = |globs: &Option<Gitignore>| globs.as_ref().is_none_or(|globs| self.matches(globs, path));
        let sets = self.settings.rules.iter().zip(&self.files).rev();
        sets.filter(|(_, files)| applies(files)).find_map(|(set, _)| set.levels.get(rule).copied())
    }
}

/// A matcher of globs that were found to be right when the configuration was read.
fn globs(globs: &[String]) -> Gitignore {
    let mut builder = GitignoreBuilder::new("");
    for glob in globs {
        let _ = builder.add_line(None, glob.strip_prefix("./").unwrap_or(glob));
    }
    builder.build().unwrap_or_else(|_| Gitignore::empty())
}

/// Collects the configuration while the project is walked.
pub(super) struct Collector<'a> {
    fs: &'a dyn FileSystem,
    rules: &'a [String],
    /// Nothing above this folder is read.
    repository: &'a Path,
    root: &'a Path,
    discovers: bool,
    pub(super) config: Config,
}

impl<'a> Collector<'a> {
    /// Starts with the configuration that holds for the root: the chosen one, or the nearest above it (the root's own
    /// is found by the walk).
    ///
    /// # Errors
    /// If it can't be used.
    pub(super) fn new(
        choice: &ConfigChoice,
        fs: &'a dyn FileSystem,
        rules: &'a [String],
        repository: &'a Path,
        root: &'a Path,
    ) -> Result<Self, ProjectError> {
        let discovers = *choice == ConfigChoice::Discover;
        let mut collector = Self { fs, rules, repository, root, discovers, config: Config::default() };
        match choice {
            ConfigChoice::Nothing => {}
            ConfigChoice::File(file) => {
                let is_inside = file.starts_with(repository);
                let confines = if is_inside { repository } else { file.parent().unwrap_or(root) };
                let is_manifest = file.file_name().is_some_and(|name| name == "package.json");
                let reader = read::Reader { fs, rules, repository: confines, is_manifest };
                collector.config.layers.push(Layer::new(String::new(), String::new(), reader.read(file)?));
            }
            ConfigChoice::Discover => collector.look_above()?,
        }
        Ok(collector)
    }

    fn look_above(&mut self) -> Result<(), ProjectError> {
        if config_in(self.fs, self.root, self.repository).is_some() {
            return Ok(());
        }
        let above = self.root.ancestors().skip(1).take_while(|folder| folder.starts_with(self.repository));
        for folder in above {
            if let Some(file) = config_in(self.fs, folder, self.repository) {
                let prefix = path::relative_to(folder, self.root).unwrap_or_default();
                return self.add(String::new(), prefix, &file);
            }
        }
        Ok(())
    }

    /// Reads the configuration of a folder that the walk entered, if it has one.
    ///
    /// # Errors
    /// If it can't be used.
    pub(super) fn enter(&mut self, folder: &str, file: &str) -> Result<(), ProjectError> {
        if !self.discovers || self.config.layers.iter().any(|layer| layer.folder == folder && layer.prefix.is_empty()) {
            return Ok(());
        }
        self.add(folder.to_string(), String::new(), &self.root.join(folder).join(file))
    }

    fn add(&mut self, folder: String, prefix: String, file: &Path) -> Result<(), ProjectError> {
        let is_manifest = file.file_name().is_some_and(|name| name == "package.json");
        let reader = read::Reader { fs: self.fs, rules: self.rules, repository: self.repository, is_manifest };
        let layer = Layer::new(folder, prefix, reader.read(file)?);
        self.config.layers.push(layer);
        self.config.layers.sort_by(|a, b| a.folder.cmp(&b.folder));
        Ok(())
    }
}

/// The file with the configuration of a folder, unless it is a link out of the repository.
fn config_in(fs: &dyn FileSystem, folder: &Path, repository: &Path) -> Option<PathBuf> {
    let is_ours = |file: &Path| fs.canonicalize(file).is_ok_and(|real| real.starts_with(repository));
    let named = CONFIG_NAMES.iter().map(|name| folder.join(name)).find(|file| fs.is_file(file) && is_ours(file));
    named.or_else(|| {
        let manifest = folder.join("package.json");
        let has_key = fs.is_file(&manifest)
            && is_ours(&manifest)
            && crate::project::manifest::read(fs, &manifest).is_ok_and(|json| json.contains_key("modleak"));
        has_key.then_some(manifest)
    })
}

#[cfg(test)]
mod tests;
