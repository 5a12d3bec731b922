from __future__ import annotations

from passwright.bench import bulk


def test_the_numbers_fit_together() -> None:
    result = bulk.run(rounds=2, rows=1_500)
    assert result.rows == 3_000
    assert abs(result.ratio_to_copy - result.rows_per_s / result.copy_rows_per_s) < 0.001
    # The bar of 0.25 is for a run of 100,000 rows; so few show that both were measured.
    assert 0.02 < result.ratio_to_copy < 1.5
