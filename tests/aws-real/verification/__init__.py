"""Questions that only AWS can answer, asked in a sandbox organization."""
