//! Statistics of generated pairs: size and distributions are those requested.

use super::{files, generate, json};
use std::collections::HashMap;
use std::path::Path;

#[test]
fn the_size_is_met_within_one_percent() {
    for (customers, size, bytes, options) in [
        ("1000", "3MB", 3_000_000.0, &[][..]),
        ("30000", "4MiB", 4_194_304.0, &["--dirt", "0.2", "--quoted", "0.5", "--crlf"]),
        ("200000", "15000kB", 15_000_000.0, &["--row-order", "by-key", "--parts", "2"]),
    ] {
        let dir = tempfile::tempdir().expect("a directory");
        generate(dir.path(), &["--customers", customers, "--size", size, "--seed", "1"], options);
        let csv = files(&dir.path().join("pair"));
        let found: usize = csv.iter().filter(|(name, _)| name.ends_with(".csv")).map(|(_, bytes)| bytes.len()).sum();
        assert!((found as f64 / bytes - 1.0).abs() < 0.01, "{size}: {found}");
    }
}

/// The values of the records in a generated file.
fn records(path: &Path) -> Vec<Vec<String>> {
    let mut reader = csv::Reader::from_path(path).expect("readable");
    reader.records().map(|record| record.expect("a record").iter().map(str::to_owned).collect()).collect()
}

/// Whether `count` of `all` is compatible with a probability of `share`: within five standard deviations.
fn is_share(count: usize, all: usize, share: f64) -> bool {
    let expected = all as f64 * share;
    (count as f64 - expected).abs() <= 5.0 * (expected * (1.0 - share)).sqrt()
}

#[test]
fn purchases_and_customers_follow_the_distributions() {
    let dir = tempfile::tempdir().expect("a directory");
    let options = ["--orphans", "0.05", "--refunds", "0.1", "--without-purchases", "0.25", "--awkward", "0.2"];
    let options =
        [&options[..], &["--price-median", "50", "--price-sigma", "0.8", "--quoted-newlines", "0.03"]].concat();
    let (n, m) = (5000, 100_000);
    generate(dir.path(), &["--customers", "5000", "--purchases", "100000", "--seed", "9"], &options);
    let customers = records(&dir.path().join("pair/customers.csv"));
    let purchases = records(&dir.path().join("pair/purchases.csv"));
    assert_eq!((customers.len(), purchases.len()), (n, m));

    let mut bought: HashMap<&str, u64> = HashMap::new();
    for purchase in &purchases {
        *bought.entry(&purchase[0]).or_default() += 1;
    }
    let counts: Vec<u64> = customers.iter().filter_map(|customer| bought.remove(customer[0].as_str())).collect();
    assert_eq!(counts.len(), 3750, "a quarter buys nothing, the others 25 times on average");
    let orphans = bought.values().sum::<u64>() as usize;
    assert!(is_share(orphans, m, 0.05), "{orphans}");
    let mean = (m - orphans) as f64 / 3750.0;
    let chi: f64 = counts.iter().map(|&count| (count as f64 - mean).powi(2) / mean).sum();
    // 3749 degrees of freedom: the standard deviation is 86.6.
    assert!((chi - 3749.0).abs() < 5.0 * 86.6, "{chi}");

    let refunds = purchases.iter().filter(|purchase| purchase[2].starts_with('-')).count();
    assert!(is_share(refunds, m, 0.1), "{refunds}");
    let mut prices: Vec<f64> = purchases.iter().map(|p| p[2].parse::<f64>().expect("a price").abs()).collect();
    assert!(purchases.iter().all(|purchase| purchase[2].split_once('.').is_some_and(|(_, cents)| cents.len() == 2)));
    prices.sort_by(f64::total_cmp);
    for (share, z) in [(0.1, -1.2816), (0.5, 0.0), (0.9, 1.2816)] {
        let (found, expected) = (prices[(m as f64 * share) as usize], 50.0 * f64::exp(0.8 * z));
        assert!((found / expected - 1.0).abs() < 0.03, "{share}: {found} {expected}");
    }

    let broken = |records: &[Vec<String>], column: usize| records.iter().filter(|r| r[column].contains('\n')).count();
    assert!(is_share(broken(&purchases, 1), m, 0.03) && is_share(broken(&customers, 2), n, 0.03));
    let awkward =
        purchases.iter().filter(|purchase| purchase[1].split('\n').next().is_some_and(|p| p.contains([',', '"'])));
    assert!(is_share(awkward.count(), m, 0.2));
    assert!(customers.iter().any(|customer| !customer[1].is_ascii()), "some names have accents");
    assert!(purchases.iter().any(|purchase| !purchase[1].is_ascii()), "some products have accents");

    let mut keys: Vec<u64> = customers.iter().map(|customer| customer[0].parse().expect("a number")).collect();
    assert!(!keys.is_sorted());
    let ascents = keys.windows(2).filter(|pair| pair[0] < pair[1]).count();
    assert!(ascents.abs_diff(n / 2) < 200, "{ascents}");
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), n, "every key once");
    let mut addresses: Vec<&str> = customers.iter().map(|customer| customer[3].as_str()).collect();
    addresses.sort_unstable();
    addresses.dedup();
    assert_eq!(addresses.len(), n, "every address once");
}

#[test]
fn keys_may_be_sorted_and_zipf_distributed() {
    let dir = tempfile::tempdir().expect("a directory");
    let options = ["--row-order", "by-key", "--keys", "zipf", "--orphans", "0", "--without-purchases", "0"];
    generate(dir.path(), &["--customers", "1000", "--purchases", "50000", "--seed", "4"], &options);
    let customers = records(&dir.path().join("pair/customers.csv"));
    let keys: Vec<u64> = customers.iter().map(|customer| customer[0].parse().expect("a number")).collect();
    assert!(keys.is_sorted());
    let mut bought: HashMap<String, usize> = HashMap::new();
    for purchase in records(&dir.path().join("pair/purchases.csv")) {
        *bought.entry(purchase[0].clone()).or_default() += 1;
    }
    let mut counts: Vec<usize> = bought.into_values().collect();
    counts.sort_unstable_by(|a, b| b.cmp(a));
    let harmonic: f64 = (1..=1000).map(|rank| 1.0 / f64::from(rank)).sum();
    for rank in [1, 2, 5] {
        assert!(is_share(counts[rank - 1], 50_000, 1.0 / harmonic / rank as f64), "{rank}: {}", counts[rank - 1]);
    }
}

#[test]
fn habits_follow_the_age_and_prices_the_product() {
    let dir = tempfile::tempdir().expect("a directory");
    let options = ["--habits", "by-age", "--prices", "by-product", "--price-sigma", "0.3", "--price-median", "40"];
    let options = [&options[..], &["--orphans", "0.1", "--refunds", "0", "--without-purchases", "0"]].concat();
    generate(dir.path(), &["--customers", "6000", "--purchases", "120000", "--seed", "2"], &options);
    let group = |age: &str| match age.parse().expect("an age") {
        18..30 => "Young",
        30..45 => "Middle-aged",
        45..=95 => "Senior",
        _ => "Other",
    };
    let customers = records(&dir.path().join("pair/customers.csv"));
    let groups: HashMap<&str, &str> = customers.iter().map(|c| (c[0].as_str(), group(&c[4]))).collect();
    let mut bought: HashMap<(&str, &str), usize> = HashMap::new();
    let mut prices: HashMap<&str, Vec<f64>> = HashMap::new();
    let purchases = records(&dir.path().join("pair/purchases.csv"));
    for purchase in &purchases {
        let group = groups.get(purchase[0].as_str()).copied().unwrap_or("none");
        *bought.entry((group, &purchase[1])).or_default() += 1;
        prices.entry(&purchase[1]).or_default().push(purchase[2].parse().expect("a price"));
    }
    let of_group = |name: &str| bought.iter().filter(|((group, _), _)| *group == name).map(|(_, count)| count).sum();
    let matched: usize = ["Young", "Middle-aged", "Senior", "Other"].into_iter().map(of_group).sum();
    // Relative purchase frequencies of the groups, then the shares of two products, by the weights of the catalogue.
    let people = |name: &str| groups.values().filter(|group| **group == name).count() as f64;
    let frequencies = [("Young", 5.0), ("Middle-aged", 8.0), ("Senior", 4.0), ("Other", 2.0)];
    let all: f64 = frequencies.iter().map(|(name, often)| often * people(name)).sum();
    for (name, often) in frequencies {
        assert!(is_share(of_group(name), matched, often * people(name) / all), "{name}: {}", of_group(name));
    }
    for (name, reading_glasses, video_game) in
        [("Young", 0.0, 9.0 / 269.0), ("Middle-aged", 2.0 / 370.0, 4.0 / 370.0), ("Senior", 9.0 / 330.0, 1.0 / 330.0)]
    {
        for (product, share) in [("Reading glasses", reading_glasses), ("Video game", video_game)] {
            let found = bought.get(&(name, product)).copied().unwrap_or(0);
            assert!(is_share(found, of_group(name), share), "{name}, {product}: {found}");
        }
    }
    // The requested median is twice the median of the catalogue.
    for (product, usual) in [("Laptop", 849.0), ("Office chair", 189.0), ("Mug", 7.9), ("Sneakers", 74.9)] {
        let prices = prices.get_mut(product).expect("bought");
        prices.sort_by(f64::total_cmp);
        let median = prices[prices.len() / 2];
        assert!((median / usual / 2.0 - 1.0).abs() < 0.05, "{product}: {median} of {}", prices.len());
    }
}

#[test]
fn gaps_have_their_shares_and_reject_nothing() {
    let dir = tempfile::tempdir().expect("a directory");
    let options =
        ["--missing-keys", "0.02", "--missing-ages", "0.06", "--invalid-ages", "0.04", "--missing-amounts", "0.1"];
    generate(dir.path(), &["--customers", "10000", "--purchases", "40000", "--seed", "5"], &options);
    let key = json(&dir.path().join("pair/expected.json"));
    let count = |file: &str, name: &str| key[file][name].as_u64().expect("a number") as usize;
    for (file, name, share) in [
        ("customers", "key_missing", 0.02),
        ("customers", "age_missing", 0.06),
        ("customers", "age_invalid", 0.04),
        ("purchases", "key_missing", 0.02),
        ("purchases", "amount_missing", 0.1),
    ] {
        assert!(is_share(count(file, name), count(file, "records"), share), "{file}.{name}: {}", count(file, name));
    }
    for (file, name) in [("customers", "rejected"), ("purchases", "rejected"), ("customers", "blank_lines")] {
        assert_eq!(count(file, name), 0, "{file}.{name}");
    }
}
