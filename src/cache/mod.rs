//! What is kept between runs: for each project a file of facts, and one of what the last run found ([`last`]), in the
//! user's cache folder.
//!
//! An entry is found by the hash of a file's path and bytes, so that it can't be of another content, and bears a hash of
//! its own, so that damage is seen before anything is believed. Whatever is wrong with the cache (another build's, cut
//! off, unreadable, a full disk) costs time and changes no result. A new file is written beside the old one and renamed,
//! so that two runs at once each see a whole one.

use std::fs;
use std::io::{Read, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

use rustc_hash::FxHashMap;

use crate::syntax::facts::ModuleFacts;

pub(crate) mod last;
#[cfg(test)]
mod tests;

/// A larger cache is left alone.
const SIZE_LIMIT: u64 = 1 << 30;

const KEY: usize = 32;
const DIGEST: usize = 16;
const LENGTH: usize = 4;
const HEAD: usize = KEY + DIGEST + LENGTH;

/// What the facts of one file are kept under.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Key([u8; KEY]);

impl Key {
    /// The key of a file: facts depend on its path (for its ending) and its bytes.
    pub(crate) fn of(path: &str, bytes: &[u8]) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&(path.len() as u64).to_le_bytes());
        hasher.update(path.as_bytes());
        hasher.update(bytes);
        Self(hasher.finalize().into())
    }
}

/// An entry as it is written.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    key: Key,
    payload: Vec<u8>,
}

impl Entry {
    /// The entry of a file; none if it can't be kept.
    pub(crate) fn new(key: Key, facts: &ModuleFacts) -> Option<Self> {
        Some(Self { key, payload: postcard::to_allocvec(facts).ok()? })
    }
}

/// The facts of the last run.
#[derive(Debug)]
pub(crate) struct Cache {
    file: PathBuf,
    head: [u8; KEY],
    bytes: Vec<u8>,
    known: FxHashMap<Key, Range<usize>>,
}

impl Cache {
    /// The cache of the project at `root`, in `folder`. `build` tells programs apart: none believes what another kept.
    pub(crate) fn open(folder: &Path, root: &Path, build: &str) -> Self {
        let file = file_of(folder, root, "facts");
        let head = blake3::hash(format!("modleak facts\n{build}").as_bytes()).into();
        let mut cache = Self { file, head, bytes: Vec::new(), known: FxHashMap::default() };
        if let Some(bytes) = read(&cache.file)
            && bytes.starts_with(&cache.head)
        {
            cache.known = index(&bytes);
            cache.bytes = bytes;
        }
        cache
    }

    /// How many files' facts are kept.
    pub(crate) fn len(&self) -> usize {
        self.known.len()
    }

    /// The facts kept under a key.
    pub(crate) fn facts(&self, key: Key) -> Option<ModuleFacts> {
        let entry = &self.bytes[self.known.get(&key)?.clone()];
        let (digest, payload) = (&entry[KEY..KEY + DIGEST], &entry[HEAD..]);
        if digest != digest_of(key, payload) {
            return None;
        }
        postcard::from_bytes(payload).ok()
    }

    /// Replaces the file by one with these entries and what was kept under the other keys. Failure costs the next run
    /// its time.
    pub(crate) fn save(&self, kept: &[Key], new: &[Entry]) {
        let _ = self.try_save(kept, new);
    }

    fn try_save(&self, kept: &[Key], new: &[Entry]) -> std::io::Result<()> {
        replace(&self.file, |out| {
            out.write_all(&self.head)?;
            for key in kept {
                if let Some(range) = self.known.get(key) {
                    out.write_all(&self.bytes[range.clone()])?;
                }
            }
            for Entry { key, payload } in new {
                let Ok(length) = u32::try_from(payload.len()) else { continue };
                out.write_all(&key.0)?;
                out.write_all(&digest_of(*key, payload))?;
                out.write_all(&length.to_le_bytes())?;
                out.write_all(payload)?;
            }
            Ok(())
        })
    }
}

/// The file of a project's cache that holds this.
fn file_of(folder: &Path, root: &Path, what: &str) -> PathBuf {
    let name = blake3::hash(root.as_os_str().as_encoded_bytes()).to_hex();
    folder.join(format!("{}.{what}", &name[..32]))
}

/// Writes a file beside the old one, and puts it in its place.
fn replace(file: &Path, write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> std::io::Result<()> {
    let Some(folder) = file.parent() else { return Ok(()) };
    fs::create_dir_all(folder)?;
    let mut out = std::io::BufWriter::with_capacity(1 << 16, tempfile::NamedTempFile::new_in(folder)?);
    write(&mut out)?;
    let new = out.into_inner().map_err(std::io::IntoInnerError::into_error)?;
    new.persist(file).map_err(|error| error.error)?;
    Ok(())
}

fn digest_of(key: Key, payload: &[u8]) -> [u8; DIGEST] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&key.0);
    hasher.update(payload);
    let mut digest = [0; DIGEST];
    digest.copy_from_slice(&hasher.finalize().as_bytes()[..DIGEST]);
    digest
}

fn read(file: &Path) -> Option<Vec<u8>> {
    let metadata = fs::metadata(file).ok()?;
    // Opening a pipe would wait for ever.
    if !metadata.is_file() || metadata.len() > SIZE_LIMIT {
        return None;
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).ok()?);
    fs::File::open(file).ok()?.take(SIZE_LIMIT).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// Where each entry is, up to the first that is not whole.
fn index(bytes: &[u8]) -> FxHashMap<Key, Range<usize>> {
    let mut known = FxHashMap::default();
    let mut at = KEY;
    while let Some(head) = bytes.get(at..at + HEAD) {
        let mut key = [0; KEY];
        key.copy_from_slice(&head[..KEY]);
        let mut length = [0; LENGTH];
        length.copy_from_slice(&head[KEY + DIGEST..]);
        let end = at + HEAD + u32::from_le_bytes(length) as usize;
        if end > bytes.len() {
            break;
        }
        known.insert(Key(key), at..end);
        at = end;
    }
    known
}
