//! Input records without headers, the same in every run.

use crate::random::Random;
use std::fmt::Write;

/// Records of `customer_id,first_name,last_name,email,age`, about 50 bytes each. Keys are from 1 to `count`, in an
/// order in which consecutive keys are far apart.
pub(crate) fn customers(count: u64, prefix: &str) -> Vec<u8> {
    let mut random = Random(1);
    let mut text = String::new();
    // A step that shares no factor with `count` visits every key once.
    for number in (0..count).map(|index| index * 7_777_777 % count + 1) {
        let age = 18 + random.below(73);
        writeln!(text, "{prefix}{number},Katja,Zimmermann,katja.{number}@mx.example.org,{age}").expect("memory");
    }
    text.into_bytes()
}

/// Records of `customer_id,product,price`, about 21 bytes each. One key in a hundred has no customer.
pub(crate) fn purchases(count: u64, customers: u64, prefix: &str, quoted: bool) -> Vec<u8> {
    let mut random = Random(2);
    let mut text = String::new();
    for _ in 0..count {
        let key = 1 + random.below(customers + customers / 100);
        let (units, cents) = (1 + random.below(99), random.below(100));
        match quoted {
            true => writeln!(text, r#""{prefix}{key}","calculator","{units}.{cents:02}""#),
            false => writeln!(text, "{prefix}{key},calculator,{units}.{cents:02}"),
        }
        .expect("memory");
    }
    text.into_bytes()
}
