//! Starts a server process on a free loopback port, waits until it answers, and ends it with its handle.
//!
//! In: a command for a port. Out: an address that is answered by that very process: the socket that listens there is found among
//! the open files of the process and its children. The emulator and whatever it started end with the handle, and with the test's process
//! however that ends ([`tethered`]).

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How often another port is tried, when one was taken meanwhile.
const PORTS_MAX: usize = 5;

/// Runs a program in a process group of its own, and ends the group as soon as nobody holds the other end of standard input.
const TETHER: &str = r#"set -m
exec 3<&0
"$0" "$@" </dev/null 3<&- &
emulator=$!
{ read -r _ <&3; kill -9 -- "-$emulator"; } 2>/dev/null &
exec 3<&-
wait "$emulator""#;

/// A command that ends with the process that started it, also when that is killed.
pub(super) fn tethered(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new("bash");
    command.args(["-c", TETHER]).arg(program);
    command
}

/// A running emulator; ends with this handle.
pub struct Emulator {
    child: Child,
    address: SocketAddr,
    _directory: tempfile::TempDir,
}

impl Emulator {
    /// Its address, such as `http://127.0.0.1:41234`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its process.
    pub fn process_id(&self) -> u32 {
        self.child.id()
    }

    /// The last lines that it wrote.
    pub fn words(&self, lines: usize) -> String {
        let words = std::fs::read_to_string(self._directory.path().join("output.txt")).unwrap_or_default();
        let last: Vec<&str> = words.lines().rev().take(lines).collect();
        last.into_iter().rev().collect::<Vec<_>>().join("\n")
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // The tether ends the emulator and the processes that it started.
        drop(self.child.stdin.take());
        self.child.wait().ok();
    }
}

/// Starts `name` by the command of a port, and waits until it answers at `path`.
pub(super) fn start(
    name: &str,
    path: &str,
    patience: Duration,
    command: impl Fn(u16, &Path) -> Command,
) -> Emulator {
    let mut words = String::new();
    for _ in 0..PORTS_MAX {
        let directory = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let log = directory.path().join("output.txt");
        let output = std::fs::File::create(&log).unwrap();
        let child = command(port, directory.path())
            .stdin(Stdio::piped())
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .spawn()
            .unwrap_or_else(|error| panic!("{name} cannot be started: {error}"));
        let mut emulator = Emulator {
            child,
            address,
            _directory: directory,
        };
        let end = Instant::now() + patience;
        while Instant::now() < end && emulator.child.try_wait().unwrap().is_none() {
            if answers(address, path) {
                assert!(
                    is_owned(port, emulator.child.id()),
                    "port {port} is answered by another process than our {name}"
                );
                return emulator;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        words = std::fs::read_to_string(&log).unwrap_or_default();
    }
    let last: Vec<&str> = words.lines().rev().take(5).collect();
    panic!("{name} did not answer: {last:?}");
}

/// True when an HTTP server answers anything at a path.
fn answers(address: SocketAddr, path: &str) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
        )?;
        let mut first = [0; 5];
        stream.read_exact(&mut first)?;
        Ok(&first == b"HTTP/")
    };
    ask().unwrap_or(false)
}

/// True when the socket that listens at a port belongs to a process or to a child of it. Linux tells; elsewhere it is taken for
/// granted.
fn is_owned(port: u16, process: u32) -> bool {
    let inodes = listening_inodes(port);
    if inodes.is_empty() {
        return !Path::new("/proc/net/tcp").exists();
    }
    let owned = |process: &str| {
        let files = std::fs::read_dir(format!("/proc/{process}/fd"))
            .into_iter()
            .flatten();
        files
            .filter_map(|file| std::fs::read_link(file.ok()?.path()).ok())
            .any(|link| {
                inodes
                    .iter()
                    .any(|inode| link.as_os_str() == format!("socket:[{inode}]").as_str())
            })
    };
    let children =
        std::fs::read_to_string(format!("/proc/{process}/task/{process}/children")).unwrap_or_default();
    owned(&process.to_string()) || children.split_whitespace().any(owned)
}

fn listening_inodes(port: u16) -> Vec<String> {
    let wanted = format!(":{port:04X}");
    ["/proc/net/tcp", "/proc/net/tcp6"]
        .into_iter()
        .filter_map(|table| std::fs::read_to_string(table).ok())
        .flat_map(|table| {
            let rows = table.lines().filter_map(|row| {
                let fields: Vec<&str> = row.split_whitespace().collect();
                // 0A is LISTEN.
                (fields.get(1)?.ends_with(&wanted) && *fields.get(3)? == "0A")
                    .then(|| fields.get(9).map(|inode| (*inode).to_owned()))?
            });
            rows.collect::<Vec<_>>()
        })
        .collect()
}
