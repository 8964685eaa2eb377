//! modleak finds memory leaks made by changing cached modules in JavaScript and TypeScript.
//!
//! Data goes one way:
//!
//! ```text
//! paths ─► project ─► syntax ─► modules ─► heap ─► contexts ─► program ─► rules ─► report ─► cli
//! ```
//!
//! Each stage is a function of what the stages before have found, and knows nothing of those after it. `driver` calls
//! them in order; `engine` answers what the command line asks.

pub mod base;
pub mod contexts;
pub mod copies;
pub mod heap;
pub mod models;
pub mod modules;
pub mod program;
pub mod project;
pub mod syntax;
// The rules are neighbours of the sources, not part of them: knowledge beside the machine.
pub mod cli;
mod lsp;
pub mod report;
#[path = "../rules/mod.rs"]
pub mod rules;

mod assumptions;
mod cache;
mod driver;
mod engine;
mod graph_view;
mod inventory;
mod results;
mod why;
mod workers;

pub use engine::Driver;
