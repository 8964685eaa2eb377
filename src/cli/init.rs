//! `modleak init`: a configuration to begin with.

use crate::cli::args::InitArgs;
use crate::cli::console::Console;
use crate::cli::engine::Engine;
use crate::cli::{Exit, Outcome, UserError, output_file};
use crate::report::format::escape;

pub(super) fn run(engine: &dyn Engine, args: &InitArgs, console: &mut Console<'_>) -> Outcome {
    let configuration = engine.initial_configuration(&args.folder)?;
    let shown = configuration.path.display().to_string();
    // Also a dangling link: writing would put the file to wherever it points.
    if configuration.path.symlink_metadata().is_ok() {
        return Err(UserError::new("there is a configuration already").at(shown).into());
    }
    output_file::write(&configuration.path, configuration.text.as_bytes())?;
    console.note(&format!("modleak: wrote {}", escape::plain(&shown)));
    Ok(Exit::Clean)
}
