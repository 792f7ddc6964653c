"""What the end-to-end tests share: a stack, an HTTP client, rows, and the naive evaluator."""
