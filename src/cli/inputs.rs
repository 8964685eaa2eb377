//! `modleak inputs`: every file that a run reads.

use crate::cli::args::InputsArgs;
use crate::cli::console::Console;
use crate::cli::engine::Engine;
use crate::cli::{Exit, Outcome};
use crate::report::format::escape;

pub(super) fn run(engine: &dyn Engine, args: &InputsArgs, console: &mut Console<'_>) -> Outcome {
    for file in engine.inputs(&args.project.request(&args.paths))? {
        console.print(&format!("{}\n", escape::plain(&file)))?;
    }
    Ok(Exit::Clean)
}
