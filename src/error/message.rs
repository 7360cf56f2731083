//! Message templates with placeholders for settings. Each interface renders them with its own names: the library with
//! the names of methods, the command line with flags.

use super::Setting;

/// A message template.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Words(Vec<Piece>);

/// A piece of a message template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    Text(String),
    /// A placeholder for the name of a setting.
    Setting(Setting),
}

impl Words {
    pub(crate) fn new(pieces: impl IntoIterator<Item = Piece>) -> Self {
        Self(pieces.into_iter().collect())
    }

    /// Renders the message with the names that `name` gives to the settings.
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

/// Creates a message template from texts and settings: `words!("try ", Setting::Delimiter, " ';'")`.
macro_rules! words {
    ($($piece:expr),* $(,)?) => {
        $crate::error::Words::new([$($crate::error::Piece::from($piece)),*])
    };
}
pub(crate) use words;
