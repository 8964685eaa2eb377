//! `mermaid`: a flowchart of the ways of all findings over the files that they cross.

use std::collections::BTreeMap;
use std::io::{self, Write};

use crate::base::finding::Severity;
use crate::report::format::{Style, escape, wording};
use crate::report::{Diagnostic, Place, Report};

/// Renderers of Mermaid give up on larger drawings.
const MOST_FINDINGS: usize = 100;

/// The nodes of the drawing: a place is one node, whatever the number of findings that cross it.
#[derive(Default)]
struct Nodes<'a> {
    ids: BTreeMap<(&'a str, u32, u32), usize>,
    by_file: BTreeMap<&'a str, Vec<(usize, String)>>,
    classes: BTreeMap<usize, Severity>,
}

impl<'a> Nodes<'a> {
    fn id(&mut self, place: &'a Place, label: &str) -> usize {
        let next = self.ids.len();
        let key = (place.file.as_str(), place.range.start.line, place.range.start.column);
        let id = *self.ids.entry(key).or_insert(next);
        if id == next {
            let line = format!("{}: {label}", place.range.start.line);
            self.by_file.entry(&place.file).or_default().push((id, line));
        }
        id
    }
}

pub(super) fn render(report: &Report, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut nodes = Nodes::default();
    let mut edges: Vec<(usize, &str, usize)> = Vec::new();
    let mut left_out = 0;
    for (index, it) in report.shown(style.infos).enumerate() {
        if index >= MOST_FINDINGS {
            left_out += 1;
            continue;
        }
        add_finding(it, &mut nodes, &mut edges);
    }
    edges.sort_unstable();
    edges.dedup();

    writeln!(out, "flowchart TB")?;
    if nodes.ids.is_empty() {
        writeln!(out, "  none[\"{}\"]", wording::totals(&report.summary))?;
    }
    for (number, (file, lines)) in nodes.by_file.iter().enumerate() {
        writeln!(out, "  subgraph f{number} [\"{}\"]", escape::mermaid(file))?;
        for (id, label) in lines {
            writeln!(out, "    n{id}[\"{}\"]", escape::mermaid(label))?;
        }
        writeln!(out, "  end")?;
    }
    for (from, arrow, to) in edges {
        writeln!(out, "  n{from} {arrow} n{to}")?;
    }
    for (id, severity) in &nodes.classes {
        let colour = match severity {
            Severity::Error => "#c62828",
            Severity::Warning => "#b26a00",
            Severity::Info => "#1565c0",
        };
        writeln!(out, "  style n{id} stroke:{colour},stroke-width:3px")?;
    }
    if left_out > 0 {
        writeln!(out, "  more[\"{} not drawn\"]", wording::counted(left_out, "more finding"))?;
    }
    for (number, it) in report.incomplete.iter().take(MOST_FINDINGS).enumerate() {
        let text = format!("not analysed: {} ({})", wording::incomplete_at(it), it.message);
        writeln!(out, "  i{number}[\"{}\"]", escape::mermaid(&text))?;
    }
    Ok(())
}

fn add_finding<'a>(it: &'a Diagnostic, nodes: &mut Nodes<'a>, edges: &mut Vec<(usize, &'a str, usize)>) {
    let way: Vec<usize> = it.steps.iter().map(|step| nodes.id(&step.place, &step.label)).collect();
    edges.extend(way.windows(2).map(|pair| (pair[0], "-->", pair[1])));
    let end = nodes.id(&it.place, &it.message);
    if let Some(&last) = way.last().filter(|&&last| last != end) {
        edges.push((last, "-->", end));
    }
    if let Some(context) = &it.context {
        let entry = nodes.id(&context.entry.place, &context.entry.label);
        if entry != end {
            edges.push((entry, "-. repeats .->", end));
        }
    }
    let class = nodes.classes.entry(end).or_insert(it.severity);
    *class = (*class).max(it.severity);
}
