"""What the peers' scripts share: their command line, and the clock of the job itself.

    <peer>_join.py CUSTOMERS PURCHASES OUTDIR [--totals-only] [--ordered] [--price float|decimal]
                   [--line-breaks] [--threads N]

Every peer does spendfold's job: a full join of every purchase and every customer on customer_id,
with full_name and age_group, written to OUTDIR/combined_data.csv, and the total spending, the
purchases and the customers of each age group in OUTDIR/age_group_spending.csv. --totals-only asks
for the latter alone. --ordered asks for purchases in input order, where the engine can promise it.

The whole process is timed from outside. A line of JSON on standard output tells how many of those
seconds were the job itself, after the interpreter had started and the modules were imported.
"""

import argparse
import json
import os
import time
from collections.abc import Callable
from pathlib import Path

COMBINED = "combined_data.csv"
SPENDING = "age_group_spending.csv"

# SQL of the age groups: lower bound in, upper bound out.
AGE_GROUP_SQL = """
    CASE WHEN age IS NULL THEN 'Unknown'
         WHEN age >= 18 AND age < 30 THEN 'Young'
         WHEN age >= 30 AND age < 45 THEN 'Middle-aged'
         WHEN age >= 45 THEN 'Senior'
         ELSE 'Other' END
"""
FULL_NAME_SQL = "concat_ws(' ', nullif(first_name, ''), nullif(last_name, ''))"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("customers", type=Path)
    parser.add_argument("purchases", type=Path)
    parser.add_argument("outdir", type=Path)
    parser.add_argument("--totals-only", action="store_true")
    parser.add_argument("--ordered", action="store_true")
    parser.add_argument("--price", choices=("float", "decimal"), default="decimal")
    parser.add_argument("--line-breaks", action="store_true", help="inside quotes")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    args = parser.parse_args()
    args.outdir.mkdir(parents=True, exist_ok=True)
    return args


def timed(job: Callable[[argparse.Namespace], None], args: argparse.Namespace) -> None:
    start = time.perf_counter()
    job(args)
    print(json.dumps({"job_seconds": round(time.perf_counter() - start, 4)}))
