//! One file: text to facts.

pub mod facts;
