//! What the last run of a project found, whole. Whoever reads it asks first whether it holds.

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::cache::{KEY, file_of, read, replace};

/// Where the last run of a project is kept.
#[derive(Debug)]
pub(crate) struct Last {
    file: PathBuf,
    head: [u8; KEY],
}

impl Last {
    /// The last run over `root` that was asked this of this build of the program; no other is believed.
    pub(crate) fn new(folder: &Path, root: &Path, build: &str, asked: &str) -> Self {
        let head = blake3::hash(format!("modleak run\n{build}\n{asked}").as_bytes()).into();
        Self { file: file_of(folder, root, "run"), head }
    }

    /// What was kept, if it is whole.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Option<T> {
        let bytes = read(&self.file)?;
        let (digest, payload) = bytes.strip_prefix(&self.head)?.split_first_chunk::<KEY>()?;
        if blake3::hash(payload) != *digest {
            return None;
        }
        postcard::from_bytes(payload).ok()
    }

    /// Keeps what a run found. Failure costs the next run its time.
    pub(crate) fn write<T: Serialize>(&self, run: &T) {
        let Ok(payload) = postcard::to_allocvec(run) else { return };
        let _ = replace(&self.file, |out| {
            out.write_all(&self.head)?;
            out.write_all(blake3::hash(&payload).as_bytes())?;
            out.write_all(&payload)
        });
    }
}
