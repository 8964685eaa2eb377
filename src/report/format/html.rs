//! `html`: one file that needs nothing else. No script at all: filters are checkboxes that the style sheet looks at, so
//! the page's policy can forbid everything but its own style.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use crate::report::fingerprint::digest_of;
use crate::report::format::{Style, escape, wording};
use crate::report::{Diagnostic, LabelledPlace, Place, Report, confidence_word, context_word, severity_word};

const STYLE: &str = include_str!("html.css");

/// The height of a step in the drawing, which the style sheet knows too.
const ROW: usize = 64;
/// The distance between the lanes of two files.
const LANE: usize = 18;

pub(super) fn render(report: &Report, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let shown: Vec<&Diagnostic> = report.shown(style.infos).collect();
    let mut body = String::new();
    write_filters(report, &shown, &mut body);
    write_findings(report, &shown, &mut body);
    write_incomplete(report, &mut body);
    write_inventory(report, &mut body);
    let style = style_sheet(&found_rules(report, &shown));
    // A browser takes only the style that bears this number, and nobody who is quoted below can know it.
    let nonce = digest_of(&[&style, &body]);
    let title = format!("modleak: {}", wording::totals(&report.summary));
    writeln!(out, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">")?;
    writeln!(
        out,
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'nonce-{nonce}'; \
         base-uri 'none'; form-action 'none'\">"
    )?;
    writeln!(out, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")?;
    writeln!(out, "<meta name=\"color-scheme\" content=\"light dark\">\n<title>{}</title>", escape::xml(&title))?;
    writeln!(out, "<style nonce=\"{nonce}\">\n{style}</style>\n</head>\n<body>")?;
    write_header(report, out)?;
    writeln!(out, "{body}</body>\n</html>")
}

fn write_header(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let summary = report.summary;
    let files = wording::counted(summary.files, "file");
    writeln!(out, "<header>\n<h1>Memory leaks</h1>")?;
    writeln!(out, "<p><strong>{}</strong> in {files}</p>", wording::totals(&summary))?;
    let mut notes = Vec::new();
    if summary.baselined > 0 {
        notes.push(format!("{} hidden by the baseline", wording::counted(summary.baselined, "known finding")));
    }
    if summary.suppressed > 0 {
        notes.push(format!("{} hidden by comments", wording::counted(summary.suppressed, "finding")));
    }
    notes.extend(report.assumptions.iter().map(|it| format!("Assumed: {it}")));
    if !notes.is_empty() {
        writeln!(out, "<ul>")?;
        for note in notes {
            writeln!(out, "<li>{}</li>", escape::xml(&note))?;
        }
        writeln!(out, "</ul>")?;
    }
    writeln!(out, "</header>")
}

/// The rules that have findings, in the order in which rules are listed.
fn found_rules<'a>(report: &'a Report, shown: &[&Diagnostic]) -> Vec<&'a str> {
    let known = report.rules.iter().map(|it| it.name);
    known.filter(|name| shown.iter().any(|it| it.rule == *name)).collect()
}

fn style_sheet(rules: &[&str]) -> String {
    let mut style = STYLE.to_owned();
    let mut filters: Vec<String> = ["error", "warning", "info", "high", "medium", "low"].map(str::to_owned).into();
    filters.extend(rules.iter().map(|it| format!("rule-{it}")));
    for filter in filters {
        let _ = writeln!(style, "body:has(#show-{filter}:not(:checked)) .is-{filter} {{ display: none; }}");
    }
    style
}

fn write_filters(report: &Report, shown: &[&Diagnostic], body: &mut String) {
    if shown.is_empty() {
        return;
    }
    body.push_str("<nav aria-label=\"Filters\">\n");
    let severities: Vec<&str> = shown.iter().map(|it| severity_word(it.severity)).collect();
    let confidences: Vec<&str> = shown.iter().map(|it| confidence_word(it.confidence)).collect();
    let present = |words: [&'static str; 3], found: &[&str]| {
        words.into_iter().filter(|it| found.contains(it)).collect::<Vec<&str>>()
    };
    write_group(body, "Severity", "", &present(["error", "warning", "info"], &severities));
    write_group(body, "Confidence", "", &present(["high", "medium", "low"], &confidences));
    write_group(body, "Rule", "rule-", &found_rules(report, shown));
    body.push_str("</nav>\n");
}

fn write_group(body: &mut String, legend: &str, prefix: &str, names: &[&str]) {
    let _ = writeln!(body, "<fieldset><legend>{legend}</legend>");
    for name in names {
        let id = format!("show-{prefix}{name}");
        let _ = writeln!(body, "<label><input type=\"checkbox\" id=\"{id}\" checked> {name}</label>");
    }
    body.push_str("</fieldset>\n");
}

/// Findings by container, in the order of the first of each.
fn write_findings(report: &Report, shown: &[&Diagnostic], body: &mut String) {
    body.push_str("<main>\n");
    if shown.is_empty() {
        body.push_str("<p>There are no findings.</p>\n");
    }
    let mut groups: Vec<(&str, Vec<&Diagnostic>)> = Vec::new();
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for &it in shown {
        let name = wording::container_name(it);
        let at = *places.entry(name).or_insert(groups.len());
        if at == groups.len() {
            groups.push((name, Vec::new()));
        }
        groups[at].1.push(it);
    }
    groups.sort_by_key(|(name, _)| name.is_empty());
    for (name, diagnostics) in groups {
        let heading = if name.is_empty() { "Other findings" } else { name };
        let _ = writeln!(body, "<section>\n<h2>{}</h2>", escape::xml(heading));
        if let Some(container) = diagnostics.first().and_then(|it| it.container.as_ref()) {
            let (holder, owner) = (escape::xml(&container.holder), escape::xml(&container.owner));
            let _ = writeln!(body, "<p class=\"held\">held by <code>{holder}</code>, made by <code>{owner}</code></p>");
        }
        for it in diagnostics {
            write_finding(report, it, body);
        }
        body.push_str("</section>\n");
    }
    body.push_str("</main>\n");
}

fn write_finding(report: &Report, it: &Diagnostic, body: &mut String) {
    let (severity, confidence) = (severity_word(it.severity), confidence_word(it.confidence));
    let classes = format!("is-{severity} is-{confidence} is-rule-{}", it.rule);
    let _ = writeln!(body, "<article class=\"{classes}\" id=\"f-{}\">", it.fingerprint);
    let message = prose(&it.message);
    let _ = writeln!(body, "<h3><span class=\"severity {severity}\">{severity}</span> {message}</h3>");
    let place = escape::xml(&wording::at(&it.place));
    let _ = writeln!(body, "<p class=\"place\"><code>{place}</code> · {} · {confidence} confidence</p>", it.rule);
    if it.steps.is_empty() {
        let _ = writeln!(body, "<pre>{}</pre>", source_line(report, &it.place));
    } else {
        write_way(report, &it.steps, body);
    }
    body.push_str("<dl>\n");
    if let Some(context) = &it.context {
        let entry = escape::xml(&format!("{} ({})", context.entry.label, wording::at(&context.entry.place)));
        let _ = writeln!(body, "<dt>Repeats</dt><dd>{}: {entry}</dd>", wording::repeats(context));
    }
    for related in &it.related {
        let text = escape::xml(&format!("{}: {}", wording::at(&related.place), related.label));
        let _ = writeln!(body, "<dt>Also</dt><dd>{text}</dd>");
    }
    if let Some(copied) = &it.copied_from {
        let _ = writeln!(body, "<dt>Copy of</dt><dd><code>{}</code></dd>", escape::xml(&wording::at(copied)));
    }
    if !it.help.is_empty() {
        let _ = writeln!(body, "<dt>What to do</dt><dd>{}</dd>", prose(&it.help));
    }
    body.push_str("</dl>\n</article>\n");
}

/// A sentence of ours, in which names stand between backticks.
fn prose(text: &str) -> String {
    let mut safe = String::new();
    for (index, part) in text.split('`').enumerate() {
        let part = escape::xml(part);
        let _ = if index % 2 == 1 { write!(safe, "<code>{part}</code>") } else { write!(safe, "{part}") };
    }
    safe
}

/// The way: a lane for each file that it crosses, a dot for each step, and the source lines beside them.
fn write_way(report: &Report, steps: &[LabelledPlace], body: &mut String) {
    let mut lanes: Vec<&str> = Vec::new();
    let mut points = Vec::new();
    for (row, step) in steps.iter().enumerate() {
        let lane = lanes.iter().position(|it| *it == step.place.file).unwrap_or_else(|| {
            lanes.push(&step.place.file);
            lanes.len() - 1
        });
        points.push((LANE / 2 + lane * LANE, ROW / 2 + row * ROW));
    }
    let (width, height) = (lanes.len() * LANE, steps.len() * ROW);
    let size = format!("width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\"");
    let _ = writeln!(body, "<div class=\"way\">\n<svg {size} aria-hidden=\"true\">");
    for pair in points.windows(2) {
        let [(x1, y1), (x2, y2)] = [pair[0], pair[1]];
        let middle = y1.midpoint(y2);
        let _ = writeln!(body, "<path d=\"M{x1} {y1} C{x1} {middle} {x2} {middle} {x2} {y2}\"/>");
    }
    for (row, (x, y)) in points.iter().enumerate() {
        let class = if row + 1 == points.len() { " class=\"end\"" } else { "" };
        let _ = writeln!(body, "<circle cx=\"{x}\" cy=\"{y}\" r=\"5\"{class}/>");
    }
    body.push_str("</svg>\n<ol>\n");
    for step in steps {
        let (label, place) = (prose(&step.label), escape::xml(&wording::at(&step.place)));
        let line = source_line(report, &step.place);
        let _ = writeln!(body, "<li><span>{label} <code>{place}</code></span><pre>{line}</pre></li>");
    }
    body.push_str("</ol>\n</div>\n");
}

/// The line on which a place begins, with the place marked.
fn source_line(report: &Report, place: &Place) -> String {
    let file = &place.file;
    let start = place.range.start;
    let (Some(line), Some(first)) = (report.texts.line(file, start.line), report.texts.line_start(file, start.line))
    else {
        return String::new();
    };
    let offset = |at: u32| (at.saturating_sub(first) as usize).min(line.len());
    let (from, to) = (offset(start.offset), offset(place.range.end.offset));
    match (line.get(..from), line.get(from..to), line.get(to..)) {
        (Some(before), Some(marked), Some(after)) => {
            let (before, after) = (shortened_start(before), after.chars().take(200).collect::<String>());
            let marked: String = marked.chars().take(200).collect();
            format!("{}<mark>{}</mark>{}", escape::xml(before.trim_start()), escape::xml(&marked), escape::xml(&after))
        }
        _ => escape::xml(line.trim()),
    }
}

/// The last characters of a text.
fn shortened_start(text: &str) -> String {
    let count = text.chars().count();
    text.chars().skip(count.saturating_sub(120)).collect()
}

/// All state that outlives a call, findings or not.
fn write_inventory(report: &Report, body: &mut String) {
    if report.inventory.is_empty() {
        return;
    }
    let count = wording::counted(report.inventory.len(), "object");
    let _ = writeln!(body, "<section class=\"inventory\">\n<h2>State that outlives a call</h2>\n<details>");
    let _ = writeln!(body, "<summary>{count} changed by code that repeats</summary>\n<ul>");
    for state in &report.inventory {
        let (name, word) = (escape::xml(&state.container.name), escape::xml(state.word));
        let _ = writeln!(body, "<li><strong><code>{name}</code></strong>, {word}\n<ul>");
        for write in &state.writes {
            let place = escape::xml(&wording::at(&write.place));
            let context = context_word(write.context);
            let _ = writeln!(body, "<li>{} at <code>{place}</code> ({context})</li>", write.effect);
        }
        if state.left_out > 0 {
            let _ = writeln!(body, "<li>and at {}</li>", wording::counted(state.left_out, "other place"));
        }
        for bound in &state.bounds {
            let _ = writeln!(body, "<li>bounded: {}</li>", escape::xml(bound));
        }
        body.push_str("</ul></li>\n");
    }
    body.push_str("</ul>\n</details>\n</section>\n");
}

fn write_incomplete(report: &Report, body: &mut String) {
    if report.incomplete.is_empty() {
        return;
    }
    body.push_str("<section class=\"incomplete\">\n<h2>Not analysed</h2>\n<ul>\n");
    for it in &report.incomplete {
        let (place, message) = (escape::xml(&wording::incomplete_at(it)), escape::xml(&it.message));
        let _ = writeln!(body, "<li><code>{place}</code> {message}</li>");
    }
    body.push_str("</ul>\n</section>\n");
}
