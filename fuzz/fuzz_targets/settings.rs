//! A configuration, a manifest, a tsconfig and an ignore file, each of any text, beside two small modules that load each
//! other in several ways.
#![no_main]

use libfuzzer_sys::fuzz_target;
use modleak_fuzz::{analyse, with_a_large_stack};

const FIRST: &str = "import a from '#a'; import b from 'it/b'; import c from '@/second'; import d from 'dep/x';\n\
                     const list = []; export const add = (x) => { list.push(x); require(`./${x}.js`); };\n";
const SECOND: &str = "const it = require('../it'); exports.b = require('./first'); exports.add = (x) => it.add(x);\n";

fuzz_target!(|texts: [&str; 4]| {
    let [config, manifest, tsconfig, ignored] = texts;
    let files = [
        ("modleak.json", config),
        ("package.json", manifest),
        ("tsconfig.json", tsconfig),
        (".gitignore", ignored),
        ("first.mjs", FIRST),
        ("second.js", SECOND),
        ("node_modules/dep/package.json", manifest),
        ("node_modules/dep/x.js", SECOND),
    ];
    with_a_large_stack(|| {
        analyse(&files);
    });
});
