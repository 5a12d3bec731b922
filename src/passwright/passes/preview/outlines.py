"""The shapes of cards, as SVG path data."""

from __future__ import annotations

from math import sqrt

from passwright.passes.content import Style
from passwright.passes.preview import numbers as n
from passwright.passes.preview.markup import number


def card_outline(style: Style) -> str:
    """The outline in which everything of a card is drawn."""
    return OUTLINES[style]


def _rounded(top: str = "", right: str = "", left: str = "") -> str:
    """A rounded card; the cut-outs are drawn on the way along their edge."""
    w, h, r = (number(value) for value in (n.WIDTH, n.HEIGHT, n.RADIUS))
    far, low = number(n.WIDTH - n.RADIUS), number(n.HEIGHT - n.RADIUS)
    return (
        f"M{r},0{top}H{far}A{r},{r} 0 0 1 {w},{r}{right}V{low}A{r},{r} 0 0 1 {far},{h}"
        f"H{r}A{r},{r} 0 0 1 0,{low}{left}V{r}A{r},{r} 0 0 1 {r},0z"
    )


def _event() -> str:
    """A circle bites into the middle of the top edge; its centre stands above the edge."""
    half = sqrt(n.NOTCH_RADIUS**2 - n.NOTCH_ABOVE**2)
    middle, radius = n.WIDTH / 2, number(n.NOTCH_RADIUS)
    return _rounded(top=f"H{number(middle - half)}A{radius},{radius} 0 0 0 {number(middle + half)},0")


def _boarding() -> str:
    """A half-round bite in each side, where the journey ends and the details begin."""
    radius = number(n.BOARDING_BITE_RADIUS)
    above, below = (
        number(n.BOARDING_BITE_Y - n.BOARDING_BITE_RADIUS),
        number(n.BOARDING_BITE_Y + n.BOARDING_BITE_RADIUS),
    )
    width = number(n.WIDTH)
    return _rounded(
        right=f"V{above}A{radius},{radius} 0 0 0 {width},{below}",
        left=f"V{below}A{radius},{radius} 0 0 0 0,{above}",
    )


def _coupon() -> str:
    """Square corners, and bites all along the top and the bottom."""
    radius, span = number(n.BITE_RADIUS), number(2 * n.BITE_RADIUS)
    flat = number((n.BITE_PITCH - 2 * n.BITE_RADIUS) / 2)
    along = f"h{flat}a{radius},{radius} 0 0 0 {span},0h{flat}" * n.BITES
    back = f"h-{flat}a{radius},{radius} 0 0 0 -{span},0h-{flat}" * n.BITES
    return f"M0,0{along}V{number(n.HEIGHT)}{back}z"


OUTLINES = {
    Style.GENERIC: _rounded(),
    Style.STORE_CARD: _rounded(),
    Style.COUPON: _coupon(),
    Style.EVENT_TICKET: _event(),
    Style.BOARDING_PASS: _boarding(),
}
