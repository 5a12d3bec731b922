"""Measuring what the product promises. Each module has ``run``, which returns its numbers as a frozen value."""
