"""The job in Polars, streaming engine: lazy scans, sinks, one pass for both outputs.

Customers' columns are narrow where the engine gains by it: keys and ages as integers, group and
full name worked out once per customer, before the join. --price float is what a scan infers: it
writes 12.30 as 12.3 and sums in binary; decimal keeps both digits and sums exactly.
"""

import os

from peer import COMBINED, SPENDING, arguments, timed

args = arguments()
os.environ["POLARS_MAX_THREADS"] = str(args.threads)  # read when the module is imported

import polars as pl  # noqa: E402


def join(args) -> None:
    age = pl.col("age")
    group = (
        pl.when(age.is_null())
        .then(pl.lit("Unknown"))
        .when((age >= 18) & (age < 30))
        .then(pl.lit("Young"))
        .when((age >= 30) & (age < 45))
        .then(pl.lit("Middle-aged"))
        .when(age >= 45)
        .then(pl.lit("Senior"))
        .otherwise(pl.lit("Other"))
    )
    price = pl.Decimal(18, 2) if args.price == "decimal" else pl.Float64
    customers = pl.scan_csv(
        args.customers, schema_overrides={"customer_id": pl.Int64, "age": pl.Int64}
    ).with_columns(
        full_name=pl.concat_str("first_name", "last_name", separator=" ", ignore_nulls=True),
        age_group=group,
    )
    purchases = pl.scan_csv(
        args.purchases, schema_overrides={"customer_id": pl.Int64, "price": price}
    )
    if args.totals_only:
        joined = purchases.with_columns(is_purchase=pl.lit(True)).join(
            customers.select("customer_id", "age_group"), on="customer_id", how="left"
        )
    else:
        joined = purchases.with_columns(is_purchase=pl.lit(True)).join(
            customers,
            on="customer_id",
            how="full",
            coalesce=True,
            maintain_order="left_right" if args.ordered else "none",
        )
    joined = joined.with_columns(pl.col("age_group").fill_null("Unknown"))
    totals = (
        joined.group_by("age_group")
        .agg(total_spending=pl.col("price").sum(), purchases=pl.col("is_purchase").count())
        .join(
            customers.group_by("age_group").agg(customers=pl.len()), on="age_group", how="left"
        )
        .with_columns(pl.col("customers").fill_null(0))
    )
    sinks = [totals.sink_csv(args.outdir / SPENDING, lazy=True)]
    if not args.totals_only:
        combined = joined.drop("is_purchase")
        sinks.append(combined.sink_csv(args.outdir / COMBINED, lazy=True))
    pl.collect_all(sinks, engine="streaming")


timed(join, args)
