//! One value for each side of the join.

use crate::error::Setting;
use serde::{Deserialize, Serialize};

/// A side of the join.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The build side, which is loaded into memory.
    Customers,
    /// The probe side, which is streamed.
    Purchases,
}

/// One value for the customers and one for the purchases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sides<T> {
    /// The value of the customers.
    pub customers: T,
    /// The value of the purchases.
    pub purchases: T,
}

impl<T> Sides<T> {
    /// The same value for both sides.
    pub fn both(value: T) -> Self
    where
        T: Clone,
    {
        Self { customers: value.clone(), purchases: value }
    }

    /// The value of one side.
    pub(crate) fn of(&self, side: Side) -> &T {
        match side {
            Side::Customers => &self.customers,
            Side::Purchases => &self.purchases,
        }
    }

    /// References to both values.
    pub(crate) fn as_ref(&self) -> Sides<&T> {
        Sides { customers: &self.customers, purchases: &self.purchases }
    }

    /// Maps both values, the customers' first.
    pub(crate) fn map<U>(self, mut map: impl FnMut(T) -> U) -> Sides<U> {
        Sides { customers: map(self.customers), purchases: map(self.purchases) }
    }
}

impl Side {
    /// Both sides, the customers first.
    pub(crate) const ALL: [Self; 2] = [Self::Customers, Self::Purchases];

    /// The name, as in `report.json`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Customers => "customers",
            Self::Purchases => "purchases",
        }
    }

    /// The setting for the inputs of the side.
    pub(crate) fn inputs(self) -> Setting {
        match self {
            Self::Customers => Setting::Customers,
            Self::Purchases => Setting::Purchases,
        }
    }

    /// The setting for the names of the columns of files without a header.
    pub(crate) fn columns(self) -> Setting {
        match self {
            Self::Customers => Setting::CustomersColumns,
            Self::Purchases => Setting::PurchasesColumns,
        }
    }

    /// The setting for this side alone; `both` is the one for both sides.
    pub(crate) fn setting(self, both: Setting) -> Setting {
        match (both, self) {
            (Setting::Delimiter, Self::Customers) => Setting::CustomersDelimiter,
            (Setting::Delimiter, Self::Purchases) => Setting::PurchasesDelimiter,
            (Setting::Quote, Self::Customers) => Setting::CustomersQuote,
            (Setting::Quote, Self::Purchases) => Setting::PurchasesQuote,
            (Setting::NoQuoting, Self::Customers) => Setting::CustomersNoQuoting,
            (Setting::NoQuoting, Self::Purchases) => Setting::PurchasesNoQuoting,
            (Setting::Escape, Self::Customers) => Setting::CustomersEscape,
            (Setting::Escape, Self::Purchases) => Setting::PurchasesEscape,
            (Setting::SkipLines, Self::Customers) => Setting::CustomersSkipLines,
            (Setting::SkipLines, Self::Purchases) => Setting::PurchasesSkipLines,
            (Setting::Comment, Self::Customers) => Setting::CustomersComment,
            (Setting::Comment, Self::Purchases) => Setting::PurchasesComment,
            (other, _) => other,
        }
    }
}
