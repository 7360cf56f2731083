//! Formats amounts with their currency.

/// The amount with the currency before it: `EUR 12.50`, `−EUR 12.50`, `€12.50`. The space is a no-break space.
///
/// `amount` may begin with a hyphen or a minus sign.
pub(crate) fn with_currency(amount: &str, currency: Option<&str>) -> String {
    let Some(currency) = currency else { return amount.to_owned() };
    let digits = amount.trim_start_matches(['-', '−']);
    let sign = &amount[..amount.len() - digits.len()];
    let space = if currency.ends_with(is_symbol) { "" } else { "\u{a0}" };
    format!("{sign}{currency}{space}{digits}")
}

/// The common currency symbols, after which English writes no space.
fn is_symbol(character: char) -> bool {
    matches!(character, '$' | '¢' | '£' | '¤' | '¥' | '\u{20a0}'..='\u{20cf}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_currency_stands_between_sign_and_digits() {
        for (amount, currency, expected) in [
            ("12.50", None, "12.50"),
            ("12.50", Some("EUR"), "EUR\u{a0}12.50"),
            ("-1,250", Some("EUR"), "-EUR\u{a0}1,250"),
            ("−5", Some("€"), "−€5"),
            ("5", Some("US$"), "US$5"),
            ("5", Some("kr."), "kr.\u{a0}5"),
        ] {
            assert_eq!(with_currency(amount, currency), expected);
        }
    }
}
