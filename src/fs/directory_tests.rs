use super::*;
use std::fs;

fn new_dir() -> (tempfile::TempDir, Dir) {
    let place = tempfile::tempdir().expect("a directory");
    fs::create_dir(place.path().join("dir")).expect("made");
    let dir = Dir::open(&place.path().join("dir")).expect("opened");
    (place, dir)
}

#[test]
fn calls_follow_a_renamed_directory() {
    let (place, dir) = new_dir();
    fs::rename(place.path().join("dir"), place.path().join("elsewhere")).expect("renamed");
    fs::create_dir(place.path().join("dir")).expect("made");
    dir.create("file").expect("made");
    assert!(place.path().join("elsewhere/file").exists() && !place.path().join("dir/file").exists());
    dir.remove_file("file").expect("removed");
    assert_eq!(dir.entry("file"), Ok(None));
}

#[test]
fn clearing_does_not_follow_links() {
    let (place, dir) = new_dir();
    fs::write(place.path().join("kept"), "mine").expect("written");
    let inside = dir.path_of("deep/er");
    fs::create_dir_all(&inside).expect("made");
    for name in ["deep/file", "deep/er/file", "file"] {
        fs::write(dir.path_of(name), "x").expect("written");
    }
    std::os::unix::fs::symlink(place.path(), inside.join("link")).expect("linked");
    std::os::unix::fs::symlink(place.path().join("kept"), dir.path_of("link")).expect("linked");
    dir.clear().expect("cleared");
    assert_eq!(fs::read_dir(dir.path()).expect("readable").count(), 0);
    assert_eq!(fs::read_to_string(place.path().join("kept")).expect("kept"), "mine");
}

#[test]
fn only_regular_files_of_at_most_the_limit_are_read() {
    let (_place, dir) = new_dir();
    let read = |name: &str, limit| {
        let outcome = dir.read_file(name, limit, ErrorKind::NoReport, "cannot read");
        outcome.map_err(|error| {
            assert_eq!(error.kind(), ErrorKind::NoReport);
            error.message().to_owned()
        })
    };
    fs::write(dir.path_of("file"), "four").expect("written");
    assert_eq!(read("file", 4), Ok(Some(b"four".to_vec())));
    assert_eq!(read("file", 3), Err("is larger than 3 bytes, the limit for such a file".to_owned()));
    assert_eq!(read("none", 3), Ok(None));

    fs::create_dir(dir.path_of("dir")).expect("made");
    std::os::unix::fs::symlink("file", dir.path_of("link")).expect("linked");
    rustix::fs::mkfifoat(&dir, "fifo", Mode::RUSR | Mode::WUSR).expect("made");
    drop(std::os::unix::net::UnixListener::bind(dir.path_of("socket")).expect("bound"));
    for (name, what) in
        [("dir", "a directory"), ("link", "a symbolic link"), ("fifo", "a FIFO"), ("socket", "a device or socket")]
    {
        assert_eq!(read(name, 3), Err(format!("is {what}, not a regular file")));
    }
}
