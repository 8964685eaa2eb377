//! A program of a few files through all stages and rules, twice: what is found is found again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use modleak_fuzz::{analyse, files_of, with_a_large_stack};

fuzz_target!(|text: &str| {
    let files = files_of(text);
    with_a_large_stack(|| assert_eq!(analyse(&files), analyse(&files)));
});
