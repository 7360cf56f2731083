//! What is sold: names, what each usually costs, and who likes it.

/// Products without a byte that needs a quote, thirty bytes at most: the name, the usual price in cents, and how
/// gladly the young, the middle-aged and the seniors buy it. Half of them cost less than 20.00.
pub(crate) const PRODUCTS: [(&str, u32, [u8; 3]); 96] = [
    ("Phone case", 1290, [9, 5, 2]),
    ("Wireless earphones", 4990, [9, 5, 2]),
    ("Game controller", 5490, [8, 4, 1]),
    ("Video game", 3990, [9, 4, 1]),
    ("Sneakers", 7490, [8, 6, 3]),
    ("Backpack", 4490, [7, 5, 2]),
    ("Skateboard", 5990, [5, 1, 0]),
    ("Festival tent", 6990, [5, 3, 1]),
    ("Squared notebook", 390, [6, 4, 4]),
    ("Paperback novel", 1190, [5, 6, 8]),
    ("Ground coffee", 1490, [4, 7, 8]),
    ("Tea assortment", 890, [3, 4, 8]),
    ("Wool socks", 990, [5, 5, 7]),
    ("Monitor 27 in", 21900, [3, 6, 1]),
    ("Laptop", 84900, [2, 5, 1]),
    ("Mechanical keyboard", 8990, [4, 4, 1]),
    ("Office chair", 18900, [1, 6, 2]),
    ("Standing desk", 39900, [0, 5, 1]),
    ("Espresso machine", 29900, [1, 5, 2]),
    ("Child car seat", 15900, [0, 6, 1]),
    ("Wooden train set", 4590, [0, 6, 5]),
    ("Nappies size 3", 1890, [1, 8, 0]),
    ("Bicycle helmet", 5990, [3, 5, 3]),
    ("Cordless drill", 11900, [1, 6, 3]),
    ("Frying pan 28 cm", 3490, [3, 6, 4]),
    ("Running watch", 19900, [2, 5, 2]),
    ("Robot vacuum", 27900, [1, 5, 2]),
    ("Bed linen", 4990, [2, 5, 5]),
    ("Garden shears", 1890, [0, 3, 8]),
    ("Rose bush", 1390, [0, 2, 8]),
    ("Garden bench", 22900, [0, 2, 5]),
    ("Reading glasses", 1690, [0, 2, 9]),
    ("Blood pressure monitor", 4490, [0, 1, 7]),
    ("Vitamin D tablets", 790, [1, 3, 9]),
    ("Walking boots", 12900, [1, 3, 6]),
    ("Kitchen radio", 5990, [0, 2, 7]),
    ("Crossword book", 590, [0, 1, 8]),
    ("Café crème cups", 1990, [1, 3, 4]),
    ("Armchair", 34900, [1, 4, 3]),
    ("Barometer", 3290, [0, 1, 4]),
    ("Binoculars", 8900, [0, 2, 4]),
    ("Blender", 4290, [3, 4, 2]),
    ("Bookshelf", 7990, [3, 5, 2]),
    ("Calculator", 1190, [5, 3, 1]),
    ("Camera", 38900, [2, 4, 3]),
    ("Candle", 690, [4, 4, 5]),
    ("Carpet", 14900, [1, 4, 3]),
    ("Compass", 1490, [2, 2, 2]),
    ("Corkscrew", 890, [2, 4, 5]),
    ("Curtain", 1850, [1, 4, 4]),
    ("Cushion", 1590, [4, 4, 4]),
    ("Dartboard", 1890, [4, 2, 1]),
    ("Dumbbell", 1890, [6, 5, 1]),
    ("Fountain pen", 1450, [2, 3, 4]),
    ("Picture frame", 1090, [3, 4, 5]),
    ("Acoustic guitar", 17900, [3, 2, 1]),
    ("Hammock", 2490, [3, 3, 2]),
    ("Headlamp", 1790, [4, 4, 2]),
    ("Rain jacket", 6490, [4, 5, 4]),
    ("Kettle", 2290, [4, 4, 4]),
    ("Lantern", 1290, [3, 3, 3]),
    ("Ladder", 6990, [0, 4, 2]),
    ("Magnifier", 950, [0, 1, 6]),
    ("Mattress", 29900, [2, 4, 3]),
    ("Mirror", 3690, [4, 4, 2]),
    ("Mug", 790, [6, 5, 4]),
    ("Overcoat", 15900, [2, 4, 4]),
    ("Pillow", 1990, [3, 4, 4]),
    ("Poster", 850, [8, 2, 0]),
    ("Printer paper", 590, [2, 5, 4]),
    ("Projector", 32900, [2, 3, 1]),
    ("Puzzle 1000 pieces", 1390, [2, 3, 7]),
    ("Radiator", 6890, [1, 3, 3]),
    ("Router", 6990, [3, 5, 1]),
    ("Saucepan", 1990, [3, 4, 3]),
    ("Scarf", 1690, [4, 4, 5]),
    ("Screwdriver", 690, [2, 5, 4]),
    ("Wall shelf", 1890, [5, 5, 2]),
    ("Sofa", 74900, [1, 3, 2]),
    ("Sunglasses", 1790, [7, 5, 3]),
    ("Tablecloth", 1590, [0, 2, 6]),
    ("Tablet", 27900, [4, 4, 3]),
    ("Telescope", 21900, [1, 3, 2]),
    ("Thermos flask", 1990, [3, 5, 5]),
    ("Toaster", 1990, [4, 4, 3]),
    ("Typewriter ribbon", 490, [1, 0, 2]),
    ("Umbrella", 1490, [3, 4, 6]),
    ("Vase", 1650, [1, 3, 5]),
    ("Violin strings", 1290, [2, 2, 1]),
    ("Wallet", 1950, [5, 4, 3]),
    ("Wardrobe", 44900, [2, 4, 1]),
    ("Wheelbarrow", 5890, [0, 3, 4]),
    ("Jalapeño sauce", 490, [6, 4, 1]),
    ("Crème brûlée torch", 1790, [1, 4, 2]),
    ("Smörgåsbord knife", 1350, [0, 2, 3]),
    ("Pilates mat", 1990, [5, 5, 3]),
];

/// The usual price in the middle of the catalogue, in cents: where the median asked for is this one, products cost
/// what they usually do.
pub(crate) const MIDDLE_PRICE: u64 = 2000;

/// What stands before and behind a product's name where it is to need quotes.
pub(crate) const AWKWARD: [(&str, &str); 12] = [
    ("", ", set of 2"),
    ("", ", blue"),
    ("", ", 3 pieces, boxed"),
    ("", " 12\""),
    ("", ", 12\" x 8\""),
    ("\"", "\""),
    ("\"Home & Co\" ", ""),
    ("", " (\"as new\")"),
    ("Gift, ", ""),
    ("", ", été"),
    ("", ","),
    ("\"", ""),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn needs_quotes(text: &str) -> bool {
        text.contains([',', '"', '\r', '\n'])
    }

    #[test]
    fn only_awkward_products_need_quotes() {
        for (name, _, _) in PRODUCTS {
            assert!(!needs_quotes(name) && (1..=30).contains(&name.len()), "{name}");
        }
        assert!(AWKWARD.iter().all(|(before, behind)| needs_quotes(before) || needs_quotes(behind)));
    }

    #[test]
    fn prices_lie_evenly_about_the_middle_and_everybody_likes_something() {
        let below = PRODUCTS.iter().filter(|(_, cents, _)| u64::from(*cents) < MIDDLE_PRICE).count();
        assert_eq!(below, PRODUCTS.len() / 2);
        for group in 0..3 {
            let best = PRODUCTS.iter().map(|(_, _, liked)| liked[group]).max();
            assert!(best >= Some(8), "{group}");
        }
    }
}
