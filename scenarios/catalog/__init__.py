"""The scenarios that come with the harness, one family a file. `harness.scenarios` in pyproject.toml names them."""
