"""Understanding log lines: pure, no input or output of its own."""
