//! `package.json`, read with patience: what is of the wrong type is not there.

use std::path::Path;

use serde_json::{Map, Value};

use crate::project::file_system::FileSystem;
use crate::project::{Manifest, versions};

/// A larger `package.json` is not read.
pub const MANIFEST_LIMIT: u64 = 4 << 20;

/// What a `package.json` says of the files that others load.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct NamedEntries {
    /// Targets of `main`, `module`, `browser` and `exports`, as written.
    pub entries: Vec<String>,
    /// Targets of `bin`, as written.
    pub bins: Vec<String>,
}

/// Why a `package.json` is not used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ManifestProblem {
    /// It can't be read.
    Unreadable,
    /// It is larger than [`MANIFEST_LIMIT`].
    TooLarge,
    /// It is no JSON object.
    Malformed,
}

/// Reads a `package.json` as JSON.
///
/// # Errors
/// If it can't be read or is no JSON object.
pub fn read(fs: &dyn FileSystem, path: &Path) -> Result<Map<String, Value>, ManifestProblem> {
    let text = fs.read_text(path, MANIFEST_LIMIT).map_err(|error| match error.kind() {
        std::io::ErrorKind::FileTooLarge => ManifestProblem::TooLarge,
        _ => ManifestProblem::Unreadable,
    })?;
    match serde_json::from_str(&text) {
        Ok(Value::Object(object)) => Ok(object),
        _ => Err(ManifestProblem::Malformed),
    }
}

/// What the analysis uses of a `package.json` in `folder`. The entries are left to be found among the files.
pub fn parse(folder: &str, json: &Map<String, Value>) -> (Manifest, NamedEntries) {
    let text = |key: &str| json.get(key).and_then(Value::as_str).map(str::to_string);
    let named = named_entries(json);
    let manifest = Manifest {
        folder: folder.to_string(),
        name: text("name").filter(|name| !name.is_empty()),
        is_private: json.get("private").and_then(Value::as_bool).unwrap_or(false),
        dependencies: dependencies(json),
        names_entries: !named.entries.is_empty() || !named.bins.is_empty(),
        main: text("main"),
        is_module: json.get("type").and_then(Value::as_str) == Some("module"),
        test_runner_restores: runner_restores_in(json),
        has_exports_map: json.get("exports").is_some_and(|value| !value.is_null()),
        module_aliases: module_aliases(json),
        subpaths: subpaths(json),
        workspaces: workspaces(json),
        versions: versions::asked(json),
        ..Manifest::default()
    };
    (manifest, named)
}

fn dependencies(json: &Map<String, Value>) -> Vec<String> {
    let kinds = ["dependencies", "devDependencies", "peerDependencies", "optionalDependencies"];
    let mut names: Vec<String> = kinds
        .iter()
        .filter_map(|kind| json.get(*kind)?.as_object())
        .flat_map(|object| object.keys().cloned())
        .collect();
    names.sort();
    names.dedup();
    names
}

/// The names of the package `module-alias`; its key is its own, no other tool's.
fn module_aliases(json: &Map<String, Value>) -> Vec<(String, String)> {
    let object = json.get("_moduleAliases").and_then(Value::as_object);
    let pairs =
        object.into_iter().flatten().filter_map(|(name, target)| Some((name.clone(), target.as_str()?.to_string())));
    let mut aliases: Vec<(String, String)> = pairs.filter(|(name, _)| !name.is_empty()).collect();
    aliases.sort_by(|a, b| (b.0.len(), &a.0).cmp(&(a.0.len(), &b.0)));
    aliases
}

/// Starred keys of `exports` and `imports`, with each of their targets.
fn subpaths(json: &Map<String, Value>) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    for object in ["exports", "imports"].iter().filter_map(|key| json.get(*key)?.as_object()) {
        for (key, value) in object.iter().filter(|(key, _)| key.contains('*')) {
            let mut targets = Vec::new();
            collect_targets(value, &mut targets);
            pairs.extend(targets.into_iter().map(|target| (key.clone(), target)));
        }
    }
    pairs
}

/// Globs of the workspaces: an array, or `{packages: […]}`.
fn workspaces(json: &Map<String, Value>) -> Vec<String> {
    let Some(value) = json.get("workspaces") else { return Vec::new() };
    let list = value.as_array().or_else(|| value.get("packages")?.as_array());
    list.into_iter().flatten().filter_map(|glob| glob.as_str().map(str::to_string)).collect()
}

/// The `packages:` list of a `pnpm-workspace.yaml`.
pub fn pnpm_workspaces(yaml: &str) -> Vec<String> {
    let mut globs = Vec::new();
    let mut is_inside = false;
    for line in yaml.lines() {
        let text = line.trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        if let Some(rest) = line.strip_prefix("packages:") {
            is_inside = true;
            let inline = rest.trim().strip_prefix('[').and_then(|rest| rest.split(']').next());
            globs.extend(inline.into_iter().flat_map(|list| list.split(',')).filter_map(yaml_scalar));
        } else if let Some(item) = text.strip_prefix("- ").filter(|_| is_inside) {
            globs.extend(yaml_scalar(item));
        } else if !line.starts_with([' ', '\t']) {
            is_inside = false;
        }
    }
    globs
}

fn yaml_scalar(text: &str) -> Option<String> {
    let text = text.trim();
    let quoted = ['\'', '"'].into_iter().find_map(|quote| text.strip_prefix(quote)?.split(quote).next());
    let plain = quoted.unwrap_or_else(|| text.split(" #").next().unwrap_or(text).trim());
    (!plain.is_empty()).then(|| plain.to_string())
}

fn named_entries(json: &Map<String, Value>) -> NamedEntries {
    let mut named = NamedEntries::default();
    // The fields of bundlers count where Node's say nothing: they name other builds of the same.
    let is_named = json.contains_key("exports") || json.contains_key("main");
    let keys: &[&str] = if is_named { &["exports", "main"] } else { &["module", "browser"] };
    // A table under `browser` says what stands in for what.
    let is_entry = |key: &str, value: &Value| key != "browser" || value.is_string();
    for value in keys.iter().filter_map(|key| json.get(*key).filter(|value| is_entry(key, value))) {
        collect_entries(value, &mut named.entries);
    }
    if let Some(value) = json.get("bin") {
        collect_targets(value, &mut named.bins);
    }
    named
}

/// The targets of `exports`: of each set of conditions one, as Node's `require` takes it, else what is first.
fn collect_entries(value: &Value, targets: &mut Vec<String>) {
    match value {
        Value::String(target) => targets.push(target.clone()),
        Value::Array(values) => values.iter().for_each(|value| collect_entries(value, targets)),
        Value::Object(object) if object.keys().any(|key| key.starts_with('.')) => {
            object.values().for_each(|value| collect_entries(value, targets));
        }
        Value::Object(object) => {
            let is_code = |key: &&String| !key.starts_with("types");
            let taken = ["require", "node", "default"].into_iter().find_map(|condition| object.get(condition));
            let taken = taken.or_else(|| object.iter().find(|(key, _)| is_code(key)).map(|(_, value)| value));
            if let Some(value) = taken {
                collect_entries(value, targets);
            }
        }
        _ => {}
    }
}

/// All strings in a value of `exports`, `browser` or `bin`, whatever the conditions. The parser reads at most 128
/// levels, so that the recursion ends.
fn collect_targets(value: &Value, targets: &mut Vec<String>) {
    match value {
        Value::String(target) => targets.push(target.clone()),
        Value::Array(values) => values.iter().for_each(|value| collect_targets(value, targets)),
        Value::Object(object) => object.values().for_each(|value| collect_targets(value, targets)),
        _ => {}
    }
}

/// Whether the runner's configuration inside a `package.json` puts back what tests change.
fn runner_restores_in(json: &Map<String, Value>) -> bool {
    ["jest", "vitest"]
        .iter()
        .filter_map(|key| json.get(*key)?.as_object())
        .any(|config| RESTORING_OPTIONS.iter().any(|option| config.get(*option).and_then(Value::as_bool) == Some(true)))
}

/// Options of the test runners that put back spies, or load modules anew for each test.
const RESTORING_OPTIONS: [&str; 3] = ["restoreMocks", "resetModules", "unstubGlobals"];

/// The option that resets doubles before each test, and the version of a runner since which that puts back what they
/// stand in for.
const RESETTING_OPTION: &str = "mockReset";
const RESETS_RESTORE_SINCE: (&str, u32) = ("vitest", 3);

/// Whether the text of a runner's configuration file has doubles reset before each test.
pub fn runner_resets(text: &str) -> bool {
    sets_one_of(text, &[RESETTING_OPTION])
}

/// Whether that puts things back, by the major versions of a manifest.
pub fn resets_restore(majors: &[(String, u32)]) -> bool {
    let (runner, since) = RESETS_RESTORE_SINCE;
    majors.iter().any(|(name, major)| name == runner && *major >= since)
}

/// Whether the text of a runner's configuration file sets one of the options that put things back.
pub fn runner_restores(text: &str) -> bool {
    sets_one_of(text, &RESTORING_OPTIONS[..2])
}

fn sets_one_of(text: &str, options: &[&str]) -> bool {
    options.iter().any(|option| {
        text.match_indices(option).any(|(at, _)| {
            let rest = text[at + option.len()..].trim_start_matches(['\'', '"']).trim_start();
            rest.strip_prefix(':').is_some_and(|rest| rest.trim_start().starts_with("true"))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::{parse, pnpm_workspaces, runner_restores};

    #[test]
    fn pnpm_lists() {
        assert_eq!(pnpm_workspaces("packages:\n  - 'a/*' # x\n  - \"b\"\n- c\nother:\n  - d\n"), ["a/*", "b", "c"]);
        assert_eq!(pnpm_workspaces("packages: ['a/*', b]\n"), ["a/*", "b"]);
    }

    #[test]
    fn wrong_types_are_not_there() {
        let json =
            serde_json::json!({"name": 3, "private": "yes", "dependencies": [], "exports": {".": [null, "./a.js"]}});
        let (manifest, named) = parse("", json.as_object().unwrap());
        assert_eq!(manifest.name, None);
        assert!(!manifest.is_private);
        assert_eq!(named.entries, ["./a.js"]);
    }

    #[test]
    fn runners() {
        assert!(runner_restores("export default { restoreMocks : true }"));
        assert!(!runner_restores("restoreMocks: false"));
    }
}
