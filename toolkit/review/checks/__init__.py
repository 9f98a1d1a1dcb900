"""The checks of a contract, one idea a file: each looks through a survey and yields findings."""
