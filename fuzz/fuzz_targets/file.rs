//! One file: the look before the parser, the parser, the facts. The first byte says which ending it has.
#![no_main]

use libfuzzer_sys::fuzz_target;
use modleak::syntax::{Input, LANGUAGE_ENDINGS, lower};

fuzz_target!(|data: &[u8]| {
    let Some((first, bytes)) = data.split_first() else { return };
    let path = format!("it.{}", LANGUAGE_ENDINGS[usize::from(*first) % LANGUAGE_ENDINGS.len()]);
    modleak_fuzz::with_a_large_stack(|| {
        lower(Input { path: &path, bytes });
    });
});
