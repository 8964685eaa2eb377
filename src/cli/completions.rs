//! `modleak completions`: what a shell completes.

use clap::CommandFactory;

use crate::cli::args::{Args, CompletionsArgs};
use crate::cli::console::Console;
use crate::cli::{Exit, Outcome};

pub(super) fn run(args: &CompletionsArgs, console: &mut Console<'_>) -> Outcome {
    // Into memory first: the generator panics when what it writes to is closed.
    let mut bytes = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "modleak", &mut bytes);
    console.out().write_all(&bytes)?;
    Ok(Exit::Clean)
}
