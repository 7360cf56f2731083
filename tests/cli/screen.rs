//! A pseudo-terminal with an emulated screen (vt100), and what it showed over time.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::num::NonZero;
use std::os::unix::ffi::OsStrExt;
use std::process::{Child, Command};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// A program on a terminal of its own.
pub(crate) struct Screen {
    master: File,
    child: Child,
    shown: Arc<Mutex<Shown>>,
    reader: Option<JoinHandle<()>>,
}

struct Shown {
    parser: vt100::Parser,
    /// The text of the screen after each change, without trailing blanks.
    frames: Vec<String>,
    raw: Vec<u8>,
}

impl Screen {
    /// Starts a program whose three standard streams are a terminal of `columns` columns.
    pub(crate) fn start(mut command: Command, columns: u16) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
        grantpt(&master).expect("granted");
        unlockpt(&master).expect("unlocked");
        let name = ptsname(&master, vec![]).expect("a name");
        let slave = std::path::Path::new(std::ffi::OsStr::from_bytes(name.as_bytes())).to_owned();
        let master = File::from(master);
        tcsetwinsize(&master, window(columns)).expect("resized");
        let open = || OpenOptions::new().read(true).write(true).open(&slave).expect("opened");
        command.stdin(open()).stdout(open()).stderr(open());
        // The variables of the terminal that runs the test must not affect the program.
        command.env("TERM", "xterm-256color").env_remove("COLUMNS").env_remove("CLICOLOR_FORCE");
        let child = command.spawn().expect("starts");
        // The command still holds the other side of the terminal open, which would hide the end of the program.
        drop(command);
        let parser = vt100::Parser::new(size(ROWS), size(columns), 0);
        let shown = Arc::new(Mutex::new(Shown { parser, frames: vec![], raw: vec![] }));
        let reader = std::thread::spawn({
            let (master, shown) = (master.try_clone().expect("cloned"), Arc::clone(&shown));
            move || follow(master, &shown)
        });
        Self { master, child, shown, reader: Some(reader) }
    }

    /// Resizes the window.
    pub(crate) fn resize(&self, columns: u16) {
        let mut shown = self.shown.lock().expect("not poisoned");
        tcsetwinsize(&self.master, window(columns)).expect("resized");
        shown.parser.screen_mut().set_size(size(ROWS), size(columns));
    }

    /// Types keys.
    pub(crate) fn keys(&mut self, keys: &str) {
        self.master.write_all(keys.as_bytes()).expect("typed");
    }

    /// Everything that the screen has shown so far.
    pub(crate) fn frames(&self) -> Vec<String> {
        self.shown.lock().expect("not poisoned").frames.clone()
    }

    /// The process.
    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Waits for the end. Returns the exit status, all frames, and the bytes that the program wrote.
    pub(crate) fn finish(mut self) -> (Option<i32>, Vec<String>, Vec<u8>) {
        let status = self.child.wait().expect("ends");
        self.reader.take().map(JoinHandle::join).transpose().expect("read to the end");
        let shown = self.shown.lock().expect("not poisoned");
        (status.code(), shown.frames.clone(), shown.raw.clone())
    }
}

const ROWS: u16 = 24;

fn size(number: u16) -> NonZero<u16> {
    NonZero::new(number).expect("not empty")
}

fn window(columns: u16) -> Winsize {
    Winsize { ws_row: ROWS, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }
}

/// Feeds the screen until the program closes the terminal.
fn follow(mut master: File, shown: &Mutex<Shown>) {
    let mut buffer = [0; 64 << 10];
    loop {
        // EIO: no process has the terminal open any more.
        let Ok(len @ 1..) = master.read(&mut buffer) else { return };
        let mut bytes = buffer[..len].to_vec();
        // A single write may arrive in pieces.
        let quiet = Timespec { tv_sec: 0, tv_nsec: 5_000_000 };
        while poll(&mut [PollFd::new(&master, PollFlags::IN)], Some(&quiet)) == Ok(1) {
            let Ok(len @ 1..) = master.read(&mut buffer) else { break };
            bytes.extend_from_slice(&buffer[..len]);
        }
        let mut shown = shown.lock().expect("not poisoned");
        shown.raw.extend_from_slice(&bytes);
        // On a busy machine one read may bring several progress lines, each of which begins with a carriage return.
        let is_redraw = |at: &usize| bytes[*at] == b'\r' && bytes.get(at + 1) != Some(&b'\n');
        let ends = (0..bytes.len()).filter(is_redraw).map(|at| at + 1).chain([bytes.len()]);
        let mut start = 0;
        for end in ends {
            shown.parser.process(&bytes[start..end]);
            start = end;
            let text = shown.parser.screen().contents();
            let text: Vec<&str> = text.lines().map(str::trim_end).collect();
            let text = text.join("\n").trim_end().to_owned();
            if shown.frames.last() != Some(&text) {
                shown.frames.push(text);
            }
        }
    }
}
