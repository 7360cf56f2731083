//! Resolves the columns of the join in the headers of the inputs (docs/contract.md#columns).

use crate::config::Config;
use crate::error::{Error, Result, Setting};
use crate::input::column_lookup::{ColumnLookup, OtherFiles};
use crate::input::column_match::match_columns;
use crate::input::header::Header;
use crate::model::column_order::ColumnOrder;
use crate::model::columns::{CustomerColumns, PurchaseColumns};
use crate::model::delimiter_source::DelimiterSource;
use crate::model::dialect::Dialect;
use crate::model::inputs::Inputs;
use crate::model::sides::{Side, Sides};
use crate::output::combined_header::combined_header;

/// The resolved columns of both sides, and the header of the combined data.
#[derive(Debug)]
pub(crate) struct Layout {
    pub(crate) customers: CustomerColumns,
    pub(crate) purchases: PurchaseColumns,
    /// For each file of a side, the order of its columns if it differs from that of the first one.
    orders: Sides<Vec<Option<ColumnOrder>>>,
    /// The dialect of each side. The combined data has that of the purchases.
    pub(crate) dialects: Sides<Dialect>,
    pub(crate) delimiter_sources: Sides<DelimiterSource>,
    /// The names of the columns of each side, without enclosing quotes.
    pub(crate) names: Sides<Vec<Vec<u8>>>,
    /// The header record of the combined data, LF included.
    pub(crate) header: Vec<u8>,
}

impl Layout {
    /// Resolves the columns in these headers, and checks them. The error of a header that was `unreadable` comes last.
    ///
    /// # Errors
    /// All faults of the headers as one error. In this order: [`ErrorKind::Header`](crate::ErrorKind::Header) for
    /// columns that are missing or occur twice and for files of a side with different column names, by file; the
    /// `unreadable` header; those of [`Config::check_combined`]; those of [`combined_header`].
    pub(super) fn resolve(config: &Config, headers: &Inputs<Header>, unreadable: Option<Error>) -> Result<Self> {
        // Proof: there is no layout only because of a fault.
        Self::try_resolve(config, headers, unreadable).map_err(|faults| Error::all(faults).expect("at least one fault"))
    }

    fn try_resolve(config: &Config, headers: &Inputs<Header>, unreadable: Option<Error>) -> Result<Self, Vec<Error>> {
        let names = &config.columns;
        let mut lookup = ColumnLookup::default();
        let customers = lookup_side(
            &mut lookup,
            Side::Customers,
            &headers.customers,
            config.match_columns,
            [
                (&names.customers_key, Setting::CustomersKey),
                (&names.first_name, Setting::FirstName),
                (&names.last_name, Setting::LastName),
                (&names.age, Setting::Age),
            ],
        );
        let purchases = lookup_side(
            &mut lookup,
            Side::Purchases,
            &headers.purchases,
            config.match_columns,
            [(&*names.purchases_key, Setting::PurchasesKey), (&*names.amount, Setting::Amount)],
        );
        let [key, first_name, last_name, age] = customers.wanted;
        let [purchases_key, amount] = purchases.wanted;
        let orders = Sides { customers: customers.orders, purchases: purchases.orders };
        let (customers, purchases) = (customers.first, purchases.first);
        let mut faults = lookup.faults;
        let (Some(key), Some(customers), Some(purchases), None) = (key, customers, purchases, &unreadable) else {
            faults.extend(unreadable);
            return Err(faults);
        };
        if let Err(error) = config.check_combined(purchases.dialect) {
            faults.push(error);
            return Err(faults);
        }
        let header = combined_header(customers, key, purchases);
        match (header, first_name, last_name, age, purchases_key, amount) {
            (Ok(header), Some(first_name), Some(last_name), Some(age), Some(purchases_key), Some(amount))
                if faults.is_empty() =>
            {
                let count = customers.names.len();
                Ok(Self {
                    customers: CustomerColumns { count, key, first_name, last_name, age },
                    purchases: PurchaseColumns { count: purchases.names.len(), key: purchases_key, amount },
                    orders,
                    dialects: Sides { customers: customers.dialect, purchases: purchases.dialect },
                    delimiter_sources: Sides {
                        customers: customers.delimiter_source,
                        purchases: purchases.delimiter_source,
                    },
                    names: Sides { customers: customers.names.clone(), purchases: purchases.names.clone() },
                    header,
                })
            }
            (header, ..) => {
                faults.extend(header.err().into_iter().flatten());
                Err(faults)
            }
        }
    }

    /// The order of the columns of a file of a side, by its index; `None` if it is that of the first one.
    pub(crate) fn order(&self, side: Side, file: usize) -> Option<&ColumnOrder> {
        self.orders.of(side).get(file)?.as_ref()
    }

    /// Number of columns of the combined data: the columns of both sides without the customers' key, `full_name` and
    /// `age_group`.
    pub(crate) fn combined_columns(&self) -> usize {
        self.purchases.count + self.customers.count - 1 + 2
    }
}

/// The columns of a side.
struct SideColumns<'h, const N: usize> {
    /// The first header, which the others must agree with; `None` if there is none.
    first: Option<&'h Header>,
    /// The wanted columns in it.
    wanted: [Option<usize>; N],
    /// The order of the columns of each file; `None` if it is that of the first header.
    orders: Vec<Option<ColumnOrder>>,
}

/// Looks up columns in the headers of a side, and compares the headers.
fn lookup_side<'h, const N: usize>(
    lookup: &mut ColumnLookup,
    side: Side,
    headers: &'h [Header],
    in_any_order: bool,
    wanted: [(&[u8], Setting); N],
) -> SideColumns<'h, N> {
    let mut found = SideColumns { first: None, wanted: [None; N], orders: vec![] };
    let mut looks = headers.iter().filter(|header| !header.is_missing()).map(|header| header.look);
    let first_look = looks.next();
    let look_alike = looks.all(|look| Some(look) == first_look);
    for header in headers {
        found.orders.push(match found.first {
            _ if header.is_missing() => None,
            None => {
                found.wanted = lookup.columns(side, header, OtherFiles { first: None, look_alike }, wanted);
                found.first = Some(header);
                None
            }
            // Files are compared with the first one once its header is right.
            Some(first) if first.look.is_some() => None,
            Some(first) if header.names == first.names => None,
            Some(first) => {
                let faults = lookup.faults.len();
                if !header.is_separated() || header.look.is_some() {
                    lookup.columns(side, header, OtherFiles { first: Some(first), look_alike }, wanted);
                }
                match match_columns(side, first, header, in_any_order) {
                    Ok(order) => order,
                    // A header of one field that lacks a column differs from the others for the same reason.
                    Err(_) if lookup.faults.len() > faults => None,
                    Err(differences) => {
                        lookup.faults.extend(differences);
                        None
                    }
                }
            }
        });
    }
    found
}
