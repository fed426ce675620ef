"""Makes a split with Spark: the same SQL files as DuckDB, over the same Parquet, with the same rows as a result.

spark-submit spark.py SPLIT INTERACTIONS TABLES OUT
  SPLIT         paper, leave-one-out or global-time
  INTERACTIONS  the folder that `npm run offline -- dataset` read the log into
  TABLES        the folder that holds draw.parquet (needed for paper: the folder `tables` of its dataset)
  OUT           gets a folder of Parquet for every table
"""

import sys
from pathlib import Path

from pyspark.sql import SparkSession

HERE = Path(__file__).parent


def make_split(spark: SparkSession, split: str, interactions: str, tables: str, out: str) -> None:
    spark.read.parquet(f"{interactions}/interactions").createOrReplaceTempView("interactions")
    for name in ("users", "items"):
        spark.read.parquet(f"{interactions}/{name}.parquet").createOrReplaceTempView(name)
    if split == "paper":
        spark.read.parquet(f"{tables}/draw.parquet").createOrReplaceTempView("draw")
    files = [*HERE.glob(f"{split}/*.sql"), *HERE.glob("shared/*.sql")]
    for file in sorted(files, key=lambda file: file.name):
        name = file.stem.split("-", 1)[1]
        # Written and read back, so that no later table makes it a second time.
        spark.sql(file.read_text(encoding="utf-8")).write.mode("overwrite").parquet(f"{out}/{name}")
        spark.read.parquet(f"{out}/{name}").createOrReplaceTempView(name)


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    session = SparkSession.builder.appName(f"steerstream {sys.argv[1]}").getOrCreate()
    make_split(session, *sys.argv[1:])
    session.stop()
