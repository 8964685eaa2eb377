//! The proof: black-box tests of the whole program, in one binary.

/// Facts kept between runs never change a report.
mod cache;
/// The command line as a process: exit statuses, streams, hostile folders.
mod cli;
/// Every folder of `fixtures/`: findings are marks, no more, no fewer.
mod fixtures;
/// One report in every format, read back.
mod formats;
/// Input, folders and surroundings that mean no good.
mod hostile;
/// Same input, same bytes; damaged input never panics.
mod invariants;
/// Where each load leads: the marks `//=>`.
mod loads;
/// The language server, as a process.
mod lsp;
/// Each library's model is shown by a fixture, and stands in the table.
mod models;
/// The packages for npm, installed and started.
mod npm;
/// Every example of every page in `rules/` does what it says.
mod pages;
/// Marks, and how a report is judged by them.
mod support;
/// The rules of the house: arrows, names, sizes, tables.
mod tidy;
