"""Passes to draw, invented, and ways to read a drawing back."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET
from typing import Any

from PIL import Image, ImageDraw

from passwright.passes.content import BarcodeFormat, Content, Field, ImageSlot, Look, Position, ShownBarcode, Style

SVG = "{http://www.w3.org/2000/svg}"


def field(position: Position, key: str, label: str | None, value: str | None, **more: Any) -> Field:
    return Field(position=position, key=key, label=label, value=value, **more)


def header(key: str, label: str | None, value: str | None, **more: Any) -> Field:
    return field(Position.HEADER, key, label, value, **more)


def primary(key: str, label: str | None, value: str | None, **more: Any) -> Field:
    return field(Position.PRIMARY, key, label, value, **more)


def secondary(key: str, label: str | None, value: str | None, **more: Any) -> Field:
    return field(Position.SECONDARY, key, label, value, **more)


def auxiliary(key: str, label: str | None, value: str | None, **more: Any) -> Field:
    return field(Position.AUXILIARY, key, label, value, **more)


def back(key: str, label: str | None, value: str | None, **more: Any) -> Field:
    return field(Position.BACK, key, label, value, **more)


def code(format: BarcodeFormat, message: str = "0000001", alt_text: str | None = None) -> ShownBarcode:
    return ShownBarcode(format=format, message=message, alt_text=message if alt_text is None else alt_text)


TOY_FIELDS = (
    header("points", "Points", "240"),
    primary("member", "Member", "Johnny Appleseed"),
    secondary("subtitle", "MEMBER SINCE", "2012"),
    auxiliary("level", "LEVEL", "Platinum"),
    auxiliary("favorite", "FAVORITE TOY", "Bucky Ball Magnets"),
)
TOY_LOOK = Look(logo_text="Toy Town", background_color="#c51f1f", text_color="#ffffff", label_color="#ffe1dc")


def content(style: Style = Style.GENERIC, fields: tuple[Field, ...] = TOY_FIELDS, **more: Any) -> Content:
    barcode = more.pop("barcode", code(BarcodeFormat.PDF417))
    given: dict[str, Any] = {
        "serial_number": "5d2b5c3e-6a9c-4b80-8f0e-0a4d8f2a8c11",
        "organization_name": "Toy Town",
        "description": "Toy Town club card",
        "look": TOY_LOOK,
        **more,
    }
    return Content(style=style, fields=fields, barcode=barcode, barcodes=(barcode,), **given)


def picture(width: int = 90, height: int = 90, colour: str = "#2a6f97") -> bytes:
    """A PNG with a lighter half, so that cropping shows."""
    image = Image.new("RGBA", (width, height), colour)
    ImageDraw.Draw(image).rectangle((0, 0, width // 2, height), fill="#ffd166")
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def all_pictures() -> dict[ImageSlot, bytes]:
    return {slot: picture(300, 200) for slot in ImageSlot}


def parsed(svg: str) -> ET.Element:
    return ET.fromstring(svg)


def texts(svg: str) -> dict[str, ET.Element]:
    """The drawn texts of a drawing by their words."""
    return {said(element): element for element in parsed(svg).iter(f"{SVG}text")}


def said(element: ET.Element) -> str:
    return "".join(element.itertext()).replace("\u2068", "").replace("\u2069", "")


def place(element: ET.Element) -> tuple[float, float, float]:
    """x, baseline, size."""
    return float(element.attrib["x"]), float(element.attrib["y"]), float(element.attrib["font-size"])


def opened(png: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(png))
    image.load()
    return image
