//! Every example of every page in `rules/` does what it says.
//!
//! A page's blocks name their file after the language (```` ```js server.js ````). The blocks between two headings are one
//! project; an unmarked line of it must stay silent.

use std::fs;
use std::path::PathBuf;

use crate::support::{
    Expectations, assert_none, bears_marks, check, on_two_threads, read_lossy, repository, write_project,
};

/// The sections that each page has, in their order.
pub(crate) const SECTIONS: [&str; 5] = ["Why it matters", "What to do", "Incorrect", "Correct", "When it stays silent"];

/// A project is somebody's own unless an example says otherwise.
const MANIFEST: &str = "{ \"name\": \"example\", \"private\": true }\n";

/// The blocks below one heading.
pub(crate) struct Example {
    /// `rules/x.md:12`.
    place: String,
    section: String,
    /// Path, line of the page above the first line, text.
    files: Vec<(String, usize, String)>,
}

/// The pages, in the order of their names.
pub(crate) fn pages() -> Vec<PathBuf> {
    let entries = fs::read_dir(repository().join("rules")).expect("there are rules");
    let mut pages: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    pages.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    pages.sort();
    pages
}

/// The examples of a page.
fn examples(page: &str, text: &str) -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    let mut section = String::new();
    let mut lines = text.lines().enumerate();
    while let Some((index, line)) = lines.next() {
        if let Some(heading) = line.strip_prefix('#') {
            if let Some(title) = heading.strip_prefix("# ") {
                title.clone_into(&mut section);
            }
            let place = format!("rules/{page}:{}", index + 1);
            examples.push(Example { place, section: section.clone(), files: Vec::new() });
        } else if let Some(info) = line.strip_prefix("```") {
            let body: Vec<&str> = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```").collect();
            if let (Some((_, file)), Some(example)) = (info.split_once(' '), examples.last_mut()) {
                example.files.push((file.to_owned(), index + 1, body.join("\n") + "\n"));
            }
        }
    }
    examples.retain(|example| !example.files.is_empty());
    examples
}

fn all_examples() -> Vec<Example> {
    let named = |path: &PathBuf| path.file_name().expect("a page has a name").to_string_lossy().into_owned();
    pages().iter().flat_map(|path| examples(&named(path), &read_lossy(path))).collect()
}

impl Example {
    fn expectations(&self) -> Expectations {
        let mut expectations = Expectations::default();
        for (file, _, text) in self.files.iter().filter(|(file, ..)| bears_marks(file)) {
            expectations.read(file, text);
        }
        expectations
    }

    /// Runs the program on the example; each problem begins with its place in the page.
    fn problems(&self) -> Vec<String> {
        let folder = tempfile::tempdir().expect("there is room for an example");
        write_project(folder.path(), [("package.json", MANIFEST)]);
        write_project(folder.path(), self.files.iter().map(|(file, _, text)| (file.as_str(), text.as_str())));
        let wrong = match check(folder.path()) {
            Ok(report) => self.expectations().judge(&report),
            Err(reason) => vec![format!("not judged: {reason}")],
        };
        wrong.into_iter().map(|line| format!("{}: {}", self.place, self.with_page_line(&line))).collect()
    }

    /// `server.js:3: …` as `server.js:3 (line 25): …`.
    fn with_page_line(&self, problem: &str) -> String {
        let mut parts = problem.splitn(3, ':');
        let (Some(file), Some(line), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
            return problem.to_owned();
        };
        let start = self.files.iter().find(|(name, ..)| name == file).map(|(_, start, _)| start);
        match (start, line.parse::<usize>()) {
            (Some(start), Ok(line)) => format!("{file}:{line} (line {}):{rest}", start + line),
            _ => problem.to_owned(),
        }
    }
}

#[test]
fn examples_do_what_they_say() {
    let wanted = std::env::var("MODLEAK_PAGE").unwrap_or_default();
    let examples: Vec<Example> = all_examples().into_iter().filter(|example| example.place.contains(&wanted)).collect();
    assert_none("pages", &on_two_threads(&examples, Example::problems));
}

#[test]
fn examples_are_well_formed() {
    let mut wrong = Vec::new();
    for example in all_examples() {
        let place = &example.place;
        let expectations = example.expectations();
        wrong.extend(expectations.problems.iter().map(|problem| format!("{place}: {problem}")));
        match example.section.as_str() {
            "Incorrect" if expectations.required_count() == 0 => {
                wrong.push(format!("{place}: an incorrect example has a mark"));
            }
            "Correct" if expectations.required_count() > 0 => {
                wrong.push(format!("{place}: a correct example has no mark"));
            }
            "Incorrect" | "Correct" => {}
            other => wrong.push(format!("{place}: files belong in Incorrect or Correct, not in `{other}`")),
        }
        let mut names: Vec<&str> = example.files.iter().map(|(file, ..)| file.as_str()).collect();
        names.sort_unstable();
        if names.windows(2).any(|pair| pair[0] == pair[1]) {
            wrong.push(format!("{place}: a file stands there twice"));
        }
    }
    assert_none("examples", &wrong);
}

#[test]
fn pages_have_a_summary_and_the_five_sections() {
    let mut wrong = Vec::new();
    for path in pages() {
        let text = read_lossy(&path);
        let page = path.file_name().expect("a page has a name").to_string_lossy().into_owned();
        let sections: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        if sections != SECTIONS {
            wrong.push(format!("rules/{page}: its sections are {sections:?}, not {SECTIONS:?}"));
        }
        if summary(&text).is_none_or(|summary| !summary.ends_with('.') || summary.contains(". ")) {
            wrong.push(format!("rules/{page}: after the title comes one sentence"));
        }
    }
    assert_none("pages", &wrong);
}

/// The first paragraph after the title, as one line.
pub(crate) fn summary(text: &str) -> Option<String> {
    text.split("\n\n").nth(1).map(|paragraph| paragraph.trim().replace('\n', " "))
}
