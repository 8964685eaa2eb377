//! Where facts are kept between runs, and for which program they hold.

use std::path::PathBuf;
use std::time::SystemTime;

use crate::cli::engine::CacheChoice;

/// The folder of the cache, if there is to be one.
pub(crate) fn folder(choice: &CacheChoice) -> Option<PathBuf> {
    match choice {
        CacheChoice::None => None,
        CacheChoice::Folder(folder) => Some(folder.clone()),
        CacheChoice::Usual => Some(users_caches()?.join("modleak")),
    }
}

fn users_caches() -> Option<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|folder| folder.is_absolute());
    if cfg!(windows) {
        return folder("LOCALAPPDATA");
    }
    let below_home = if cfg!(target_os = "macos") { "Library/Caches" } else { ".cache" };
    folder("XDG_CACHE_HOME").or_else(|| Some(folder("HOME")?.join(below_home)))
}

/// What no other build of the program has: facts of one are not the other's. Without it nothing can be kept.
pub(crate) fn build() -> Option<String> {
    let program = std::env::current_exe().ok()?.metadata().ok()?;
    let age = program.modified().ok()?.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    Some(format!("{} {} {}", env!("CARGO_PKG_VERSION"), program.len(), age.as_nanos()))
}
