"""What the platform writes to holders of passes, and in which language."""
