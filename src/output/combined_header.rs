//! The header record of the combined data (docs/contract.md#combined-data).

use crate::error::{Error, Result, Setting, escape, words};
use crate::input::header::Header;
use crate::model::dialect::Dialect;
use std::collections::HashSet;

/// The columns that the join adds.
const ADDED: [&[u8]; 2] = [b"full_name", b"age_group"];

/// Builds the header record, LF included: the columns of the purchases, the columns of the customers except the key,
/// `full_name` and `age_group`.
///
/// Names are assigned in this order: purchases, `full_name`, `age_group`, customers. A name that is already taken gets
/// the prefix `customer_`. Unchanged names keep their exact bytes, quotes included, unless the dialects of the sides
/// differ: the header has the dialect of the purchases.
///
/// # Errors
/// All faults: [`ErrorKind::Header`](crate::ErrorKind::Header) for each name that is taken together with its prefixed
/// form, for each column of the customers that occurs twice, and for each name that cannot be written without quotes.
/// Without these, [`ErrorKind::Config`](crate::ErrorKind::Config) if an added or prefixed name contains the delimiter
/// and there is no quoting.
pub(crate) fn combined_header(customers: &Header, key: usize, purchases: &Header) -> Result<Vec<u8>, Vec<Error>> {
    let mut faults = vec![];
    let dialect = purchases.dialect.without_comments();
    let mut names = Names { taken: purchases.names.iter().cloned().collect(), dialect };
    let mut added = Vec::new();
    for name in ADDED {
        match names.claim(name, purchases) {
            Ok(claimed) => added.push(claimed.unwrap_or_else(|| names.field(name))),
            Err(fault) => faults.push(fault),
        }
    }
    let mut seen = HashSet::new();
    let mut fields = purchases.raw.clone();
    let cannot_write = |header: &Header, name: &[u8]| {
        let text = format!("the column name cannot be written without quotes: {}", escape(name));
        header.error(text).hint_words(words![
            "rename the column, or give the purchases another delimiter or a quote with ",
            Setting::PurchasesQuote
        ])
    };
    faults.extend(
        purchases.names.iter().filter(|name| !dialect.can_write(name)).map(|name| cannot_write(purchases, name)),
    );
    for (column, name) in customers.names.iter().enumerate().filter(|&(column, _)| column != key) {
        // Columns without a name may repeat.
        if name.is_empty() {
            let as_read = customers.dialect.writes_like(dialect);
            fields.push(if as_read { customers.raw[column].clone() } else { names.field(name) });
            continue;
        }
        if !seen.insert(name) {
            faults.push(customers.occurs_twice(name).hint("rename one of the two"));
            continue;
        }
        match names.claim(name, customers) {
            Ok(_) if !dialect.can_write(name) => faults.push(cannot_write(customers, name)),
            Ok(Some(prefixed)) => fields.push(prefixed),
            Ok(None) if customers.dialect.writes_like(dialect) => fields.push(customers.raw[column].clone()),
            Ok(None) => fields.push(names.field(name)),
            Err(fault) => faults.push(fault),
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    fields.append(&mut added);
    let mut header = fields.join(&dialect.delimiter);
    header.push(b'\n');
    let bare = dialect.quote.is_none() && dialect.escape.is_none();
    if bare && memchr::memchr_iter(dialect.delimiter, &header).count() + 1 != fields.len() {
        let reason = "a column name that the join adds contains the delimiter";
        return Err(vec![Error::config(Setting::NoQuoting, reason, None)]);
    }
    Ok(header)
}

/// The names that are already taken.
struct Names {
    taken: HashSet<Vec<u8>>,
    dialect: Dialect,
}

impl Names {
    /// Takes a name. If it is already taken, takes the prefixed name instead and returns it as a field.
    fn claim(&mut self, name: &[u8], header: &Header) -> Result<Option<Vec<u8>>> {
        if self.taken.insert(name.to_vec()) {
            return Ok(None);
        }
        let prefixed = [b"customer_", name].concat();
        if self.taken.insert(prefixed.clone()) {
            return Ok(Some(self.field(&prefixed)));
        }
        let text = format!("no column name is left for {}: it and {} are taken", escape(name), escape(&prefixed));
        Err(header.error(text).hint("rename one of the columns"))
    }

    fn field(&self, name: &[u8]) -> Vec<u8> {
        let mut field = Vec::new();
        self.dialect.write_field(name, &mut field);
        field
    }
}
