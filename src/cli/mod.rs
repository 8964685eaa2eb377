//! The command line, a face: what was typed becomes a request, the [`Engine`] answers it, and the answer is printed.
//!
//! The report, and nothing else, goes to standard output; everything else goes to standard error. Exit statuses: 0
//! nothing to fail on, 1 something found, 2 the work could not be done. A closed pipe ends a run quietly.

mod add_suppressions;
pub mod args;
pub(crate) mod cache_place;
mod check;
mod completions;
pub mod console;
pub mod engine;
mod explain;
pub mod graph;
mod init;
mod inputs;
mod man;
mod output_file;
mod rules;
mod schema;
#[cfg(test)]
mod tests;
mod why;

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use crate::cli::args::{Args, Command};
use crate::cli::console::Console;
use crate::cli::engine::Engine;
use crate::report::format::{escape, nearest};

/// How a run ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    /// Nothing to fail on.
    Clean,
    /// Something was found that fails the run.
    Findings,
    /// The work could not be done.
    Failed,
}

impl Exit {
    /// The exit status.
    pub fn code(self) -> u8 {
        match self {
            Exit::Clean => 0,
            Exit::Findings => 1,
            Exit::Failed => 2,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}

/// What a user did wrong, or what the system refused, in words for the user.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct UserError {
    /// What is wrong.
    pub message: String,
    /// Where: a file, perhaps with line and column.
    pub place: Option<String>,
    /// What to do, or the nearest right name.
    pub help: Option<String>,
}

impl UserError {
    /// An error without a place.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), place: None, help: None }
    }

    /// The same error, with what to do.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same error, with its place.
    #[must_use]
    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.place = Some(place.into());
        self
    }
}

/// Why a command ends early.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Something to tell the user.
    User(UserError),
    /// Standard output could not be written.
    Output(io::Error),
}

impl From<UserError> for Failure {
    fn from(error: UserError) -> Self {
        Failure::User(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Failure::Output(error)
    }
}

/// What a command gives.
pub(crate) type Outcome = Result<Exit, Failure>;

/// Runs the program with the process's arguments and streams.
pub fn run(engine: &dyn Engine) -> ExitCode {
    console::quiet_panics();
    let mut console = Console::of_process();
    let exit = run_with(engine, std::env::args_os(), &mut console);
    exit.into()
}

/// Runs the program with these arguments (the first is the program's name) and streams.
pub fn run_with(engine: &dyn Engine, args: impl IntoIterator<Item = OsString>, console: &mut Console<'_>) -> Exit {
    let args = match Args::try_parse_from(args) {
        Ok(args) => args,
        Err(error) => return usage(&error, console),
    };
    console.choose_colour(args.color);
    let guarded = std::panic::AssertUnwindSafe(|| dispatch(engine, args, console));
    let outcome = std::panic::catch_unwind(guarded).unwrap_or(Ok(Exit::Failed));
    conclude(outcome, console)
}

fn dispatch(engine: &dyn Engine, args: Args, console: &mut Console<'_>) -> Outcome {
    match args.command {
        None => {
            refuse_mistyped(&args.check.paths)?;
            check::run(engine, &args.check, console)
        }
        Some(Command::Check(args)) => check::run(engine, &args, console),
        Some(Command::Why(args)) => why::run(engine, &args, console),
        Some(Command::Explain(args)) => explain::run(engine, &args, console),
        Some(Command::Rules(args)) => rules::run(engine, &args, console),
        Some(Command::Graph(args)) => graph::run(engine, &args, console),
        Some(Command::Inputs(args)) => inputs::run(engine, &args, console),
        Some(Command::Init(args)) => init::run(engine, &args, console),
        Some(Command::Schema(args)) => schema::run(engine, &args, console),
        Some(Command::Lsp(_)) => engine.serve().map(|()| Exit::Clean).map_err(Failure::User),
        Some(Command::Completions(args)) => completions::run(&args, console),
        Some(Command::Man) => man::run(console),
    }
}

/// Help and version are what was asked for; anything else is wrong use.
fn usage(error: &clap::Error, console: &mut Console<'_>) -> Exit {
    let text = error.render().to_string();
    if error.use_stderr() {
        for line in text.trim_end().lines() {
            console.note(&escape::plain(line));
        }
        return Exit::Failed;
    }
    conclude(console.print(&text).map(|()| Exit::Clean).map_err(Failure::Output), console)
}

fn conclude(outcome: Outcome, console: &mut Console<'_>) -> Exit {
    let (exit, failure) = match (outcome, console.finish()) {
        (Err(failure), _) => (Exit::Clean, Some(failure)),
        (Ok(exit), Err(error)) => (exit, Some(Failure::Output(error))),
        (Ok(exit), Ok(())) => (exit, None),
    };
    match failure {
        None => return exit,
        // The reader has seen enough.
        Some(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => return exit,
        Some(Failure::Output(error)) => {
            console.error(&UserError::new(format!("the output could not be written: {error}")));
        }
        Some(Failure::User(error)) => console.error(&error),
    }
    Exit::Failed
}

/// A mistyped command is taken for a path; it is told apart by not being there.
fn refuse_mistyped(paths: &[PathBuf]) -> Result<(), UserError> {
    let [path] = paths else { return Ok(()) };
    let (Some(word), false) = (path.to_str(), path.exists()) else { return Ok(()) };
    let commands = Args::command();
    match nearest(word, commands.get_subcommands().map(clap::Command::get_name)) {
        Some(near) => Err(UserError::new(format!("there is neither a command nor a path {}", quoted(word)))
            .with_help(format!("did you mean `modleak {near}`?"))),
        None => Ok(()),
    }
}

/// Text from outside, for a message.
fn quoted(text: &str) -> String {
    format!("`{}`", escape::plain(text))
}

/// The working directory.
///
/// # Errors
///
/// If it is gone, or may not be read.
pub fn working_directory() -> Result<PathBuf, UserError> {
    std::env::current_dir().map_err(|error| UserError::new(format!("the working directory can't be read: {error}")))
}
