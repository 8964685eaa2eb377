use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::{Map, Value};

use crate::support::{assert_none, bears_marks, files_below, fixtures, read_lossy, repository};

/// Before a quoted name that is loaded.
const LOADS: [&str; 4] = ["from ", "require(", "import(", "import "];

const HEAD: &str = "# What is modelled\n\n\
    Written by `UPDATE=1 cargo test`, which fails while this page is old or a package is shown by no fixture and no page of a rule.\n\
    *Entries* are the paths that a package's part of the file speaks of; *shown by* names the fixtures whose code loads the package;\n\
    facts are from the pages above the table, or from those named with the entries.\n";

/// What the model files say of one family of packages: a key of `packages`.
struct Family {
    packages: Vec<String>,
    entries: usize,
    sees: BTreeSet<String>,
}

#[test]
fn every_package_is_shown_by_a_fixture_or_a_page() {
    let shown = shown_by();
    let mut wrong = Vec::new();
    for (file, value) in model_files() {
        for package in families(&value).iter().flat_map(|family| &family.packages) {
            if !shown.contains_key(package.trim_start_matches("node:")) {
                wrong.push(format!("rules/models/{file}: `{package}` is loaded by no fixture and no page"));
            }
        }
    }
    assert_none("packages", &wrong);
}

#[test]
fn every_file_says_where_its_facts_are_from() {
    let unfounded = |(file, value): (String, Value)| {
        let sees = strings(&value["see"]);
        (sees.is_empty() || sees.iter().any(|see| !see.starts_with("https://")))
            .then(|| format!("rules/models/{file}: say at the top where the facts are from"))
    };
    assert_none("models", &model_files().into_iter().filter_map(unfounded).collect::<Vec<_>>());
}

#[test]
fn the_table_of_models_is_true() {
    let path = repository().join("rules/models/MODELS.md");
    let wanted = table();
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, wanted).expect("the table can be written");
        return;
    }
    let is_true = fs::read_to_string(&path).is_ok_and(|known| known.replace("\r\n", "\n") == wanted);
    assert!(is_true, "rules/models/MODELS.md is old: `UPDATE=1 cargo test` rewrites it");
}

fn table() -> String {
    let shown = shown_by();
    let mut page = HEAD.to_owned();
    for (file, value) in model_files() {
        let families = families(&value);
        let count = |key: &str| value[key].as_object().map_or(0, entries);
        let conventions = value["conventions"].as_array().map_or(0, Vec::len);
        let handlers = value["handlers"].as_array().map_or(0, Vec::len);
        let sees: Vec<String> = strings(&value["see"]).iter().map(|see| format!("<{see}>")).collect();
        _ = write!(page, "\n## {file}\n\nFacts from {}.\n", sees.join(", "));
        for (what, number) in [
            ("paths of the global object", count("globals")),
            ("files by convention", conventions),
            ("handlers by their parameters", handlers),
        ] {
            if number > 0 {
                _ = write!(page, "\nBesides, {number} {what}.\n");
            }
        }
        if !families.is_empty() {
            page.push_str("\n| packages | entries | shown by | facts |\n| --- | --- | --- | --- |\n");
        }
        for family in families {
            let names: Vec<String> = family.packages.iter().map(|package| format!("`{package}`")).collect();
            let places: BTreeSet<&String> = family
                .packages
                .iter()
                .filter_map(|package| shown.get(package.trim_start_matches("node:"))?.first())
                .collect();
            let places: Vec<&str> = places.into_iter().map(String::as_str).collect();
            let sees: Vec<String> = family.sees.iter().map(|see| format!("<{see}>")).collect();
            _ = writeln!(
                page,
                "| {} | {} | {} | {} |",
                names.join(", "),
                family.entries,
                places.join(", "),
                sees.join(", ")
            );
        }
    }
    page
}

fn model_files() -> Vec<(String, Value)> {
    let folder = repository().join("rules/models");
    let files = files_below(&folder).into_iter().filter(|file| has_extension(file, "jsonc"));
    let read = |file: String| {
        let text = read_lossy(&folder.join(&file));
        let value = jsonc_parser::parse_to_serde_value(&text, &jsonc_parser::ParseOptions::default());
        (file, value.expect("a model file is JSON with comments"))
    };
    let mut files: Vec<(String, Value)> = files.map(read).collect();
    files.sort_by(|a, b| a.0.cmp(&b.0));
    files
}

fn has_extension(file: &str, wanted: &str) -> bool {
    Path::new(file).extension().is_some_and(|extension| extension == wanted)
}

fn families(value: &Value) -> Vec<Family> {
    let packages = value["packages"].as_object().into_iter().flatten();
    packages
        .map(|(key, paths)| {
            let mut sees = BTreeSet::new();
            collect_sees(paths, &mut sees);
            Family { packages: expanded(key), entries: paths.as_object().map_or(0, entries), sees }
        })
        .collect()
}

/// How many paths an object speaks of.
fn entries(paths: &Map<String, Value>) -> usize {
    paths.keys().map(|path| expanded(path).len()).sum()
}

fn collect_sees(value: &Value, sees: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for (key, inner) in object {
                if key == "see" {
                    sees.extend(strings(inner));
                } else {
                    collect_sees(inner, sees);
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|inner| collect_sees(inner, sees)),
        _ => {}
    }
}

/// A string, or those of an array.
fn strings(value: &Value) -> Vec<String> {
    let list = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// `{a,b}/c` as `a/c` and `b/c`.
fn expanded(text: &str) -> Vec<String> {
    let Some(open) = text.find('{') else { return vec![text.to_owned()] };
    let mut depth = 0;
    let mut parts = vec![String::new()];
    for (at, letter) in text[open..].char_indices() {
        depth = match letter {
            '{' => depth + 1,
            '}' => depth - 1,
            _ => depth,
        };
        if depth == 0 {
            let rest = expanded(&text[open + at + 1..]);
            let whole = |part: &String| rest.iter().map(|rest| format!("{}{part}{rest}", &text[..open])).collect();
            return parts
                .iter()
                .flat_map(|part| expanded(part))
                .flat_map(|part| -> Vec<String> { whole(&part) })
                .collect();
        }
        match letter {
            '{' if depth == 1 => {}
            ',' if depth == 1 => parts.push(String::new()),
            letter => parts.last_mut().expect("there is a part").push(letter),
        }
    }
    vec![text.to_owned()]
}

/// For each specifier that fixtures and pages load, where.
fn shown_by() -> BTreeMap<String, Vec<String>> {
    let mut shown: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut add = |text: &str, place: &str| {
        for specifier in loaded(text) {
            let places = shown.entry(specifier.trim_start_matches("node:").to_owned()).or_default();
            if places.last().is_none_or(|last| last != place) {
                places.push(place.to_owned());
            }
        }
    };
    for folder in fixtures() {
        let place = folder.strip_prefix(repository().join("fixtures")).expect("fixtures are there");
        let place = place.to_string_lossy().replace('\\', "/");
        for file in files_below(&folder).iter().filter(|file| bears_marks(file)) {
            add(&read_lossy(&folder.join(file)), &place);
        }
    }
    for file in
        files_below(&repository().join("rules")).iter().filter(|file| has_extension(file, "md") && !file.contains('/'))
    {
        add(&read_lossy(&repository().join("rules").join(file)), &format!("rules/{file}"));
    }
    shown
}

/// The specifiers of a text's loads.
fn loaded(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for quote in ['\'', '"'] {
        for (at, _) in text.match_indices(quote) {
            let before = &text[..at];
            let after = &text[at + 1..];
            if LOADS.iter().any(|load| before.ends_with(load))
                && let Some((specifier, _)) = after.split_once(quote)
            {
                found.push(specifier);
            }
        }
    }
    found
}

#[test]
fn braces_are_taken_apart() {
    assert_eq!(expanded("{a,b{,/c}}.d"), ["a.d", "b.d", "b/c.d"]);
    assert_eq!(loaded("import x from 'y'; require(\"z\"); f('w')"), ["y", "z"]);
}
