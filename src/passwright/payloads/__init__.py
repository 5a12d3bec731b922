"""What clients send, read with its types: the doors share it. Nothing here knows HTTP or rows."""
