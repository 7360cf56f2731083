//! Joins the sample with the csv crate and compares the rows with the committed results: for well-formed files both CSV
//! readers must agree.

use std::collections::{HashMap, HashSet};
use std::path::Path;

type Record = Vec<Vec<u8>>;

fn records(name: &str) -> Vec<Record> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_path(path).expect("readable");
    let records = reader.byte_records().map(|record| record.expect("well formed"));
    records.map(|record| record.iter().map(<[u8]>::to_vec).collect()).collect()
}

fn group(age: &[u8]) -> &'static str {
    let age = std::str::from_utf8(age).unwrap_or("").trim_matches([' ', '\t']);
    // The standard library accepts a plus sign; ages do not.
    match age.parse::<u32>().ok().filter(|_| !age.starts_with('+')) {
        Some(18..=29) => "Young",
        Some(30..=44) => "Middle-aged",
        Some(45..=150) => "Senior",
        Some(0..=17) => "Other",
        _ => "Unknown",
    }
}

/// The columns of a row that come from the customer: first name, last name, e-mail, age, full name, group.
fn tail(customer: &Record) -> Record {
    let name = [customer[1].as_slice(), &customer[2]].into_iter().filter(|name| !name.is_empty());
    let full_name = name.collect::<Vec<_>>().join(&b' ');
    let mut tail = customer[1..].to_vec();
    tail.extend([full_name, group(&customer[4]).into()]);
    tail
}

#[test]
fn the_committed_rows_are_those_of_a_plain_join() {
    let customers = records("data/customers.csv");
    let by_key: HashMap<&[u8], &Record> = customers[1..]
        .iter()
        .filter(|customer| !customer[0].is_empty())
        .map(|customer| (&customer[0][..], customer))
        .collect();
    let purchases = records("data/purchases.csv");
    let mut expected = vec![];
    let mut bought = HashSet::new();
    for purchase in &purchases[1..] {
        let mut row = purchase.clone();
        match by_key.get(&purchase[0][..]) {
            Some(customer) => {
                bought.insert(&purchase[0][..]);
                row.extend(tail(customer));
            }
            None => row.extend([&b""[..], b"", b"", b"", b"", b"Unknown"].map(<[u8]>::to_vec)),
        }
        expected.push(row);
    }
    for customer in customers[1..].iter().filter(|customer| !bought.contains(&customer[0][..])) {
        let mut row = vec![customer[0].clone(), vec![], vec![]];
        row.extend(tail(customer));
        expected.push(row);
    }
    let found = records("results/combined_data.csv");
    assert_eq!(found.len() - 1, expected.len());
    for (number, (found, expected)) in found[1..].iter().zip(&expected).enumerate() {
        assert_eq!(found, expected, "row {}", number + 1);
    }
}
