//! What each load leads to: the marks `//=>` in `fixtures/` against `modleak graph`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use crate::support::{
    assert_none, bears_marks, files_below, fixtures, modleak, on_two_threads, read_lossy, repository, run,
};

/// For each file and line, the modules that its loads lead to.
type Targets = BTreeMap<(String, usize), BTreeSet<String>>;

#[test]
fn loads_lead_where_the_marks_say() {
    let wanted = std::env::var("MODLEAK_FIXTURE").unwrap_or_default();
    let folders: Vec<_> = fixtures()
        .into_iter()
        .filter(|folder| folder.to_string_lossy().contains(&wanted))
        .map(|folder| (marked(&folder), folder))
        .filter(|(marks, _)| !marks.is_empty())
        .collect();
    let wrong = on_two_threads(&folders, |(marks, folder)| {
        let name = folder.strip_prefix(repository()).unwrap_or(folder).to_string_lossy().replace('\\', "/");
        let found = found(folder);
        let none = BTreeSet::new();
        let judge = |(place, wanted): (&(String, usize), &BTreeSet<String>)| {
            let got = found.get(place).unwrap_or(&none);
            (got != wanted).then(|| format!("{name}/{}:{}: {wanted:?} expected, {got:?} found", place.0, place.1))
        };
        marks.iter().filter_map(judge).collect()
    });
    assert_none("loads", &wrong);
}

/// What `//=> a.js b.js` says at the ends of lines; `nothing` for a line that loads nothing.
fn marked(folder: &Path) -> Targets {
    let mut marks = Targets::new();
    for file in files_below(folder).into_iter().filter(|file| bears_marks(file)) {
        for (index, line) in read_lossy(&folder.join(&file)).lines().enumerate() {
            if let Some((_, mark)) = line.split_once("//=>") {
                let targets = mark.split_whitespace().filter(|&target| target != "nothing").map(str::to_owned);
                marks.insert((file.clone(), index + 1), targets.collect());
            }
        }
    }
    marks
}

fn found(folder: &Path) -> Targets {
    let output = run(modleak().args(["graph", "--format", "json", "--no-cache"]).arg(folder));
    let graph: Value = serde_json::from_slice(&output.stdout).expect("the graph is JSON");
    let mut targets = Targets::new();
    for edge in graph["edges"].as_array().expect("a graph has edges") {
        let text = |name: &str| edge[name].as_str().expect("an edge has names").to_owned();
        let line = edge["line"].as_u64().and_then(|line| usize::try_from(line).ok()).expect("an edge has a line");
        targets.entry((text("from"), line)).or_default().insert(text("to"));
    }
    targets
}
