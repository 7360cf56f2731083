//! Notices: remarks on results that may be wrong although no rule was broken (docs/contract.md#notices).

use super::input_notices::{compressed_copy, doubled_byte_order_mark, empty_input, no_final_line_ending, same_input};
use super::tally::Tally;
use crate::config::Config;
use crate::customers::arena::Origin;
use crate::error::{escape, shell_word};
use crate::model::age_group::AgeGroups;
use crate::model::readable_numbers::{count, counted, percent};
use crate::output::report_notices::{Notice, NoticeName};
use crate::output::report_samples::UnmatchedSample;
use std::path::Path;

/// The bit in `fraction_digits` for two fraction digits, as in `12.50`.
const TWO_DIGITS: u16 = 1 << 2;
/// The bits in `fraction_digits` for at most three fraction digits.
const AT_MOST_THREE_DIGITS: u16 = (1 << 4) - 1;

/// The notices of a run, in a fixed order. `same_inputs` are the paths of inputs that are the same file as an earlier
/// input.
pub(crate) fn notices(tally: &Tally, config: &Config, same_inputs: &[&Path]) -> Vec<Notice> {
    let mut notices = vec![];
    notices.extend(same_input(tally, same_inputs));
    notices.extend(compressed_copy(tally));
    notices.extend(empty_input(tally));
    notices.extend(doubled_byte_order_mark(tally));
    notices.extend(group_gaps(tally, &config.age_groups));
    notices.extend(few_matched(tally));
    notices.extend(placeholder_keys(tally));
    notices.extend(no_readable_age(tally));
    notices.extend(thousands_separators(tally));
    notices.extend(no_final_line_ending(tally));
    notices
}

fn group_gaps(tally: &Tally, groups: &AgeGroups) -> Option<Notice> {
    let gaps = groups.gaps_of_one_year();
    let first = gaps.first()?;
    let ages: Vec<String> = gaps.iter().map(u64::to_string).collect();
    let in_other = tally.customers_by_group.get(usize::from(groups.other())).copied().unwrap_or(0);
    Some(Notice {
        notice: NoticeName::GroupGaps,
        message: format!(
            "the age groups leave out age {}, since an upper bound is excluded: {} of {} customers are in no group",
            ages.join(", "),
            count(in_other),
            count(tally.customers.accepted)
        ),
        fix: format!(
            "if {first} belongs to the group below, use --age-groups {}",
            shell_word(Path::new(&groups.without_gaps()))
        ),
        found: in_other,
        of: tally.customers.accepted,
    })
}

fn few_matched(tally: &Tally) -> Option<Notice> {
    let (matched, accepted) = (tally.purchases.matched, tally.purchases.matched + tally.purchases.unmatched);
    if matched >= accepted.div_ceil(2) {
        return None;
    }
    let examples = &tally.observations.unmatched;
    let purchase = match examples.iter().find(|sample| !sample.key.is_empty()) {
        Some(UnmatchedSample { place, key }) => format!("purchases have keys such as \"{key}\" ({place})"),
        None => "the first purchases have no key".to_owned(),
    };
    let customer = match &tally.observations.customer_key {
        Some(example) => format!("customers have keys such as \"{}\" ({})", example.value, example.place),
        None => "no customer has a key".to_owned(),
    };
    Some(Notice {
        notice: NoticeName::FewMatched,
        message: format!(
            "{} of {} accepted purchases ({}) have a customer; {purchase}, and {customer}",
            count(matched),
            count(accepted),
            percent(matched.into(), accepted.into())
        ),
        fix: "keys are compared byte for byte: check --customers-key and --purchases-key, and whether the two exports \
              belong together"
            .into(),
        found: matched,
        of: accepted,
    })
}

fn placeholder_keys(tally: &Tally) -> impl Iterator<Item = Notice> + '_ {
    let observed = &tally.observations;
    let with_counts = observed.placeholder_keys.iter().zip(&observed.placeholder_purchases);
    with_counts.filter(|(_, purchases)| **purchases > 0).map(|((key, Origin { file, line }), purchases)| Notice {
        notice: NoticeName::PlaceholderKey,
        message: format!(
            "{} with the key {key} joined the customer with that key ({}:{line}); such a \
             key usually means a missing value",
            counted(*purchases, "purchase"),
            escape(tally.inputs.customers[*file].path.as_os_str().as_encoded_bytes())
        ),
        fix: "leave the key empty where there is none: an empty key matches nothing".into(),
        found: *purchases,
        of: tally.purchases.matched,
    })
}

fn no_readable_age(tally: &Tally) -> Option<Notice> {
    let customers = &tally.customers;
    let without = customers.age_missing + customers.age_invalid;
    if customers.accepted == 0 || without < customers.accepted {
        return None;
    }
    let example = match &tally.observations.invalid_age {
        Some(example) => format!("; for example {} ({})", example.value, example.place),
        None => ": all are empty".to_owned(),
    };
    Some(Notice {
        notice: NoticeName::NoReadableAge,
        message: format!("none of {} has an age that can be read{example}", counted(customers.accepted, "customer")),
        fix: "name the column with --age; an age is a number of years from 0 to 150, not a date".into(),
        found: without,
        of: customers.accepted,
    })
}

fn thousands_separators(tally: &Tally) -> Option<Notice> {
    let observed = &tally.observations;
    let digits = observed.fraction_digits;
    // If an amount has more than three fraction digits, or is one such as 0.125, the point is a decimal point.
    let suspicious =
        digits & TWO_DIGITS != 0 && digits & !AT_MOST_THREE_DIGITS == 0 && observed.three_digits.plain == 0;
    let example = observed.grouped_amount.as_ref().filter(|_| suspicious)?;
    let purchases = &tally.purchases;
    let amounts = purchases.matched + purchases.unmatched - purchases.amount_missing;
    Some(Notice {
        notice: NoticeName::ThousandsSeparators,
        message: format!(
            "{} of {} amounts have three fraction digits, such as {} ({}), and others have two: the point may separate \
             thousands",
            count(observed.three_digits.grouped),
            count(amounts),
            example.value,
            example.place
        ),
        fix: "amounts are read as decimals: if the point separates thousands there, remove it before the run".into(),
        found: observed.three_digits.grouped,
        of: amounts,
    })
}
