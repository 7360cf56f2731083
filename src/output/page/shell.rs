//! Quoting for a POSIX shell.

use crate::error::escape_line;

/// `argument` as one word for bash, zsh and other shells that know `$'…'`. Plain words stay as they are.
///
/// Control characters, bidirectional controls and bytes that are not UTF-8 are written as escapes in `$'…'`, so the
/// word consists of visible characters only.
pub(super) fn quote(argument: &[u8]) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_@%+=:,./-".contains(byte);
    match std::str::from_utf8(argument) {
        Ok(text) if !text.is_empty() && argument.iter().all(plain) => text.to_owned(),
        // `escape_line` changes exactly the characters that must not be shown as they are.
        Ok(text) if escape_line(text) == text => format!("'{}'", text.replace('\'', r"'\''")),
        _ => ansi_c(argument),
    }
}

/// `$'…'` with an octal escape for every byte that is not printable ASCII.
fn ansi_c(argument: &[u8]) -> String {
    let mut quoted = "$'".to_owned();
    for &byte in argument {
        match byte {
            b'\'' | b'\\' => quoted.extend(['\\', char::from(byte)]),
            b' '..=b'~' => quoted.push(char::from(byte)),
            _ => quoted.push_str(&format!("\\{byte:03o}")),
        }
    }
    quoted + "'"
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::os::unix::ffi::OsStrExt as _;
    use std::process::Command;

    #[test]
    fn words_are_quoted_only_if_necessary() {
        for (argument, quoted) in [
            (&b"data/customers.csv"[..], "data/customers.csv"),
            (b"", "''"),
            (b"two words", "'two words'"),
            (b"it's", r"'it'\''s'"),
            (b"$(rm -rf x)", "'$(rm -rf x)'"),
            ("é".as_bytes(), "'é'"),
            (b"a\tb", r"$'a\011b'"),
            (b"n\xb0", r"$'n\260'"),
            ("\u{202e}x".as_bytes(), r"$'\342\200\256x'"),
        ] {
            assert_eq!(quote(argument), quoted);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// The shell reads the same bytes back.
        #[test]
        fn bash_reads_the_argument_back(argument in prop::collection::vec(1_u8..=255, 0..40)) {
            let script = format!("printf %s {}", quote(&argument));
            let output = Command::new("bash").args(["-c", &script]).env("LC_ALL", "C").output().expect("bash");
            prop_assert_eq!(output.stdout, argument, "{}", script);
        }

        #[test]
        fn bash_reads_text_back(argument in "\\PC{0,20}") {
            let script = std::ffi::OsString::from(format!("printf %s {}", quote(argument.as_bytes())));
            let output = Command::new("bash").arg("-c").arg(std::ffi::OsStr::from_bytes(script.as_encoded_bytes())).output();
            prop_assert_eq!(String::from_utf8(output.expect("bash").stdout).expect("UTF-8"), argument);
        }
    }
}
