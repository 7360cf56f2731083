//! The products: names, prices and weights.

/// A product.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Product {
    /// At most thirty bytes, none of which needs quotes.
    pub(crate) name: &'static str,
    /// The usual price in cents.
    pub(crate) price: u32,
    /// Relative frequencies of purchase by young, middle-aged and senior customers under `Habits::ByAge`.
    pub(crate) weights: [u8; 3],
}

impl Product {
    const fn new(name: &'static str, price: u32, weights: [u8; 3]) -> Self {
        Self { name, price, weights }
    }
}

/// All products. Half of them cost less than [`MEDIAN_PRICE`].
pub(crate) const PRODUCTS: [Product; 96] = [
    Product::new("Phone case", 1290, [9, 5, 2]),
    Product::new("Wireless earphones", 4990, [9, 5, 2]),
    Product::new("Game controller", 5490, [8, 4, 1]),
    Product::new("Video game", 3990, [9, 4, 1]),
    Product::new("Sneakers", 7490, [8, 6, 3]),
    Product::new("Backpack", 4490, [7, 5, 2]),
    Product::new("Skateboard", 5990, [5, 1, 0]),
    Product::new("Festival tent", 6990, [5, 3, 1]),
    Product::new("Squared notebook", 390, [6, 4, 4]),
    Product::new("Paperback novel", 1190, [5, 6, 8]),
    Product::new("Ground coffee", 1490, [4, 7, 8]),
    Product::new("Tea assortment", 890, [3, 4, 8]),
    Product::new("Wool socks", 990, [5, 5, 7]),
    Product::new("Monitor 27 in", 21900, [3, 6, 1]),
    Product::new("Laptop", 84900, [2, 5, 1]),
    Product::new("Mechanical keyboard", 8990, [4, 4, 1]),
    Product::new("Office chair", 18900, [1, 6, 2]),
    Product::new("Standing desk", 39900, [0, 5, 1]),
    Product::new("Espresso machine", 29900, [1, 5, 2]),
    Product::new("Child car seat", 15900, [0, 6, 1]),
    Product::new("Wooden train set", 4590, [0, 6, 5]),
    Product::new("Nappies size 3", 1890, [1, 8, 0]),
    Product::new("Bicycle helmet", 5990, [3, 5, 3]),
    Product::new("Cordless drill", 11900, [1, 6, 3]),
    Product::new("Frying pan 28 cm", 3490, [3, 6, 4]),
    Product::new("Running watch", 19900, [2, 5, 2]),
    Product::new("Robot vacuum", 27900, [1, 5, 2]),
    Product::new("Bed linen", 4990, [2, 5, 5]),
    Product::new("Garden shears", 1890, [0, 3, 8]),
    Product::new("Rose bush", 1390, [0, 2, 8]),
    Product::new("Garden bench", 22900, [0, 2, 5]),
    Product::new("Reading glasses", 1690, [0, 2, 9]),
    Product::new("Blood pressure monitor", 4490, [0, 1, 7]),
    Product::new("Vitamin D tablets", 790, [1, 3, 9]),
    Product::new("Walking boots", 12900, [1, 3, 6]),
    Product::new("Kitchen radio", 5990, [0, 2, 7]),
    Product::new("Crossword book", 590, [0, 1, 8]),
    Product::new("Café crème cups", 1990, [1, 3, 4]),
    Product::new("Armchair", 34900, [1, 4, 3]),
    Product::new("Barometer", 3290, [0, 1, 4]),
    Product::new("Binoculars", 8900, [0, 2, 4]),
    Product::new("Blender", 4290, [3, 4, 2]),
    Product::new("Bookshelf", 7990, [3, 5, 2]),
    Product::new("Calculator", 1190, [5, 3, 1]),
    Product::new("Camera", 38900, [2, 4, 3]),
    Product::new("Candle", 690, [4, 4, 5]),
    Product::new("Carpet", 14900, [1, 4, 3]),
    Product::new("Compass", 1490, [2, 2, 2]),
    Product::new("Corkscrew", 890, [2, 4, 5]),
    Product::new("Curtain", 1850, [1, 4, 4]),
    Product::new("Cushion", 1590, [4, 4, 4]),
    Product::new("Dartboard", 1890, [4, 2, 1]),
    Product::new("Dumbbell", 1890, [6, 5, 1]),
    Product::new("Fountain pen", 1450, [2, 3, 4]),
    Product::new("Picture frame", 1090, [3, 4, 5]),
    Product::new("Acoustic guitar", 17900, [3, 2, 1]),
    Product::new("Hammock", 2490, [3, 3, 2]),
    Product::new("Headlamp", 1790, [4, 4, 2]),
    Product::new("Rain jacket", 6490, [4, 5, 4]),
    Product::new("Kettle", 2290, [4, 4, 4]),
    Product::new("Lantern", 1290, [3, 3, 3]),
    Product::new("Ladder", 6990, [0, 4, 2]),
    Product::new("Magnifier", 950, [0, 1, 6]),
    Product::new("Mattress", 29900, [2, 4, 3]),
    Product::new("Mirror", 3690, [4, 4, 2]),
    Product::new("Mug", 790, [6, 5, 4]),
    Product::new("Overcoat", 15900, [2, 4, 4]),
    Product::new("Pillow", 1990, [3, 4, 4]),
    Product::new("Poster", 850, [8, 2, 0]),
    Product::new("Printer paper", 590, [2, 5, 4]),
    Product::new("Projector", 32900, [2, 3, 1]),
    Product::new("Puzzle 1000 pieces", 1390, [2, 3, 7]),
    Product::new("Radiator", 6890, [1, 3, 3]),
    Product::new("Router", 6990, [3, 5, 1]),
    Product::new("Saucepan", 1990, [3, 4, 3]),
    Product::new("Scarf", 1690, [4, 4, 5]),
    Product::new("Screwdriver", 690, [2, 5, 4]),
    Product::new("Wall shelf", 1890, [5, 5, 2]),
    Product::new("Sofa", 74900, [1, 3, 2]),
    Product::new("Sunglasses", 1790, [7, 5, 3]),
    Product::new("Tablecloth", 1590, [0, 2, 6]),
    Product::new("Tablet", 27900, [4, 4, 3]),
    Product::new("Telescope", 21900, [1, 3, 2]),
    Product::new("Thermos flask", 1990, [3, 5, 5]),
    Product::new("Toaster", 1990, [4, 4, 3]),
    Product::new("Typewriter ribbon", 490, [1, 0, 2]),
    Product::new("Umbrella", 1490, [3, 4, 6]),
    Product::new("Vase", 1650, [1, 3, 5]),
    Product::new("Violin strings", 1290, [2, 2, 1]),
    Product::new("Wallet", 1950, [5, 4, 3]),
    Product::new("Wardrobe", 44900, [2, 4, 1]),
    Product::new("Wheelbarrow", 5890, [0, 3, 4]),
    Product::new("Jalapeño sauce", 490, [6, 4, 1]),
    Product::new("Crème brûlée torch", 1790, [1, 4, 2]),
    Product::new("Smörgåsbord knife", 1350, [0, 2, 3]),
    Product::new("Pilates mat", 1990, [5, 5, 3]),
];

/// The median of the usual prices, in cents.
pub(crate) const MEDIAN_PRICE: u64 = 2000;

/// Additions before and behind a product's name that make the field need quotes.
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
        for Product { name, .. } in PRODUCTS {
            assert!(!needs_quotes(name) && (1..=30).contains(&name.len()), "{name}");
        }
        assert!(AWKWARD.iter().all(|(before, behind)| needs_quotes(before) || needs_quotes(behind)));
    }

    #[test]
    fn half_of_the_products_are_below_the_median_and_each_group_has_a_favourite() {
        let below = PRODUCTS.iter().filter(|product| u64::from(product.price) < MEDIAN_PRICE).count();
        assert_eq!(below, PRODUCTS.len() / 2);
        for group in 0..3 {
            let best = PRODUCTS.iter().map(|product| product.weights[group]).max();
            assert!(best >= Some(8), "{group}");
        }
    }
}
