"""Makes a split with Spark: the same SQL files as DuckDB, over the same Parquet, with the same rows as a result.

spark-submit spark.py SPLIT INTERACTIONS TABLES OUT
  SPLIT         paper, leave-one-out or global-time
  INTERACTIONS  the folder that `npm run offline -- dataset` read the log into
  TABLES        the folder that holds draw.parquet (for `paper`; a dataset's own folder `tables`)
  OUT           gets a folder of Parquet for every table
"""

import sys
from pathlib import Path

from pyspark.sql import SparkSession


def main(split: str, interactions: str, tables: str, out: str) -> None:
    spark = SparkSession.builder.appName(f"steerstream {split}").getOrCreate()
    here = Path(__file__).parent
    spark.read.parquet(f"{interactions}/interactions").createOrReplaceTempView("interactions")
    for name in ("users", "items"):
        spark.read.parquet(f"{interactions}/{name}.parquet").createOrReplaceTempView(name)
    if split == "paper":
        spark.read.parquet(f"{tables}/draw.parquet").createOrReplaceTempView("draw")
    files = [*here.glob(f"{split}/*.sql"), *here.glob("shared/*.sql")]
    for file in sorted(files, key=lambda file: file.name):
        name = file.stem.split("-", 1)[1]
        # Written and read back: what is numbered by its rows must be numbered once.
        spark.sql(file.read_text(encoding="utf-8")).write.mode("overwrite").parquet(f"{out}/{name}")
        spark.read.parquet(f"{out}/{name}").createOrReplaceTempView(name)
    spark.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
