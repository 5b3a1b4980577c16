//! Makes the directory and the files that only their owner may read.
//!
//! In: paths. Out: the directory with mode 0700 and files with mode 0600, where the system has modes. On Windows the
//! permissions of the parent directory apply, which for a user's profile are the user's own.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind};
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

/// Makes an empty file, or narrows the one that exists to its owner; SQLite gives `-wal` and `-shm` the same permissions.
///
/// An existing file is not opened: closing it would free the locks that SQLite holds on it for this process
/// (sqlite.org/howtocorrupt.html, 2.2).
pub(crate) fn make_private_file(path: &Path) -> Result<(), StoreError> {
    let place = path.display().to_string();
    match private_options().create_new(true).open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => narrow(path).map_err(at_file(place)),
        Err(error) => Err(at_file(place)(error)),
    }
}

/// Opens a file for reading and writing, and makes it when it does not exist.
pub(crate) fn open_private_file(path: &Path) -> Result<File, StoreError> {
    private_options()
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(at_file(path.display().to_string()))
}

fn private_options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

#[cfg(unix)]
fn narrow(path: &Path) -> io::Result<()> {
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600))
}

#[cfg(not(unix))]
fn narrow(_path: &Path) -> io::Result<()> {
    Ok(())
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
