//! What git says was changed: the only use of another program, with everything switched off by which a repository
//! could make git run a program of its own.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::project::ProjectError;

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
    diff(root, &["--cached"])
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
    let commit = git(root, &["rev-parse", "--verify", "--quiet", "--end-of-options", &commit])
        .map_err(|error| if error == GitError::Refused { unknown() } else { error.into_project_error() })?;
    let commit = String::from_utf8_lossy(&commit).trim().to_string();
    // Without a common ancestor (a shallow clone), the commit itself is compared with.
    let base = git(root, &["merge-base", &commit, "HEAD"])
        .map_or(commit, |base| String::from_utf8_lossy(&base).trim().to_string());
    let mut files = diff(root, &[&base])?;
    let untracked =
        git(root, &["ls-files", "-z", "--others", "--exclude-standard"]).map_err(GitError::into_project_error)?;
    files.extend(names(&untracked).map(|path| ChangedFile { path, lines: ChangedLines::All }));
    files.sort();
    files.dedup_by(|a, b| a.path == b.path);
    Ok(files)
}

/// The changed files of a diff, without the removed ones, with their new lines.
fn diff(root: &Path, what: &[&str]) -> Result<Vec<ChangedFile>, ProjectError> {
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
        git(root, &arguments).map_err(GitError::into_project_error)
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

#[derive(Clone, PartialEq, Eq, Debug)]
enum GitError {
    /// There is no git.
    Missing,
    /// It ended with an error.
    Refused,
}

impl GitError {
    fn into_project_error(self) -> ProjectError {
        ProjectError::new(match self {
            Self::Missing => "git is needed for this, and cannot be run",
            Self::Refused => "git cannot tell what was changed: is this a git repository?",
        })
    }
}

/// What git prints for these arguments.
fn git(root: &Path, arguments: &[&str]) -> Result<Vec<u8>, GitError> {
    // Attributes from the tree itself could name filters; those of an empty tree name none.
    let empty_tree = run(root, &["hash-object", "-t", "tree", "--stdin"], None)?;
    run(root, arguments, Some(String::from_utf8_lossy(&empty_tree).trim()))
}

/// Settings that make git run other programs, or talk to another machine.
const SAFE_SETTINGS: [&str; 6] = [
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.attributesFile=/dev/null",
    "diff.external=",
    "core.quotePath=false",
    "protocol.allow=never",
];

fn run(root: &Path, arguments: &[&str], attributes: Option<&str>) -> Result<Vec<u8>, GitError> {
    let mut command = Command::new("git");
    command.current_dir(root).args(["--no-pager", "--no-optional-locks", "--literal-pathspecs"]);
    for setting in SAFE_SETTINGS {
        command.args(["-c", setting]);
    }
    command
        .args(arguments)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_NO_LAZY_FETCH", "1");
    command.env_remove("GIT_EXTERNAL_DIFF").env("LC_ALL", "C");
    if let Some(tree) = attributes {
        command.env("GIT_ATTR_SOURCE", tree);
    }
    // Hooks are given these relative to the folder that they run in, which is not the analysed one.
    for name in ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"] {
        if let (Some(path), Ok(here)) = (std::env::var_os(name), std::env::current_dir()) {
            command.env(name, here.join(path));
        }
    }
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().map_err(|_| GitError::Missing)?;
    if output.status.success() { Ok(output.stdout) } else { Err(GitError::Refused) }
}

#[cfg(test)]
mod tests {
    use super::{ChangedLines, changed_since, new_lines, staged};
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
        let files = changed_since(&root, "main").expect("git answers");
        let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(paths, ["a.js", "new\n.js"]);
        assert!(changed_since(&root, "--output=x").is_err());
        assert!(changed_since(&root, "nowhere").unwrap_err().message.contains("does not know"));
        let outside = tempfile::tempdir().expect("a folder");
        assert!(staged(outside.path()).is_err());
    }
}
