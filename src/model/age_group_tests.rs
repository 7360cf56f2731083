//! Bounds, invalid ages and invalid specifications.

use super::*;
use crate::error::ErrorKind;

#[test]
fn lower_bounds_are_included_and_upper_bounds_excluded() {
    let groups = AgeGroups::default();
    for (age, group) in [
        ("17", 3),
        ("17.999999999999999999999", 3),
        ("18", 0),
        ("29", 0),
        ("29.99999999999999999999999", 0),
        ("30", 1),
        ("30.0", 1),
        ("44", 1),
        ("45", 2),
        ("34.", 1),
        ("034", 1),
        ("0000000000000000000000000034", 1),
        (" 34\t", 1),
        ("150", 2),
        ("150.000", 2),
        ("0", 3),
        ("00", 3),
    ] {
        assert_eq!(groups.read(age.as_bytes()), Age::In(group), "{age:?}");
    }
}

#[test]
fn other_ages_are_missing_or_invalid() {
    let groups = AgeGroups::default();
    for age in [
        "-1",
        "151",
        "150.1",
        "abc",
        "1990-01-01",
        "18446744073709551616",
        ".5",
        "+34",
        "-0",
        "3e1",
        "3 4",
        "\u{a0}34",
        "1.2.3",
    ] {
        assert_eq!(groups.read(age.as_bytes()), Age::Invalid, "{age:?}");
    }
    assert_eq!(groups.read(b""), Age::Missing);
    assert_eq!(groups.read(b" \t"), Age::Missing);
}

#[test]
fn gaps_and_decimal_bounds_are_allowed() {
    let groups = AgeGroups::parse("B=40.50-60,A=0-18.5").expect("valid");
    assert_eq!(groups.read(b"18.49"), Age::In(1));
    assert_eq!(groups.read(b"18.5"), Age::In(groups.other()));
    assert_eq!(groups.read(b"40.5"), Age::In(0));
    assert_eq!(groups.read(b"40"), Age::In(groups.other()));
    assert_eq!(groups.names().collect::<Vec<_>>(), ["B", "A", "Other", "Unknown"]);
}

#[test]
fn bad_specifications_are_configuration_errors() {
    for spec in [
        "",
        "Young",
        "Young=",
        "=1-2",
        "A=1-2,A=3-4",
        "Other=1-2",
        "Unknown=1+",
        "A=5-5",
        "A=6-5",
        "A=1-10,B=9-20",
        "A=1+,B=5-6",
        "A=-1-5",
        "A=1-",
        "A=a-b",
        "A\"=1-2",
        "A\u{1}=1-2",
        "A=1-2,",
        "A=1 -2",
        "A=B=1-2",
    ] {
        assert_eq!(AgeGroups::parse(spec).expect_err(spec).kind(), ErrorKind::Config);
    }
    let long = format!("{}=1-2", "x".repeat(65));
    assert!(AgeGroups::parse(&long).is_err());
}

#[test]
fn bounds_are_right_for_whole_and_decimal_ages() {
    for (range, bounds) in [
        ("18-30", Some("18–29")),
        ("018-30.0", Some("18–29")),
        ("18-19", Some("18")),
        ("0-1", Some("0")),
        ("45+", Some("45+")),
        ("45-150", Some("45–149")),
        ("45-151", Some("45–150")),
        ("45-152", Some("45+")),
        ("45-99999999999999999999999", Some("45+")),
        ("17.5-30", Some("17.5 to under 30")),
        ("0-0.5", Some("0 to under 0.5")),
        ("0-17.50", Some("0 to under 17.5")),
        ("17.5+", Some("17.5+")),
        ("151+", None),
        ("99999999999999999999999+", None),
    ] {
        let groups = AgeGroups::parse(&format!("A={range}")).expect("a specification");
        assert_eq!(groups.bounds().collect::<Vec<_>>(), [bounds.map(str::to_owned)], "{range}");
    }
}

#[test]
fn gaps_of_one_year_are_found_and_closed() {
    for (spec, gaps, closed) in [
        ("A=18-29,B=30-44,C=45+", &[29, 44][..], "A=18-30,B=30-45,C=45+"),
        ("C=45+,B=30-45,A=18-29", &[29], "C=45+,B=30-45,A=18-30"),
        ("A=18-30,B=30-45,C=45+", &[], "A=18-30,B=30-45,C=45+"),
        ("A=18-28,B=30-45", &[], "A=18-28,B=30-45"),
        ("A=18-29.5,B=30-45", &[], "A=18-29.5,B=30-45"),
        ("A=0-150,B=151+", &[], "A=0-150,B=151+"),
        ("A=18-29,B=29-30,C=30-44", &[], "A=18-29,B=29-30,C=30-44"),
        ("A=18-29,B=29.5-30,C=30-44", &[], "A=18-29,B=29.5-30,C=30-44"),
        ("A=18-149,B=150+,C=1-17.50", &[149], "A=18-150,B=150+,C=1-17.5"),
    ] {
        let groups = AgeGroups::parse(spec).expect(spec);
        assert_eq!((&groups.gaps_of_one_year()[..], groups.without_gaps().as_str()), (gaps, closed), "{spec}");
    }
}
