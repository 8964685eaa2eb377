//! `modleak why`: what the analyser knows of a place.

use std::path::PathBuf;

use crate::cli::args::WhyArgs;
use crate::cli::console::Console;
use crate::cli::engine::{Engine, WhyRequest};
use crate::cli::{Exit, Outcome};
use crate::report::format::{escape, pretty};

pub(super) fn run(engine: &dyn Engine, args: &WhyArgs, console: &mut Console<'_>) -> Outcome {
    let (file, line) = split_place(&args.place);
    let project = args.project.request(std::slice::from_ref(&file));
    let progress = console.progress();
    let entries = engine.why(&WhyRequest { project, file, line }, progress);
    progress.end();
    let entries = entries?;
    if entries.is_empty() {
        console.note("modleak: nothing is known there: no assignment, no call that changes an object or adds a listener to one that \
             lasts, in code that the analysis reaches");
    }
    let paint = console.paint_out();
    for entry in entries {
        let code = escape::plain(entry.code.trim());
        console.print(&format!("{}  {}\n", paint.underlined(&escape::plain(&entry.place)), paint.bold(&code)))?;
        for line in pretty::wrapped(&escape::plain(&entry.verdict), console.width().saturating_sub(2)) {
            console.print(&format!("  {line}\n"))?;
        }
        let widest = entry.facts.iter().map(|it| it.0.chars().count()).max().unwrap_or_default();
        for (name, text) in &entry.facts {
            let lines = pretty::wrapped(&escape::plain(text), console.width().saturating_sub(widest + 4));
            for (row, line) in lines.iter().enumerate() {
                let name = if row == 0 { escape::plain(name) } else { String::new() };
                console.print(&format!("  {} {line}\n", paint.label(&format!("{name:>widest$}"))))?;
            }
        }
        console.print("\n")?;
    }
    Ok(Exit::Clean)
}

/// `FILE`, `FILE:LINE` or `FILE:LINE:COLUMN`, unless a file has that very name.
fn split_place(place: &str) -> (PathBuf, Option<u32>) {
    let whole = PathBuf::from(place);
    if whole.exists() {
        return (whole, None);
    }
    let numbered = |text: &str| {
        let (file, number) = text.rsplit_once(':')?;
        Some((file.to_owned(), number.parse::<u32>().ok()?))
    };
    match numbered(place) {
        None => (whole, None),
        Some((file, number)) => match numbered(&file) {
            Some((file, line)) => (file.into(), Some(line)),
            None => (file.into(), Some(number)),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::split_place;

    #[test]
    fn a_place_is_a_file_and_perhaps_a_line() {
        assert_eq!(split_place("a.js"), ("a.js".into(), None));
        assert_eq!(split_place("a.js:3"), ("a.js".into(), Some(3)));
        assert_eq!(split_place("a.js:3:9"), ("a.js".into(), Some(3)));
        assert_eq!(split_place("C:/x/a.js"), ("C:/x/a.js".into(), None));
    }
}
