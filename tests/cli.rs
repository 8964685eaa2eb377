//! The command line as a process: exit statuses, streams, and folders that mean no good.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use crate::support::{Report, modleak, repository, run, write_project};

const MANIFEST: (&str, &str) = ("package.json", "{ \"name\": \"it\", \"private\": true }\n");

const LEAK: &str = "const http = require('http');\n\
                    const seen = [];\n\
                    http.createServer((req, res) => {\n  seen.push(req.url);\n  res.end();\n}).listen(80);\n";

const WARNING: &str = "const http = require('http');\n\
                       let user;\n\
                       http.createServer((req, res) => {\n  user = req.headers.user;\n  res.end(user);\n}).listen(80);\n";

const CLEAN: &str = "const http = require('http');\nhttp.createServer((req, res) => res.end()).listen(80);\n";

fn project(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("there is room for a project");
    write_project(folder.path(), [MANIFEST]);
    write_project(folder.path(), files.iter().copied());
    folder
}

/// `check` with arguments before the folder.
fn check(folder: &Path, arguments: &[&str]) -> Output {
    run(modleak().args(["check", "--no-cache"]).args(arguments).arg("--root").arg(folder).arg(folder))
}

fn status(output: &Output) -> i32 {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(!errors.contains("panicked"), "{errors}");
    output.status.code().unwrap_or_else(|| panic!("ended by a signal: {errors}"))
}

fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn report(folder: &Path) -> (i32, Report) {
    let output = check(folder, &["--format", "json"]);
    (status(&output), Report::parse(&output.stdout).expect("the report is JSON"))
}

#[test]
fn exit_status_tells_whether_there_is_something_to_fail_on() {
    assert_eq!(status(&check(project(&[("app.js", CLEAN)]).path(), &[])), 0);
    assert_eq!(status(&check(project(&[("app.js", LEAK)]).path(), &[])), 1);
    let warned = project(&[("app.js", WARNING)]);
    assert_eq!(status(&check(warned.path(), &[])), 0);
    assert_eq!(status(&check(warned.path(), &["--max-warnings", "1"])), 0);
    assert_eq!(status(&check(warned.path(), &["--max-warnings", "0"])), 1);
}

#[test]
fn rules_can_be_set_on_the_command_line() {
    let leak = project(&[("app.js", LEAK)]);
    assert_eq!(status(&check(leak.path(), &["--rule", "unbounded-growth=off"])), 0);
    assert_eq!(status(&check(leak.path(), &["--rule", "unbounded-growth=warning"])), 0);
    let warned = project(&[("app.js", WARNING)]);
    assert_eq!(status(&check(warned.path(), &["--rule", "cross-request-state=error"])), 1);
}

#[test]
fn an_unknown_rule_is_answered_with_the_nearest() {
    let leak = project(&[("app.js", LEAK)]);
    let output = check(leak.path(), &["--rule", "unbouded-growth=off"]);
    assert_eq!(status(&output), 2);
    assert!(errors(&output).contains("unbounded-growth"), "{}", errors(&output));
    let output = run(modleak().args(["explain", "listner-leak"]));
    assert_eq!(status(&output), 2);
    assert!(errors(&output).contains("listener-leak"), "{}", errors(&output));
}

#[test]
fn wrong_use_is_status_two() {
    for arguments in [&["check", "--format", "nonsense"][..], &["check", "--no-such-option"], &["no-such-command"]] {
        let output = run(modleak().args(arguments));
        assert_eq!(status(&output), 2, "{arguments:?}");
        assert!(output.stdout.is_empty(), "{arguments:?}: the report's stream stays empty");
        assert!(!output.stderr.is_empty(), "{arguments:?}: it says why");
    }
}

#[test]
fn a_missing_folder_is_named() {
    let folder = project(&[]);
    let output = run(modleak().arg("check").arg(folder.path().join("nowhere")));
    assert_eq!(status(&output), 2);
    assert!(errors(&output).contains("nowhere"), "{}", errors(&output));
}

#[test]
fn an_empty_folder_is_nothing_to_analyse() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let output = check(folder.path(), &[]);
    assert_eq!(status(&output), 2);
    assert!(!output.stderr.is_empty());
}

#[test]
fn the_report_goes_to_standard_output_and_nothing_else() {
    let leak = project(&[("app.js", LEAK)]);
    let output = check(leak.path(), &["--format", "json"]);
    let report = Report::parse(&output.stdout).expect("standard output is the report");
    assert_eq!(report.found.len(), 1);
    assert!(!output.stderr.is_empty(), "the closing summary goes to standard error");
}

#[test]
fn quiet_shows_errors_only() {
    let both = project(&[("a.js", LEAK), ("b.js", WARNING)]);
    let output = check(both.path(), &["--format", "concise", "--quiet"]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("unbounded-growth") && !text.contains("cross-request-state"), "{text}");
}

#[test]
fn a_report_can_go_to_a_file_beside_the_log() {
    let leak = project(&[("app.js", LEAK)]);
    let target = leak.path().join("report.json");
    let format = format!("json={}", target.display());
    let output = check(leak.path(), &["--format", "concise", "--format", &format]);
    assert_eq!(status(&output), 1);
    assert!(String::from_utf8_lossy(&output.stdout).contains("unbounded-growth"));
    let written = std::fs::read(&target).expect("the second report is written");
    assert_eq!(Report::parse(&written).expect("it is JSON").found.len(), 1);
}

#[test]
fn a_file_that_is_no_text_costs_itself_only() {
    let folder = project(&[("app.js", LEAK)]);
    let bytes: Vec<u8> = (0..4096_u32).map(|index| u8::try_from(index * 37 % 256).expect("a byte")).collect();
    std::fs::write(folder.path().join("image.js"), bytes).expect("the file can be written");
    let (code, report) = report(folder.path());
    assert_eq!(code, 1);
    assert_eq!(report.found.len(), 1);
    assert!(report.incomplete.contains_key("image.js"));
    assert_eq!(status(&check(folder.path(), &["--strict"])), 2);
}

#[test]
fn invalid_utf8_never_ends_the_run() {
    let folder = project(&[("app.js", LEAK)]);
    std::fs::write(folder.path().join("latin.js"), b"exports.name = 'Andr\xe9';\n").expect("the file can be written");
    let (code, report) = report(folder.path());
    assert_eq!(code, 1);
    assert_eq!(report.found.len(), 1);
}

#[test]
fn ten_thousand_brackets_never_end_the_run() {
    let nested = format!("module.exports = {}{};\n", "[".repeat(10_000), "]".repeat(10_000));
    let calls = format!("module.exports = x{};\n", ".a()".repeat(50_000));
    let sums = format!("module.exports = 'a'{};\n", " + 'a'".repeat(200_000));
    let chain = format!("if (a) {{}}{}\n", " else if (b) {}".repeat(8_000));
    let folder = project(&[
        ("app.js", LEAK),
        ("nested.js", &nested),
        ("calls.js", &calls),
        ("sums.js", &sums),
        ("if.js", &chain),
    ]);
    let (code, report) = report(folder.path());
    assert_eq!(code, 1);
    assert_eq!(report.found.len(), 1);
    assert!(report.incomplete.contains_key("nested.js"));
}

#[test]
fn modules_in_a_circle_are_fine() {
    let a = "const b = require('./b');\nexports.list = [];\nexports.add = (x) => b.add(x);\n";
    let b = "const a = require('./a');\nexports.add = (x) => a.list.push(x);\n";
    let app = "const { add } = require('./a');\nsetInterval(() => add(Date.now()), 10);\n";
    let (code, report) = report(project(&[("a.js", a), ("b.js", b), ("app.js", app)]).path());
    assert_eq!(code, 1);
    assert_eq!((report.found[0].file.as_str(), report.found[0].line), ("b.js", 2));
}

#[cfg(unix)]
#[test]
fn links_in_a_circle_end() {
    let folder = project(&[("app.js", LEAK), ("lib/one.js", CLEAN)]);
    std::os::unix::fs::symlink("..", folder.path().join("lib/up")).expect("a link can be made");
    std::os::unix::fs::symlink("self.js", folder.path().join("self.js")).expect("a link can be made");
    let (code, report) = report(folder.path());
    assert_eq!(code, 1);
    assert_eq!(report.found.len(), 1);
}

#[test]
fn a_manifest_that_is_no_json_never_ends_the_run() {
    let folder = project(&[("package.json", "{ \"name\": "), ("app.js", LEAK)]);
    let (code, report) = report(folder.path());
    assert_eq!(code, 1);
    assert!(report.found.iter().any(|found| found.file == "app.js" && found.line == 4));
}

#[test]
fn an_unknown_key_of_the_configuration_is_wrong_use() {
    let folder = project(&[("app.js", CLEAN), ("modleak.json", "{ \"ruels\": {} }\n")]);
    let output = check(folder.path(), &[]);
    assert_eq!(status(&output), 2);
    let said = errors(&output);
    assert!(said.contains("modleak.json") && said.contains("ruels") && said.contains("rules"), "{said}");
}

#[test]
fn a_closed_pipe_ends_the_run_quietly() {
    let leaks: Vec<(String, &str)> = (0..200).map(|index| (format!("app{index}.js"), LEAK)).collect();
    let files: Vec<(&str, &str)> = leaks.iter().map(|(path, text)| (path.as_str(), *text)).collect();
    let folder = project(&files);
    let mut command = modleak();
    command.args(["check", "--no-cache", "--format", "json", "--root"]).arg(folder.path()).arg(folder.path());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("the program ends");
    assert!(!errors(&output).contains("panicked"), "{}", errors(&output));
    assert!(!errors(&output).to_lowercase().contains("broken pipe"), "{}", errors(&output));
}

/// A check in which the leak stands for a file.
fn check_given(folder: &Path, file: &Path) -> Report {
    let mut command = modleak();
    command.args(["check", "--no-cache", "--format", "json", "--stdin-filename"]).arg(file);
    command.arg("--root").arg(folder).arg(folder);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the program starts");
    child.stdin.take().expect("there is a pipe").write_all(LEAK.as_bytes()).expect("it is read");
    let output = child.wait_with_output().expect("the program ends");
    Report::parse(&output.stdout).expect("the report is JSON")
}

#[test]
fn standard_input_can_stand_for_a_file() {
    let folder = project(&[("app.js", CLEAN)]);
    for name in ["app.js", "new.js"] {
        let report = check_given(folder.path(), &folder.path().join(name));
        assert_eq!((report.found.len(), report.incomplete.len()), (1, 0), "{name}");
    }
}

#[test]
fn a_file_for_which_standard_input_stands_in_vain_is_named() {
    let folder = project(&[
        ("app.js", CLEAN),
        ("modleak.json", "{ \"ignore\": [\"old/**\"] }\n"),
        ("old/app.js", CLEAN),
        ("node_modules/x/index.js", CLEAN),
    ]);
    let elsewhere = tempfile::tempdir().expect("there is room for a folder");
    let outside = elsewhere.path().join("app.js");
    for file in ["old/app.js", "node_modules/x/index.js", "style.css"] {
        let report = check_given(folder.path(), &folder.path().join(file));
        assert!(report.found.is_empty());
        assert_eq!(report.incomplete.keys().collect::<Vec<_>>(), [file], "{:?}", report.incomplete);
    }
    let report = check_given(folder.path(), &outside);
    assert!(report.incomplete.values().any(|message| message.contains("outside")), "{:?}", report.incomplete);
}

#[test]
fn comments_are_written_that_hide_what_is_found() {
    let app = "const http = require('http');\r\nconst seen = new Map();\r\n\
               http.createServer((req, res) => {\r\n  seen.set(req.url, 1);\r\n  const text = `a\r\n\
               ${seen.set(req.url, 2)}`;\r\n  res.end(text);\r\n}).listen(80);\r\n";
    let view = "const http = require('http');\nconst hits = [];\nhttp.createServer((req, res) => {\n\
                res.end(show(<p>\n  {hits.push(req.url)}\n</p>));\n}).listen(80);\nfunction show(it) { return it; }\n";
    let folder = project(&[("app.js", app), ("view.jsx", view)]);
    let output = check(folder.path(), &["--add-suppressions", "--reason", "known", "--format", "json"]);
    assert_eq!(status(&output), 0, "{}", errors(&output));
    let text = |name: &str| std::fs::read_to_string(folder.path().join(name)).expect("the file is there");
    assert!(text("app.js").contains("  // modleak-disable-next-line unbounded-growth -- known\r\n  seen.set"));
    assert!(text("app.js").contains("2)}`; // modleak-disable-line unbounded-growth -- known\r\n"));
    assert!(text("view.jsx").contains("  {/* modleak-disable-next-line unbounded-growth -- known */}\n"));
    assert_eq!(status(&check(folder.path(), &["--max-warnings", "0"])), 0);
    assert_eq!(status(&check(folder.path(), &["--add-suppressions"])), 2, "a reason is needed");
}

#[test]
fn a_new_configuration_tells_what_is_found_and_can_be_used() {
    let manifest = "{ \"name\": \"it\", \"main\": \"./lib/\\u2028//index.js\" }";
    let folder = project(&[("app.js", LEAK), ("package.json", manifest), ("lib/\u{2028}/index.js", CLEAN)]);
    assert_eq!(status(&run(modleak().arg("init").arg(folder.path()))), 0);
    let text = std::fs::read_to_string(folder.path().join("modleak.jsonc")).expect("it was written");
    assert!(text.contains("// Found: ") && text.contains("2 request handlers"), "{text}");
    assert!(text.contains("// Entries, as package.json names them: lib/\\u{2028}/index.js"), "{text}");
    assert_eq!(status(&check(folder.path(), &[])), 1);
}

#[test]
fn the_configuration_of_a_file_can_be_printed() {
    let nested = "{ \"rules\": { \"listener-leak\": \"off\" } }";
    let above = "{ \"overrides\": [{ \"files\": [\"lib/**\"], \"rules\": { \"listener-leak\": \"info\" } }] }";
    let folder = project(&[("app.js", CLEAN), ("modleak.json", above), ("packages/a/modleak.json", nested)]);
    let level = |file: &str| {
        let file = folder.path().join(file);
        let output = check(folder.path(), &["--print-config", &file.display().to_string()]);
        assert_eq!(status(&output), 0, "{}", errors(&output));
        let printed: serde_json::Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
        printed["rules"]["listener-leak"].as_str().map(str::to_owned)
    };
    assert_eq!(level("app.js").as_deref(), Some("error"));
    assert_eq!(level("lib/x/y.js").as_deref(), Some("info"));
    assert_eq!(level("packages/a/b.js").as_deref(), Some("off"));
}

#[test]
fn the_path_narrows_what_is_reported() {
    let both = project(&[("a.js", LEAK), ("b.js", WARNING)]);
    let output = run(modleak()
        .args(["check", "--no-cache", "--format", "json", "--root"])
        .arg(both.path())
        .arg(both.path().join("b.js")));
    let report = Report::parse(&output.stdout).expect("the report is JSON");
    assert!(report.found.iter().all(|found| found.file == "b.js"));
    assert_eq!(status(&output), 0);
}

#[test]
fn a_leak_across_two_files_is_told_for_either() {
    let store = "exports.list = [];\n";
    let app = "const { list } = require('./store');\n\
               require('http').createServer(req => list.push(req.url)).listen(80);\n";
    let both = project(&[("app.js", app), ("store.js", store), ("other.js", "exports.a = 1;\n")]);
    for (named, expected) in [("app.js", 1), ("store.js", 1), ("other.js", 0)] {
        let output = run(modleak()
            .args(["check", "--no-cache", "--format", "json", "--root"])
            .arg(both.path())
            .arg(both.path().join(named)));
        let report = Report::parse(&output.stdout).expect("the report is JSON");
        assert_eq!(report.found.len(), expected, "{named}");
        let said = String::from_utf8_lossy(&output.stdout).contains("the removal in");
        assert!(!said, "what puts the container there is no removal");
    }
}

#[test]
fn the_lines_of_a_block_comment_may_begin_with_stars() {
    let hidden = LEAK.replace(
        "  seen.push",
        "  /*\n   * modleak-disable-next-line unbounded-growth\n   * -- why\n   */\n  seen.push",
    );
    assert_ne!(hidden, LEAK);
    let one = project(&[("app.js", &hidden)]);
    let (status, report) = report(one.path());
    assert_eq!((status, report.found.len()), (0, 0), "{:?}", report.found.first().map(|found| &found.rule));
}

#[test]
fn why_tells_of_listeners() {
    let app = "const app = require('express')();\n\
               app.get('/', (req, res) => {\n  process.on('SIGTERM', () => res.end());\n});\napp.listen(1);\n";
    let one = project(&[("app.js", app)]);
    let output = run(modleak().args(["why", "--no-cache", "app.js:3"]).current_dir(one.path()));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("reported: it is added in code that repeats") && text.contains("SIGTERM"), "{text}");
}

#[test]
fn every_rule_is_listed_and_explained() {
    let output = run(modleak().arg("rules"));
    assert_eq!(status(&output), 0);
    let listed = String::from_utf8_lossy(&output.stdout).into_owned();
    for rule in crate::support::RULES {
        assert!(listed.contains(rule), "{rule} is not listed");
        let output = run(modleak().args(["explain", rule]));
        assert_eq!(status(&output), 0, "{rule}");
        assert!(String::from_utf8_lossy(&output.stdout).contains("Why it matters"), "{rule}");
    }
}

#[test]
fn the_first_fixture_is_told_to_a_newcomer() {
    let fixture = repository().join("fixtures/supported-extensions");
    let output = run(modleak().args(["check", "--no-cache"]).arg(&fixture));
    assert_eq!(status(&output), 1);
    let text = String::from_utf8_lossy(&output.stdout);
    for part in ["validators/name.js", "bad-code.js", "validate.js", "setInterval", "unbounded-growth"] {
        assert!(text.contains(part), "the report names {part}:\n{text}");
    }
}

/// A commit takes what was staged, whatever was done to the file since.
#[test]
fn staged_files_are_read_as_they_are_staged() {
    let leak = "const seen = [];\nsetInterval(() => seen.push(Date.now()), 10);\n";
    let clean = "setInterval(() => 1, 10);\n";
    let folder = project(&[("package.json", "{ \"private\": true }\n"), ("app.js", clean)]);
    let git = |arguments: &[&str]| {
        let identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"];
        let done = run(Command::new("git").current_dir(folder.path()).args(identity).args(arguments));
        assert!(done.status.success(), "{arguments:?}: {}", errors(&done));
    };
    git(&["init", "-q"]);
    git(&["add", "."]);
    git(&["commit", "-q", "-m", "begin"]);
    let app = folder.path().join("app.js");
    let staged = || status(&check(folder.path(), &["--staged"]));
    fs::write(&app, leak).expect("there is room");
    assert_eq!(staged(), 0, "nothing is staged");
    git(&["add", "app.js"]);
    assert_eq!(staged(), 1);
    for later in [clean, &format!("{}{leak}", "\n".repeat(9))] {
        fs::write(&app, later).expect("there is room");
        assert_eq!(staged(), 1, "the leak is still staged");
    }
    fs::remove_file(&app).expect("it is there");
    assert_eq!(staged(), 1, "the leak is still staged");
    git(&["reset", "-q", "--hard"]);
    fs::write(&app, "setInterval(() => 2, 10);\n").expect("there is room");
    git(&["add", "app.js"]);
    fs::write(&app, leak).expect("there is room");
    assert_eq!(staged(), 0, "the leak is not staged");
}

/// A baseline holds what is known, not where it was.
#[test]
fn known_findings_stay_known_wherever_they_move() {
    let text = "const http = require('http');\nconst seen = [];\nconst other = new Map();\n\
                http.createServer((req, res) => {\n  seen.push(req.url);\n  other.set(req.url, 1);\n}).listen(80);\n";
    let folder = project(&[("app.js", text)]);
    let place = tempfile::tempdir().expect("there is room");
    let known = place.path().join("known").display().to_string();
    check(folder.path(), &["--baseline", &known, "--update-baseline"]);
    let moved = format!("// one\n\n\n// two\n{text}");
    let indented: String = text.lines().flat_map(|line| ["      ", line, "\n"]).collect();
    for same in [text, &moved, &indented, &text.replace('\n', "\r\n")] {
        for folder in [&folder, &project(&[])] {
            write_project(folder.path(), [("app.js", same)]);
            assert_eq!(status(&check(folder.path(), &["--baseline", &known])), 0, "{same}");
        }
    }
    write_project(folder.path(), [("app.js", text.replace("seen", "late").as_str())]);
    let output = check(folder.path(), &["--format", "concise", "--baseline", &known]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(status(&output) == 1 && said.contains("`late of app.js`") && !said.contains("`other"), "{said}");
    assert!(errors(&output).contains("nothing matches 1 entry"), "{}", errors(&output));
}
