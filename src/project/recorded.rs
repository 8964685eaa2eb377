//! What a run asks of the disk, and what it is told. Whoever asks the same and is told the same again finds the same
//! again: every stage is a function of what it reads.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::FxHashMap;

use crate::project::file_system::{DirectoryEntry, FileKind, FileSystem, Metadata};

/// What is asked of a path, the cheapest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
enum Question {
    /// What is in it.
    Listing,
    /// What it is.
    Metadata,
    /// Where it really is.
    Real,
    /// Its bytes, if there are no more than these.
    Bytes(u64),
}

/// The hash of an answer.
type Digest = [u8; 16];

/// A file system that notes what it is asked.
pub struct Recorder {
    below: Arc<dyn FileSystem>,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    answers: FxHashMap<(PathBuf, Question), Digest>,
    /// Whether one question had two answers: then a file was changed meanwhile.
    is_torn: bool,
}

/// All questions of a run with their answers. There are several for each file, so that they lie together.
#[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Answers {
    /// The paths, one after the other.
    paths: String,
    /// What was asked, and where the path ends.
    questions: Vec<(Question, u32)>,
    digests: Vec<Digest>,
}

impl Recorder {
    /// Nothing has been asked so far.
    pub fn new(below: Arc<dyn FileSystem>) -> Self {
        Self { below, seen: Mutex::default() }
    }

    /// What was asked so far; none if the answers do not belong together, or can't be written down.
    pub fn answers(&self) -> Option<Answers> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.is_torn {
            return None;
        }
        let mut all: Vec<_> = seen.answers.iter().map(|((path, question), digest)| (question, path, digest)).collect();
        all.sort_unstable();
        let mut answers = Answers::default();
        for (&question, path, &digest) in all {
            answers.paths.push_str(path.to_str()?);
            answers.questions.push((question, u32::try_from(answers.paths.len()).ok()?));
            answers.digests.push(digest);
        }
        Some(answers)
    }

    fn note<T>(
        &self,
        path: &Path,
        question: Question,
        answer: io::Result<T>,
        digest: fn(&T) -> Digest,
    ) -> io::Result<T> {
        let digest = digest_of(&answer, digest);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let before = seen.answers.insert((path.to_path_buf(), question), digest);
        seen.is_torn |= before.is_some_and(|before| before != digest);
        answer
    }
}

impl Answers {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.questions.len()
    }

    /// Whether nothing was asked.
    pub fn is_empty(&self) -> bool {
        self.questions.is_empty()
    }

    /// Whether a file system gives this answer of them again. What was a file is taken for one: ask on a thread that may be
    /// left behind.
    pub fn holds(&self, at: usize, fs: &dyn FileSystem) -> bool {
        let Some((question, path, digest)) = self.get(at) else { return false };
        let now = match question {
            Question::Listing => digest_of(&fs.read_dir(path), of_listing),
            Question::Metadata => digest_of(&fs.metadata(path), of_metadata),
            Question::Real => digest_of(&fs.canonicalize(path), of_path),
            Question::Bytes(limit) => digest_of(&fs.read_listed(path, limit), of_bytes),
        };
        now == *digest
    }

    fn get(&self, at: usize) -> Option<(Question, &Path, &Digest)> {
        let &(question, end) = self.questions.get(at)?;
        let start = at.checked_sub(1).map_or(0, |before| self.questions[before].1);
        Some((question, Path::new(self.paths.get(start as usize..end as usize)?), self.digests.get(at)?))
    }
}

impl FileSystem for Recorder {
    fn metadata(&self, path: &Path) -> io::Result<Metadata> {
        self.note(path, Question::Metadata, self.below.metadata(path), of_metadata)
    }

    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        self.note(path, Question::Bytes(limit), self.below.read(path, limit), of_bytes)
    }

    fn read_listed(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        self.note(path, Question::Bytes(limit), self.below.read_listed(path, limit), of_bytes)
    }

    fn read_dir(&self, path: &Path) -> io::Result<Vec<DirectoryEntry>> {
        self.note(path, Question::Listing, self.below.read_dir(path), of_listing)
    }

    fn canonicalize(&self, path: &Path) -> io::Result<PathBuf> {
        self.note(path, Question::Real, self.below.canonicalize(path), of_path)
    }
}

fn digest_of<T>(answer: &io::Result<T>, digest: fn(&T) -> Digest) -> Digest {
    match answer {
        Ok(answer) => digest(answer),
        Err(error) => hash(format!("error: {error}").as_bytes()),
    }
}

fn hash(bytes: &[u8]) -> Digest {
    let mut digest = Digest::default();
    digest.copy_from_slice(&blake3::hash(bytes).as_bytes()[..size_of::<Digest>()]);
    digest
}

#[allow(clippy::ptr_arg, reason = "an answer as the file system gives it")]
fn of_bytes(bytes: &Vec<u8>) -> Digest {
    hash(bytes)
}

#[allow(clippy::ptr_arg, reason = "an answer as the file system gives it")]
fn of_path(path: &PathBuf) -> Digest {
    hash(path.as_os_str().as_encoded_bytes())
}

/// The size of a folder says nothing of what is in it.
fn of_metadata(metadata: &Metadata) -> Digest {
    let len = if metadata.kind == FileKind::Directory { 0 } else { metadata.len };
    let mut digest = Digest::default();
    digest[0] = 1 + metadata.kind as u8;
    digest[8..].copy_from_slice(&len.to_le_bytes());
    digest
}

#[allow(clippy::ptr_arg, reason = "an answer as the file system gives it")]
fn of_listing(entries: &Vec<DirectoryEntry>) -> Digest {
    let mut text = Vec::with_capacity(entries.len() * 24);
    for DirectoryEntry { name, kind } in entries {
        let (form, name) = match name {
            Ok(name) => (0, name),
            Err(shown) => (1, shown),
        };
        text.extend([*kind as u8, form]);
        text.extend(name.as_bytes());
        // No name has this byte.
        text.push(0);
    }
    hash(&text)
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use super::{Answers, Recorder};
    use crate::project::file_system::{FileSystem, Memory};

    fn world() -> Memory {
        Memory::new().with("/p/a.js", "one").with("/p/b/c.js", "two")
    }

    fn asked() -> Answers {
        let recorder = Recorder::new(Arc::new(world()));
        let _ = recorder.read_dir(Path::new("/p"));
        let _ = recorder.read(Path::new("/p/a.js"), 100);
        let _ = recorder.metadata(Path::new("/p/none.js"));
        let _ = recorder.canonicalize(Path::new("/p/b"));
        recorder.answers().expect("nothing was changed")
    }

    fn hold(answers: &Answers, fs: &dyn FileSystem) -> bool {
        (0..answers.len()).all(|at| answers.holds(at, fs))
    }

    #[test]
    fn the_same_files_give_the_same_answers() {
        let answers = asked();
        assert_eq!(answers.len(), 4);
        assert!(hold(&answers, &world()));
    }

    #[test]
    fn what_was_asked_is_seen_to_change() {
        let answers = asked();
        assert!(!hold(&answers, &world().with("/p/a.js", "six")), "other bytes of the same length");
        assert!(!hold(&answers, &world().with("/p/none.js", "")), "what was not there");
        assert!(!hold(&answers, &world().with("/p/d.js", "")), "another name in the folder");
        assert!(hold(&answers, &world().with("/p/b/c.js", "2")), "nobody asked for its bytes");
    }

    #[test]
    fn two_answers_to_one_question_are_none() {
        let recorder = Recorder::new(Arc::new(world()));
        let _ = recorder.read(Path::new("/p/a.js"), 100);
        let _ =
            recorder.note(Path::new("/p/a.js"), super::Question::Bytes(100), Ok(b"other".to_vec()), super::of_bytes);
        assert!(recorder.answers().is_none());
    }
}
