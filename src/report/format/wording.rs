//! Phrases that several formats share.

use crate::base::finding::ContextKind;
use crate::report::{Context, Diagnostic, IncompletePlace, Place, Report, Summary};

/// `file:line:column`.
pub(super) fn at(place: &Place) -> String {
    format!("{}:{}:{}", place.file, place.range.start.line, place.range.start.column)
}

/// A file's path as tools find it that look from the working directory: below the analysed folder, if that lies below the
/// working directory; else as it is, so that a report says nothing of where it was made.
pub(super) fn path_for_tools(report: &Report, file: &str) -> String {
    let root = report.root.trim_end_matches('/');
    let is_below = !matches!(root, "" | ".") && !root.starts_with('/') && !root.contains(':');
    if is_below && !root.split('/').any(|it| it == "..") {
        format!("{}/{file}", root.trim_start_matches("./"))
    } else {
        file.to_owned()
    }
}

/// `1 error`, `2 errors`.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// What the report holds: `2 errors, 1 warning, 3 infos`, or that there is nothing.
pub(crate) fn totals(summary: &Summary) -> String {
    let counts = [(summary.errors, "error"), (summary.warnings, "warning"), (summary.infos, "info")];
    let parts: Vec<String> = counts.iter().filter(|it| it.0 > 0).map(|&(count, noun)| counted(count, noun)).collect();
    if parts.is_empty() { "no findings".to_owned() } else { parts.join(", ") }
}

/// How often the code of a context runs, for people.
pub(super) fn repeats(context: &Context) -> &'static str {
    match context.kind {
        ContextKind::Init => "runs while modules load",
        ContextKind::Test => "runs in tests",
        ContextKind::Exported => "runs whenever someone calls it",
        ContextKind::Timer => "runs at every tick",
        ContextKind::Event => "runs at every event",
        ContextKind::Request => "runs at every request",
    }
}

/// The message and what to do, in one line.
pub(super) fn message_with_help(diagnostic: &Diagnostic) -> String {
    if diagnostic.help.is_empty() {
        diagnostic.message.clone()
    } else {
        format!("{} Help: {}", sentence(&diagnostic.message), diagnostic.help)
    }
}

/// Text that ends as a sentence does.
pub(super) fn sentence(text: &str) -> String {
    let text = text.trim_end();
    if text.ends_with(['.', '!', '?', ':']) { text.to_owned() } else { format!("{text}.") }
}

/// What was not analysed: place and sentence.
pub(super) fn incomplete_at(entry: &IncompletePlace) -> String {
    match entry.range {
        Some(range) => format!("{}:{}:{}", entry.file, range.start.line, range.start.column),
        None => entry.file.clone(),
    }
}

/// The name of what a finding is about, to sort findings by.
pub(super) fn container_name(diagnostic: &Diagnostic) -> &str {
    diagnostic.container.as_ref().map_or("", |it| it.name.as_str())
}

/// The text of the line on which a place begins, without its indentation.
pub(super) fn line_of<'a>(report: &'a Report, place: &Place) -> &'a str {
    report.texts.line(&place.file, place.range.start.line).unwrap_or_default().trim()
}

/// The finding in lines of text: the way, what makes it repeat, what to do.
pub(super) fn details(diagnostic: &Diagnostic) -> Vec<String> {
    let mut lines = Vec::new();
    for (index, step) in diagnostic.steps.iter().enumerate() {
        lines.push(format!("{}. {} {}", index + 1, at(&step.place), step.label));
    }
    for related in &diagnostic.related {
        lines.push(format!("also: {} {}", at(&related.place), related.label));
    }
    if let Some(copied) = &diagnostic.copied_from {
        lines.push(format!("copy of: {}", at(copied)));
    }
    if let Some(context) = &diagnostic.context {
        let entry = &context.entry;
        lines.push(format!("repeats: {}: {} {}", repeats(context), entry.label, at(&entry.place)));
    }
    if !diagnostic.help.is_empty() {
        lines.push(format!("help: {}", diagnostic.help));
    }
    lines
}
