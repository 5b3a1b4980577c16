//! Makes the directory and the files that only their owner may read.
//!
//! In: paths. Out: the directory with mode 0700 and files with mode 0600, where the system has modes. On Windows the
//! permissions of the parent directory apply, which for a user's profile are the user's own.

use std::fs::{DirBuilder, File, OpenOptions};
use std::path::Path;

use ports::StoreError;

use crate::error::at_file;

/// Makes a directory with its parents. One that exists is left as it is.
pub(crate) fn make_private_directory(directory: &Path) -> Result<(), StoreError> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(directory)
        .map_err(at_file(directory.display().to_string()))
}

/// Opens a file for reading and writing, and makes it when it does not exist. A file with wider permissions is narrowed to its
/// owner; SQLite gives `-wal` and `-shm` the same permissions.
pub(crate) fn open_private_file(path: &Path) -> Result<File, StoreError> {
    let place = path.display().to_string();
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).map_err(at_file(&place))?;
    #[cfg(unix)]
    {
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        file.set_permissions(private).map_err(at_file(&place))?;
    }
    Ok(file)
}

/// Makes the names in a directory, and its own name in its parent, survive a loss of power.
#[cfg(unix)]
pub(crate) fn sync_directory(directory: &Path) -> Result<(), StoreError> {
    let absolute = directory
        .canonicalize()
        .map_err(at_file(directory.display().to_string()))?;
    for path in absolute.ancestors().take(2) {
        // A parent that may be passed through but not read cannot be flushed by us.
        if let Ok(opened) = File::open(path) {
            opened.sync_all().map_err(at_file(path.display().to_string()))?;
        }
    }
    Ok(())
}

/// NTFS keeps names in its own journal.
#[cfg(not(unix))]
pub(crate) fn sync_directory(_directory: &Path) -> Result<(), StoreError> {
    Ok(())
}
