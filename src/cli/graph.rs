//! `modleak graph`: the module graph.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use crate::cli::args::{GraphArgs, GraphFormat};
use crate::cli::console::Console;
use crate::cli::engine::{Engine, GraphRequest};
use crate::cli::{Exit, Outcome};
use crate::report::format::escape;

/// The module graph as it is shown. The engine gives modules and edges sorted.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct GraphView {
    /// The analysed folder, relative to the working directory.
    pub root: String,
    /// The modules.
    pub modules: Vec<GraphModule>,
    /// Who loads whom.
    pub edges: Vec<GraphEdge>,
    /// What leads nowhere.
    pub unresolved: Vec<UnresolvedEdge>,
}

/// A module.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum GraphModule {
    /// A file of the project.
    File(String),
    /// A package that is not analysed.
    Package(String),
    /// A module of the platform, with its prefix: `node:fs`.
    Builtin(String),
}

impl GraphModule {
    /// How edges name it.
    pub fn name(&self) -> &str {
        match self {
            Self::File(name) | Self::Package(name) | Self::Builtin(name) => name,
        }
    }
}

/// A module loads another.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
pub struct GraphEdge {
    /// The loading file.
    pub from: String,
    /// The name of what is loaded.
    pub to: String,
    /// By what.
    pub kind: EdgeKind,
    /// How the specifier was understood.
    pub how: EdgeHow,
    /// The specifier as it is written, with its unknown parts as `${…}`.
    pub specifier: String,
    /// The line of the load.
    pub line: u32,
    /// Whether the loaded module leads back to the loading one.
    #[serde(rename = "cycle", skip_serializing_if = "std::ops::Not::not")]
    pub is_circular: bool,
}

/// What loads a module.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EdgeKind {
    /// An import declaration.
    Import,
    /// `require`.
    Require,
    /// `import()`.
    DynamicImport,
    /// `export … from`.
    ReExport,
    /// `require.resolve` and its like.
    Resolve,
}

/// How a specifier was understood.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EdgeHow {
    /// It is a constant.
    Constant,
    /// Its value is one of several.
    Values,
    /// It has unknown parts, for which files were found.
    Template,
    /// It is an entry of a folder.
    Directory,
    /// A loader package loads a set of files.
    Loader,
}

/// A load that leads nowhere.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
pub struct UnresolvedEdge {
    /// The loading file.
    pub from: String,
    /// The specifier.
    pub specifier: String,
    /// The line of the load.
    pub line: u32,
    /// Why.
    pub reason: String,
}

/// The graph as `--format json` gives it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsonGraph<'a> {
    schema_version: u32,
    root: &'a str,
    modules: &'a [GraphModule],
    edges: &'a [GraphEdge],
    unresolved: &'a [UnresolvedEdge],
}

pub(super) fn run(engine: &dyn Engine, args: &GraphArgs, console: &mut Console<'_>) -> Outcome {
    let paths: Vec<_> = args.path.iter().cloned().collect();
    let request = GraphRequest { project: args.project.request(&paths), from: args.from.clone() };
    let progress = console.progress();
    let graph = engine.graph(&request, progress);
    progress.end();
    let graph = graph?;
    match args.format {
        GraphFormat::Json => {
            let GraphView { root, modules, edges, unresolved } = &graph;
            escape::write_json(&JsonGraph { schema_version: 1, root, modules, edges, unresolved }, console.out())?;
        }
        GraphFormat::Dot => console.print(&dot(&graph))?,
        GraphFormat::Mermaid => console.print(&mermaid(&graph))?,
    }
    Ok(Exit::Clean)
}

fn dot(graph: &GraphView) -> String {
    let mut text = "digraph modules {\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];\n".to_owned();
    for module in &graph.modules {
        let style = match module {
            GraphModule::File(_) => "",
            GraphModule::Package(_) => " [style=rounded]",
            GraphModule::Builtin(_) => " [style=dotted]",
        };
        let _ = writeln!(text, "  \"{}\"{style};", escape::dot(module.name()));
    }
    for edge in &graph.edges {
        let style = match (edge.how, edge.is_circular) {
            (EdgeHow::Constant, false) => "",
            (EdgeHow::Constant, true) => " [color=red]",
            (_, false) => " [style=dashed]",
            (_, true) => " [style=dashed, color=red]",
        };
        let _ = writeln!(text, "  \"{}\" -> \"{}\"{style};", escape::dot(&edge.from), escape::dot(&edge.to));
    }
    text.push_str("}\n");
    text
}

fn mermaid(graph: &GraphView) -> String {
    let mut text = "flowchart LR\n".to_owned();
    let mut ids = BTreeMap::new();
    let (mut drawn, mut circular) = (0, Vec::new());
    for (index, module) in graph.modules.iter().enumerate() {
        ids.insert(module.name(), index);
        let label = escape::mermaid(module.name());
        let _ = match module {
            GraphModule::File(_) => writeln!(text, "  m{index}[\"{label}\"]"),
            GraphModule::Package(_) => writeln!(text, "  m{index}([\"{label}\"])"),
            GraphModule::Builtin(_) => writeln!(text, "  m{index}{{{{\"{label}\"}}}}"),
        };
    }
    for edge in &graph.edges {
        let (Some(from), Some(to)) = (ids.get(edge.from.as_str()), ids.get(edge.to.as_str())) else { continue };
        let arrow = if edge.how == EdgeHow::Constant { "-->" } else { "-.->" };
        let _ = writeln!(text, "  m{from} {arrow} m{to}");
        if edge.is_circular {
            circular.push(drawn.to_string());
        }
        drawn += 1;
    }
    if !circular.is_empty() {
        let _ = writeln!(text, "  linkStyle {} stroke:red", circular.join(","));
    }
    text
}
