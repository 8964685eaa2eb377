//! Every folder of `fixtures/` is a project whose findings are its marks, no more and no fewer.

use std::path::Path;

use crate::support::{assert_none, check, expectations_of, fixtures, on_two_threads, repository};

/// `MODLEAK_FIXTURE=growth/` narrows the run to the folders whose path contains that text.
#[test]
fn findings_are_the_marks() {
    let wanted = std::env::var("MODLEAK_FIXTURE").unwrap_or_default();
    let folders: Vec<_> = fixtures().into_iter().filter(|folder| shown(folder).contains(&wanted)).collect();
    let wrong = on_two_threads(&folders, |folder| {
        let name = shown(folder);
        let wrong = match check(folder) {
            Ok(report) => expectations_of(folder).judge(&report),
            Err(reason) => vec![format!("not judged: {reason}")],
        };
        wrong.into_iter().map(|line| format!("{name}/{line}")).collect()
    });
    assert_none("fixtures", &wrong);
}

#[test]
fn marks_are_well_formed() {
    let mut wrong = Vec::new();
    for folder in fixtures() {
        let name = shown(&folder);
        let expectations = expectations_of(&folder);
        wrong.extend(expectations.problems.iter().map(|problem| format!("{name}/{problem}")));
        if name.contains("fixtures/quiet/") && expectations.required_count() > 0 {
            wrong.push(format!("{name}: what is in quiet/ must yield nothing"));
        }
        if !folder.join("package.json").is_file() {
            wrong.push(format!("{name}: a fixture is a project and has a package.json"));
        }
    }
    assert_none("marks", &wrong);
}

fn shown(folder: &Path) -> String {
    folder.strip_prefix(repository()).unwrap_or(folder).to_string_lossy().replace('\\', "/")
}
