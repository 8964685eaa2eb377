//! Projects that mean no good: each costs its own files, which is said; the run ends, soon, with all that it found
//! elsewhere. Every project has the same leak in `app.js` as a witness.

mod configuration;
mod files;
mod loading;
mod nesting;
mod output;
mod solving;
mod surroundings;

use std::path::Path;
use std::process::Output;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{modleak, run, write_project};

/// A leak that must be found whatever stands beside it.
const LEAK: &str = "const http = require('http');\nconst seen = [];\nhttp.createServer((req, res) => {\n  \
                    seen.push(req.url);\n  res.end();\n}).listen(80);\n";

/// A project with the witness.
fn project() -> TempDir {
    let folder = tempfile::tempdir().expect("there is room for a project");
    write_project(folder.path(), [("package.json", "{ \"private\": true }\n"), ("app.js", LEAK)]);
    folder
}

fn check(folder: &Path, arguments: &[&str]) -> Output {
    run(modleak().args(["check", "--no-cache"]).args(arguments).arg("--root").arg(folder).arg(folder))
}

/// The report of a run that found the witness, and fell over nothing.
fn survived(output: &Output) -> Value {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(!said.contains("an error of modleak itself"), "{said}");
    let report: Value = serde_json::from_slice(&output.stdout).expect("the report is JSON");
    let found = report["diagnostics"].as_array().expect("a list");
    assert!(found.iter().any(|each| each["file"] == "app.js"), "the witness is lost: {found:?}");
    report
}

/// File and reason of what was not analysed.
fn incomplete(report: &Value) -> Vec<(String, String)> {
    let list = report["incomplete"].as_array().expect("a list");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    list.iter().map(|each| (text(&each["file"]), text(&each["reason"]))).collect()
}

fn reason_of(report: &Value, file: &str) -> Option<String> {
    incomplete(report).into_iter().find(|(name, _)| name == file).map(|(_, reason)| reason)
}
