import csv

import openpyxl
import pyarrow.parquet as pq
import pytest

from packshot.catalog.audit.columns import columns
from packshot.catalog.audit.tables import EXCEL_TEXT, CsvFile, ParquetTable, Workbook
from packshot.report import MEASUREMENTS, AuditRow, AuditStatus

EVIL = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "=cmd|' /C calc'!A0"]


def row(number=0, **told):
    given = {"path": f"{number}.jpg", "status": AuditStatus.OK, "score": 50.5, "verdict": "pass"}
    return AuditRow(number=number, **given | told)


def written(make, path, rows, policies=()):
    table = make(path, columns(policies))
    for one in rows:
        table.add(one)
    return table.close()


def test_the_columns_most_asked_for_come_first_and_every_measurement_is_there():
    names = [column.name for column in columns(("amazon-main",))]
    assert names[:5] == ["path", "sku", "status", "score", "verdict"]
    assert len(set(names)) == len(names)
    assert "policy:amazon-main" in names
    assert set(MEASUREMENTS) <= set(names)


def test_parquet_has_types_and_lists_and_many_groups(tmp_path):
    rows = [
        row(n, findings=("a", "b"), measurements={"noise": n / 7}, width=n, verdicts={"p": "fail"})
        for n in range(4500)
    ]
    said = written(ParquetTable, tmp_path / "t.parquet", rows, ("p",))
    assert said == "4500 rows"
    table = pq.read_table(tmp_path / "t.parquet")
    assert pq.ParquetFile(tmp_path / "t.parquet").num_row_groups == 3
    assert table.schema.field("score").type == "double"
    assert table.schema.field("width").type == "int64"
    last = table.to_pylist()[-1]
    assert (last["findings"], last["noise"], last["policy:p"]) == (["a", "b"], 4499 / 7, "fail")
    assert last["exposure"] is None


def test_an_empty_table_has_its_columns(tmp_path):
    written(ParquetTable, tmp_path / "t.parquet", [])
    assert pq.read_table(tmp_path / "t.parquet").num_rows == 0


@pytest.mark.parametrize("evil", EVIL)
def test_no_cell_is_a_formula(tmp_path, evil):
    rows = [row(path=evil, sku=evil, seller=evil, reason=evil, findings=(evil,))]
    written(CsvFile, tmp_path / "t.csv", rows)
    with (tmp_path / "t.csv").open(newline="", encoding="utf-8") as file:
        line = next(csv.DictReader(file))
    for name in ("path", "sku", "seller", "reason", "findings"):
        assert line[name] == "'" + evil
    written(Workbook, tmp_path / "t.xlsx", rows)
    cells = list(openpyxl.load_workbook(tmp_path / "t.xlsx")["audit"].iter_rows())[1]
    assert all(cell.data_type != "f" for cell in cells)
    assert cells[1].value.startswith("'")


def test_numbers_stay_numbers_also_below_zero(tmp_path):
    written(CsvFile, tmp_path / "t.csv", [row(measurements={"exposure": -1.5})])
    with (tmp_path / "t.csv").open(newline="") as file:
        assert next(csv.DictReader(file))["exposure"] == "-1.5"
    written(Workbook, tmp_path / "t.xlsx", [row()])
    assert openpyxl.load_workbook(tmp_path / "t.xlsx")["audit"]["D2"].value == 50.5


def test_a_full_sheet_is_followed_by_another_and_that_is_said(tmp_path):
    table = Workbook(tmp_path / "t.xlsx", columns(()), sheet_rows=4)
    for number in range(7):
        table.add(row(number))
    assert "7 rows in 3 sheets: one holds 4" in table.close()
    book = openpyxl.load_workbook(tmp_path / "t.xlsx")
    assert book.sheetnames == ["audit", "audit 2", "audit 3"]
    paths = [cell for sheet in book for (cell, *_) in sheet.iter_rows(min_row=2, values_only=True)]
    assert paths == [f"{number}.jpg" for number in range(7)]


def test_a_workbook_takes_any_text(tmp_path):
    odd = "a\x00b\x1f\ufffe line\nline " + "x" * 40_000
    written(Workbook, tmp_path / "t.xlsx", [row(path=odd)])
    found = openpyxl.load_workbook(tmp_path / "t.xlsx")["audit"]["A2"].value
    assert found.startswith("a\ufffdb\ufffd")
    assert "line\nline" in found
    assert len(found) == EXCEL_TEXT
