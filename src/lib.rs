//! modleak.

pub mod base;
pub mod copies;
pub mod heap;
pub mod models;
pub mod modules;
pub mod project;
pub mod report;
pub mod syntax;
