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
pub mod project;
pub mod syntax;
pub mod models;
pub mod modules;
pub mod heap;
pub mod contexts;
pub mod copies;
pub mod program;
// The rules are neighbours of the sources, not part of them: knowledge beside the machine.
#[path = "../rules/mod.rs"]
pub mod rules;
pub mod report;
pub mod cli;

mod assumptions;
mod driver;
mod engine;
mod graph_view;
mod why;

pub use engine::Driver;
