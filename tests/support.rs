//! Marks, and how a report is judged by them. One grammar serves the pages and the fixtures; `fixtures/README.md` says it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;

use serde_json::Value;

/// The rules that a mark may name.
pub(crate) const RULES: [&str; 10] = [
    "unbounded-growth",
    "foreign-mutation",
    "cross-request-state",
    "listener-leak",
    "module-reload-leak",
    "blocking-require",
    "test-mutation",
    "copied-test-mutation",
    "unresolved-require",
    "unused-suppression",
];

/// The mark of a file that can't be analysed.
const INCOMPLETE: &str = "incomplete";

/// Files that can bear marks.
const MARKED: [&str; 10] = ["js", "mjs", "cjs", "jsx", "ts", "mts", "cts", "tsx", "vue", "svelte"];

/// Where a finding begins: file, line, rule.
pub(crate) type Place = (String, usize, String);

/// What the marks of a project demand and allow.
#[derive(Default)]
pub(crate) struct Expectations {
    /// One place of each must be reported; the name is that of a tagged group, or empty.
    required: Vec<(String, BTreeSet<Place>)>,
    allowed: BTreeSet<Place>,
    /// Lines of a known wrong behaviour, where any finding is let through.
    known_wrong: BTreeSet<(String, usize)>,
    /// Files that can't be analysed.
    incomplete: BTreeSet<String>,
    /// Files that perhaps can't.
    perhaps_incomplete: BTreeSet<String>,
    /// Marks that can't be read.
    pub(crate) problems: Vec<String>,
    groups: BTreeMap<String, BTreeSet<Place>>,
}

/// The formats of the contract.
pub(crate) const FORMATS: [&str; 14] = [
    "pretty",
    "concise",
    "json",
    "eslint",
    "sarif",
    "github",
    "gitlab",
    "junit",
    "checkstyle",
    "rdjson",
    "unix",
    "agent",
    "html",
    "mermaid",
];

impl Expectations {
    /// How many findings must be there.
    pub(crate) fn required_count(&self) -> usize {
        self.required.len() + self.groups.len() + self.incomplete.len()
    }

    /// Reads the marks of one file.
    pub(crate) fn read(&mut self, file: &str, text: &str) {
        for (index, line) in text.lines().enumerate() {
            let Some((_, marks)) = line.split_once("//~").or_else(|| line.split_once("/*~")) else { continue };
            let marks = marks.split("*/").next().unwrap_or(marks);
            for mark in marks.split("//~") {
                self.read_mark(file, index + 1, mark);
            }
        }
    }

    fn read_mark(&mut self, file: &str, line: usize, mark: &str) {
        let below = mark.trim_start_matches('^');
        let line = line - (mark.len() - below.len()).min(line - 1);
        let mark = below.trim();
        let (is_optional, mark) = match mark.strip_prefix('?') {
            Some(rest) => (true, rest.trim()),
            None => (false, mark),
        };
        if is_optional && mark.starts_with("bug:") {
            self.known_wrong.insert((file.to_owned(), line));
        } else if mark == INCOMPLETE {
            let files = if is_optional { &mut self.perhaps_incomplete } else { &mut self.incomplete };
            files.insert(file.to_owned());
        } else if mark != "none" {
            for wanted in mark.split(',') {
                self.read_wanted(file, line, wanted, is_optional);
            }
        }
    }

    fn read_wanted(&mut self, file: &str, line: usize, wanted: &str, is_optional: bool) {
        let mut places = BTreeSet::new();
        let mut group = None;
        for alternative in wanted.split('|') {
            let alternative = alternative.trim();
            let (rule, tag) = alternative.split_once('#').map_or((alternative, None), |(rule, tag)| (rule, Some(tag)));
            if !RULES.contains(&rule) {
                self.problems.push(format!("{file}:{line}: `{rule}` is no rule"));
                continue;
            }
            places.insert((file.to_owned(), line, rule.to_owned()));
            group = tag.map(|_| alternative.to_owned());
        }
        self.allowed.extend(places.iter().cloned());
        match group {
            _ if is_optional || places.is_empty() => {}
            Some(name) => self.groups.entry(name).or_default().extend(places),
            None => self.required.push((String::new(), places)),
        }
    }

    /// What is wrong with a report, a line each, with the messages of what was found.
    pub(crate) fn judge(&self, report: &Report) -> Vec<String> {
        let found: BTreeSet<Place> = report.found.iter().map(Found::place).collect();
        let mut wrong = Vec::new();
        for (name, places) in self.required.iter().map(|(name, places)| (name, places)).chain(&self.groups) {
            if places.is_disjoint(&found) {
                wrong.push(missing(name, places));
            }
        }
        for finding in &report.found {
            let is_known_wrong = self.known_wrong.contains(&(finding.file.clone(), finding.line));
            if finding.severity != "info" && !is_known_wrong && !self.allowed.contains(&finding.place()) {
                let Found { file, line, rule, severity, message } = finding;
                wrong.push(format!("{file}:{line}: unexpected {rule} ({severity}): {message}"));
            }
        }
        for file in self.incomplete.difference(&report.incomplete.keys().cloned().collect()) {
            wrong.push(format!("{file}: expected to be said incomplete"));
        }
        for (file, message) in &report.incomplete {
            if !self.incomplete.contains(file) && !self.perhaps_incomplete.contains(file) {
                wrong.push(format!("{file}: unexpected incomplete: {message}"));
            }
        }
        wrong
    }
}

fn missing(name: &str, places: &BTreeSet<Place>) -> String {
    let places: Vec<String> = places.iter().map(|(file, line, rule)| format!("{file}:{line}: {rule}")).collect();
    let group = if name.is_empty() { String::new() } else { format!(" (one line of the group {name})") };
    format!("{} expected, not found{group}", places.join(" or "))
}

/// One diagnostic of a report.
pub(crate) struct Found {
    pub(crate) file: String,
    pub(crate) line: usize,
    pub(crate) rule: String,
    pub(crate) severity: String,
    pub(crate) message: String,
}

impl Found {
    fn place(&self) -> Place {
        (self.file.clone(), self.line, self.rule.clone())
    }
}

/// What a run said, as far as the tests look at it.
pub(crate) struct Report {
    pub(crate) found: Vec<Found>,
    /// File and message.
    pub(crate) incomplete: BTreeMap<String, String>,
}

impl Report {
    /// Reads the contract's JSON.
    pub(crate) fn parse(json: &[u8]) -> Result<Self, String> {
        let value: Value = serde_json::from_slice(json).map_err(|error| format!("no JSON report: {error}"))?;
        let list = |name: &str| value[name].as_array().ok_or(format!("the report has no list `{name}`"));
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let found = list("diagnostics")?
            .iter()
            .map(|each| {
                let line = each["range"]["start"]["line"].as_u64().and_then(|line| usize::try_from(line).ok());
                Found {
                    file: text(&each["file"]),
                    line: line.unwrap_or(0),
                    rule: text(&each["rule"]),
                    severity: text(&each["severity"]),
                    message: text(&each["message"]),
                }
            })
            .collect();
        let incomplete = list("incomplete")?.iter().map(|each| (text(&each["file"]), text(&each["message"]))).collect();
        Ok(Self { found, incomplete })
    }
}

/// The repository.
pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The program under test, away from the terminal and from the caller's settings.
pub(crate) fn modleak() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_modleak"));
    command.stdin(Stdio::null()).env("NO_COLOR", "1").env_remove("FORCE_COLOR").env_remove("RUST_BACKTRACE");
    command
}

/// Runs the program to its end.
pub(crate) fn run(command: &mut Command) -> Output {
    command.output().expect("the program starts")
}

/// What the program says of a folder, as JSON.
pub(crate) fn check(folder: &Path) -> Result<Report, String> {
    let output = run(modleak().args(["check", "--format", "json", "--no-cache", "--root"]).arg(folder).arg(folder));
    match output.status.code() {
        Some(0 | 1) => Report::parse(&output.stdout),
        _ => Err(format!("{}: {}", output.status, String::from_utf8_lossy(&output.stderr).trim())),
    }
}

/// The files below a folder, relative to it and with `/`, in order; links are not followed.
pub(crate) fn files_below(folder: &Path) -> Vec<String> {
    let walk = walkdir::WalkDir::new(folder).sort_by_file_name();
    walk.into_iter()
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_file())
        .filter_map(|entry| {
            let path = entry.path().strip_prefix(folder).ok()?;
            Some(path.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/"))
        })
        .collect()
}

/// Whether a file's marks are read.
pub(crate) fn bears_marks(file: &str) -> bool {
    let extension = Path::new(file).extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| MARKED.contains(&extension))
}

/// The text of a file, whatever its bytes.
pub(crate) fn read_lossy(path: &Path) -> String {
    let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Writes a project: paths with `/`, and their texts.
pub(crate) fn write_project<'a>(folder: &Path, files: impl IntoIterator<Item = (&'a str, &'a str)>) {
    for (path, text) in files {
        let full = folder.join(path);
        fs::create_dir_all(full.parent().expect("a file has a folder")).expect("the folder can be made");
        fs::write(full, text).expect("the file can be written");
    }
}

/// Calls `job` for each item on two threads; what it returns is collected in the order of the items.
pub(crate) fn on_two_threads<T: Sync>(items: &[T], job: impl Fn(&T) -> Vec<String> + Sync) -> Vec<String> {
    let next = Mutex::new(0..items.len());
    let results = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Some(index) = next.lock().expect("no job panics").next() else { break };
                    let result = job(&items[index]);
                    results.lock().expect("no job panics").insert(index, result);
                }
            });
        }
    });
    results.into_inner().expect("no job panics").into_values().flatten().collect()
}

/// Fails with all that went wrong, one below the other.
pub(crate) fn assert_none(what: &str, wrong: &[String]) {
    assert!(wrong.is_empty(), "{what}: {} problems\n{}", wrong.len(), wrong.join("\n"));
}

/// The projects of `fixtures/`: each folder two levels down, and `supported-extensions`.
pub(crate) fn fixtures() -> Vec<PathBuf> {
    let root = repository().join("fixtures");
    let mut folders = vec![root.join("supported-extensions")];
    for group in folders_in(&root) {
        if group != folders[0] {
            folders.extend(folders_in(&group));
        }
    }
    folders
}

fn folders_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut folders: Vec<PathBuf> =
        entries.filter_map(Result::ok).map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

/// The marks of all files of a fixture.
pub(crate) fn expectations_of(folder: &Path) -> Expectations {
    let mut expectations = Expectations::default();
    for file in files_below(folder) {
        let text = read_lossy(&folder.join(&file));
        if bears_marks(&file) {
            expectations.read(&file, &text);
        } else if text.contains("//~") {
            expectations.problems.push(format!("{file}: marks are not read in such a file"));
        }
    }
    expectations
}

#[test]
fn marks_are_read_as_the_readme_says() {
    let mut marks = Expectations::default();
    marks.read(
        "a.js",
        "x; //~ unbounded-growth, listener-leak\n\
         y; //~ unbounded-growth|foreign-mutation //~? blocking-require\n\
         z; //~ module-reload-leak#one\n\
         w; //~ module-reload-leak#one\n\
         `\n/*~^ test-mutation */\n\
         v; //~ none\n\
         u; //~? bug: the alias is lost\n\
         t; //~ nonsense\n",
    );
    assert_eq!(marks.required.len(), 4);
    assert_eq!(marks.groups["module-reload-leak#one"].len(), 2);
    assert!(marks.allowed.contains(&("a.js".into(), 2, "blocking-require".into())));
    assert!(marks.allowed.contains(&("a.js".into(), 5, "test-mutation".into())));
    assert!(marks.known_wrong.contains(&("a.js".into(), 8)));
    assert_eq!(marks.problems, ["a.js:9: `nonsense` is no rule"]);
}
