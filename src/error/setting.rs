//! The settings of a job and of the generator, so that errors can refer to them as data.

use std::fmt;

macro_rules! settings {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// A setting of a [`Job`](crate::Job) or of the generator. Its `Display` is the name of the method that sets
        /// it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Setting {
            $($(#[$doc])* $variant,)*
        }

        impl Setting {
            /// The setting's name, in snake case.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

settings! {
    /// The customers input.
    Customers = "customers",
    /// The purchases inputs.
    Purchases = "purchases",
    /// The output directory.
    OutDir = "out_dir",
    /// The kind of join.
    Join = "join",
    /// The age groups.
    AgeGroups = "age_groups",
    /// The key column of the customers.
    CustomersKey = "customers_key",
    /// The key column of the purchases.
    PurchasesKey = "purchases_key",
    /// The first name column.
    FirstName = "first_name",
    /// The last name column.
    LastName = "last_name",
    /// The age column.
    Age = "age",
    /// The amount column.
    Amount = "amount",
    /// The delimiter of both sides.
    Delimiter = "delimiter",
    /// The delimiter of the customers.
    CustomersDelimiter = "customers_delimiter",
    /// The delimiter of the purchases.
    PurchasesDelimiter = "purchases_delimiter",
    /// The quote of both sides.
    Quote = "quote",
    /// The quote of the customers.
    CustomersQuote = "customers_quote",
    /// The quote of the purchases.
    PurchasesQuote = "purchases_quote",
    /// Whether quotes are ordinary data.
    NoQuoting = "no_quoting",
    /// Whether quotes are ordinary data in the customers.
    CustomersNoQuoting = "customers_no_quoting",
    /// Whether quotes are ordinary data in the purchases.
    PurchasesNoQuoting = "purchases_no_quoting",
    /// The byte after which the next byte is data.
    Escape = "escape",
    /// The byte of the customers after which the next byte is data.
    CustomersEscape = "customers_escape",
    /// The byte of the purchases after which the next byte is data.
    PurchasesEscape = "purchases_escape",
    /// The byte with which a comment begins.
    Comment = "comment",
    /// The byte with which a comment of the customers begins.
    CustomersComment = "customers_comment",
    /// The byte with which a comment of the purchases begins.
    PurchasesComment = "purchases_comment",
    /// The number of lines that are skipped before the header.
    SkipLines = "skip_lines",
    /// The number of lines that are skipped before the header of the customers.
    CustomersSkipLines = "customers_skip_lines",
    /// The number of lines that are skipped before the headers of the purchases.
    PurchasesSkipLines = "purchases_skip_lines",
    /// The names of the columns of customers without a header.
    CustomersColumns = "customers_columns",
    /// The names of the columns of purchases without a header.
    PurchasesColumns = "purchases_columns",
    /// Whether further files may have their columns in another order.
    MatchColumns = "match_columns",
    /// The encoding of the customers.
    CustomersEncoding = "customers_encoding",
    /// The encoding of the purchases.
    PurchasesEncoding = "purchases_encoding",
    /// The compression of the combined data.
    Compress = "compress",
    /// The title of the chart and of the report page.
    ChartTitle = "chart_title",
    /// The currency of the amounts.
    Currency = "currency",
    /// The longest accepted record.
    MaxRecordBytes = "max_record_bytes",
    /// The limit on rejected records.
    MaxRejects = "max_rejects",
    /// The limit on unmatched purchases.
    MaxUnmatched = "max_unmatched",
    /// What happens to a set that exceeds a limit.
    OverLimit = "over_limit",
    /// Whether the first rejected record fails the run.
    Strict = "strict",
    /// The note of an acceptance.
    Note = "note",
    /// Whether existing files are kept.
    NoClobber = "no_clobber",
    /// The number of worker threads.
    Threads = "threads",
    /// The chunk size.
    ChunkBytes = "chunk_bytes",
    /// Generator: the size of both files.
    Size = "size",
    /// Generator: the seed.
    Seed = "seed",
    /// Generator: the number of purchases files.
    Parts = "parts",
    /// Generator: the share of purchases without a customer.
    Orphans = "orphans",
    /// Generator: the share of customers without purchases.
    WithoutPurchases = "without_purchases",
    /// Generator: the median price.
    PriceMedian = "price_median",
    /// Generator: the spread of prices.
    PriceSigma = "price_sigma",
    /// Generator: the share of negative amounts.
    Refunds = "refunds",
    /// Generator: the share of unusual names.
    Awkward = "awkward",
    /// Generator: the share of quoted fields.
    Quoted = "quoted",
    /// Generator: the share of quoted line breaks.
    QuotedNewlines = "quoted_newlines",
    /// Generator: the number of extra columns.
    ExtraColumns = "extra_columns",
    /// Generator: the share of malformed records.
    Dirt = "dirt",
    /// Generator: the share of unusual but valid records.
    Odd = "odd",
    /// Generator: the share of missing keys.
    MissingKeys = "missing_keys",
    /// Generator: the share of missing ages.
    MissingAges = "missing_ages",
    /// Generator: the share of invalid ages.
    InvalidAges = "invalid_ages",
    /// Generator: the share of missing amounts.
    MissingAmounts = "missing_amounts",
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
