"""A campaign's list of stores, as CSV or as JSON; everything that is wrong with it is named at once, by row."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from typing import Any

from passwright.operations.refusals import Faults
from passwright.passes.content import Location
from passwright.passes.places import LONGEST_WORDS, UNSHOWN
from passwright.payloads.bodies import NotReadable, NotStorable, read_json

MOST_STORES = 20_000
MOST_BYTES = 2 * 1024 * 1024
MOST_FAULTS = 200
"""Rows that are named in one answer: a list can have thousands that are wrong."""
COLUMNS = ("name", "latitude", "longitude", "text")
NEEDED = COLUMNS[:3]
DEGREES = {"latitude": 90, "longitude": 180}
NUMBER = re.compile(r"[+-]?\d{1,3}(?:\.\d{1,20})?", re.ASCII)
BYTE_ORDER_MARK = "\ufeff"

Row = Mapping[str, Any]


def read_stores(raw: bytes) -> list[Location]:
    """The stores in their order.

    Raises:
        ValidationFailed: naming each row that is wrong and what is wrong with it.
    """
    faults = Faults()
    try:
        text = raw.decode("utf-8").removeprefix(BYTE_ORDER_MARK)
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        faults.add("stores", f"are not UTF-8 in line {line}. Save the file as UTF-8 and send it again")
        text = ""
    is_json = text.lstrip()[:1] in ("[", "{")
    rows = list(json_rows(text, faults) if is_json else csv_rows(text, faults)) if not faults.errors else []
    if len(rows) > MOST_STORES:
        faults.add("stores", f"are {len(rows):,}, and {MOST_STORES:,} fit. Send fewer")
    if "stores" in faults.errors:
        faults.check()
    stores = [store for name, row in rows if (store := read_store(name, row, faults))]
    few(faults).check()
    return stores


def few(faults: Faults) -> Faults:
    if len(faults.errors) > MOST_FAULTS:
        kept = Faults()
        kept.errors = dict(list(faults.errors.items())[:MOST_FAULTS])
        kept.add("stores", f"have {len(faults.errors) - MOST_FAULTS:,} more values that are wrong")
        return kept
    return faults


def json_rows(text: str, faults: Faults) -> Iterator[tuple[str, Row]]:
    """A list of objects, bare or under ``stores``."""
    try:
        sent = read_json(text.encode())
    except (NotReadable, NotStorable) as error:
        faults.add("stores", f"cannot be read: {error}")
        return
    rows = sent.get("stores") if isinstance(sent, dict) else sent
    if not isinstance(rows, list):
        faults.add("stores", "must be a list of objects with name, latitude, longitude and text")
        return
    for place, row in enumerate(rows):
        name = f"stores[{place}]"
        if not isinstance(row, dict):
            faults.add(name, "must be an object with name, latitude, longitude and text")
            continue
        if unknown := ", ".join(sorted(set(row) - set(COLUMNS))):
            faults.add(name, f"has an unknown part: {unknown[:LONGEST_WORDS]}")
        yield name, row


def csv_rows(text: str, faults: Faults) -> Iterator[tuple[str, Row]]:
    """Each row by the number of its line, as an editor counts. Separated by comma or semicolon, as the header is."""
    head = text.lstrip().partition("\n")[0]
    if not head.strip():
        faults.add("stores", "need a first line with the names of the columns: name,latitude,longitude,text")
        return
    mark = ";" if head.count(";") > head.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
    columns: list[str] = []
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if not columns:
                columns = [cell.strip().lower() for cell in cells]
                if not are_columns(columns, faults):
                    return
            elif len(cells) > len(columns):
                faults.add(
                    f"line {reader.line_num}",
                    f"has {len(cells)} values for {len(columns)} columns. Put quotation marks around a text"
                    f" with “{mark}”",
                )
            else:
                row = {
                    name: plain(cell, mark) if name in DEGREES else cell
                    for name, cell in zip(columns, cells, strict=False)
                }
                yield f"line {reader.line_num}", row
    except csv.Error as error:
        faults.add(f"line {reader.line_num}", f"is not CSV: {error}")


def plain(cell: str, mark: str) -> str:
    """Where a semicolon parts values, a comma can stand before decimals."""
    return cell.strip().replace(",", ".") if mark == ";" else cell.strip()


def are_columns(columns: list[str], faults: Faults) -> bool:
    """Whether the first line names the columns; what is wrong is added to ``faults``."""
    for name in NEEDED:
        if name not in columns:
            faults.add("stores", f"have no column {name}. The first line is name,latitude,longitude,text in any order")
    for name in dict.fromkeys(columns):
        if name not in COLUMNS:
            faults.add("stores", f"have an unknown column “{name[:40]}”. Remove it")
        elif columns.count(name) > 1:
            faults.add("stores", f"have the column {name} twice")
    return not faults.errors


def read_store(where: str, row: Row, faults: Faults) -> Location | None:
    """What is wrong goes to ``faults``."""
    name, text = (words(f"{where}.{part}", row.get(part), faults) for part in ("name", "text"))
    if name is None and f"{where}.name" not in faults.errors:
        faults.add(f"{where}.name", "can't be blank")
    latitude, longitude = (degrees(f"{where}.{part}", row.get(part), DEGREES[part], faults) for part in DEGREES)
    if name is None or latitude is None or longitude is None:
        return None
    return Location(name=name, latitude=latitude, longitude=longitude, relevant_text=text)


def words(where: str, sent: Any, faults: Faults) -> str | None:
    """One line; None for a blank one."""
    if sent is None:
        return None
    text = sent.strip() if isinstance(sent, str) else ""
    if not isinstance(sent, str) or UNSHOWN.search(text) or len(text) > LONGEST_WORDS:
        faults.add(where, f"must be one line of at most {LONGEST_WORDS} characters")
        return None
    return text or None


def degrees(where: str, sent: Any, most: int, faults: Faults) -> float | None:
    number = sent
    if isinstance(sent, str):
        number = float(sent) if NUMBER.fullmatch(sent.strip()) else None
    if isinstance(number, bool) or not isinstance(number, int | float) or not -most <= number <= most:
        faults.add(where, f"must be a number of degrees between {-most} and {most}, such as {most / 4}")
        return None
    return float(number) + 0.0  # no minus before a zero
