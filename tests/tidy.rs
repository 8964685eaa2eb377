//! The rules of the house. Each message says what to do instead.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::pages::{pages, summary};
use crate::support::{RULES, assert_none, files_below, read_lossy, repository};

/// Which module may name which. `syntax::facts` allows that part of `syntax` only; `*` is the driver, which names all.
const ARROWS: &[(&str, &[&str])] = &[
    ("base", &[]),
    ("project", &["base"]),
    ("syntax", &["base"]),
    ("models", &["base"]),
    ("modules", &["base", "syntax::facts", "project"]),
    ("heap", &["base", "syntax::facts", "project", "modules", "models"]),
    ("contexts", &["base", "syntax::facts", "project", "modules", "models", "heap"]),
    ("copies", &["base", "syntax::facts"]),
    ("program", &["base", "syntax::facts", "project", "modules", "models", "heap", "contexts", "copies"]),
    ("rules", &["base", "program"]),
    ("report", &["base", "project", "rules"]),
    ("cache", &["base", "syntax::facts"]),
    // The run and the faces' answers: what `lib` is made of.
    ("lib", &["*"]),
    ("driver", &["*"]),
    ("engine", &["*"]),
    ("graph_view", &["*"]),
    ("why", &["*"]),
    ("results", &["*"]),
    ("workers", &[]),
    ("assumptions", &["base", "driver"]),
    ("inventory", &["base", "driver", "heap", "program", "report"]),
    ("main", &["cli"]),
    ("cli", &["base", "lib", "project", "report", "rules", "lsp"]),
    ("lsp", &["base", "lib", "project", "report", "rules"]),
];

/// File, target, why. An exception that no longer occurs fails too: the list only shrinks.
const ARROW_EXCEPTIONS: &[(&str, &str, &str)] = &[];

/// Names of foreign crates and of effects, where they may stand (prefixes of paths), and what to do elsewhere.
const FOREIGN: &[(&str, &[&str], &str)] = &[
    ("swc_", &["src/syntax/"], "only `syntax` knows the parser: lower what you need to a fact"),
    ("oxc_resolver", &["src/modules/"], "only `modules` knows the resolver"),
    ("lsp_types", &["src/lsp/"], "only `lsp` knows the protocol"),
    ("lsp_server", &["src/lsp/"], "only `lsp` knows the protocol"),
    (
        "std::fs",
        &["src/project/file_system.rs", "src/cli/", "src/cache"],
        "ask `project::FileSystem`: editors and tests have files that no disk has",
    ),
    ("println!(", &["src/cli/", "src/report/format/"], "return a value; formats and faces print"),
    (
        "std::env",
        &["src/cli/", "src/main.rs", "src/project/git.rs"],
        "a stage is a function of its inputs: take it as a parameter",
    ),
    ("SystemTime", &["src/cli/"], "a report does not depend on the time"),
    ("std::collections::HashMap", &[], "take `rustc_hash::FxHashMap`: its order is the same everywhere"),
    ("std::collections::HashSet", &[], "take `rustc_hash::FxHashSet`: its order is the same everywhere"),
];

/// String literals of `src/` that are a rule's or a package's name, file by prefix, and why that is no knowledge.
const KNOWLEDGE_EXCEPTIONS: &[(&str, &str)] = &[
    ("src/heap/builtins", "the ECMAScript library's transfer functions bear its names"),
    ("src/heap/", "the language's library has names of its own"),
    ("src/program/", "words of options and of functions' names (`once`, `extend`) are the contract's"),
    ("src/heap/natives", "they are the ECMAScript library's names"),
    ("src/models/", "the format of the model files has words of its own"),
    ("src/modules/platform.rs", "the names of Node's built-in modules decide what a bare specifier means"),
    ("src/syntax/", "words of the language and of `require` are words of the syntax"),
    ("src/project/", "manifests and configuration have words of their own"),
    ("src/cli/", "commands and options have words of their own"),
    ("src/report/format/", "formats have words of their own"),
];

const FILE_LIMIT: usize = 600;

/// A Rust file of ours.
struct Source {
    /// Relative to the repository, with `/`.
    path: String,
    /// Without comments and without its tests.
    code: String,
    /// As it stands.
    text: String,
}

impl Source {
    /// `heap` of `src/heap/solver.rs`.
    fn module(&self) -> &str {
        let inner = self.path.strip_prefix("src/").unwrap_or(&self.path);
        inner.split('/').next().unwrap_or(inner).trim_end_matches(".rs")
    }

    /// Files of tests name what they test with.
    fn is_test(&self) -> bool {
        self.path.ends_with("/tests.rs") || self.path.contains("/tests/")
    }
}

fn sources() -> Vec<Source> {
    let mut sources = Vec::new();
    for folder in ["src", "rules"] {
        for file in files_below(&repository().join(folder)) {
            if Path::new(&file).extension().is_some_and(|extension| extension == "rs") {
                let path = format!("{folder}/{file}");
                let text = read_lossy(&repository().join(&path));
                let code = code_of(&text);
                sources.push(Source { path, code, text });
            }
        }
    }
    sources.retain(|source| !source.is_test());
    sources
}

/// Drops line comments and the `#[cfg(test)] mod tests { … }` at the end.
fn code_of(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod ").next().unwrap_or(text);
    let mut code = String::new();
    for line in text.lines() {
        let is_comment = line.trim_start().starts_with("//");
        let line = if is_comment { "" } else { line.split(" // ").next().unwrap_or(line) };
        code.push_str(line);
        code.push('\n');
    }
    code
}

/// The paths after `crate::`, with the braces of a `use` taken apart: `a::b`, `c`.
fn crate_paths(code: &str) -> Vec<String> {
    let mut paths = Vec::new();
    for after in code.split("crate::").skip(1) {
        if let Some(group) = after.strip_prefix('{') {
            let mut depth = 1;
            let mut current = String::new();
            for character in group.chars() {
                match character {
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    ',' if depth == 1 => paths.push(std::mem::take(&mut current)),
                    _ if depth == 0 => break,
                    _ => {}
                }
                if !(character == ',' || character.is_whitespace()) {
                    current.push(character);
                }
            }
            paths.push(current);
        } else {
            paths.push(after.chars().take_while(|&it| it.is_alphanumeric() || matches!(it, '_' | ':' | '{')).collect());
        }
    }
    paths
}

/// Whether a path is within what an arrow allows.
fn is_allowed(path: &str, arrow: &str) -> bool {
    let mut segments = path.split("::");
    arrow.split("::").all(|wanted| segments.next().is_some_and(|segment| segment.trim_matches(['{', '}']) == wanted))
}

#[test]
fn arrows_between_modules_are_those_of_the_table() {
    let mut wrong = Vec::new();
    let mut used = BTreeSet::new();
    for source in sources() {
        let own = source.module();
        let Some((_, allowed)) = ARROWS.iter().find(|(module, _)| *module == own) else {
            wrong.push(format!("{}: give the module `{own}` a line in ARROWS", source.path));
            continue;
        };
        for path in crate_paths(&source.code) {
            let target = path.split("::").next().unwrap_or(&path);
            if target == own || allowed.contains(&"*") || !ARROWS.iter().any(|(module, _)| *module == target) {
                continue;
            }
            if allowed.iter().any(|arrow| is_allowed(&path, arrow)) {
                continue;
            }
            if let Some(exception) = ARROW_EXCEPTIONS.iter().position(|it| it.0 == source.path && it.1 == target) {
                used.insert(exception);
                continue;
            }
            wrong.push(format!(
                "{}: `{own}` may not name `crate::{path}`; is a method missing on a type that it may name?",
                source.path
            ));
        }
    }
    for (index, (path, target, _)) in ARROW_EXCEPTIONS.iter().enumerate() {
        if !used.contains(&index) {
            wrong.push(format!("{path} no longer names `{target}`: delete the exception"));
        }
    }
    assert_none("arrows", &wrong);
}

#[test]
fn foreign_names_stay_where_they_belong() {
    let mut wrong = Vec::new();
    for source in sources() {
        for (name, places, advice) in FOREIGN {
            if source.code.contains(name) && !places.iter().any(|place| source.path.starts_with(place)) {
                wrong.push(format!("{}: `{name}`: {advice}", source.path));
            }
        }
    }
    assert_none("foreign names", &wrong);
}

#[test]
fn every_rule_is_a_pair_and_is_listed() {
    let rules = repository().join("rules");
    let list = fs::read_to_string(rules.join("mod.rs")).unwrap_or_default();
    let stems: Vec<String> =
        pages().iter().filter_map(|page| page.file_stem().map(|stem| stem.to_string_lossy().into_owned())).collect();
    let mut wrong = Vec::new();
    for stem in &stems {
        let name = stem.replace('_', "-");
        let page = read_lossy(&rules.join(format!("{stem}.md")));
        if page.lines().next() != Some(&format!("# {name}")) {
            wrong.push(format!("rules/{stem}.md: its title is `# {name}`"));
        }
        if !rules.join(format!("{stem}.rs")).is_file() && !rules.join(stem).join("mod.rs").is_file() {
            wrong.push(format!("rules/{stem}.md: the check beside it is missing"));
        }
        if !list.contains(&format!("mod {stem};")) || !list.contains(&format!("{stem}::RULE")) {
            wrong.push(format!("rules/mod.rs: declare `mod {stem}` and list `{stem}::RULE`"));
        }
    }
    for file in fs::read_dir(&rules).expect("there are rules").filter_map(Result::ok) {
        let name = file.file_name().to_string_lossy().into_owned();
        if let Some(stem) = name.strip_suffix(".rs").filter(|stem| *stem != "mod" && !stems.iter().any(|it| it == stem))
        {
            wrong.push(format!("rules/{name}: a rule has a page: write rules/{stem}.md"));
        }
    }
    let names: BTreeSet<String> = stems.iter().map(|stem| stem.replace('_', "-")).collect();
    if names != RULES.iter().map(|&rule| rule.to_owned()).collect() {
        wrong.push("the pages are not those of the rules that marks may name".to_owned());
    }
    assert_none("rules", &wrong);
}

/// The rows of the table of rules, in the order of `rules/mod.rs`.
fn rule_rows() -> String {
    let list = fs::read_to_string(repository().join("rules/mod.rs")).unwrap_or_default();
    let mut rows: Vec<(usize, String)> = pages()
        .iter()
        .filter_map(|page| {
            let stem = page.file_stem()?.to_string_lossy().into_owned();
            let place = list.find(&format!("{stem}::RULE")).unwrap_or(usize::MAX);
            let summary = summary(&read_lossy(page))?;
            Some((place, format!("| [`{}`](rules/{stem}.md) | {summary} |\n", stem.replace('_', "-"))))
        })
        .collect();
    rows.sort();
    rows.into_iter().map(|(_, row)| row).collect()
}

#[test]
fn the_readmes_table_is_what_the_pages_say() {
    const START: &str = "<!-- rules: written by `UPDATE=1 cargo test` -->\n";
    const END: &str = "<!-- /rules -->";
    let path = repository().join("README.md");
    let readme = read_lossy(&path);
    let (before, rest) = readme.split_once(START).expect("README.md has the place for its table");
    let (_, after) = rest.split_once(END).expect("README.md says where its table ends");
    let table = format!("| rule | what it finds |\n| --- | --- |\n{}", rule_rows());
    let wanted = format!("{before}{START}{table}{END}{after}");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &wanted).expect("README.md can be written");
        return;
    }
    assert!(readme == wanted, "README.md: its table of rules is old: `UPDATE=1 cargo test` rewrites it");
}

/// The string literals of a file, but for those in attributes.
fn string_literals(code: &str) -> Vec<&str> {
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("#["));
    lines.flat_map(|line| line.split('"').skip(1).step_by(2)).collect()
}

/// Every package that a model file speaks of: the keys of its `packages`, `{koa,@types/koa}` taken apart.
fn packages_of_models() -> BTreeSet<String> {
    let mut packages = BTreeSet::new();
    let folder = repository().join("rules/models");
    for file in files_below(&folder) {
        let value = parse_jsonc(&read_lossy(&folder.join(&file)));
        if let Some(named) = value.as_ref().and_then(|value| value["packages"].as_object()) {
            let names = named.keys().flat_map(|key| key.trim_matches(['{', '}']).split(','));
            packages.extend(names.map(str::to_owned));
        }
    }
    packages
}

fn parse_jsonc(text: &str) -> Option<Value> {
    jsonc_parser::parse_to_serde_value(text, &jsonc_parser::ParseOptions::default()).ok()
}

#[test]
fn knowledge_stays_out_of_the_machine() {
    let packages = packages_of_models();
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| source.path.starts_with("src/")) {
        let is_excepted = KNOWLEDGE_EXCEPTIONS.iter().any(|(path, _)| source.path.starts_with(path));
        for literal in string_literals(&source.code) {
            if RULES.contains(&literal) {
                wrong.push(format!("{}: the rule `{literal}` is named: ask the list of rules", source.path));
            } else if packages.contains(literal) && !is_excepted {
                wrong.push(format!("{}: the package `{literal}` is named: put it into rules/models/", source.path));
            }
        }
    }
    assert_none("knowledge", &wrong);
}

#[test]
fn model_files_are_data_that_parses() {
    let folder = repository().join("rules/models");
    let files = files_below(&folder);
    let broken: Vec<String> = files
        .iter()
        .filter(|file| Path::new(file).extension().is_some_and(|extension| extension == "jsonc"))
        .filter(|file| parse_jsonc(&read_lossy(&folder.join(file))).is_none())
        .map(|file| format!("rules/models/{file}: this is no JSON with comments"))
        .collect();
    assert_none("models", &broken);
}

#[test]
fn modules_say_what_they_are_and_files_stay_small() {
    let mut wrong = Vec::new();
    for Source { path, code, text } in sources() {
        let wants_docs = path.ends_with("mod.rs") || path.starts_with("src/heap/");
        if wants_docs && !text.starts_with("//!") {
            wrong.push(format!("{path}: begin with `//!`, a sentence about what it holds"));
        }
        let lines = code.lines().filter(|line| !line.trim().is_empty()).count();
        if lines > FILE_LIMIT {
            wrong.push(format!("{path}: {lines} lines of code: look for a missing idea, then split"));
        }
    }
    assert_none("files", &wrong);
}

#[test]
fn the_top_level_is_the_houses() {
    let map = read_lossy(&repository().join("ARCHITECTURE.md"));
    assert!(map.lines().count() <= 200, "ARCHITECTURE.md is a map: at most 200 lines");
    for (module, _) in ARROWS.iter().filter(|(module, _)| !matches!(*module, "lib" | "main")) {
        assert!(map.contains(&format!("`{module}`")), "ARCHITECTURE.md: the map lacks `{module}`");
    }
    for forbidden in ["docs", "xtask", "scripts", "src/utils", "src/common", "src/helpers", "src/misc"] {
        assert!(!repository().join(forbidden).exists(), "{forbidden}: name the idea, and put it where it belongs");
    }
}

#[test]
fn no_file_knows_a_machine() {
    // Written in parts, since this file is looked at too.
    let places = [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/Use", "rs/")];
    let mut wrong = Vec::new();
    for folder in ["src", "rules", "fixtures", "tests", ".ci", ".github"] {
        for file in files_below(&repository().join(folder)) {
            let text = read_lossy(&repository().join(folder).join(&file));
            for place in places.iter().filter(|place| text.contains(**place)) {
                wrong.push(format!("{folder}/{file}: a path of some machine: {place}"));
            }
        }
    }
    assert_none("paths", &wrong);
}

/// Also where there is no `cargo deny`.
#[test]
fn nothing_that_talks_to_a_network_is_built_in() {
    let read = |name: &str| read_lossy(&repository().join(name));
    let banned: Vec<String> = read("deny.toml")
        .split("crate = \"")
        .skip(1)
        .filter_map(|rest| rest.split_once('"'))
        .map(|(name, _)| format!("name = \"{name}\""))
        .collect();
    assert!(banned.len() >= 5, "deny.toml bans what talks to a network: {banned:?}");
    let lock = read("Cargo.lock");
    let wrong: Vec<String> = banned.into_iter().filter(|name| lock.lines().any(|line| line == name)).collect();
    assert_none("packages", &wrong);
}

#[test]
fn paths_are_taken_from_uses_and_from_code() {
    let code = "use crate::{base::span::Span, syntax::facts::{Write, Call}};\nlet x = crate::heap::solve();\n";
    let paths = crate_paths(code);
    assert_eq!(paths[0], "base::span::Span");
    assert!(is_allowed(&paths[1], "syntax::facts") && !is_allowed("syntax::parse", "syntax::facts"));
    assert!(is_allowed(&paths[2], "heap"));
}
