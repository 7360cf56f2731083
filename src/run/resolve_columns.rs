//! Reads the headers of all inputs and resolves the columns of the join (docs/contract.md#columns).

use crate::config::Config;
use crate::error::{Result, Setting, escape, escape_path};
use crate::input::header::Header;
use crate::input::reader::InputReader;
use crate::model::columns::{CustomerColumns, PurchaseColumns};
use crate::model::inputs::Inputs;
use crate::output::combined_header::combined_header;

/// The resolved columns of both sides, and the header of the combined data.
#[derive(Debug)]
pub(crate) struct Layout {
    pub(crate) customers: CustomerColumns,
    pub(crate) purchases: PurchaseColumns,
    /// The name of the customers' key column, without enclosing quotes.
    pub(crate) customers_key: Vec<u8>,
    /// The header record of the combined data, LF included.
    pub(crate) header: Vec<u8>,
}

impl Layout {
    /// Reads the header of every input in reading order, and checks each before it reads the next. Also returns the
    /// headers.
    ///
    /// # Errors
    /// Those of [`Header::read`] and [`Header::column`], and [`ErrorKind::Header`](crate::ErrorKind::Header) for
    /// purchases files with different column names and for a name clash in the combined data.
    pub(crate) fn read(config: &Config, inputs: &mut Inputs<InputReader<'_>>) -> Result<(Self, Inputs<Header>)> {
        let read =
            |input: &mut InputReader<'_>| Header::read(input, config.dialect, config.max_record_bytes, config.digest);
        let names = &config.columns;
        let header = read(&mut inputs.customers)?;
        let customers = CustomerColumns {
            count: header.names.len(),
            key: header.column(&names.customers_key, Setting::CustomersKey, config.dialect)?,
            first_name: header.column(&names.first_name, Setting::FirstName, config.dialect)?,
            last_name: header.column(&names.last_name, Setting::LastName, config.dialect)?,
            age: header.column(&names.age, Setting::Age, config.dialect)?,
        };
        let mut headers = Inputs { customers: header, purchases: vec![] };
        let mut purchases = None;
        for input in &mut inputs.purchases {
            let header = read(input)?;
            purchases = Some(PurchaseColumns {
                count: header.names.len(),
                key: header.column(&names.purchases_key, Setting::PurchasesKey, config.dialect)?,
                amount: header.column(&names.amount, Setting::Amount, config.dialect)?,
            });
            check_same_names(headers.purchases.first().unwrap_or(&header), &header)?;
            headers.purchases.push(header);
        }
        // Proof: `Config::validate` refuses a configuration without purchases.
        let purchases = purchases.expect("at least one purchases input");
        let header = combined_header(config.dialect, &headers.customers, customers.key, &headers.purchases[0])?;
        let customers_key = headers.customers.names[customers.key].clone();
        Ok((Self { customers, purchases, customers_key, header }, headers))
    }

    /// Number of columns of the combined data: the columns of both sides without the customers' key, `full_name` and
    /// `age_group`.
    pub(crate) fn combined_columns(&self) -> usize {
        self.purchases.count + self.customers.count - 1 + 2
    }
}

/// Checks that two purchases inputs have the same header.
fn check_same_names(first: &Header, other: &Header) -> Result<()> {
    if first.names == other.names {
        return Ok(());
    }
    let column = (0..).find(|&column| first.names.get(column) != other.names.get(column)).unwrap_or(0);
    let name_at = |header: &Header| header.names.get(column).map_or("nothing".into(), |name| escape(name));
    Err(other
        .error(format!(
            "the header differs from that of {}: column {} is {} instead of {}",
            escape_path(first.path()),
            column + 1,
            name_at(other),
            name_at(first)
        ))
        .hint("purchases files read together have the same header; join the others in a run of their own"))
}
