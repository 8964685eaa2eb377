//! Git, asked with everything switched off by which a repository could make it run a program of its own: the only use of
//! another program.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::project::ProjectError;

/// Why git does not answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum GitError {
    /// There is no git.
    Missing,
    /// It ended with an error.
    Refused,
}

impl From<GitError> for ProjectError {
    fn from(error: GitError) -> Self {
        Self::new(match error {
            GitError::Missing => "git is needed for this, and cannot be run",
            GitError::Refused => "git cannot tell what was changed: is this a git repository?",
        })
    }
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

/// Git in a folder.
pub(super) struct Git<'a> {
    root: &'a Path,
    /// Settings that switch the repository's filters off.
    filters: Vec<(String, &'static str)>,
    /// Attributes from the tree itself could name filters; those of an empty tree name none.
    attributes: Option<String>,
}

impl<'a> Git<'a> {
    /// Git in this folder.
    pub(super) fn of(root: &'a Path) -> Result<Self, GitError> {
        let mut git = Self { root, filters: Vec::new(), attributes: None };
        git.filters = git.filters_off();
        let empty_tree = git.ask(&["hash-object", "-t", "tree", "--stdin"])?;
        git.attributes = Some(String::from_utf8_lossy(&empty_tree).trim().to_owned());
        Ok(git)
    }

    /// Settings that switch all filters off: attributes beside the repository's own files (`info/attributes`) name them
    /// as well, and nothing replaces those.
    fn filters_off(&self) -> Vec<(String, &'static str)> {
        let named = self.ask(&["config", "--null", "--name-only", "--get-regexp", r"^filter\."]);
        // Git fails if there are none.
        let named = String::from_utf8_lossy(&named.unwrap_or_default()).into_owned();
        let mut filters: Vec<&str> =
            named.split('\0').filter_map(|name| name.rsplit_once('.')).map(|(filter, _)| filter).collect();
        filters.sort_unstable();
        filters.dedup();
        let off = [("clean", ""), ("smudge", ""), ("process", ""), ("required", "false")];
        filters.iter().flat_map(|filter| off.map(|(key, value)| (format!("{filter}.{key}"), value))).collect()
    }

    /// What git prints for these arguments.
    pub(super) fn ask(&self, arguments: &[&str]) -> Result<Vec<u8>, GitError> {
        self.ask_for(arguments, &[])
    }

    /// The same, with something on standard input that is no longer than what a pipe holds.
    pub(super) fn ask_for(&self, arguments: &[&str], input: &[u8]) -> Result<Vec<u8>, GitError> {
        let mut child = self.command(arguments).spawn().map_err(|_| GitError::Missing)?;
        if let Some(mut pipe) = child.stdin.take() {
            // Who does not read to the end ends with an error of its own.
            let _ = pipe.write_all(input);
        }
        let output = child.wait_with_output().map_err(|_| GitError::Refused)?;
        if output.status.success() { Ok(output.stdout) } else { Err(GitError::Refused) }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        command.current_dir(self.root).args(["--no-pager", "--no-optional-locks", "--literal-pathspecs"]);
        for setting in SAFE_SETTINGS {
            command.args(["-c", setting]);
        }
        command
            .args(arguments)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_NO_LAZY_FETCH", "1")
            .env("LC_ALL", "C")
            .env_remove("GIT_EXTERNAL_DIFF");
        // Not as arguments: the name of a filter can hold what ends a name there. The user's own come first.
        let given = std::env::var("GIT_CONFIG_COUNT").ok().and_then(|count| count.parse::<usize>().ok()).unwrap_or(0);
        for (number, (name, value)) in (given..).zip(&self.filters) {
            command.env(format!("GIT_CONFIG_KEY_{number}"), name).env(format!("GIT_CONFIG_VALUE_{number}"), value);
        }
        command.env("GIT_CONFIG_COUNT", (given + self.filters.len()).to_string());
        if let Some(tree) = &self.attributes {
            command.env("GIT_ATTR_SOURCE", tree);
        }
        // Hooks are given these relative to the folder that they run in, which is not the analysed one.
        for name in ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"] {
            if let (Some(path), Ok(here)) = (std::env::var_os(name), std::env::current_dir()) {
                command.env(name, here.join(path));
            }
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        command
    }
}
