//! Words that all stages share: places in files, typed ids, interned names, and the contract's findings as data.
//! Depends on nothing of ours.

pub mod chunks;
pub mod finding;
pub mod index;
pub mod name;
pub mod name_test;
pub mod source;
pub mod span;
