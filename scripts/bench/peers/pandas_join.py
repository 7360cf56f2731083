"""The job in pandas, the way scripts for it are usually written: read, merge, apply, write.

Nothing is tuned, and prices are floats. It is here as what one would otherwise have, not as the
fastest that pandas can do.
"""

import pandas as pd
from peer import COMBINED, SPENDING, arguments, timed


def age_group(age: float) -> str:
    if pd.isna(age):
        return "Unknown"
    if age < 18:
        return "Other"
    if age < 30:
        return "Young"
    return "Middle-aged" if age < 45 else "Senior"


def join(args) -> None:
    customers = pd.read_csv(args.customers)
    purchases = pd.read_csv(args.purchases)
    combined = purchases.merge(customers, on="customer_id", how="outer")
    combined["full_name"] = combined["first_name"] + " " + combined["last_name"]
    combined["age_group"] = combined["age"].apply(age_group)
    if not args.totals_only:
        combined.to_csv(args.outdir / COMBINED, index=False)
    totals = combined.groupby("age_group").agg(
        total_spending=("price", "sum"), purchases=("product", "count")
    )
    counts = customers["age"].apply(age_group).value_counts()
    totals["customers"] = counts.reindex(totals.index, fill_value=0)
    totals.to_csv(args.outdir / SPENDING)


args = arguments()
timed(join, args)
