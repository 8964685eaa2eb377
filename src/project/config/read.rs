//! Configuration files to [`Settings`], with the place of everything that is wrong. Errors never quote what stands in
//! a file: a configuration may be a link to something secret.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use ignore::gitignore::GitignoreBuilder;
use jsonc_parser::ast::{Object, ObjectProp, Value};
use jsonc_parser::common::{Range, Ranged};
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use crate::base::source::LineIndex;
use crate::project::ProjectError;
use crate::project::config::{CONFIG_NAMES, Level, RuleSet, Settings};
use crate::project::file_system::FileSystem;
use crate::project::path;

/// A larger configuration is not read.
const CONFIG_LIMIT: u64 = 1 << 20;

/// A larger model file is not read.
const MODEL_LIMIT: u64 = 4 << 20;

/// More files in a chain of `extends` are taken for a mistake.
const EXTENDS_LIMIT: usize = 32;

/// So many files are read for one configuration: what two files extend is read twice.
const SOURCES_LIMIT: usize = 256;

/// The keys of a configuration.
const KEYS: [&str; 8] = ["$schema", "extends", "ignore", "tests", "entries", "rules", "overrides", "models"];

/// The keys of an override.
const OVERRIDE_KEYS: [&str; 2] = ["files", "rules"];

/// Reads configuration files.
pub(super) struct Reader<'a> {
    pub(super) fs: &'a dyn FileSystem,
    /// The names of the rules that exist.
    pub(super) rules: &'a [String],
    /// What is extended lies in this folder.
    pub(super) repository: &'a Path,
    /// Whether the first file is a `package.json`, with the configuration as one of its keys.
    pub(super) is_manifest: bool,
}

/// A file that is being read.
struct File<'a> {
    path: &'a Path,
    text: &'a str,
}

impl File<'_> {
    fn error(&self, range: Range, message: impl Into<String>) -> ProjectError {
        let offset = u32::try_from(range.start).unwrap_or(u32::MAX);
        let position = LineIndex::new(self.text).position(self.text, offset);
        ProjectError {
            message: message.into(),
            place: Some((self.path.to_path_buf(), position.line, position.column)),
            help: None,
        }
    }

    fn strings(&self, value: &Value<'_>, key: &str) -> Result<Vec<(String, Range)>, ProjectError> {
        let wrong = |range| self.error(range, format!("`{key}` must be a list of strings"));
        let array = value.as_array().ok_or_else(|| wrong(value.range()))?;
        let text = |value: &Value<'_>| match value {
            Value::StringLit(text) => Ok((text.value.to_string(), text.range)),
            other => Err(wrong(other.range())),
        };
        array.elements.iter().map(text).collect()
    }

    fn globs(&self, value: &Value<'_>, key: &str) -> Result<Vec<String>, ProjectError> {
        let mut globs = Vec::new();
        for (glob, range) in self.strings(value, key)? {
            let mut builder = GitignoreBuilder::new("");
            if builder.add_line(None, &glob).is_err() || builder.build().is_err() {
                return Err(self.error(range, format!("this glob of `{key}` cannot be understood")));
            }
            globs.push(glob);
        }
        Ok(globs)
    }

    fn unknown<'k>(
        &self,
        range: Range,
        what: &str,
        written: &str,
        known: impl Iterator<Item = &'k str>,
    ) -> ProjectError {
        let known: Vec<&str> = known.collect();
        let near = nearest(written, &known);
        // A word is named only where it is plainly a slip of a known one: the file may be a link to a secret.
        let shown = if near.is_some() { format!(" `{written}`") } else { String::new() };
        let mut error = self.error(range, format!("unknown {what}{shown}"));
        error.help = Some(match near {
            Some(name) => format!("did you mean `{name}`?"),
            None => format!("known are {}", known.join(", ")),
        });
        error
    }
}

/// The known name that was probably meant.
fn nearest<'k>(written: &str, known: &[&'k str]) -> Option<&'k str> {
    let distances = known.iter().map(|name| (strsim::damerau_levenshtein(written, name), *name));
    distances.min().filter(|(distance, name)| *distance <= name.len().div_ceil(3)).map(|(_, name)| name)
}

impl Reader<'_> {
    /// What a configuration file says, with all that it extends.
    pub(super) fn read(&self, file: &Path) -> Result<Settings, ProjectError> {
        let mut settings = Settings::default();
        let mut chain = Vec::new();
        self.read_into(file, self.is_manifest, &mut chain, &mut settings)?;
        Ok(settings)
    }

    fn read_into(
        &self,
        path: &Path,
        is_manifest: bool,
        chain: &mut Vec<PathBuf>,
        settings: &mut Settings,
    ) -> Result<(), ProjectError> {
        let text = self.fs.read_text(path, CONFIG_LIMIT).map_err(|error| unreadable(path, error.kind()))?;
        let file = File { path, text: &text };
        let options = ParseOptions {
            allow_missing_commas: false,
            allow_single_quoted_strings: false,
            allow_loose_object_property_names: false,
            ..ParseOptions::default()
        };
        let parsed = parse_to_ast(&text, &CollectOptions::default(), &options)
            .map_err(|error| file.error(error.range(), format!("not valid JSON: {}", error.kind())))?;
        settings.sources.push(path.to_path_buf());
        let whole = parsed.value.as_ref();
        let value = if is_manifest {
            let manifest = whole.and_then(Value::as_object).and_then(|object| object.get("modleak"));
            manifest.map(|property| &property.value)
        } else {
            whole
        };
        let Some(Value::Object(object)) = value else {
            let range = value.map_or(Range::new(0, 0), Ranged::range);
            return Err(file.error(range, "a configuration must be an object"));
        };
        chain.push(self.fs.canonicalize(path).unwrap_or_else(|_| path.to_path_buf()));
        self.read_object(&file, object, chain, settings)?;
        chain.pop();
        Ok(())
    }

    fn read_object(
        &self,
        file: &File<'_>,
        object: &Object<'_>,
        chain: &mut Vec<PathBuf>,
        settings: &mut Settings,
    ) -> Result<(), ProjectError> {
        // What is extended comes first, wherever the key stands, so that the file itself has the last word.
        for property in object.properties.iter().filter(|property| property.name.as_str() == "extends") {
            self.extend(file, &property.value, chain, settings)?;
        }
        let mut own = RuleSet::default();
        let mut overrides = Vec::new();
        for property in &object.properties {
            let value = &property.value;
            match property.name.as_str() {
                "extends" => {}
                "$schema" if value.as_string_lit().is_some() => {}
                "$schema" => return Err(file.error(value.range(), "`$schema` must be a string")),
                "ignore" => settings.ignore.extend(file.globs(value, "ignore")?),
                "tests" => settings.tests.extend(file.globs(value, "tests")?),
                "entries" => settings.entries.extend(file.globs(value, "entries")?),
                "rules" => own.levels.extend(self.levels(file, value)?),
                "overrides" => overrides.extend(self.overrides(file, value)?),
                "models" => self.read_models(file, value, settings)?,
                other => return Err(file.unknown(property.name_range(), "key", other, KEYS.into_iter())),
            }
        }
        settings.rules.push(own);
        settings.rules.extend(overrides);
        Ok(())
    }

    fn levels(&self, file: &File<'_>, value: &Value<'_>) -> Result<BTreeMap<String, Level>, ProjectError> {
        let object =
            value.as_object().ok_or_else(|| file.error(value.range(), "`rules` must be an object of rule names"))?;
        let mut levels = BTreeMap::new();
        for property in &object.properties {
            let name = property.name.as_str();
            if !self.rules.iter().any(|rule| rule == name) {
                return Err(file.unknown(property.name_range(), "rule", name, self.rules.iter().map(String::as_str)));
            }
            let level = property.value.as_string_lit().and_then(|text| Level::parse(&text.value)).ok_or_else(|| {
                file.error(property.value.range(), "a rule's level must be \"off\", \"info\", \"warning\" or \"error\"")
            })?;
            levels.insert(name.to_string(), level);
        }
        Ok(levels)
    }

    fn overrides(&self, file: &File<'_>, value: &Value<'_>) -> Result<Vec<RuleSet>, ProjectError> {
        let array =
            value.as_array().ok_or_else(|| file.error(value.range(), "`overrides` must be a list of objects"))?;
        let mut sets = Vec::new();
        for element in &array.elements {
            let object = element
                .as_object()
                .ok_or_else(|| file.error(element.range(), "an override must be an object with `files` and `rules`"))?;
            let mut set = RuleSet::default();
            for property in &object.properties {
                match property.name.as_str() {
                    "files" => set.files = Some(file.globs(&property.value, "files")?),
                    "rules" => set.levels = self.levels(file, &property.value)?,
                    other => return Err(file.unknown(property.name_range(), "key", other, OVERRIDE_KEYS.into_iter())),
                }
            }
            if set.files.is_none() {
                return Err(file.error(element.range(), "an override must have `files`"));
            }
            sets.push(set);
        }
        Ok(sets)
    }

    fn read_models(&self, file: &File<'_>, value: &Value<'_>, settings: &mut Settings) -> Result<(), ProjectError> {
        for (written, range) in file.strings(value, "models")? {
            let path = file.path.parent().unwrap_or(self.repository).join(&written);
            self.confine(file, &path, range)?;
            let text = self
                .fs
                .read_text(&path, MODEL_LIMIT)
                .map_err(|error| file.error(range, format!("the model file cannot be read: {}", why(error.kind()))))?;
            let name = path::relative_to(self.repository, &crate::project::file_system::clean(&path));
            settings.models.push((name.unwrap_or(written), text));
            settings.sources.push(path);
        }
        Ok(())
    }

    fn extend(
        &self,
        file: &File<'_>,
        value: &Value<'_>,
        chain: &mut Vec<PathBuf>,
        settings: &mut Settings,
    ) -> Result<(), ProjectError> {
        let written = match value {
            Value::StringLit(text) => vec![(text.value.to_string(), text.range)],
            Value::Array(_) => file.strings(value, "extends")?,
            other => return Err(file.error(other.range(), "`extends` must be a string or a list of strings")),
        };
        for (written, range) in written {
            let (path, is_manifest) = self
                .locate(file, &written)
                .ok_or_else(|| file.error(range, "the extended configuration is not there"))?;
            let real = self.confine(file, &path, range)?;
            if chain.contains(&real) {
                return Err(file.error(range, "`extends` leads in a circle"));
            }
            if chain.len() >= EXTENDS_LIMIT || settings.sources.len() >= SOURCES_LIMIT {
                return Err(file.error(range, "`extends` leads through too many files"));
            }
            self.read_into(&path, is_manifest, chain, settings)?;
        }
        Ok(())
    }

    /// The real path of a file that a configuration names, if it lies in the repository.
    fn confine(&self, file: &File<'_>, path: &Path, range: Range) -> Result<PathBuf, ProjectError> {
        let real = self
            .fs
            .canonicalize(path)
            .map_err(|error| file.error(range, format!("the file cannot be read: {}", why(error.kind()))))?;
        if real.starts_with(self.repository) {
            Ok(real)
        } else {
            Err(file.error(range, "the file lies outside the repository"))
        }
    }

    /// The file that `extends` names, and whether it is a `package.json`.
    fn locate(&self, file: &File<'_>, written: &str) -> Option<(PathBuf, bool)> {
        let folder = file.path.parent()?;
        let is_path = written.starts_with("./") || written.starts_with("../") || Path::new(written).is_absolute();
        if is_path {
            return self.complete(&folder.join(written)).map(|path| (path, false));
        }
        let segments = if written.starts_with('@') { 2 } else { 1 };
        let is_plain = written.split('/').all(|part| !part.is_empty() && part != "." && part != "..");
        if !is_plain {
            return None;
        }
        let is_package = written.split('/').count() <= segments;
        let folders = folder.ancestors().take_while(|folder| folder.starts_with(self.repository));
        for target in folders.map(|folder| folder.join("node_modules").join(written)) {
            let found = if is_package {
                self.package_config(&target)
            } else {
                self.complete(&target).map(|path| (path, false))
            };
            if found.is_some() {
                return found;
            }
        }
        None
    }

    fn complete(&self, path: &Path) -> Option<PathBuf> {
        let mut candidates = vec![path.to_path_buf()];
        for ending in ["json", "jsonc"] {
            let mut name = path.file_name()?.to_os_string();
            name.push(".");
            name.push(ending);
            candidates.push(path.with_file_name(name));
        }
        candidates.into_iter().find(|candidate| self.fs.is_file(candidate))
    }

    fn package_config(&self, folder: &Path) -> Option<(PathBuf, bool)> {
        let named = CONFIG_NAMES.iter().map(|name| folder.join(name)).find(|file| self.fs.is_file(file));
        named.map(|file| (file, false)).or_else(|| {
            let manifest = folder.join("package.json");
            self.fs.is_file(&manifest).then_some((manifest, true))
        })
    }
}

/// The place of a property's name.
trait NameRange {
    fn name_range(&self) -> Range;
}

impl NameRange for ObjectProp<'_> {
    fn name_range(&self) -> Range {
        self.name.range()
    }
}

fn why(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::NotFound => "no such file",
        ErrorKind::PermissionDenied => "permission denied",
        ErrorKind::FileTooLarge => "it is too large",
        ErrorKind::InvalidInput => "it is not a regular file",
        _ => "it cannot be opened",
    }
}

fn unreadable(path: &Path, kind: ErrorKind) -> ProjectError {
    ProjectError::new(format!("cannot read the configuration {}: {}", path.display(), why(kind)))
}
