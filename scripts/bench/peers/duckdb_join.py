"""The job in DuckDB: COPY of the full join, then the totals by a GROUP BY over the join.

Columns are declared, so nothing is sniffed; prices are DECIMAL(18,2). Without --ordered the engine
may write rows in any order, which is its fastest mode and its own advice for large exports.
The totals are a second query with a join that carries only key, group and price: cheaper than
keeping the joined rows for both.
"""

import duckdb
from peer import AGE_GROUP_SQL, COMBINED, FULL_NAME_SQL, SPENDING, arguments, timed


def join(args) -> None:
    db = duckdb.connect(config={"threads": args.threads})
    db.execute(f"SET preserve_insertion_order = {str(args.ordered).lower()}")
    db.execute(f"SET temp_directory = '{args.outdir}'")
    db.execute(f"""
        CREATE VIEW customers AS
        SELECT *, {FULL_NAME_SQL} AS full_name, {AGE_GROUP_SQL} AS age_group
        FROM read_csv('{args.customers}', header = true, delim = ',', quote = '"', escape = '"',
            columns = {{customer_id: 'BIGINT', first_name: 'VARCHAR', last_name: 'VARCHAR',
                        email: 'VARCHAR', age: 'BIGINT'}})
    """)
    price = "DECIMAL(18,2)" if args.price == "decimal" else "DOUBLE"
    db.execute(f"""
        CREATE VIEW purchases AS
        SELECT * FROM read_csv('{args.purchases}', header = true, delim = ',', quote = '"',
            escape = '"',
            columns = {{customer_id: 'BIGINT', product: 'VARCHAR', price: '{price}'}})
    """)
    if not args.totals_only:
        db.execute(f"""
            COPY (
                SELECT customer_id, product, price, first_name, last_name, email, age, full_name,
                       coalesce(age_group, 'Unknown') AS age_group
                FROM purchases FULL JOIN customers USING (customer_id)
            ) TO '{args.outdir / COMBINED}' (HEADER, DELIMITER ',')
        """)
    db.execute(f"""
        COPY (
            WITH spent AS (
                SELECT coalesce(age_group, 'Unknown') AS age_group,
                       sum(price) AS total_spending, count(*) AS purchases
                FROM purchases
                LEFT JOIN (SELECT customer_id, age_group FROM customers) USING (customer_id)
                GROUP BY 1
            ),
            counted AS (SELECT age_group, count(*) AS customers FROM customers GROUP BY 1)
            SELECT age_group, total_spending, purchases, coalesce(customers, 0) AS customers
            FROM spent LEFT JOIN counted USING (age_group)
        ) TO '{args.outdir / SPENDING}' (HEADER, DELIMITER ',')
    """)


args = arguments()
timed(join, args)
