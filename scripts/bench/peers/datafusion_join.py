"""The job in DataFusion: COPY of the full join, then the totals by a GROUP BY over the join.

Schemas are declared, as many partitions as threads. The engine promises no order of rows.
"""

import datafusion
import pyarrow as pa
from peer import AGE_GROUP_SQL, COMBINED, FULL_NAME_SQL, SPENDING, arguments, timed


def join(args) -> None:
    config = datafusion.SessionConfig({"datafusion.execution.batch_size": "8192"})
    # The files hold line breaks inside quotes in one of the cases; asked for only there, because
    # it keeps the engine from reading one file in parallel.
    if args.line_breaks:
        config = config.set("datafusion.catalog.newlines_in_values", "true")
    context = datafusion.SessionContext(config.with_target_partitions(args.threads))
    price = pa.decimal128(18, 2) if args.price == "decimal" else pa.float64()
    text = pa.string_view()
    context.register_csv(
        "customers_file",
        str(args.customers),
        schema=pa.schema(
            [
                ("customer_id", pa.int64()),
                ("first_name", text),
                ("last_name", text),
                ("email", text),
                ("age", pa.int64()),
            ]
        ),
    )
    context.register_csv(
        "purchases",
        str(args.purchases),
        schema=pa.schema([("customer_id", pa.int64()), ("product", text), ("price", price)]),
    )
    context.sql(f"""
        CREATE VIEW customers AS
        SELECT *, {FULL_NAME_SQL} AS full_name, {AGE_GROUP_SQL} AS age_group FROM customers_file
    """)
    if not args.totals_only:
        context.sql(f"""
            COPY (
                SELECT coalesce(p.customer_id, c.customer_id) AS customer_id, product, price,
                       first_name, last_name, email, age, full_name,
                       coalesce(age_group, 'Unknown') AS age_group
                FROM purchases p FULL JOIN customers c ON p.customer_id = c.customer_id
            ) TO '{args.outdir / COMBINED}' STORED AS CSV OPTIONS ('format.has_header' 'true')
        """).collect()
    context.sql(f"""
        COPY (
            WITH spent AS (
                SELECT coalesce(age_group, 'Unknown') AS age_group,
                       sum(price) AS total_spending, count(*) AS purchases
                FROM purchases p LEFT JOIN customers c ON p.customer_id = c.customer_id
                GROUP BY 1
            ),
            counted AS (SELECT age_group, count(*) AS customers FROM customers GROUP BY 1)
            SELECT spent.age_group, total_spending, purchases, coalesce(customers, 0) AS customers
            FROM spent LEFT JOIN counted ON spent.age_group = counted.age_group
        ) TO '{args.outdir / SPENDING}' STORED AS CSV OPTIONS ('format.has_header' 'true')
    """).collect()


args = arguments()
timed(join, args)
