//! `--add-suppressions`: comments that hide what is found now.
//!
//! Where a comment may stand is the parser's knowledge (above a line there may be a template's text, or JSX), so nothing
//! is guessed: each form is tried on the whole project, in memory, and what a run does not confirm is not written.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::base::finding::Severity;
use crate::cli::console::{Console, Progress};
use crate::cli::engine::{CheckOutcome, CheckRequest, Engine, GivenFile};
use crate::cli::{UserError, output_file};
use crate::report::format::{escape, wording};
use crate::report::{Diagnostic, Report};

/// The forms of a comment, in the order in which they are tried.
const FORMS: [Form; 3] = [Form::Above, Form::AboveInMarkup, Form::Beside];

/// How a comment is written.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Form {
    /// `// …` on a line of its own.
    Above,
    /// `{/* … */}` on a line of its own.
    AboveInMarkup,
    /// `// …` at the end of the line.
    Beside,
}

/// What is to be hidden on one line.
#[derive(Clone)]
struct Line {
    /// Where the line begins and ends, in bytes.
    start: usize,
    end: usize,
    rules: BTreeSet<&'static str>,
    fingerprints: BTreeSet<String>,
    /// The form that was confirmed.
    form: Option<Form>,
}

/// A file with findings.
struct File {
    path: String,
    text: String,
    /// How much of it was not analysed before.
    problems: usize,
    lines: Vec<Line>,
}

/// Hides what the outcome reports, and gives the outcome after that.
pub(super) fn run(
    engine: &dyn Engine,
    request: &CheckRequest,
    outcome: &CheckOutcome,
    reason: &str,
    console: &mut Console<'_>,
) -> Result<CheckOutcome, UserError> {
    let reason = escape::plain(reason.trim()).replace("*/", "* /");
    if reason.is_empty() {
        return Err(UserError::new("a reason is needed, which the comments say"));
    }
    let mut files = files(outcome)?;
    for form in FORMS {
        attempt(engine, request, &outcome.folder, &mut files, form, &reason)?;
    }
    let mut count = 0;
    let mut left = 0;
    for file in &files {
        let confirmed = file.lines.iter().filter(|line| line.form.is_some()).count();
        left += file.lines.len() - confirmed;
        if confirmed > 0 {
            write(&outcome.folder, file, &file.with_comments(None, &reason))?;
            count += confirmed;
        }
    }
    console.note(&format!("modleak: wrote {}", wording::counted(count, "comment")));
    if left > 0 {
        console.note(&format!("  no comment could hide what is found on {}", wording::counted(left, "other line")));
    }
    engine.check(request, Progress::Hidden)
}

/// The files and lines with errors and warnings.
fn files(outcome: &CheckOutcome) -> Result<Vec<File>, UserError> {
    let mut by_file: BTreeMap<&str, Vec<&Diagnostic>> = BTreeMap::new();
    for it in outcome.report.diagnostics.iter().filter(|it| it.severity > Severity::Info) {
        by_file.entry(&it.place.file).or_default().push(it);
    }
    let mut files = Vec::new();
    for (path, diagnostics) in by_file {
        let text = read(&outcome.folder, path)?;
        let mut lines: BTreeMap<u32, Line> = BTreeMap::new();
        for it in diagnostics {
            let number = it.place.range.start.line;
            let known = outcome.report.texts.line(path, number).zip(outcome.report.texts.line_start(path, number));
            let Some((line, start)) = known else { continue };
            let (start, end) = (start as usize, start as usize + line.len());
            if text.get(start..end) != Some(line) {
                return Err(UserError::new("the file has changed since it was analysed").at(path.to_owned()));
            }
            let entry = lines.entry(number).or_insert_with(|| Line {
                start,
                end,
                rules: BTreeSet::new(),
                fingerprints: BTreeSet::new(),
                form: None,
            });
            entry.rules.insert(it.rule);
            entry.fingerprints.insert(it.fingerprint.clone());
        }
        let lines = lines.into_values().collect();
        files.push(File { path: path.to_owned(), text, problems: problems(&outcome.report, path), lines });
    }
    Ok(files)
}

/// Tries a form on all lines that no comment hides yet.
fn attempt(
    engine: &dyn Engine,
    request: &CheckRequest,
    folder: &Path,
    files: &mut [File],
    form: Form,
    reason: &str,
) -> Result<(), UserError> {
    let is_open = |file: &File| file.lines.iter().any(|line| line.form.is_none());
    if !files.iter().any(is_open) {
        return Ok(());
    }
    let given = files.iter().map(|file| {
        let tried = is_open(file).then_some(form);
        GivenFile { path: folder.join(&file.path), bytes: file.with_comments(tried, reason).into() }
    });
    let tried = CheckRequest { given: given.collect(), ..request.clone() };
    let report = engine.check(&tried, Progress::Hidden)?.report;
    let shown: BTreeSet<&str> = report.diagnostics.iter().map(|it| it.fingerprint.as_str()).collect();
    for file in files.iter_mut().filter(|file| problems(&report, &file.path) <= file.problems) {
        for line in file.lines.iter_mut().filter(|line| line.form.is_none()) {
            if line.fingerprints.iter().all(|it| !shown.contains(it.as_str())) {
                line.form = Some(form);
            }
        }
    }
    Ok(())
}

/// How much of a file could not be analysed: more, if a comment stands where none may.
fn problems(report: &Report, path: &str) -> usize {
    report.incomplete.iter().filter(|it| it.file == path).count()
}

impl File {
    /// The text with the comments that are confirmed, and those of a form that is tried on the other lines.
    fn with_comments(&self, tried: Option<Form>, reason: &str) -> String {
        let ending = if self.text.contains("\r\n") { "\r\n" } else { "\n" };
        let mut out = String::with_capacity(self.text.len() + 100 * self.lines.len());
        let mut at = 0;
        for line in &self.lines {
            let Some(form) = line.form.or(tried) else { continue };
            let content = &self.text[line.start..line.end];
            let content = content.strip_prefix('\u{feff}').unwrap_or(content);
            let start = line.end - content.len();
            let indent = &content[..content.len() - content.trim_start_matches([' ', '\t']).len()];
            let rules = line.rules.iter().copied().collect::<Vec<_>>().join(", ");
            let says = |word: &str| format!("modleak-disable-{word} {rules} -- {reason}");
            let (place, comment) = match form {
                Form::Above => (start, format!("{indent}// {}{ending}", says("next-line"))),
                Form::AboveInMarkup => (start, format!("{indent}{{/* {} */}}{ending}", says("next-line"))),
                Form::Beside => (line.end, format!(" // {}", says("line"))),
            };
            out.push_str(&self.text[at..place]);
            out.push_str(&comment);
            at = place;
        }
        out.push_str(&self.text[at..]);
        out
    }
}

fn read(folder: &Path, path: &str) -> Result<String, UserError> {
    std::fs::read_to_string(folder.join(path))
        .map_err(|error| UserError::new(format!("the file can't be read: {error}")).at(path.to_owned()))
}

/// Writes a file, if it is still what was read and lies where it seems to.
fn write(folder: &Path, file: &File, text: &str) -> Result<(), UserError> {
    let path = folder.join(&file.path);
    let is_inside = std::fs::canonicalize(&path).is_ok_and(|real| real.starts_with(folder));
    if !is_inside {
        return Err(UserError::new("the file lies outside the analysed folder").at(file.path.clone()));
    }
    if read(folder, &file.path)? != file.text {
        return Err(UserError::new("the file has changed since it was analysed").at(file.path.clone()));
    }
    output_file::write(&path, text.as_bytes())
}
