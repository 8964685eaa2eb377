//! Loads that lead out of the project, to more than anybody loads, or back to themselves.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::{check, project, survived};
use crate::support::{modleak, run, write_project};

/// The reasons for which loads of a file lead nowhere, by line.
fn unresolved(folder: &Path) -> Vec<(u64, String)> {
    let output = run(modleak().args(["graph", "--no-cache", "--root"]).arg(folder).arg(folder));
    let graph: Value = serde_json::from_slice(&output.stdout).expect("the graph is JSON");
    let list = graph["unresolved"].as_array().expect("a list");
    let reason = |each: &Value| each["reason"].as_str().expect("a text").to_owned();
    list.iter().map(|each| (each["line"].as_u64().expect("a line"), reason(each))).collect()
}

/// A pipe that nobody writes to: who opens it waits for ever.
#[cfg(unix)]
#[test]
fn nothing_outside_the_root_is_opened_for_a_load() {
    let around = tempfile::tempdir().expect("there is room for a project");
    let root = around.path().join("app");
    let loads = "const x = process.argv[2];\n\
                 require('../outside/' + x);\n\
                 require(`${__dirname}/../outside/${x}.js`);\n\
                 require(require('path').resolve(__dirname, '..', 'outside', x));\n\
                 require('/' + x);\n\
                 require('../outside/pipe.js');\n";
    write_project(&root, [("package.json", "{ \"private\": true }\n"), ("app.js", super::LEAK), ("load.js", loads)]);
    fs::create_dir_all(around.path().join("outside")).expect("a folder can be made");
    for name in ["outside/pipe.js", "outside/package.json", "tsconfig.json"] {
        let made = std::process::Command::new("mkfifo").arg(around.path().join(name)).status();
        if !made.is_ok_and(|status| status.success()) {
            return;
        }
    }
    survived(&check(&root, &["--format", "json"]));
    let found = unresolved(&root);
    let lines: Vec<u64> = found.iter().map(|&(line, _)| line).collect();
    assert_eq!(lines, [2, 3, 4, 5, 6], "{found:?}");
    assert!(found.iter().all(|(_, reason)| reason == "outside the root"), "{found:?}");
}

#[test]
fn a_load_of_twenty_thousand_files_is_cut_and_said() {
    let folder = project();
    for index in 0..200 {
        let files: Vec<(String, &str)> = (0..100).map(|at| (format!("many/{index}/m{at}.js"), "")).collect();
        write_project(folder.path(), files.iter().map(|(path, text)| (path.as_str(), *text)));
    }
    let loads = "const x = process.argv[2];\nrequire(`./many/${x}/${x}`);\nrequire(`./many/7/${x}`);\n";
    write_project(folder.path(), [("load.js", loads)]);
    let report = survived(&check(folder.path(), &["--format", "json"]));
    let found = report["diagnostics"].as_array().expect("a list");
    let said: Vec<&Value> = found.iter().filter(|each| each["rule"] == "unresolved-require").collect();
    assert_eq!(said.len(), 1, "{said:?}");
    assert_eq!((&said[0]["file"], &said[0]["range"]["start"]["line"]), (&"load.js".into(), &2.into()));
    assert_eq!(unresolved(folder.path()), [(2, "more than the limit".to_owned())]);
}

#[cfg(unix)]
#[test]
fn a_load_through_links_in_a_circle_ends() {
    let folder = project();
    let loads = "const fs = require('fs');\nconst x = process.argv[2];\nrequire(`./d/${x}/${x}/${x}`);\n\
                 const walk = (at) => fs.readdirSync(at).forEach((name) => {\n\
                 if (fs.statSync(at + '/' + name).isDirectory()) walk(at + '/' + name);\nelse require(at + '/' + name);\n\
                 });\nwalk(__dirname + '/d');\nrequire('./d/up/d/up/d/a');\n";
    write_project(folder.path(), [("d/a.js", ""), ("load.js", loads)]);
    for (target, link) in [("..", "d/up"), (".", "d/itself"), ("two", "d/one"), ("one", "d/two")] {
        std::os::unix::fs::symlink(target, folder.path().join(link)).expect("a link can be made");
    }
    survived(&check(folder.path(), &["--format", "json"]));
}

#[test]
fn manifests_and_tsconfigs_that_name_themselves_end() {
    let folder = project();
    let manifest = r##"{ "name": "self", "main": ".", "exports": { ".": "self", "./*": "self/*" }, "browser": { "./a": "./a" },
        "imports": { "#a": "#a", "#b": "#c", "#c": "#b", "#d/*": "#d/*/*", "#e": ["#e", "#a"] }, "workspaces": [".", "**"] }"##;
    let tsconfig = r#"{ "extends": "./tsconfig.json", "references": [{ "path": "." }],
        "compilerOptions": { "baseUrl": ".", "paths": { "*": ["*"], "@/*": ["@/*"], "self": ["self"] } } }"#;
    let loads = "const x = process.argv[2];\nrequire('self'); require('self/a'); require('#a'); require('#b');\n\
                 require('#d/' + x); require(`self/${x}`); require('@/' + x); require('#e'); require('.');\n";
    let files = [("package.json", manifest), ("tsconfig.json", tsconfig), ("load.js", loads), ("load.ts", loads)];
    write_project(folder.path(), files);
    survived(&check(folder.path(), &["--format", "json"]));
    unresolved(folder.path());
}

#[test]
fn folders_of_the_environment_are_not_searched() {
    let folder = project();
    let elsewhere = tempfile::tempdir().expect("there is room for a folder");
    write_project(elsewhere.path(), [("known/index.js", "exports.a = 1;\n")]);
    write_project(folder.path(), [("modules/known/index.js", ""), ("load.js", "require('known');\n")]);
    let paths = format!("{}:{}", elsewhere.path().display(), folder.path().join("modules").display());
    let output = run(modleak()
        .args(["graph", "--no-cache", "--format", "json", "--root"])
        .arg(folder.path())
        .arg(folder.path())
        .env("NODE_PATH", paths));
    let graph: Value = serde_json::from_slice(&output.stdout).expect("the graph is JSON");
    let edges = graph["edges"].as_array().expect("a list");
    let targets: Vec<&Value> = edges.iter().filter(|edge| edge["from"] == "load.js").map(|edge| &edge["to"]).collect();
    assert_eq!(targets, ["known"]);
}
