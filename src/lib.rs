//! modleak.

pub mod base;
pub mod cli;
pub mod contexts;
pub mod copies;
pub mod heap;
pub mod models;
pub mod modules;
pub mod program;
pub mod project;
pub mod report;
pub mod syntax;
