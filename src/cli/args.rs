//! What can be typed.

use std::fmt::Write as _;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Parser, Subcommand, ValueEnum};

use crate::base::finding::Confidence;
use crate::cli::engine::{CacheChoice, CodeChoice, ConfigurationChoice, ProjectRequest};
use crate::report::Level;
use crate::report::format::{FORMATS, Format};

/// Finds memory leaks made by changing cached modules in JavaScript and TypeScript.
#[derive(Parser, Debug)]
#[command(
    name = "modleak",
    bin_name = "modleak",
    version,
    args_conflicts_with_subcommands = true,
    max_term_width = 110
)]
#[command(after_help = "Exit status: 0 nothing to fail on, 1 findings, 2 the work could not be done.")]
pub struct Args {
    /// What to do; `check` if nothing is named.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The arguments of `check`.
    #[command(flatten)]
    pub check: CheckArgs,
    /// When to colour the output (`NO_COLOR` and `FORCE_COLOR` count too).
    #[arg(long, value_name = "WHEN", default_value = "auto", global = true, help_heading = "Output")]
    pub color: ColorChoice,
}

/// The commands.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Analyse a project and report.
    Check(Box<CheckArgs>),
    /// Tell what the analyser knows of a file or a line, and so why it is or isn't reported.
    Why(WhyArgs),
    /// Show a rule's full text, with examples.
    Explain(ExplainArgs),
    /// List the rules.
    Rules(RulesArgs),
    /// Show the module graph.
    Graph(GraphArgs),
    /// List every file that a run reads, for the caches of build systems.
    Inputs(InputsArgs),
    /// Write a commented configuration.
    Init(InitArgs),
    /// Print the JSON schema of the configuration, or of the JSON report.
    Schema(SchemaArgs),
    /// Run the language server on standard input and output.
    Lsp(LspArgs),
    /// Print a shell's completions.
    Completions(CompletionsArgs),
    /// Print the manual page, for `man`.
    Man,
}

/// What all commands that look at a project share.
#[derive(clap::Args, Debug, Default)]
pub struct ProjectArgs {
    /// The folder to analyse (else it is found from the paths).
    #[arg(long, value_name = "DIR")]
    pub root: Option<PathBuf>,
    /// The configuration to use.
    #[arg(long, value_name = "FILE", conflicts_with = "no_config")]
    pub config: Option<PathBuf>,
    /// Use no configuration.
    #[arg(long)]
    pub no_config: bool,
    /// How many threads to use.
    #[arg(long, value_name = "N")]
    pub threads: Option<NonZeroUsize>,
    /// Where to remember the facts of files between runs.
    #[arg(long, value_name = "DIR", conflicts_with = "no_cache")]
    pub cache_dir: Option<PathBuf>,
    /// Remember nothing between runs.
    #[arg(long)]
    pub no_cache: bool,
    /// Analyse this package of `node_modules` too, `*` for all (repeatable).
    #[arg(long, value_name = "NAME")]
    pub follow_deps: Vec<String>,
}

impl ProjectArgs {
    /// The project that is meant.
    pub fn request(&self, paths: &[PathBuf]) -> ProjectRequest {
        let configuration = match &self.config {
            Some(file) => ConfigurationChoice::File(file.clone()),
            None if self.no_config => ConfigurationChoice::None,
            None => ConfigurationChoice::Found,
        };
        let cache = match &self.cache_dir {
            Some(folder) => CacheChoice::Folder(folder.clone()),
            None if self.no_cache => CacheChoice::None,
            None => CacheChoice::Usual,
        };
        ProjectRequest {
            paths: paths.to_vec(),
            root: self.root.clone(),
            configuration,
            threads: self.threads.map(NonZeroUsize::get),
            cache,
            follow_deps: self.follow_deps.clone(),
            code: CodeChoice::Reached,
        }
    }
}

/// The arguments of `check`.
#[derive(clap::Args, Debug, Default)]
pub struct CheckArgs {
    /// Files and folders to report on (the whole project is analysed in any case).
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    /// Which project.
    pub project: ProjectArgs,
    #[command(flatten)]
    /// What is written where.
    pub output: OutputArgs,
    #[command(flatten)]
    /// What counts.
    pub selection: SelectionArgs,
}

/// What a check writes, and where.
#[derive(clap::Args, Debug, Default)]
#[command(next_help_heading = "Output")]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of its own that can be typed")]
pub struct OutputArgs {
    /// A format, and a file to write it to (repeatable).
    #[arg(long, value_name = "FORMAT[=FILE]", value_parser = parse_output, long_help = format_help())]
    pub format: Vec<OutputArg>,
    /// Write the report to this file rather than to standard output.
    #[arg(long, short, value_name = "FILE")]
    pub output_file: Option<PathBuf>,
    /// Show infos too.
    #[arg(long)]
    pub info: bool,
    /// Report errors only.
    #[arg(long, short)]
    pub quiet: bool,
    /// Print counts of the analysis.
    #[arg(long)]
    pub statistics: bool,
    /// Print how long each stage took.
    #[arg(long)]
    pub timings: bool,
    /// Print the configuration that holds for this file, and do nothing else.
    #[arg(long, value_name = "FILE")]
    pub print_config: Option<PathBuf>,
}

/// What a check counts.
#[derive(clap::Args, Debug, Default)]
#[command(next_help_heading = "Selection")]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of its own that can be typed")]
pub struct SelectionArgs {
    /// Set a rule's level: off, info, warning or error (repeatable).
    #[arg(long, value_name = "NAME=LEVEL", value_parser = parse_rule)]
    pub rule: Vec<(String, Level)>,
    /// Report findings of this confidence and above.
    #[arg(long, value_name = "CONFIDENCE", default_value = "medium")]
    pub min_confidence: ConfidenceArg,
    /// Fail if there are more warnings than this.
    #[arg(long, value_name = "N")]
    pub max_warnings: Option<usize>,
    /// Fail if anything could not be analysed.
    #[arg(long)]
    pub strict: bool,
    /// Report what touches lines that are staged for the next commit, in the files as they are staged.
    #[arg(long, conflicts_with = "changed_since")]
    pub staged: bool,
    /// Report what touches lines that have changed since a revision.
    #[arg(long, value_name = "REF")]
    pub changed_since: Option<String>,
    /// Hide the known findings of this file.
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Write all present findings to the baseline.
    #[arg(long, requires = "baseline")]
    pub update_baseline: bool,
    /// Write a comment above each present error and warning that hides it.
    #[arg(long, requires = "reason", conflicts_with = "stdin_filename")]
    pub add_suppressions: bool,
    /// Why these findings are to be hidden, which the comments say.
    #[arg(long, value_name = "TEXT", requires = "add_suppressions")]
    pub reason: Option<String>,
    /// Take standard input for this file's content.
    #[arg(long, value_name = "FILE")]
    pub stdin_filename: Option<PathBuf>,
}

/// The arguments of `why`.
#[derive(clap::Args, Debug)]
pub struct WhyArgs {
    /// A file, or a file and a line.
    #[arg(value_name = "FILE[:LINE]")]
    pub place: String,
    #[command(flatten)]
    /// Which project.
    pub project: ProjectArgs,
}

/// The arguments of `explain`.
#[derive(clap::Args, Debug)]
pub struct ExplainArgs {
    /// The rule's name.
    pub rule: String,
}

/// The arguments of `rules`.
#[derive(clap::Args, Debug)]
pub struct RulesArgs {
    /// How the list is written.
    #[arg(long, default_value = "table")]
    pub format: RulesFormat,
}

/// The arguments of `graph`.
#[derive(clap::Args, Debug)]
pub struct GraphArgs {
    /// The project's folder.
    #[arg(value_name = "PATH")]
    pub path: Option<PathBuf>,
    /// How the graph is written.
    #[arg(long, default_value = "json")]
    pub format: GraphFormat,
    /// Keep only what this file reaches (repeatable).
    #[arg(long, value_name = "FILE")]
    pub from: Vec<PathBuf>,
    #[command(flatten)]
    /// Which project.
    pub project: ProjectArgs,
}

/// The arguments of `inputs`.
#[derive(clap::Args, Debug)]
pub struct InputsArgs {
    /// The project's folder.
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    /// Which project.
    pub project: ProjectArgs,
}

/// The arguments of `init`.
#[derive(clap::Args, Debug)]
pub struct InitArgs {
    /// The project's folder.
    #[arg(value_name = "DIR", default_value = ".")]
    pub folder: PathBuf,
}

/// The arguments of `schema`.
#[derive(clap::Args, Debug)]
pub struct SchemaArgs {
    /// What the schema describes.
    #[arg(long, default_value = "config")]
    pub of: SchemaOf,
}

/// The arguments of `lsp`.
#[derive(clap::Args, Debug)]
pub struct LspArgs {
    /// Accepted, since many editors give it; there is no other way.
    #[arg(long, hide = true)]
    pub stdio: bool,
}

/// The arguments of `completions`.
#[derive(clap::Args, Debug)]
pub struct CompletionsArgs {
    /// The shell.
    pub shell: clap_complete::Shell,
}

/// When output is coloured.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum ColorChoice {
    /// On terminals.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// A confidence.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
pub enum ConfidenceArg {
    /// Several things were guessed.
    Low,
    /// One thing was guessed.
    #[default]
    Medium,
    /// Nothing was guessed.
    High,
}

impl From<ConfidenceArg> for Confidence {
    fn from(given: ConfidenceArg) -> Self {
        match given {
            ConfidenceArg::Low => Confidence::Low,
            ConfidenceArg::Medium => Confidence::Medium,
            ConfidenceArg::High => Confidence::High,
        }
    }
}

/// How the rules are listed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum RulesFormat {
    /// For people.
    Table,
    /// For programs.
    Json,
}

/// How the module graph is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum GraphFormat {
    /// Graphviz.
    Dot,
    /// Mermaid.
    Mermaid,
    /// For programs.
    Json,
}

/// What a schema describes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum SchemaOf {
    /// The configuration.
    Config,
    /// The JSON report.
    Report,
}

/// A format, and where it goes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OutputArg {
    /// The format.
    pub format: Format,
    /// The file; none is standard output.
    pub file: Option<PathBuf>,
}

fn parse_output(text: &str) -> Result<OutputArg, String> {
    let (name, file) = match text.split_once('=') {
        Some((_, "")) => return Err("a file's name must follow `=`".to_owned()),
        Some((name, file)) => (name, Some(PathBuf::from(file))),
        None => (text, None),
    };
    let format = Format::from_str(name).map_err(|error| error.to_string())?;
    Ok(OutputArg { format, file })
}

fn parse_rule(text: &str) -> Result<(String, Level), String> {
    let (name, level) = text.split_once('=').ok_or("write NAME=off, NAME=info, NAME=warning or NAME=error")?;
    let level = match level {
        "off" => Level::Off,
        "info" => Level::Info,
        "warning" => Level::Warning,
        "error" => Level::Error,
        _ => return Err("a level is off, info, warning or error".to_owned()),
    };
    Ok((name.to_owned(), level))
}

fn format_help() -> String {
    let mut text = "A format, and a file to write it to (repeatable):\n".to_owned();
    for format in FORMATS {
        let _ = write!(text, "\n  {:<11} {}", format.name, format.summary);
    }
    text
}
