//! Files that a run writes: whole or not at all.

use std::io::Write;
use std::path::Path;

use crate::cli::UserError;

/// Writes a file by way of a temporary one beside it, so that nobody ever reads half of it. What is no ordinary file
/// (a device, a pipe) is written to directly, and a link is followed.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), UserError> {
    let failed = |error: &std::io::Error| {
        UserError::new(format!("can't write the file: {error}")).at(path.display().to_string())
    };
    let target = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    match std::fs::metadata(&target) {
        Ok(found) if found.is_dir() => Err(UserError::new("this is a folder").at(path.display().to_string())),
        Ok(found) if !found.is_file() => std::fs::write(&target, bytes).map_err(|error| failed(&error)),
        _ => replace(&target, bytes).map_err(|error| failed(&error)),
    }
}

fn replace(target: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = match target.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".modleak-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // As any new file gets, less what the process's mask takes away; a temporary file would be private else.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(bytes)?;
    if let Ok(old) = std::fs::metadata(target) {
        let _ = file.as_file().set_permissions(old.permissions());
    }
    file.persist(target).map_err(|it| it.error)?;
    Ok(())
}
