//! Publication on a file system without stable inode numbers: a path-based FUSE file system, like sshfs, which supports
//! neither RENAME_EXCHANGE nor the identity of hard links.

use crate::common::{Case, stderr_text};
use crate::rules::{Before, skipped};
use std::process::{Child, Command, Stdio};

/// Passes every call through to the folder `argv[1]`, mounted at `argv[2]`.
const PASSTHROUGH: &str = r#"
import os, sys
try:
    import fuse
except ImportError:
    import fusepy as fuse

class Passthrough(fuse.Operations):
    def __init__(self, root):
        self.root = root
    def full(self, path):
        return os.path.join(self.root, path.lstrip("/"))
    def getattr(self, path, fh=None):
        found = os.lstat(self.full(path))
        names = ("st_atime", "st_ctime", "st_gid", "st_mode", "st_mtime", "st_nlink", "st_size", "st_uid")
        return {name: getattr(found, name) for name in names}
    def readdir(self, path, fh):
        return [".", ".."] + os.listdir(self.full(path))
    def mkdir(self, path, mode):
        os.mkdir(self.full(path), mode)
    def rmdir(self, path):
        os.rmdir(self.full(path))
    def unlink(self, path):
        os.unlink(self.full(path))
    def rename(self, old, new):
        os.rename(self.full(old), self.full(new))
    def link(self, target, source):
        os.link(self.full(source), self.full(target))
    def create(self, path, mode, fi=None):
        return os.open(self.full(path), os.O_RDWR | os.O_CREAT | os.O_EXCL, mode)
    def open(self, path, flags):
        return os.open(self.full(path), flags)
    def read(self, path, length, offset, fh):
        return os.pread(fh, length, offset)
    def write(self, path, data, offset, fh):
        return os.pwrite(fh, data, offset)
    def truncate(self, path, length, fh=None):
        os.truncate(self.full(path), length)
    def release(self, path, fh):
        os.close(fh)

fuse.FUSE(Passthrough(os.path.abspath(sys.argv[1])), sys.argv[2], foreground=True)
"#;

/// A second mount of a folder, unmounted on drop.
struct Mounted<'c> {
    case: &'c Case,
    server: Child,
}

impl<'c> Mounted<'c> {
    /// Mounts `real` at `out`; `None` if FUSE is not available.
    fn new(case: &'c Case) -> Option<Self> {
        let part = "a FUSE file system";
        case.write("passthrough.py", PASSTHROUGH);
        let mut command = case.other("/usr/bin/python3");
        let server = command.args(["passthrough.py", "real", "out"]).stderr(Stdio::piped()).spawn();
        let Ok(mut server) = server else {
            skipped(part, "/usr/bin/python3 is not here");
            return None;
        };
        loop {
            if is_mounted(case) {
                return Some(Self { case, server });
            }
            if server.try_wait().expect("a child").is_some() {
                let output = server.wait_with_output().expect("ended");
                skipped(part, &format!("it needs the Python package fusepy and /dev/fuse: {}", stderr_text(&output)));
                return None;
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }
}

impl Drop for Mounted<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.case.path("out")).status();
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn is_mounted(case: &Case) -> bool {
    let out = std::fs::canonicalize(case.path("out")).expect("there");
    let mounts = std::fs::read_to_string("/proc/self/mounts").expect("Linux");
    mounts.lines().any(|line| line.split(' ').nth(1).is_some_and(|place| std::path::Path::new(place) == out))
}

#[test]
fn sets_are_published_and_rolled_back() {
    let before = Before::small(&["-t", "1"]);
    let case = &before.case;
    for dir in ["real", "out"] {
        let _ = std::fs::remove_dir_all(case.path(dir));
        std::fs::create_dir(case.path(dir)).expect("made");
    }
    let Some(mounted) = Mounted::new(case) else { return };
    // Into an empty directory, then over an old set.
    for round in 0..3 {
        let output = before.command().output().expect("starts");
        assert_eq!(output.status.code(), Some(0), "round {round}: {}", stderr_text(&output));
        before.assert_exact("a FUSE file system");
        assert!(case.leftovers().is_empty());
    }
    if !crate::rules::have("strace", "failing moves on a FUSE file system") {
        return;
    }
    let mut failed = 0;
    for call in ["renameat", "linkat"] {
        let old = case.files();
        for number in 1..20 {
            let what = format!("inject={call}:error=EIO:when={number}");
            let strace = ["-f", "-qq", "-o", "/dev/null", "-e", &what];
            let output = before.behind("strace", &strace).output().expect("starts");
            if output.status.success() {
                before.assert_exact(&what);
                break;
            }
            failed += 1;
            assert_eq!(output.status.code(), Some(1), "{what}: {}", stderr_text(&output));
            assert!(case.files() == old, "{what}: {}", stderr_text(&output));
            assert!(case.leftovers().is_empty(), "{what}");
        }
    }
    assert!(failed > 8, "the moves were not hit: {failed}");
    drop(mounted);
}
