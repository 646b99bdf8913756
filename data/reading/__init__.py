"""Any CSV, TSV or XLSX file, or a gzip of one -> tables of text in DuckDB, with every line accounted for.

unpack     what the file is, out of its gzip
encoding   which encoding, and the text as UTF-8
dialect    which delimiter and quote, and the records
header     which line names the columns, and which lines are no rows
workbook   the sheets of a workbook as records
loading    records into DuckDB
table      all of it together
"""

from data.reading.table import read_tables
from data.reading.types import ReadOptions, SkippedLine, TextTable

__all__ = ["ReadOptions", "SkippedLine", "TextTable", "read_tables"]
