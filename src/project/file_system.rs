//! The only way to the disk: what the analysis reads, it reads through [`FileSystem`], so that tests and editors can
//! put their own files there.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// What a path names.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum FileKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link (only in listings: everything else follows links).
    Link,
    /// A socket, a pipe, a device: never opened.
    Other,
}

/// What is known of a file without opening it.
#[derive(Clone, Copy, Debug)]
pub struct Metadata {
    /// What it is, after links are followed.
    pub kind: FileKind,
    /// Its size in bytes.
    pub len: u64,
}

/// An entry of a directory.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct DirectoryEntry {
    /// Its name; none, with a printable form in `Err`, if it is not Unicode.
    pub name: Result<String, String>,
    /// What it is, links not followed.
    pub kind: FileKind,
}

/// Reads files and directories. All paths are absolute.
pub trait FileSystem: Send + Sync {
    /// What `path` names, after links are followed.
    ///
    /// # Errors
    /// If nothing is there, or it may not be looked at.
    fn metadata(&self, path: &Path) -> io::Result<Metadata>;

    /// The bytes of a regular file.
    ///
    /// # Errors
    /// If it is no regular file, can't be read, or has more than `limit` bytes ([`io::ErrorKind::FileTooLarge`]).
    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>>;

    /// The same of a path that a listing has just called a regular file: it need not be asked what it is.
    ///
    /// # Errors
    /// As [`FileSystem::read`].
    fn read_listed(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        self.read(path, limit)
    }

    /// What is in a directory, sorted by name.
    ///
    /// # Errors
    /// If it is no directory or can't be read.
    fn read_dir(&self, path: &Path) -> io::Result<Vec<DirectoryEntry>>;

    /// The path without links, `.` and `..`.
    ///
    /// # Errors
    /// If nothing is there, or links lead in a circle.
    fn canonicalize(&self, path: &Path) -> io::Result<PathBuf>;

    /// The text of a regular file, without a byte order mark. Bytes that are no UTF-8 become U+FFFD.
    ///
    /// # Errors
    /// As [`FileSystem::read`].
    fn read_text(&self, path: &Path, limit: u64) -> io::Result<String> {
        let bytes = self.read(path, limit)?;
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").map(<[u8]>::to_vec).unwrap_or(bytes);
        Ok(String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
    }

    /// Whether a regular file is there.
    fn is_file(&self, path: &Path) -> bool {
        self.metadata(path).is_ok_and(|metadata| metadata.kind == FileKind::File)
    }

    /// Whether a directory is there.
    fn is_directory(&self, path: &Path) -> bool {
        self.metadata(path).is_ok_and(|metadata| metadata.kind == FileKind::Directory)
    }
}

/// The machine's own files.
#[derive(Clone, Copy, Debug, Default)]
pub struct Disk;

fn kind_of(file_type: std::fs::FileType) -> FileKind {
    if file_type.is_symlink() {
        FileKind::Link
    } else if file_type.is_dir() {
        FileKind::Directory
    } else if file_type.is_file() {
        FileKind::File
    } else {
        FileKind::Other
    }
}

fn no_regular_file() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "not a regular file")
}

fn too_large() -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, "the file is too large")
}

impl FileSystem for Disk {
    fn metadata(&self, path: &Path) -> io::Result<Metadata> {
        let metadata = std::fs::metadata(path)?;
        Ok(Metadata { kind: kind_of(metadata.file_type()), len: metadata.len() })
    }

    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        // Opening a pipe without a writer waits for ever, so the kind is asked first.
        if self.metadata(path)?.kind != FileKind::File {
            return Err(no_regular_file());
        }
        self.read_listed(path, limit)
    }

    fn read_listed(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        let file = std::fs::File::open(path)?;
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(no_regular_file());
        }
        if metadata.len() > limit {
            return Err(too_large());
        }
        let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0));
        // What the system makes up has no size. Another file that grows meanwhile is read as long as it was: to ask whether
        // there is more costs a call for every file.
        let most = if metadata.len() == 0 { limit.saturating_add(1) } else { metadata.len() };
        file.take(most).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > limit { Err(too_large()) } else { Ok(bytes) }
    }

    fn read_dir(&self, path: &Path) -> io::Result<Vec<DirectoryEntry>> {
        let mut entries = Vec::new();
        for entry in std::fs::read_dir(path)? {
            let entry = entry?;
            let kind = entry.file_type().map_or(FileKind::Other, kind_of);
            let name = entry.file_name().into_string().map_err(|name| name.to_string_lossy().into_owned());
            entries.push(DirectoryEntry { name, kind });
        }
        entries.sort();
        Ok(entries)
    }

    fn canonicalize(&self, path: &Path) -> io::Result<PathBuf> {
        std::fs::canonicalize(path)
    }
}

/// Files in memory, alone or laid over another file system. Paths are taken as they are: no `.` and `..`.
#[derive(Clone, Default)]
pub struct Memory {
    files: BTreeMap<PathBuf, Vec<u8>>,
    below: Option<Arc<dyn FileSystem>>,
}

impl Memory {
    /// No files.
    pub fn new() -> Self {
        Self::default()
    }

    /// Files that hide those of `below` at the same paths.
    pub fn over(below: Arc<dyn FileSystem>) -> Self {
        Self { files: BTreeMap::new(), below: Some(below) }
    }

    /// Puts a file there.
    pub fn insert(&mut self, path: impl Into<PathBuf>, text: impl Into<Vec<u8>>) {
        self.files.insert(path.into(), text.into());
    }

    /// Takes a file away.
    pub fn remove(&mut self, path: &Path) {
        self.files.remove(path);
    }

    /// With a file more.
    #[must_use]
    pub fn with(mut self, path: impl Into<PathBuf>, text: impl Into<Vec<u8>>) -> Self {
        self.insert(path, text);
        self
    }

    fn has_below(&self, directory: &Path) -> bool {
        self.files.range(directory.to_path_buf()..).next().is_some_and(|(path, _)| path.starts_with(directory))
    }
}

fn not_found() -> io::Error {
    io::Error::from(io::ErrorKind::NotFound)
}

/// The path with `.` and `..` taken out by their names alone.
pub fn clean(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                clean.pop();
            }
            other => clean.push(other),
        }
    }
    clean
}

impl FileSystem for Memory {
    fn metadata(&self, path: &Path) -> io::Result<Metadata> {
        let path = clean(path);
        if let Some(bytes) = self.files.get(&path) {
            return Ok(Metadata { kind: FileKind::File, len: bytes.len() as u64 });
        }
        if self.has_below(&path) {
            return Ok(Metadata { kind: FileKind::Directory, len: 0 });
        }
        self.below.as_ref().map_or_else(|| Err(not_found()), |below| below.metadata(&path))
    }

    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        let path = clean(path);
        match self.files.get(&path) {
            Some(bytes) if bytes.len() as u64 > limit => Err(too_large()),
            Some(bytes) => Ok(bytes.clone()),
            None => self.below.as_ref().map_or_else(|| Err(not_found()), |below| below.read(&path, limit)),
        }
    }

    fn read_dir(&self, path: &Path) -> io::Result<Vec<DirectoryEntry>> {
        let path = clean(path);
        let mut entries = BTreeMap::new();
        let below = self.below.as_ref().map(|below| below.read_dir(&path));
        let is_below_missing = !matches!(below, Some(Ok(_)));
        for entry in below.and_then(Result::ok).unwrap_or_default() {
            entries.insert(entry.name, entry.kind);
        }
        for (file, _) in self.files.range(path.clone()..) {
            let Ok(rest) = file.strip_prefix(&path) else { break };
            let mut components = rest.components();
            let Some(Component::Normal(first)) = components.next() else { continue };
            let kind = if components.next().is_some() { FileKind::Directory } else { FileKind::File };
            entries.insert(Ok(first.to_string_lossy().into_owned()), kind);
        }
        if entries.is_empty() && is_below_missing {
            return Err(not_found());
        }
        Ok(entries.into_iter().map(|(name, kind)| DirectoryEntry { name, kind }).collect())
    }

    fn canonicalize(&self, path: &Path) -> io::Result<PathBuf> {
        let cleaned = clean(path);
        if self.files.contains_key(&cleaned) || self.has_below(&cleaned) {
            return Ok(cleaned);
        }
        self.below.as_ref().map_or_else(|| Err(not_found()), |below| below.canonicalize(path))
    }
}
