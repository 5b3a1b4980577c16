//! The process lock: one process at a time may write to a directory.
//!
//! In: the directory. Out: a lock of the operating system on `linnbooks.lock`, freed when it is dropped or when the process
//! ends, kill -9 included; so the file itself is never removed and never means anything by being there. It has the holder's
//! process id for the message to whoever comes second.

use std::fs::File;
use std::io::{self, ErrorKind, Seek, SeekFrom, Write};
use std::path::Path;

use fd_lock::RwLock;
use ports::StoreError;

use crate::LOCK_FILE;
use crate::error::at_file;
use crate::files::open_private_file;

/// The lock, held until dropped.
#[derive(Debug)]
pub(crate) struct ProcessLock {
    // Holds the lock by holding the file open.
    _file: RwLock<File>,
}

impl ProcessLock {
    /// Takes the lock or says who has it; does not wait.
    pub(crate) fn take(directory: &Path) -> Result<Self, StoreError> {
        let path = directory.join(LOCK_FILE);
        let place = path.display().to_string();
        let mut file = RwLock::new(open_private_file(&path)?);
        match file.try_write() {
            Ok(mut guard) => {
                write_holder(&mut guard).map_err(at_file(&place))?;
                // The guard borrows the file and would unlock when dropped; closing the file unlocks as well.
                std::mem::forget(guard);
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                return Err(StoreError::Busy {
                    place: directory.display().to_string(),
                    holder: read_holder(&path),
                });
            }
            Err(error) => return Err(at_file(place)(error)),
        }
        Ok(Self { _file: file })
    }
}

fn write_holder(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.seek(SeekFrom::Start(0))?;
    writeln!(file, "{}", std::process::id())
}

/// The process id in the file; `unknown` in the moment before it is written, and where a locked file cannot be read (Windows).
fn read_holder(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    match text.trim().parse::<u32>() {
        Ok(id) => id.to_string(),
        Err(_) => "unknown".to_owned(),
    }
}
