//! `modleak schema`: JSON schemas, for editors and for programs that read reports.

use crate::cli::args::{SchemaArgs, SchemaOf};
use crate::cli::console::Console;
use crate::cli::engine::Engine;
use crate::cli::{Exit, Outcome};
use crate::report::format::{escape, json_schema};

pub(super) fn run(engine: &dyn Engine, args: &SchemaArgs, console: &mut Console<'_>) -> Outcome {
    let schema = match args.of {
        SchemaOf::Config => engine.configuration_schema(),
        SchemaOf::Report => json_schema(),
    };
    escape::write_json(&schema, console.out())?;
    Ok(Exit::Clean)
}
