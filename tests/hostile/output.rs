//! Names and texts that would steer whoever reads the report.

use std::fs;

use serde_json::Value;

use super::{LEAK, check, project};
use crate::support::FORMATS;

/// Names of files.
const NAMES: &[&str] = &[
    "bidi\u{202e}.js",
    "escape\u{1b}[31m.js",
    "line\n::error::x.js",
    "return\r.js",
    "percent%0A::.js",
    "co:lon.js",
    "sp ace #?.js",
    "quote\".js",
    "<script>alert(1)<!--.js",
    "-rf.js",
    "é.js",
    "😀.js",
    "::error file=x::y.js",
    " ::error::z.js",
    "##[error]x.js",
    "comma,semi;.js",
    "[x](javascript:alert(1)).js",
    "tick`.js",
    "\u{2028}.js",
    "tab\t.js",
    "delete\u{7f}.js",
    "c1\u{9b}31m.js",
    "amp&lt;.js",
    "]]>.js",
    "end--.js",
];

/// Names of the code, which messages and source lines repeat.
const KEYS: &[&str] =
    &["</script><script>x", "\\n::stop-commands::x", "a%0Ab", "\\u001b[2J", "|pipe|`code`", "\\u202e", "]]>", "##[x]"];

fn hostile_project() -> tempfile::TempDir {
    let folder = project();
    for name in NAMES {
        // Not every system has all of these names.
        let _ = fs::write(folder.path().join(name), LEAK);
    }
    let tables: Vec<String> = KEYS.iter().map(|key| format!("'{key}': []")).collect();
    let pushes: Vec<String> =
        KEYS.iter().map(|key| format!("  t['{key}'].push(q.url); /* \u{202e} \u{1b}[31m */\n")).collect();
    let text = format!(
        "const http = require('http');\nconst t = {{ {} }};\nhttp.createServer((q) => {{\n{}}}).listen(80);\n",
        tables.join(", "),
        pushes.concat()
    );
    fs::write(folder.path().join("keys.js"), text).expect("a file can be made");
    fs::write(folder.path().join("no-code.js"), "'\u{1b}[31m\u{202e}").expect("a file can be made");
    folder
}

fn is_harmful(it: char) -> bool {
    (it.is_control() && it != '\n')
        || matches!(it, '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[test]
fn no_format_passes_on_what_steers_its_reader() {
    let folder = hostile_project();
    for format in FORMATS {
        let output = check(folder.path(), &["--info", "--format", format]);
        let text = String::from_utf8(output.stdout).expect("a report is UTF-8");
        let said = String::from_utf8(output.stderr).expect("what is said is UTF-8");
        assert!(text.contains("co") && text.contains("lon.js"), "{format} names the files");
        for (stream, text) in [("report", &text), ("summary", &said)] {
            let harmful = text.char_indices().find(|(_, it)| is_harmful(*it));
            assert_eq!(harmful, None, "{format}, {stream}: {text:.200}");
            let commands = text.lines().filter(|line| line.trim_start().starts_with("::") || line.contains("##["));
            let allowed = |line: &&str| {
                let is_ours =
                    ["::error file=", "::warning file=", "::notice file="].iter().any(|it| line.starts_with(it));
                !(format == "github" && stream == "report" && is_ours && !line.contains("##["))
            };
            if !matches!(format, "json" | "eslint" | "sarif" | "gitlab" | "rdjson" | "html" | "junit" | "checkstyle") {
                assert_eq!(commands.filter(allowed).collect::<Vec<_>>(), Vec::<&str>::new(), "{format}, {stream}");
            }
        }
    }
}

#[test]
fn messages_are_harmless_in_formats_for_machines_too() {
    let folder = hostile_project();
    for format in ["json", "eslint", "sarif", "gitlab", "rdjson"] {
        let output = check(folder.path(), &["--info", "--format", format]);
        let report: Value = serde_json::from_slice(&output.stdout).expect("the report is JSON");
        look_through(format, "", &report);
    }
}

fn look_through(format: &str, key: &str, value: &Value) {
    match value {
        Value::String(text) if ["message", "text", "description", "label", "help", "name"].contains(&key) => {
            assert!(!text.chars().any(is_harmful), "{format}: {key}: {text:?}");
        }
        Value::Array(list) => list.iter().for_each(|each| look_through(format, key, each)),
        Value::Object(object) => object.iter().for_each(|(key, each)| look_through(format, key, each)),
        _ => {}
    }
}

#[test]
fn sarif_names_files_by_uris() {
    let folder = hostile_project();
    let output = check(folder.path(), &["--format", "sarif"]);
    let report: Value = serde_json::from_slice(&output.stdout).expect("the report is JSON");
    let mut seen = 0;
    for result in report["runs"][0]["results"].as_array().expect("a list") {
        let uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().expect("a URI");
        let is_plain = |it: char| it.is_ascii_alphanumeric() || "-._~/%".contains(it);
        assert!(uri.chars().all(is_plain), "{uri}");
        seen += usize::from(uri.contains("co%3Alon.js") || uri.contains("sp%20ace%20%23%3F.js"));
    }
    assert_eq!(seen, 2);
}

#[test]
fn html_runs_nothing_and_loads_nothing() {
    let folder = hostile_project();
    let output = check(folder.path(), &["--format", "html"]);
    let html = String::from_utf8(output.stdout).expect("a report is UTF-8").to_lowercase();
    for forbidden in ["<script>alert", "javascript:alert(1)\"", "src=\"http", "@import", "onerror="] {
        assert!(!html.contains(forbidden), "{forbidden}");
    }
    assert!(html.contains("content-security-policy"));
}

#[test]
fn what_is_said_has_an_end() {
    let folder = project();
    let name = "a".repeat(100_000);
    let server = "require('http').createServer(req =>";
    let long = format!("const {name} = [];\n{server} {name}.push(req.url));\n{}", "\n".repeat(400));
    let many = format!("const list = [];\n{server} {{\n{}}});\n", "list.push(req.url);\n".repeat(10_500));
    fs::write(folder.path().join("long.js"), long).expect("a file can be made");
    fs::write(folder.path().join("many.js"), many).expect("a file can be made");
    let output = check(folder.path(), &["--format", "json"]);
    let report: Value = serde_json::from_slice(&output.stdout).expect("the report is JSON");
    assert_eq!(report["summary"]["errors"], 10_502);
    assert_eq!(report["diagnostics"].as_array().map(Vec::len), Some(10_000));
    assert!(report["incomplete"][0]["message"].as_str().is_some_and(|it| it.starts_with("10502 findings")));
    for format in FORMATS {
        let output = check(folder.path(), &["--format", format]);
        let text = String::from_utf8_lossy(&output.stdout);
        let longest = text.lines().map(str::len).max().unwrap_or_default();
        // These have a finding, or a page of a rule, on one line.
        let flat = ["checkstyle", "unix", "agent", "github", "sarif"].contains(&format);
        assert!(longest < if flat { 16_000 } else { 5_000 }, "{format}: a line of {longest} bytes");
    }
}
