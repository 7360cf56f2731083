//! Formats an error as a JSON line (docs/contract.md#json-lines).

use super::Error;
use serde::Serialize;

impl Error {
    /// Formats the error as one line of JSON without a line ending: `event` is `"error"`, then `message`, the known
    /// fields of the [`Place`](crate::Place) (`path`, `line`, `column`, `byte`), `hint` if there is one, `also` with the
    /// same keys for each of the [`others`](Self::others), and the exit `status`.
    ///
    /// ```
    /// use spendfold::{Error, ErrorKind};
    ///
    /// let error = Error::new(ErrorKind::Config, "no command is given").hint("try --help");
    /// let json = r#"{"event":"error","message":"no command is given","hint":"try --help","status":2}"#;
    /// assert_eq!(error.to_json(), json);
    /// ```
    pub fn to_json(&self) -> String {
        let fields = ErrorLine {
            event: "error",
            fault: Fault::of(self),
            also: self.others().iter().map(Fault::of).collect(),
            status: self.exit_status(),
        };
        // Serializing strings and numbers cannot fail.
        serde_json::to_string(&fields).unwrap_or_default()
    }
}

/// The fields of [`Error::to_json`].
#[derive(Serialize)]
struct ErrorLine<'a> {
    event: &'static str,
    #[serde(flatten)]
    fault: Fault<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    also: Vec<Fault<'a>>,
    status: u8,
}

/// The fields of one fault.
#[derive(Serialize)]
struct Fault<'a> {
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    byte: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

impl<'a> Fault<'a> {
    fn of(error: &'a Error) -> Self {
        let place = error.place();
        let (line, column) = place.and_then(|place| place.line_column).unzip();
        Self {
            message: error.message(),
            path: place.map(|place| place.path.as_str()),
            line,
            column,
            byte: place.and_then(|place| place.byte),
            hint: error.hint_text(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{ErrorKind, Place};
    use std::path::Path;

    #[test]
    fn json_has_the_fields_of_the_place() {
        let error = Error::new(ErrorKind::Malformed, "a \"quote\" never closes");
        let error = error.at(Place::at(Path::new("a\u{1b}.csv"), 3, 7, 40)).hint("try --no-quoting");
        assert_eq!(
            error.to_json(),
            r#"{"event":"error","message":"a \"quote\" never closes","path":"a\\u{1b}.csv","line":3,"column":7,"byte":40,"hint":"try --no-quoting","status":1}"#
        );
        let error = Error::new(ErrorKind::Interrupted(1), "interrupted").at(Place::file(Path::new("a")));
        assert_eq!(error.to_json(), r#"{"event":"error","message":"interrupted","path":"a","status":129}"#);
    }

    #[test]
    fn further_faults_are_a_list() {
        let fault = |message: &str| Error::new(ErrorKind::Header, message).at(Place::file(Path::new("a"))).hint("h");
        let error = Error::all(vec![fault("one"), fault("two")]).expect("faults");
        assert_eq!(
            error.to_json(),
            r#"{"event":"error","message":"one","path":"a","hint":"h","also":[{"message":"two","path":"a","hint":"h"}],"status":2}"#
        );
    }
}
