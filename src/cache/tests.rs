//! Whatever is wrong with the cache costs time and nothing else.

use std::fs;
use std::path::{Path, PathBuf};

use crate::cache::{Cache, Entry, Key};
use crate::syntax::{self, facts::ModuleFacts};

fn facts(path: &str, text: &str) -> ModuleFacts {
    syntax::lower(syntax::Input { path, bytes: text.as_bytes() }).facts
}

fn open(folder: &Path) -> Cache {
    Cache::open(folder, Path::new("/project"), "build 1")
}

fn only_file(folder: &Path) -> PathBuf {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 1, "one file for a project, and nothing left over");
    files.remove(0)
}

/// A cache with the facts of two files.
fn filled() -> (tempfile::TempDir, [Key; 2]) {
    let folder = tempfile::tempdir().unwrap();
    let texts = [("a.js", "export const cache = new Map();"), ("b.ts", "let n: number = 1; export { n };")];
    let keys = texts.map(|(path, text)| Key::of(path, text.as_bytes()));
    let entries: Vec<_> =
        texts.iter().zip(keys).filter_map(|(&(path, text), key)| Entry::new(key, &facts(path, text))).collect();
    open(folder.path()).save(&[], &entries);
    (folder, keys)
}

#[test]
fn what_was_kept_comes_back_as_it_was() {
    let (folder, [a, b]) = filled();
    let cache = open(folder.path());
    let known = cache.facts(a).expect("it was kept");
    assert_eq!(format!("{known:?}"), format!("{:?}", facts("a.js", "export const cache = new Map();")));
    assert!(cache.facts(b).is_some());
    assert!(cache.facts(Key::of("a.ts", b"export const cache = new Map();")).is_none(), "another path is another file");
}

#[test]
fn what_is_no_longer_used_goes() {
    let (folder, [a, b]) = filled();
    open(folder.path()).save(&[a], &[]);
    let cache = open(folder.path());
    assert!(cache.facts(a).is_some());
    assert!(cache.facts(b).is_none());
}

#[test]
fn another_build_believes_nothing() {
    let (folder, _) = filled();
    assert_eq!(Cache::open(folder.path(), Path::new("/project"), "build 2").len(), 0);
}

#[test]
fn damage_is_seen() {
    let (folder, [a, b]) = filled();
    let file = only_file(folder.path());
    let whole = fs::read(&file).unwrap();
    for length in 0..whole.len() {
        fs::write(&file, &whole[..length]).unwrap();
        assert!(open(folder.path()).facts(b).is_none(), "cut off after {length} bytes");
    }
    let texts = [
        format!("{:?}", open_facts(&folder, &file, &whole, a)),
        format!("{:?}", open_facts(&folder, &file, &whole, b)),
    ];
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x41;
        for (key, text) in [a, b].into_iter().zip(&texts) {
            let known = open_facts(&folder, &file, &damaged, key);
            assert!(known.is_none() || format!("{known:?}") == *text, "a changed byte at {at}");
        }
    }
}

fn open_facts(folder: &tempfile::TempDir, file: &Path, bytes: &[u8], key: Key) -> Option<ModuleFacts> {
    fs::write(file, bytes).unwrap();
    open(folder.path()).facts(key)
}

#[test]
fn no_place_is_no_error() {
    let folder = tempfile::tempdir().unwrap();
    let taken = folder.path().join("taken");
    fs::write(&taken, "a file where the folder should be").unwrap();
    let cache = open(&taken);
    cache.save(&[], &[]);
    assert_eq!(open(&taken).len(), 0);
}

#[test]
fn two_runs_at_once_each_see_a_whole_file() {
    let (folder, [a, b]) = filled();
    let kept = open(folder.path());
    std::thread::scope(|scope| {
        for key in [a, b] {
            let kept = &kept;
            scope.spawn(move || (0..20).for_each(|_| kept.save(&[key], &[])));
        }
        for _ in 0..50 {
            assert_ne!(open(folder.path()).len(), 0);
        }
    });
}
