"""Any CSV, text, workbook, web page with a table, or zip of such -> tables of text in DuckDB, every line accounted for.

unpack     what the file is, out of its gzip
archive    the files in a zip file
encoding   which encoding, and the text as UTF-8 (mixed: of each line)
dialect    which delimiter and quote, or which places (aligned) keep the cells apart
records    the records of a text
workbook   the sheets of a workbook as rows of cells
webpage    the tables of a web page as rows of cells
header     which line names the columns, and which lines are no rows
headings   what to call the columns of a heading over several lines
boards     groups and subitems on one sheet
grids      rows of cells into tables
loading    records into DuckDB
relations  the tables there, rid of what is no row
table      all of it together
write      the tables as CSV, to compare
"""

from data.reading.table import read_tables
from data.reading.types import ReadOptions, SkippedLine, TextTable

__all__ = ["ReadOptions", "SkippedLine", "TextTable", "read_tables"]
