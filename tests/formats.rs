//! One report in every format, read back.

use serde_json::Value;

use crate::support::{FORMATS, modleak, repository, run, write_project};

fn render(format: &str) -> String {
    render_fixture(format, "supported-extensions")
}

fn render_fixture(format: &str, fixture: &str) -> String {
    let fixture = repository().join("fixtures").join(fixture);
    let output = run(modleak().args(["check", "--no-cache", "--format", format]).arg(fixture));
    assert_eq!(output.status.code(), Some(1), "{format}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("a report is UTF-8")
}

fn clean(format: &str) -> String {
    let folder = tempfile::tempdir().expect("there is room for a project");
    write_project(folder.path(), [("package.json", "{ \"private\": true }\n"), ("a.js", "exports.a = 1;\n")]);
    let output = run(modleak()
        .args(["check", "--no-cache", "--format", format, "--root"])
        .arg(folder.path())
        .arg(folder.path()));
    assert_eq!(output.status.code(), Some(0), "{format}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("a report is UTF-8")
}

fn json(format: &str, text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{format}: {error}\n{text}"))
}

#[test]
fn every_format_names_the_leak() {
    for format in FORMATS {
        let text = render(format);
        assert!(text.contains("bad-code.js"), "{format} names the file:\n{text}");
    }
}

#[test]
fn a_clean_run_is_a_valid_report() {
    for format in ["json", "eslint", "sarif", "gitlab", "rdjson"] {
        json(format, &clean(format));
    }
    for format in ["junit", "checkstyle"] {
        assert_well_formed(format, &clean(format));
    }
}

#[test]
fn a_container_is_named_after_its_own_module() {
    let folder = tempfile::tempdir().expect("there is room for a project");
    let files = [
        ("package.json", "{ \"private\": true, \"devDependencies\": { \"vitest\": \"^3\" } }\n"),
        ("Gruntfile.js", "const plugins = require('./src/plugins');\nmodule.exports = () => plugins.show();\n"),
        (
            "src/plugins.js",
            "const plugins = module.exports;\nplugins.path = '/a';\nplugins.show = () => plugins.path;\n",
        ),
        (
            "src/logger.ts",
            "class Logger {\n  error(text: string) {\n    console.error(text);\n  }\n}\nexport default new Logger();\n",
        ),
        ("src/state.ts", "import logger from './logger';\nexport class State {\n  log = logger;\n}\n"),
        (
            "test/a.test.ts",
            "import { State } from '../src/state';\nconst state = new State();\nit('logs', () => state.log.error('x'));\n",
        ),
        (
            "test/b.test.ts",
            "import logger from '../src/logger';\nit('logs', () => {\n  vi.spyOn(logger, 'error');\n});\n",
        ),
        ("test/c.test.js", "const mine = require('../src/plugins');\nit('shows', () => {\n  mine.path = '/b';\n});\n"),
    ];
    write_project(folder.path(), files);
    let output = run(modleak().args(["check", "--no-cache", "--format", "json"]).arg(folder.path()));
    let report = json("json", &String::from_utf8_lossy(&output.stdout));
    let diagnostics = report["diagnostics"].as_array().expect("a list");
    let names: Vec<_> = diagnostics.iter().filter_map(|each| each["container"]["name"].as_str()).collect();
    assert_eq!(names, ["error of src/logger.ts", "path of src/plugins.js"]);
}

#[test]
fn json_is_the_contracts() {
    let value = json("json", &render("json"));
    assert_eq!(value["schemaVersion"], 1);
    assert_eq!(value["tool"]["name"], "modleak");
    let diagnostics = value["diagnostics"].as_array().expect("a list");
    for each in diagnostics {
        for key in ["rule", "severity", "confidence", "message", "help", "file", "range", "fingerprint"] {
            assert!(!each[key].is_null(), "{key} is missing in {each}");
        }
        assert!(each["range"]["start"]["offset"].as_u64() < each["range"]["end"]["offset"].as_u64());
    }
    let leak = diagnostics.iter().find(|each| each["rule"] == "unbounded-growth" && each["file"] == "bad-code.js");
    let leak = leak.expect("the push in the timer is found");
    assert_eq!(leak["severity"], "error");
    assert_eq!(leak["context"]["kind"], "timer");
    assert_eq!(leak["container"]["rootedBy"], "required-module");
    assert_eq!(leak["container"]["holder"], "validators/name.js");
    let steps = leak["steps"].as_array().expect("a list");
    let crossed = ["validate.js", "bad-code.js"];
    assert!(crossed.iter().all(|file| steps.iter().any(|step| step["file"] == *file)), "{steps:?}");
    let mut places: Vec<_> = diagnostics.iter().map(|each| (each["file"].as_str(), offset(each))).collect();
    let ordered = places.clone();
    places.sort();
    assert_eq!(places, ordered, "diagnostics are ordered by file and place");
}

fn offset(diagnostic: &Value) -> Option<u64> {
    diagnostic["range"]["start"]["offset"].as_u64()
}

#[test]
fn fingerprints_differ() {
    let value = json("json", &render("json"));
    let mut prints: Vec<&str> = value["diagnostics"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|each| each["fingerprint"].as_str())
        .collect();
    let count = prints.len();
    prints.sort_unstable();
    prints.dedup();
    assert_eq!(prints.len(), count);
}

#[test]
fn sarif_has_rules_results_and_flows() {
    let value = json("sarif", &render("sarif"));
    assert_eq!(value["version"], "2.1.0");
    let run = &value["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().expect("a list of rules");
    assert!(rules.iter().any(|rule| rule["id"] == "unbounded-growth"));
    let results = run["results"].as_array().expect("a list of results");
    assert!(!results.is_empty());
    for result in results {
        let index = result["ruleIndex"].as_u64().and_then(|index| usize::try_from(index).ok());
        assert!(index.is_none_or(|index| rules[index]["id"] == result["ruleId"]), "{result}");
        let uri = &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
        assert!(uri.as_str().is_some_and(|uri| !uri.starts_with('/')), "{uri}");
    }
    assert!(results.iter().any(|result| result["codeFlows"][0]["threadFlows"][0]["locations"].is_array()));
}

/// GitHub's own validator wants of a notification's kind what it wants of a rule.
#[test]
fn sarif_describes_what_it_notifies_of() {
    let value = json("sarif", &render_fixture("sarif", "broken/one-file-with-a-syntax-error"));
    let run = &value["runs"][0];
    let described = run["tool"]["driver"]["notifications"].as_array().expect("a list");
    for each in described {
        for key in ["shortDescription", "fullDescription", "help"] {
            assert!(each[key]["text"].is_string(), "{key} is missing in {each}");
        }
    }
    let notified = run["invocations"][0]["toolExecutionNotifications"].as_array().expect("a list");
    assert!(!notified.is_empty());
    assert!(notified.iter().all(|it| described.iter().any(|kind| kind["id"] == it["descriptor"]["id"])));
}

#[test]
fn eslint_gitlab_and_rdjson_have_their_fields() {
    let eslint = json("eslint", &render("eslint"));
    for file in eslint.as_array().expect("a list of files") {
        assert!(file["filePath"].is_string() && file["messages"].is_array() && file["errorCount"].is_u64());
    }
    let gitlab = json("gitlab", &render("gitlab"));
    for issue in gitlab.as_array().expect("a list of issues") {
        for key in ["description", "check_name", "fingerprint", "severity"] {
            assert!(issue[key].is_string(), "{key} is missing in {issue}");
        }
        assert!(issue["location"]["lines"]["begin"].is_u64());
    }
    let rdjson = json("rdjson", &render("rdjson"));
    for each in rdjson["diagnostics"].as_array().expect("a list of diagnostics") {
        assert!(each["message"].is_string() && each["location"]["path"].is_string());
    }
}

#[test]
fn xml_formats_are_well_formed() {
    for format in ["junit", "checkstyle"] {
        assert_well_formed(format, &render(format));
    }
}

/// Tags are closed in their order; that, and escaped text, is what the consumers stumble over.
fn assert_well_formed(format: &str, text: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = text;
    while let Some((before, from_tag)) = rest.split_once('<') {
        assert!(!before.contains('>') || open.is_empty(), "{format}: a bare `>` in text: {before}");
        let (tag, after) = from_tag.split_once('>').unwrap_or_else(|| panic!("{format}: a tag is not closed"));
        rest = after;
        if tag.starts_with('?') || tag.starts_with('!') || tag.ends_with('/') {
            continue;
        }
        match tag.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name.trim()), "{format}: tags cross"),
            None => open.push(tag.split_whitespace().next().unwrap_or(tag)),
        }
    }
    assert!(open.is_empty(), "{format}: left open: {open:?}");
}

#[test]
fn line_formats_keep_to_their_grammar() {
    for line in render("github").lines().filter(|line| !line.is_empty()) {
        let starts = ["::error ", "::warning ", "::notice ", "::group::", "::endgroup::"];
        assert!(starts.iter().any(|start| line.starts_with(start)), "github: {line}");
    }
    let unix = render("unix");
    let places = unix.lines().filter(|line| {
        let parts: Vec<&str> = line.splitn(4, ':').collect();
        parts.len() == 4 && parts[1].parse::<u32>().is_ok() && parts[2].parse::<u32>().is_ok()
    });
    assert!(places.count() >= 4, "unix:\n{unix}");
}

#[test]
fn html_is_one_file_that_loads_nothing() {
    let html = render("html");
    assert!(html.to_lowercase().starts_with("<!doctype html>"));
    assert!(html.contains("State that outlives a call"), "the inventory is there");
    for foreign in ["src=\"http", "href=\"//", "@import", "<link rel=\"stylesheet\" href=\"http"] {
        assert!(!html.contains(foreign), "html loads something: {foreign}");
    }
}
