//! Import maps, as Deno's configuration holds them (`deno.json`, or the file that its `importMap` names): names and
//! prefixes for files. Read with patience, as manifests are.

use std::path::Path;

use jsonc_parser::parse_to_serde_value;
use serde_json::{Map, Value};

use crate::project::file_system::FileSystem;
use crate::project::path;

/// The configurations that may hold an import map, likeliest first.
pub(super) const FILES: [&str; 2] = ["deno.json", "deno.jsonc"];

/// A larger file is not read.
const LIMIT: u64 = 1 << 20;

/// What names mean in and below a folder.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ImportMap {
    /// The folder, relative to the root.
    pub folder: String,
    /// Names (`#fp`) and prefixes (`#shared/`) with the file or folder of each, relative to the root; the longest first.
    pub names: Vec<(String, String)>,
}

/// The import map of the Deno configuration `file` in `folder`, if it has one.
pub(super) fn read(root: &Path, folder: &str, file: &str, fs: &dyn FileSystem) -> Option<ImportMap> {
    let json = object(&root.join(folder).join(file), fs)?;
    let mut names = Vec::new();
    collect(&json, folder, &mut names);
    let named = json.get("importMap").and_then(Value::as_str).and_then(|named| path::join(folder, named));
    if let Some(named) = named
        && let Some(map) = object(&root.join(&named), fs)
    {
        collect(&map, path::folder_of(&named), &mut names);
    }
    names.sort_by(|a, b| (b.0.len(), &a.0).cmp(&(a.0.len(), &b.0)));
    (!names.is_empty()).then(|| ImportMap { folder: folder.to_owned(), names })
}

/// The names that lead into the project; those of packages and addresses mean what they say.
fn collect(json: &Map<String, Value>, folder: &str, names: &mut Vec<(String, String)>) {
    let imports = json.get("imports").and_then(Value::as_object);
    names.extend(imports.into_iter().flatten().filter_map(|(name, target)| {
        let target = target.as_str().filter(|target| target.starts_with('.') || target.starts_with('/'))?;
        Some((name.clone(), path::join(folder, target.trim_start_matches('/'))?)).filter(|(name, _)| !name.is_empty())
    }));
}

fn object(path: &Path, fs: &dyn FileSystem) -> Option<Map<String, Value>> {
    let text = fs.read_text(path, LIMIT).ok()?;
    match parse_to_serde_value(&text, &jsonc_parser::ParseOptions::default()) {
        Ok(Value::Object(object)) => Some(object),
        _ => None,
    }
}
