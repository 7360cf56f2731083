//! Message texts that may name settings. Each interface calls a setting by its own name: the library by its method, the
//! command line by its flag.

use super::Setting;

/// A message, in pieces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Words(Vec<Piece>);

/// A piece of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    Text(String),
    Setting(Setting),
}

impl Words {
    pub(crate) fn new(pieces: impl IntoIterator<Item = Piece>) -> Self {
        Self(pieces.into_iter().collect())
    }

    /// The text, with settings named by `name`.
    pub(crate) fn render(&self, name: impl Fn(Setting) -> String) -> String {
        let pieces = self.0.iter().map(|piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Setting(setting) => name(*setting),
        });
        pieces.collect()
    }
}

impl From<&str> for Piece {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Piece {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Setting> for Piece {
    fn from(setting: Setting) -> Self {
        Self::Setting(setting)
    }
}

impl<T: Into<Piece>> From<T> for Words {
    fn from(piece: T) -> Self {
        Self(vec![piece.into()])
    }
}

/// A message of texts and settings: `words!("try ", Setting::Delimiter, " ';'")`.
macro_rules! words {
    ($($piece:expr),* $(,)?) => {
        $crate::error::Words::new([$($crate::error::Piece::from($piece)),*])
    };
}
pub(crate) use words;
