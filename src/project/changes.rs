//! What git says was changed.

use std::path::{Path, PathBuf};

use crate::project::git::{Git, GitError};
use crate::project::{ProjectError, discover, path};

/// A file with changes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ChangedFile {
    /// Relative to the analysed folder, with `/`.
    pub path: String,
    /// Which of its lines are new.
    pub lines: ChangedLines,
}

/// Which lines of a file are new.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum ChangedLines {
    /// All of them.
    All,
    /// These: the first and the last line of each run, from 1.
    Some(Vec<(u32, u32)>),
}

impl ChangedFile {
    /// Whether any line from `first` to `last` is new.
    pub fn touches(&self, first: u32, last: u32) -> bool {
        match &self.lines {
            ChangedLines::All => true,
            ChangedLines::Some(runs) => runs.iter().any(|&(start, end)| start <= last && first <= end),
        }
    }
}

/// The files that are staged for the next commit, in the order of their paths.
///
/// # Errors
/// If git can't be asked.
pub fn staged(root: &Path) -> Result<Vec<ChangedFile>, ProjectError> {
    diff(&Git::of(root)?, &["--cached"])
}

/// A staged file that is larger is taken as it is on the disk.
const STAGED_LIMIT: usize = 8 << 20;
/// So many bytes of names are asked for at once: git answers only when it has read them, and no pipe is full by then.
const NAMES_AT_ONCE: usize = 4_000;

/// What git holds of the sources and manifests that were changed since they were staged: a commit takes these, not what
/// is on the disk.
///
/// # Errors
/// If git can't be asked.
pub fn staged_contents(root: &Path) -> Result<Vec<(PathBuf, Vec<u8>)>, ProjectError> {
    let arguments =
        ["diff", "--no-ext-diff", "--relative", "--diff-filter=MD", "--no-renames", "--ignore-submodules=all"];
    let git = Git::of(root)?;
    let listed = git.ask(&[&arguments[..], &["--name-only", "-z", "--"]].concat())?;
    let is_read = |name: &String| discover::is_source(name) || path::extension_of(name) == "json";
    let names: Vec<String> = names(&listed).filter(|name| is_read(name) && !name.contains('\n')).collect();
    let mut contents = Vec::new();
    let mut rest = names.as_slice();
    while !rest.is_empty() {
        let mut bytes = 0;
        let fits = |name: &&String| {
            bytes += name.len() + 4;
            bytes <= NAMES_AT_ONCE
        };
        let count = rest.iter().take_while(fits).count().max(1);
        let (asked, later) = rest.split_at(count);
        contents.extend(blobs(&git, asked)?);
        rest = later;
    }
    Ok(contents.into_iter().map(|(name, bytes)| (root.join(name), bytes)).collect())
}

/// A line that asks for what the index holds under a name.
fn in_index(name: &str) -> [&str; 3] {
    [":./", name, "\n"]
}

/// What the index holds under these names, but for what is too large.
fn blobs(git: &Git<'_>, names: &[String]) -> Result<Vec<(String, Vec<u8>)>, GitError> {
    let asked: String = names.iter().flat_map(|name| in_index(name)).collect();
    let heads = git.ask_for(&["cat-file", "--batch-check"], asked.as_bytes())?;
    let heads = String::from_utf8_lossy(&heads).into_owned();
    let size = |head: &str| head.split_once(" blob ").and_then(|(_, size)| size.parse::<usize>().ok());
    let sized = names.iter().zip(heads.lines().map(size));
    let known: Vec<(&String, usize)> =
        sized.filter_map(|(name, size)| Some((name, size.filter(|&size| size <= STAGED_LIMIT)?))).collect();
    let asked: String = known.iter().flat_map(|(name, _)| in_index(name)).collect();
    let texts = git.ask_for(&["cat-file", "--batch"], asked.as_bytes())?;
    let mut rest = texts.as_slice();
    let mut found = Vec::new();
    for (name, size) in known {
        let Some(end) = rest.iter().position(|&byte| byte == b'\n') else { break };
        let Some(text) = rest.get(end + 1..end + 1 + size) else { break };
        found.push((name.clone(), text.to_vec()));
        rest = rest.get(end + size + 2..).unwrap_or_default();
    }
    Ok(found)
}

/// The files that were changed since the work forked off `reference`, in the order of their paths; not committed changes
/// and new files count.
///
/// # Errors
/// If git can't be asked, or does not know `reference`.
pub fn changed_since(root: &Path, reference: &str) -> Result<Vec<ChangedFile>, ProjectError> {
    let unknown = || ProjectError::new(format!("git does not know {reference:?}"));
    // What begins with a dash would be an option.
    if reference.is_empty() || reference.starts_with('-') || reference.contains('\0') {
        return Err(unknown());
    }
    let commit = format!("{reference}^{{commit}}");
    let git = Git::of(root)?;
    let commit = git
        .ask(&["rev-parse", "--verify", "--quiet", "--end-of-options", &commit])
        .map_err(|error| if error == GitError::Refused { unknown() } else { error.into() })?;
    let commit = String::from_utf8_lossy(&commit).trim().to_string();
    // Without a common ancestor (a shallow clone), the commit itself is compared with.
    let base = git
        .ask(&["merge-base", &commit, "HEAD"])
        .map_or(commit, |base| String::from_utf8_lossy(&base).trim().to_string());
    let mut files = diff(&git, &[&base])?;
    let untracked = git.ask(&["ls-files", "-z", "--others", "--exclude-standard"])?;
    files.extend(names(&untracked).map(|path| ChangedFile { path, lines: ChangedLines::All }));
    files.sort();
    files.dedup_by(|a, b| a.path == b.path);
    Ok(files)
}

/// The changed files of a diff, without the removed ones, with their new lines.
fn diff(git: &Git<'_>, what: &[&str]) -> Result<Vec<ChangedFile>, ProjectError> {
    let ask = |form: &[&str]| {
        let options =
            ["diff", "--no-ext-diff", "--no-textconv", "--no-color", "--relative", "--diff-filter=d", "--no-renames"];
        let arguments: Vec<&str> = options
            .iter()
            .chain(&["--ignore-submodules=all"])
            .chain(form)
            .chain(what)
            .chain(&["--"])
            .copied()
            .collect();
        git.ask(&arguments)
    };
    let listed = ask(&["--name-only", "-z"])?;
    let patch = ask(&["--patch", "-U0"])?;
    let files: Vec<String> = names(&listed).collect();
    let sections = sections(&patch);
    // Both lists are in one order. A file that became a link has two sections: then lines are not told apart.
    let mut changed: Vec<ChangedFile> = if sections.len() == files.len() {
        let paired = files.into_iter().zip(sections);
        paired.map(|(path, lines)| ChangedFile { path, lines: ChangedLines::Some(lines) }).collect()
    } else {
        files.into_iter().map(|path| ChangedFile { path, lines: ChangedLines::All }).collect()
    };
    changed.sort();
    Ok(changed)
}

/// The names in a list that ends each with a NUL.
fn names(list: &[u8]) -> impl Iterator<Item = String> + '_ {
    list.split(|&byte| byte == 0).filter(|name| !name.is_empty()).map(|name| String::from_utf8_lossy(name).into_owned())
}

/// The new lines of each file of a patch. Lines of the files' own text begin with `+`, `-`, a space or a backslash, so
/// they can't be taken for a head.
fn sections(patch: &[u8]) -> Vec<Vec<(u32, u32)>> {
    let mut sections: Vec<Vec<(u32, u32)>> = Vec::new();
    for line in patch.split(|&byte| byte == b'\n') {
        if line.starts_with(b"diff --git ") {
            sections.push(Vec::new());
        } else if line.starts_with(b"@@ ")
            && let Some(section) = sections.last_mut()
        {
            section.extend(new_lines(&String::from_utf8_lossy(line)));
        }
    }
    sections
}

/// The new lines of a hunk's head `@@ -1,2 +3,4 @@`.
fn new_lines(head: &str) -> Option<(u32, u32)> {
    let new = head.split(' ').find_map(|part| part.strip_prefix('+'))?;
    let (start, count) = new.split_once(',').unwrap_or((new, "1"));
    let (start, count): (u32, u32) = (start.parse().ok()?, count.parse().ok()?);
    (count > 0).then(|| (start, start.saturating_add(count - 1)))
}

#[cfg(test)]
mod tests {
    use super::{ChangedLines, changed_since, new_lines, staged, staged_contents};
    use std::path::Path;
    use std::process::Command;

    fn git(root: &Path, arguments: &[&str]) {
        let identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"];
        let done = Command::new("git").current_dir(root).args(identity).args(arguments).output().expect("git runs");
        assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    }

    #[test]
    fn heads_of_hunks() {
        assert_eq!(new_lines("@@ -1,2 +3,4 @@ function +9,9"), Some((3, 6)));
        assert_eq!(new_lines("@@ -1 +2 @@"), Some((2, 2)));
        assert_eq!(new_lines("@@ -1 +0,0 @@"), None);
    }

    #[test]
    fn staged_and_changed_files() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().join("sub");
        std::fs::create_dir(&root).unwrap();
        git(folder.path(), &["init", "-q", "-b", "main"]);
        std::fs::write(root.join("a.js"), "1\n2\n3\n").unwrap();
        std::fs::write(folder.path().join("outside.js"), "1\n").unwrap();
        git(folder.path(), &["add", "."]);
        git(folder.path(), &["commit", "-q", "-m", "x"]);
        std::fs::write(root.join("a.js"), "1\nnew\n3\n").unwrap();
        std::fs::write(root.join("new\n.js"), "1\n").unwrap();
        std::fs::write(folder.path().join("outside.js"), "2\n").unwrap();
        git(folder.path(), &["add", "sub/a.js", "outside.js"]);
        let files = staged(&root).expect("git answers");
        assert_eq!(files.len(), 1);
        assert_eq!((files[0].path.as_str(), &files[0].lines), ("a.js", &ChangedLines::Some(vec![(2, 2)])));
        assert!(files[0].touches(1, 2) && !files[0].touches(3, 9));
        assert!(staged_contents(&root).expect("git answers").is_empty());
        let files = changed_since(&root, "main").expect("git answers");
        let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(paths, ["a.js", "new\n.js"]);
        assert!(changed_since(&root, "--output=x").is_err());
        assert!(changed_since(&root, "nowhere").unwrap_err().message.contains("does not know"));
        let outside = tempfile::tempdir().expect("a folder");
        assert!(staged(outside.path()).is_err());
    }

    #[test]
    fn a_commit_takes_what_was_staged() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path();
        git(root, &["init", "-q", "-b", "main"]);
        let large = "x".repeat(super::STAGED_LIMIT + 1);
        let names: Vec<String> = (0..300).map(|number| format!("{number} with a long name: {{a}}.ts")).collect();
        let all = ["a.js", "gone.mjs", "b.json", "picture.png", "empty.js", "large.js"];
        for name in all.iter().copied().chain(names.iter().map(String::as_str)) {
            let text = match name {
                "empty.js" => "",
                "large.js" => large.as_str(),
                _ => "staged\nand\n\nmore",
            };
            std::fs::write(root.join(name), text).unwrap();
        }
        git(root, &["add", "."]);
        for name in all.iter().copied().chain(names.iter().map(String::as_str)) {
            std::fs::write(root.join(name), "later\n").unwrap();
        }
        std::fs::remove_file(root.join("gone.mjs")).unwrap();
        std::fs::write(root.join("new.js"), "later\n").unwrap();
        let contents = staged_contents(root).expect("git answers");
        let text = |name: &str| {
            contents.iter().find(|(path, _)| *path == root.join(name)).map(|it| String::from_utf8_lossy(&it.1))
        };
        for name in ["a.js", "gone.mjs", "b.json", names[299].as_str()] {
            assert_eq!(text(name).as_deref(), Some("staged\nand\n\nmore"), "{name}");
        }
        assert_eq!(text("empty.js").as_deref(), Some(""));
        assert_eq!(contents.len(), 4 + names.len());
    }

    #[test]
    fn no_program_that_the_repository_names_is_run() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path();
        git(root, &["init", "-q", "-b", "main"]);
        std::fs::write(root.join("a.js"), "1\n").unwrap();
        git(root, &["add", "."]);
        git(root, &["commit", "-q", "-m", "x"]);
        let touch = format!("touch '{}'; cat", root.join("was-run").display());
        let settings = ["filter.a=b.c.clean", "filter.long.process", "diff.x.textconv", "diff.x.command"];
        for setting in settings.into_iter().chain(["core.fsmonitor", "core.pager", "diff.external"]) {
            git(root, &["config", setting, &touch]);
        }
        git(root, &["config", "filter.long.required", "true"]);
        let attributes = "a.js filter=a=b.c diff=x\nb.js filter=long\n";
        std::fs::write(root.join(".git/info/attributes"), attributes).unwrap();
        std::fs::write(root.join(".gitattributes"), attributes).unwrap();
        std::fs::write(root.join("a.js"), "2\n").unwrap();
        assert_eq!(changed_since(root, "main").expect("git answers").len(), 2);
        assert_eq!(staged(root).expect("git answers").len(), 0);
        assert_eq!(staged_contents(root).expect("git answers").len(), 1);
        assert!(!root.join("was-run").exists());
    }
}
