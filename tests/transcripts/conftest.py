"""``pytest tests/transcripts --rewrite`` writes the events as they come; the diff is read in review."""


def pytest_addoption(parser):
    parser.addoption("--rewrite", action="store_true", default=False, help="write the transcripts anew")
