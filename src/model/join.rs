//! The kinds of join.

/// The kind of join: which rows the combined data has. Default [`Full`](Join::Full).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Join {
    /// Every accepted purchase, then every accepted customer without purchases.
    #[default]
    Full,
    /// Every accepted purchase.
    Left,
    /// Every accepted purchase that has a customer.
    Inner,
}

impl Join {
    /// All kinds of join.
    pub const ALL: [Self; 3] = [Self::Full, Self::Left, Self::Inner];

    /// The kind of join with this [`name`](Self::name).
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|join| join.name() == name)
    }

    /// The name on the command line and in `report.json`: `full`, `left` or `inner`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Left => "left",
            Self::Inner => "inner",
        }
    }
}
