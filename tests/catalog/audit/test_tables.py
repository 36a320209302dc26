import csv

import openpyxl
import pyarrow.parquet as pq
import pytest

from packshot.catalog.audit.columns import build_columns
from packshot.catalog.audit.tables import (
    CsvTableWriter,
    ParquetTableWriter,
    WorkbookWriter,
)
from packshot.render.table_files import EXCEL_MAX_CELL_CHARACTERS
from packshot.report import MEASUREMENTS, AuditRow, AuditStatus, Cause

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "=cmd|' /C calc'!A0"]


def make_row(number=0, **fields):
    defaults = {"path": f"{number}.jpg", "status": AuditStatus.OK, "score": 50.5, "decision": "pass"}
    return AuditRow(number=number, **defaults | fields)


def write_table(writer_class, path, rows, policies=()):
    writer = writer_class(path, build_columns(policies))
    for one in rows:
        writer.add(one)
    return writer.close()


def test_the_columns_most_asked_for_come_first_and_every_measurement_is_there():
    names = [column.name for column in build_columns(("amazon-main",))]
    assert names[:5] == ["path", "sku", "status", "score", "decision"]
    assert len(set(names)) == len(names)
    assert "policy:amazon-main" in names
    assert set(MEASUREMENTS) <= set(names)


def test_parquet_has_types_and_lists_and_many_groups(tmp_path):
    rows = [
        make_row(n, findings=("a", "b"), measurements={"noise": n / 7}, width=n, decisions={"p": "fail"})
        for n in range(4500)
    ]
    description = write_table(ParquetTableWriter, tmp_path / "t.parquet", rows, ("p",))
    assert description == "4500 rows"
    table = pq.read_table(tmp_path / "t.parquet")
    assert pq.ParquetFile(tmp_path / "t.parquet").num_row_groups == 3
    assert table.schema.field("score").type == "double"
    assert table.schema.field("width").type == "int64"
    last = table.to_pylist()[-1]
    assert (last["findings"], last["noise"], last["policy:p"]) == (["a", "b"], 4499 / 7, "fail")
    assert last["exposure"] is None


def test_aspects_and_causes_have_columns(tmp_path):
    causes = (Cause(code="blurred", points=30.25), Cause(code="rated-low", points=10.0))
    rows = [make_row(technical=71.5, presentation=60.0, causes=causes), make_row(1)]
    for writer_class, name in ((ParquetTableWriter, "t.parquet"), (CsvTableWriter, "t.csv")):
        write_table(writer_class, tmp_path / name, rows)
    table = pq.read_table(tmp_path / "t.parquet").to_pylist()
    assert (table[0]["technical"], table[0]["presentation"]) == (71.5, 60.0)
    assert table[0]["causes"] == ["blurred:30.25", "rated-low:10"]
    assert (table[1]["technical"], table[1]["causes"]) == (None, [])
    with (tmp_path / "t.csv").open(newline="") as file:
        first, second = csv.DictReader(file)
    assert first["causes"] == "blurred:30.25; rated-low:10"
    assert (second["technical"], second["presentation"], second["causes"]) == ("", "", "")


def test_an_empty_table_has_its_columns(tmp_path):
    write_table(ParquetTableWriter, tmp_path / "t.parquet", [])
    assert pq.read_table(tmp_path / "t.parquet").num_rows == 0


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_cell_is_a_formula(tmp_path, formula):
    rows = [make_row(path=formula, sku=formula, seller=formula, reason=formula, findings=(formula,))]
    write_table(CsvTableWriter, tmp_path / "t.csv", rows)
    with (tmp_path / "t.csv").open(newline="", encoding="utf-8") as file:
        line = next(csv.DictReader(file))
    for name in ("path", "sku", "seller", "reason", "findings"):
        assert line[name] == "'" + formula
    write_table(WorkbookWriter, tmp_path / "t.xlsx", rows)
    cells = list(openpyxl.load_workbook(tmp_path / "t.xlsx")["audit"].iter_rows())[1]
    assert all(cell.data_type != "f" for cell in cells)
    assert cells[1].value.startswith("'")


def test_numbers_stay_numbers_also_below_zero(tmp_path):
    write_table(CsvTableWriter, tmp_path / "t.csv", [make_row(measurements={"exposure": -1.5})])
    with (tmp_path / "t.csv").open(newline="") as file:
        assert next(csv.DictReader(file))["exposure"] == "-1.5"
    write_table(WorkbookWriter, tmp_path / "t.xlsx", [make_row()])
    assert openpyxl.load_workbook(tmp_path / "t.xlsx")["audit"]["D2"].value == 50.5


def test_a_full_sheet_is_followed_by_another_and_that_is_said(tmp_path):
    table = WorkbookWriter(tmp_path / "t.xlsx", build_columns(()), sheet_rows=4)
    for number in range(7):
        table.add(make_row(number))
    assert "7 rows in 3 sheets: one holds 4" in table.close()
    workbook = openpyxl.load_workbook(tmp_path / "t.xlsx")
    assert workbook.sheetnames == ["audit", "audit 2", "audit 3"]
    paths = [cell for sheet in workbook for (cell, *_) in sheet.iter_rows(min_row=2, values_only=True)]
    assert paths == [f"{number}.jpg" for number in range(7)]


def test_a_workbook_takes_any_text(tmp_path):
    odd_text = "a\x00b\x1f\ufffe line\nline " + "x" * 40_000
    write_table(WorkbookWriter, tmp_path / "t.xlsx", [make_row(path=odd_text)])
    cell_text = openpyxl.load_workbook(tmp_path / "t.xlsx")["audit"]["A2"].value
    assert cell_text.startswith("a\ufffdb\ufffd")
    assert "line\nline" in cell_text
    assert len(cell_text) == EXCEL_MAX_CELL_CHARACTERS
