//! The rules on the join, age groups, amounts and the output set (docs/contract.md, from section 4 on).

use super::super::dirty::case;
use super::super::oracle::LedgerInput;
use super::*;

// ---------------------------------------------------------------- 4: join

#[test]
fn keys_are_equal_byte_for_byte() {
    let customers = "7,A,,1\n007,B,,1\n 7,C,,1\né,D,,1\ne\u{301},E,,1\n18446744073709551617,F,,1\n";
    let purchases = "\"7\",1\n007,1\n7 ,1\n é,1\né,1\n18446744073709551617,1\n1,1\n";
    let outcome = run(&Options { join: Join::Left, ..records(customers.as_bytes(), purchases.as_bytes()) });
    let names: Vec<&str> = combined(&outcome).lines().skip(1).map(|row| row.split(',').nth(5).unwrap()).collect();
    assert_eq!(names, ["A", "B", "", "", "D", "F", ""]);
}

#[test]
fn the_three_joins() {
    let with = |join| run(&Options { join, ..records(b"1,A,,20\n2,B,,30\n3,C,,x\n", b"9,5\n1,1\n,.5\n3,2\n") });
    let (full, left, inner) = (with(Join::Full), with(Join::Left), with(Join::Inner));
    let rows = "9,5,,,,,Unknown\n1,1,A,,20,A,Young\n,.5,,,,,Unknown\n3,2,C,,x,C,Unknown\n";
    let header = "customer_id,price,first_name,last_name,age,full_name,age_group\n";
    assert_eq!(combined(&full), format!("{header}{rows}2,,B,,30,B,Middle-aged\n"));
    assert_eq!(combined(&left), format!("{header}{rows}"));
    assert_eq!(combined(&inner), format!("{header}1,1,A,,20,A,Young\n3,2,C,,x,C,Unknown\n"));
    let table = "Young,1.0,1,1\nMiddle-aged,0.0,0,1\nSenior,0.0,0,0\nUnknown,7.5,3,1\n";
    assert_eq!((spending(&full), spending(&left)), (table, table));
    assert_eq!(spending(&inner), table.replace("7.5,3", "2.0,1"));
    for outcome in [full, left, inner] {
        let purchases = outcome.ledger.unwrap().purchases;
        assert_eq!((purchases.matched, purchases.unmatched, purchases.key_missing), (2, 2, 1));
        assert_eq!(purchases.unmatched_spending, "5.5");
    }
}

// ---------------------------------------------------------------- 5: age groups

const DEFAULT_GROUPS: &str = "Young=18-30,Middle-aged=30-45,Senior=45+";

#[test]
fn lower_bounds_are_in_and_upper_bounds_out() {
    let ages = ["17.9999", "18", "29.99999999999999999999", "30", "45", "44.5", "150", "150.0", "0", "034", "34."];
    let (young, middle, senior, other) = ("Young", "Middle-aged", "Senior", "Other");
    let expected = [other, young, young, middle, senior, middle, senior, senior, other, middle, middle];
    let outcome = aged(DEFAULT_GROUPS, &ages);
    assert_eq!(groups(&outcome), expected);
    assert_eq!(spending(&outcome), "Young,0,0,2\nMiddle-aged,0,0,4\nSenior,0,0,3\nOther,0,0,2\n");
    assert_eq!(groups(&aged("Young=18-31,Middle-aged=31-46,Senior=46+", &["30", "31", "46"])), [young, middle, senior]);
}

#[test]
fn invalid_ages() {
    let invalid =
        [".5", "+34", "-0", "3e1", "-1", "151", "150.0001", "abc", "1990-01-01", "18446744073709551616", "3 4"];
    let outcome = aged(DEFAULT_GROUPS, &invalid);
    assert!(groups(&outcome).iter().all(|group| *group == "Unknown"));
    assert_eq!(outcome.ledger.unwrap().customers.age_invalid, invalid.len() as u64);
    let outcome = aged(DEFAULT_GROUPS, &["", " \t", "\t34 ", "\u{a0}34"]);
    assert_eq!(groups(&outcome), ["Unknown", "Unknown", "Middle-aged", "Unknown"]);
    let customers = outcome.ledger.unwrap().customers;
    assert_eq!((customers.age_missing, customers.age_invalid), (2, 1));
}

#[test]
fn groups_as_configured() {
    assert_eq!(groups(&aged("B=30.5+,A=0-0.5", &["0.49", "0.5", "30.5"])), ["A", "Other", "B"]);
    assert_eq!(spending(&aged("B=30.5+,A=0-0.5", &["0"])), "B,0,0,0\nA,0,0,1\n");
    let wrong = [
        "",
        "A",
        "=1-2",
        "A=",
        "A=1",
        "A=2-1",
        "A=1-1.0",
        "A=1-x",
        "A=-1-2",
        "A=1-2,",
        "A=1-2,A=3-4",
        "Other=1-2",
        "Unknown=1+",
        "A=1-3,B=2-4",
        "A=2-4,B=1-3",
        "A=1+,B=200+",
        "A=B=1-2",
        "A\"=1-2",
        "A\t=1-2",
        "A=.5-1",
        "A= 1-2",
    ];
    for spec in wrong {
        assert_eq!(aged(spec, &[]).error.unwrap().kind, Kind::Configuration, "{spec}");
    }
    let long = |length| aged(&format!("{}=1-2", "é".repeat(length)), &[]).status;
    assert_eq!((long(32), long(33)), (0, 2));
}

// ---------------------------------------------------------------- 6: amounts

#[test]
fn amounts_are_exact() {
    assert_eq!(total(&bought(b"7,1.5\n7,2.25\n")), "3.75");
    assert_eq!(total(&bought(b"7,1.5\n7,2.50\n")), "4.00");
    assert_eq!(total(&bought(b"7,1\n7,+5\n7,007\n")), "13");
    assert_eq!(total(&bought(b"7,-5.00\n7,+5\n7,.5\n7,5.\n7,-0\n7,007.10\n7,\" 5\t\"\n")), "17.60");
    assert_eq!(total(&bought(b"7,-.05\n")), "-0.05");
    assert_eq!(total(&bought(b"7,-0.00\n")), "0.00");
    assert_eq!(total(&bought(&b"7,0.1\n".repeat(10))), "1.0");
    assert_eq!(total(&bought(b"7,999999999999999999.999999999\n7,0.000000001\n")), "1000000000000000000.000000000");
    assert_eq!(total(&bought(b"7,0.1000000000000\n7,00000000000000000001\n")), "1.100000000");
    assert_eq!(total(&bought(b"7,1\n9,0.50\n7,x.999\n")), "1.50"); // unmatched ones count, rejected ones do not
}

#[test]
fn missing_amounts_stay_and_are_counted() {
    let outcome = bought(b"7,\n7,\" \t\"\n7,\"\"\n");
    assert_eq!(outcome.ledger.as_ref().unwrap().purchases.amount_missing, 3);
    assert_eq!(spending(&outcome), "Young,0,3,1\nMiddle-aged,0,0,0\nSenior,0,0,0\n");
}

#[test]
fn values_that_are_not_decimal_numbers() {
    let wrong = [
        "\"1,234.50\"",
        "1e3",
        "0x10",
        "NaN",
        "inf",
        "$4",
        "€5",
        "95%",
        "٣",
        "+",
        "-",
        ".",
        "+-1",
        "--1",
        "1.2.3",
        "1 2",
        "1-",
        "\u{a0}1",
        "1\0",
    ];
    for amount in wrong {
        let outcome = bought(format!("7,{amount}\n").as_bytes());
        assert_eq!(outcome.ledger.unwrap().rejects, [("amount is not a decimal number", 1)], "{amount}");
    }
}

// ---------------------------------------------------------------- 7: the output set

#[test]
fn taken_names_get_the_prefix() {
    let customers = b"customer_id,first_name,\"last_name\",\"age\",full_name,\"a,b\",x\n1,A,B,20,f,g,h\n";
    let purchases = b"customer_id,price,age,\"age\",age_group,\"a,b\",\"x\"\n1,2,3,4,5,6,7\n";
    assert_eq!(
        combined(&run(&options(customers, purchases))),
        "customer_id,price,age,\"age\",age_group,\"a,b\",\"x\",\
         first_name,\"last_name\",customer_age,customer_full_name,\"customer_a,b\",customer_x,\
         full_name,customer_age_group\n\
         1,2,3,4,5,6,7,A,B,20,f,g,h,A B,Young\n"
    );
}

#[test]
fn names_that_cannot_be_claimed() {
    let claims = |customers: &str, purchases: &str| {
        let customers = format!("customer_id,first_name,last_name,age{customers}\n");
        options(customers.as_bytes(), format!("customer_id,price{purchases}\n").as_bytes())
    };
    let taken = |customers, purchases, file| {
        assert_fatal(&claims(customers, purchases), 2, Kind::NameTaken, Some(file), None);
    };
    taken(",x,x", "", 0); // doubled in its own file
    taken(",x", ",x,customer_x", 0);
    taken(",customer_x,x", ",x", 0);
    taken(",full_name", ",full_name", 0); // customer_full_name belongs to the computed column
    taken("", ",full_name,customer_full_name", 1);
    taken("", ",age_group,customer_age_group", 1);
    assert_eq!(run(&claims(",x,customer_x", ",x")).status, 0); // customer_x, then customer_customer_x
}

#[test]
fn columns_named_by_options_may_coincide() {
    let spec = options(b"id,name\n30,Ann\n", b"n\n30\n");
    let outcome = run(&Options {
        customers_key: "id".to_string(),
        age: "id".to_string(),
        first_name: "name".to_string(),
        last_name: "name".to_string(),
        purchases_key: "n".to_string(),
        amount: "n".to_string(),
        ..spec
    });
    assert_eq!(combined(&outcome), "n,name,full_name,age_group\n30,Ann,Ann Ann,Middle-aged\n");
    assert_eq!(total(&outcome), "30");
}

#[test]
fn the_key_bytes_of_a_customer_without_purchases_are_its_own() {
    let outcome = run(&options(
        b"\"customer_id\",first_name,last_name,age\n\"1\",,B,20\n\"\",C,\"\",50\n",
        b"price,customer_id\n",
    ));
    assert_eq!(
        combined(&outcome),
        "price,customer_id,first_name,last_name,age,full_name,age_group\n\
         ,\"1\",,B,20,B,Young\n,\"\",C,\"\",50,C,Senior\n"
    );
}

#[test]
fn several_purchases_files_follow_one_another() {
    let mut spec = records(b"", b"1,1\n1");
    spec.purchases.push(Input {
        path: b"q.csv".to_vec(),
        bytes: b"\ncustomer_id,\"price\"\n2,2\n2,y\n".to_vec(),
        stored: None,
    });
    let outcome = run(&spec);
    assert_eq!(
        combined(&outcome),
        "customer_id,price,first_name,last_name,age,full_name,age_group\n1,1,,,,,Unknown\n2,2,,,,,Unknown\n"
    );
    assert_eq!(
        rejects(&outcome),
        "p.csv,3,22,\"expected 2 fields, found 1\",\"1\"\nq.csv,4,25,amount is not a decimal number,\"2,y\"\n"
    );
    let inputs = outcome.ledger.unwrap().inputs;
    let input = |side, path: &[u8], text, crc| LedgerInput {
        side,
        path: path.to_vec(),
        stored: None,
        text,
        records: 2,
        padded: 0,
        trimmed: 0,
        crc,
    };
    assert_eq!(
        inputs[1..],
        [input("purchases", b"p.csv", 23, 0x9B3E_2AA7), input("purchases", b"q.csv", 29, 0xEA4F_5B07)]
    );
}

#[test]
fn without_combined_data_the_rows_are_still_counted() {
    let outcome = run(&Options { no_combined: true, ..records(b"1,A,B,20\n", b"2,5\n") });
    assert_eq!(outcome.files.keys().collect::<Vec<_>>(), ["age_group_spending.csv", "rejects.csv"]);
    let ledger = outcome.ledger.unwrap();
    assert_eq!((ledger.combined_rows, ledger.outputs.len()), (2, 2));
}

#[test]
fn options_that_are_refused() {
    for delimiter in *b"\"\r\n5.+-" {
        let purchases_format = Format { delimiter: Some(delimiter), ..Format::default() };
        let spec = Options { purchases_format, ..records(b"", b"") };
        assert_fatal(&spec, 2, Kind::Configuration, None, None);
    }
    for (quote, kind) in [(None, Kind::Configuration), (Some(b'"'), Kind::MissingColumn)] {
        let purchases_format = Format { delimiter: Some(b' '), quote, ..Format::default() };
        let outcome = run(&Options { purchases_format, ..records(b"", b"") });
        assert_eq!(outcome.error.map(|error| error.kind), Some(kind));
    }
    let customers_format = Format { delimiter: Some(b'\t'), ..Format::default() };
    assert_eq!(run(&Options { customers_format, ..records(b"", b"") }).error.unwrap().kind, Kind::MissingColumn);
    // The delimiter is found in the header, and a group name contains it.
    let mut spec = records(b"", b"");
    (spec.age_groups, spec.purchases[0].bytes) = ("a|b=1-2".to_string(), b"customer_id|price\n".to_vec());
    assert_fatal(&spec, 2, Kind::Configuration, None, None);
}

#[test]
fn the_check_value_of_the_crc() {
    assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
}

/// The invariant that lets `verify` recompute the groups: the combined data is itself a valid purchases file with the
/// totals of the run.
#[test]
fn combined_data_reads_back_with_the_same_totals() {
    let mut read_back = 0;
    for seed in 0..600 {
        let spec = case(seed);
        let outcome = run(&spec);
        let (Some(ledger), Some(combined)) = (&outcome.ledger, outcome.files.get("combined_data.csv")) else {
            continue;
        };
        if spec.join == Join::Inner {
            continue; // amounts that were left out may have had the longest fraction
        }
        let Dialect { delimiter, quote, escape, skip_initial_space, .. } = ledger.dialects[1];
        let format = Format { delimiter: Some(delimiter), quote, escape, skip_initial_space, ..Format::default() };
        let customers = b"w\x01x\x01y\x01z\n".map(|byte| if byte == 1 { delimiter } else { byte });
        let again = run(&Options {
            purchases: vec![Input { path: b"combined".to_vec(), bytes: combined.clone(), stored: None }],
            customers: vec![Input { path: b"none".to_vec(), bytes: customers.to_vec(), stored: None }],
            customers_key: "w".to_string(),
            first_name: "x".to_string(),
            last_name: "y".to_string(),
            age: "z".to_string(),
            join: Join::Left,
            max_record_bytes: u64::MAX,
            customers_format: format.clone(),
            purchases_format: format,
            ..spec
        });
        let Some(ledger_again) = again.ledger else {
            // A name that needed the prefix is now taken in both forms.
            assert_eq!(again.error.unwrap().kind, Kind::NameTaken, "seed {seed}");
            continue;
        };
        assert_eq!(ledger_again.purchases.records, ledger.combined_rows, "seed {seed}");
        assert_eq!(ledger_again.purchases.rejected, 0, "seed {seed}");
        assert_eq!(ledger_again.total_spending, ledger.total_spending, "seed {seed}");
        read_back += 1;
    }
    assert!(read_back > 100, "{read_back}");
}
