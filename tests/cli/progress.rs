//! The progress line, as it appears on the screen of a terminal.

use crate::common::{Case, PROGRAM, wait_until};
use crate::screen::Screen;
use std::fs::OpenOptions;
use std::io::Write;
use std::process::Command;

/// A pair of inputs that takes a few seconds with the arguments of [`slow`].
fn inputs() -> Case {
    let case = Case::small();
    let mut customers = String::from("customer_id,first_name,last_name,age,city\n");
    (0..300_000).for_each(|n| customers += &format!("{n},Ada,Byron{n},{},London\n", n % 90));
    let mut purchases = String::from("customer_id,product,price\n");
    (0..600_000).for_each(|n| purchases += &format!("{},Thing {n},1.25\n", n * 7 % 100_000));
    case.write("c.csv", customers);
    case.write("p.csv", purchases);
    case
}

/// A run that is slow because its chunks are small.
fn slow(case: &Case) -> Command {
    let mut command = case.spendfold();
    command.args(["run", "-t", "1", "--chunk-bytes", "1", "-c", "c.csv", "-p", "p.csv", "-o", "out"]);
    command
}

/// The lines of the progress, one per frame. There must be nothing else on the screen, except what follows in the end.
fn lines(frames: &[String], columns: usize) -> Vec<String> {
    let last = frames.last().expect("a frame");
    assert!(!last.contains("/s  ") && !last.contains("left "), "the line is gone in the end:\n{last}");
    let lines: Vec<String> = frames[..frames.len() - 1].iter().filter(|frame| !frame.is_empty()).cloned().collect();
    for frame in &lines {
        assert!(!frame.contains('\n'), "one line at a time:\n{frame}");
        assert!(frame.chars().count() < columns, "the last column stays empty: {frame}");
    }
    lines
}

/// The frames in the bytes that the program wrote, without control sequences but with trailing blanks, which the frames
/// of the screen lack.
fn raw_frames(raw: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(raw);
    let pieces: Vec<&str> = text.split("\r\x1b[2K").collect();
    // After the last piece of the line, which removes it, other output follows.
    let plain = pieces[..pieces.len() - 1].iter().map(|piece| {
        let mut sequences = piece.split('\x1b');
        let first = sequences.next().unwrap_or_default().to_owned();
        sequences.fold(first, |text, rest| {
            text + rest.split_once(|end: char| end.is_ascii_alphabetic()).map_or("", |(_, text)| text)
        })
    });
    plain.collect()
}

/// The percentage in a line.
fn percent(line: &str) -> Option<u64> {
    line.split(" %").next().filter(|before| before.len() < line.len())?.rsplit(' ').next()?.parse().ok()
}

fn assert_never_backwards(lines: &[String]) {
    let percents: Vec<u64> = lines.iter().filter_map(|line| percent(line)).collect();
    assert!(percents.is_sorted(), "{percents:?}");
    assert!(percents.len() > 3 && percents.last() > percents.first(), "{percents:?}");
}

#[test]
fn the_line_fits_terminals_of_any_width() {
    let case = inputs();
    for (columns, fields) in [
        (40, &["█", "%", "left"][..]),
        (60, &["█", "%", "left", "purchases", "MB/s"]),
        (80, &["█", "%", "left", "joining purchases", "MB/s", "0:0"]),
        (120, &["█", "%", "left", "joining purchases", "MB/s", "0:0", " rows", " MB of "]),
        (12, &["%"]),
    ] {
        let (status, frames, raw) = Screen::start(slow(&case), columns).finish();
        assert_eq!(status, Some(0));
        let written = raw_frames(&raw);
        assert!(written.len() > 3, "{written:?}");
        for frame in &written {
            assert!(frame.chars().count() < usize::from(columns), "{columns}: blanks reach the last column: {frame:?}");
        }
        let lines = lines(&frames, columns.into());
        println!("{columns} columns:\n{}", lines.join("\n"));
        let complete = |line: &&String| fields.iter().all(|field| line.contains(field));
        assert!(lines.iter().any(|line| complete(&line)), "{columns}: {fields:?} in\n{}", lines.join("\n"));
        assert!(lines.iter().all(|line| line.contains('%')), "{lines:?}");
        assert_never_backwards(&lines);
        let end = frames.last().expect("a frame");
        assert!(columns < 80 || end.starts_with("age group "), "the summary:\n{end}");
    }
}

#[test]
fn without_colours_brackets_show_the_length_of_the_bar() {
    let case = inputs();
    let coloured = |raw: &[u8]| raw.windows(5).any(|bytes| bytes == b"\x1b[36m");
    let (_, _, raw) = Screen::start(slow(&case), 80).finish();
    assert!(coloured(&raw));
    let mut command = slow(&case);
    command.env("NO_COLOR", "1");
    let (status, frames, raw) = Screen::start(command, 80).finish();
    assert_eq!(status, Some(0));
    assert!(!coloured(&raw), "{}", String::from_utf8_lossy(&raw));
    let lines = lines(&frames, 80);
    assert!(lines.iter().all(|line| line.contains('[') && line.contains(']')), "{lines:?}");
}

#[test]
fn a_dumb_terminal_gets_lines() {
    let case = inputs();
    let mut command = case.other("env");
    command.args([
        "TERM=dumb",
        PROGRAM,
        "run",
        "-t",
        "1",
        "--chunk-bytes",
        "1",
        "-c",
        "c.csv",
        "-p",
        "p.csv",
        "-o",
        "out",
    ]);
    let (status, frames, raw) = Screen::start(command, 80).finish();
    assert_eq!(status, Some(0));
    assert!(!raw.contains(&0x1b), "{}", String::from_utf8_lossy(&raw));
    let first = frames.first().expect("output");
    assert!(first.starts_with("loading customers: ") || first.starts_with("joining purchases: "), "{first}");
    assert!(first.contains(" %, ") && first.contains("/s, ") && first.contains(" elapsed"), "{first}");
}

#[test]
fn a_resized_window_is_respected() {
    let case = inputs();
    let screen = Screen::start(slow(&case), 100);
    let shows = |what: &str| screen.frames().last().is_some_and(|frame| frame.contains(what));
    wait_until("a line", || shows("%"));
    for columns in [40, 120, 60] {
        let before = screen.frames().len();
        screen.resize(columns);
        // The second line after a change must have been drawn after it.
        wait_until("two lines", || screen.frames().len() >= before + 2);
        let frames = screen.frames();
        let line = frames.last().expect("a line");
        let width = line.lines().last().map_or(0, |line| line.chars().count());
        assert!(width < usize::from(columns), "{columns}: {line}");
        // The line uses the width it has.
        assert!(width + 25 > usize::from(columns).min(110), "{columns}: {line}");
    }
    assert_eq!(screen.finish().0, Some(0));
}

/// An input of unknown size: the line has bytes, rate and elapsed time, but no percentage.
#[test]
fn a_pipe_has_no_percentage() {
    let case = inputs();
    let pipe = case.fifo("pipe");
    let mut command = case.spendfold();
    command.args(["run", "-c", "c.csv", "-p", "pipe", "-o", "out"]);
    let screen = Screen::start(command, 80);
    let mut writer = OpenOptions::new().write(true).open(pipe).expect("opened");
    writer.write_all(b"customer_id,product,price\n").expect("written");
    for _ in 0..12 {
        writer.write_all("1,Pen,0.10\n".repeat(40_000).as_bytes()).expect("written");
        std::thread::sleep(std::time::Duration::from_millis(150));
    }
    drop(writer);
    let (status, frames, _) = screen.finish();
    assert_eq!(status, Some(0));
    let lines = lines(&frames, 80);
    println!("{}", lines.join("\n"));
    assert!(lines.iter().all(|line| !line.contains(['%', '█']) && !line.contains("left")), "{lines:?}");
    let fields = [" MB  ", "MB/s  ", "0:0", "joining purchases"];
    let complete = |line: &&String| fields.iter().all(|field| line.contains(field));
    assert!(lines.iter().filter(complete).count() > 3, "{lines:?}");
}

/// The size of a customers pipe is known after its end, so the percentage appears then.
#[test]
fn a_percentage_appears_once_a_customers_pipe_has_ended() {
    let case = inputs();
    let pipe = case.fifo("pipe");
    let mut command = case.spendfold();
    command.args(["run", "-t", "1", "--chunk-bytes", "1", "-c", "pipe", "-p", "p.csv", "-o", "out"]);
    let screen = Screen::start(command, 80);
    let mut writer = OpenOptions::new().write(true).open(pipe).expect("opened");
    writer.write_all(&std::fs::read(case.path("c.csv")).expect("read")).expect("written");
    wait_until("a line", || screen.frames().last().is_some_and(|frame| frame.contains("customers")));
    drop(writer);
    let (status, frames, _) = screen.finish();
    assert_eq!(status, Some(0));
    let lines = lines(&frames, 80);
    let (loading, joining): (Vec<_>, Vec<_>) = lines.iter().partition(|line| line.contains("loading customers"));
    assert!(!loading.is_empty() && loading.iter().all(|line| percent(line).is_none()), "{loading:?}");
    assert!(joining.iter().any(|line| percent(line).is_some() && line.contains(" left")), "{joining:?}");
}

/// Ctrl-Z, `bg` and `fg` in a shell: nothing is drawn while the run is stopped or in the background.
#[test]
fn a_stopped_run_continues_its_line() {
    let case = inputs();
    let pipe = case.fifo("pipe");
    let mut command = case.other("setsid");
    command.args(["--ctty", "--wait", "bash", "--norc", "--noprofile", "--noediting", "-i"]).env("PS1", "$ ");
    command.env("HISTFILE", "/dev/null");
    let mut screen = Screen::start(command, 80);
    wait_until("a prompt", || screen.frames().last().is_some_and(|frame| frame.ends_with('$')));
    screen.keys(&format!("{PROGRAM} run -c c.csv -p pipe -o out\n"));
    let mut writer = OpenOptions::new().write(true).open(pipe).expect("opened");
    writer.write_all(b"customer_id,product,price\n1,Pen,0.10\n").expect("written");
    let has_line = |screen: &Screen| screen.frames().last().is_some_and(|frame| frame.contains("/s  "));
    wait_until("a line", || has_line(&screen));
    screen.keys("\u{1a}");
    wait_until("the shell", || screen.frames().last().is_some_and(|frame| frame.contains("Stopped")));
    screen.keys("bg\n");
    std::thread::sleep(std::time::Duration::from_millis(600));
    let last = screen.frames().pop().expect("a frame");
    assert!(last.lines().last().is_some_and(|line| line == "$" || line.ends_with('&')), "only the shell:\n{last}");
    screen.keys("fg\n");
    let foreground = |screen: &Screen| {
        screen.frames().last().is_some_and(|frame| frame.lines().last().is_some_and(|line| line.contains("/s  ")))
    };
    wait_until("a line in the foreground", || foreground(&screen));
    drop(writer);
    let ended = |frame: &String| frame.contains("combined rows") && frame.ends_with('$');
    wait_until("the summary", || screen.frames().last().is_some_and(ended));
    screen.keys("exit\n");
    let (status, frames, _) = screen.finish();
    assert_eq!(status, Some(0));
    let last = frames.last().expect("a frame");
    println!("{last}");
    // The line before Ctrl-Z stays in the scrollback, as with any program; the one after `fg` is removed.
    let after = last.rsplit("fg\n").next().unwrap_or_default();
    assert!(!after.contains("/s  "), "{last}");
}

/// The message of a crash replaces the line.
#[test]
fn the_message_of_a_crash_replaces_the_line() {
    let case = inputs();
    let mut screen = Screen::start(slow(&case), 80);
    wait_until("a line", || screen.frames().last().is_some_and(|frame| frame.contains('%')));
    let pid = screen.child().id().to_string();
    assert!(Command::new("kill").args(["-ABRT", &pid]).status().expect("kill runs").success());
    let (status, frames, _) = screen.finish();
    assert_eq!(status, Some(1));
    let last = frames.last().expect("a frame");
    assert!(last.starts_with("aborted, probably because memory ran out\n"), "{last}");
}

#[test]
fn generate_and_verify_show_the_same_line() {
    let case = Case::small();
    let shows = |args: &[&str], activity: &str| {
        let mut command = case.spendfold();
        command.args(args);
        let (status, frames, _) = Screen::start(command, 80).finish();
        assert_eq!(status, Some(0), "{args:?}: {frames:?}");
        let lines = lines(&frames, 80);
        println!("{}", lines.join("\n"));
        lines.iter().any(|line| line.contains('%') && line.contains(activity))
    };
    // The larger pairs are for fast machines, which generate the smaller ones before the first line is due.
    let seen = ["2000000", "10000000", "50000000"].iter().any(|purchases| {
        let pair = ["--customers", "200000", "--purchases", purchases, "--seed", "1", "-o", "pair"];
        let generated = shows(&[&["generate", "-t", "1"], &pair[..]].concat(), "generating");
        generated && {
            shows(&["run", "-c", "pair/customers.csv", "-p", "pair/purchases.csv", "-o", "out"], "");
            shows(&["verify", "-t", "1", "out"], "verifying")
        }
    });
    assert!(seen, "no line, even for the largest pair");
}
