//! `modleak man`: the manual page.

use std::io::Write;

use clap::CommandFactory;

use crate::cli::args::Args;
use crate::cli::console::Console;
use crate::cli::{Exit, Outcome};

pub(super) fn run(console: &mut Console<'_>) -> Outcome {
    let mut command = Args::command();
    command.build();
    let mut bytes = Vec::new();
    clap_mangen::Man::new(command.clone()).render(&mut bytes)?;
    // The commands' own options follow on the same page.
    for sub in command.get_subcommands().filter(|it| !it.is_hide_set() && it.get_name() != "help") {
        let page = clap_mangen::Man::new(sub.clone());
        writeln!(bytes, ".SH MODLEAK {}", sub.get_name().to_uppercase())?;
        page.render_synopsis_section(&mut bytes)?;
        page.render_description_section(&mut bytes)?;
        page.render_options_section(&mut bytes)?;
    }
    console.out().write_all(&bytes)?;
    Ok(Exit::Clean)
}
