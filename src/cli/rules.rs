//! `modleak rules`: the table of rules.

use serde::Serialize;

use crate::cli::args::{RulesArgs, RulesFormat};
use crate::cli::console::Console;
use crate::cli::engine::Engine;
use crate::cli::{Exit, Outcome};
use crate::report::format::{escape, pretty};
use crate::report::severity_word;

/// A rule, as `--format json` gives it.
#[derive(Serialize)]
struct ListedRule<'a> {
    name: &'a str,
    severity: &'static str,
    summary: &'a str,
    url: String,
}

pub(super) fn run(engine: &dyn Engine, args: &RulesArgs, console: &mut Console<'_>) -> Outcome {
    let rules = engine.rules();
    match args.format {
        RulesFormat::Json => {
            let listed: Vec<ListedRule<'_>> = rules
                .iter()
                .map(|it| ListedRule {
                    name: it.name,
                    severity: severity_word(it.severity),
                    summary: &it.summary,
                    url: it.url(),
                })
                .collect();
            escape::write_json(&listed, console.out())?;
        }
        RulesFormat::Table => {
            let paint = console.paint_out();
            let widest = rules.iter().map(|it| it.name.len()).max().unwrap_or_default();
            let indent = widest + 11;
            for it in &rules {
                let word = paint.severity(it.severity, &format!("{:<7}", severity_word(it.severity)));
                let name = paint.bold(&format!("{:<widest$}", it.name));
                let lines = pretty::wrapped(&it.summary, console.width().saturating_sub(indent));
                console.print(&format!("{name}  {word}  {}\n", lines.join(&format!("\n{:indent$}", ""))))?;
            }
        }
    }
    Ok(Exit::Clean)
}
