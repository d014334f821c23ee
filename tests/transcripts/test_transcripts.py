"""Stories: commands and the events they must cause, to the atom. Written anew with ``--rewrite``, read in review."""
from pathlib import Path

import pytest
from storyteller import blocks, perform

STORIES = sorted(Path(__file__).parent.glob("*.story"))


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_the_story_goes_as_written(path, request):
    text = path.read_text("utf-8")
    told, world = perform(text)
    world.check()
    if request.config.getoption("--rewrite", default=False):
        path.write_text(told, "utf-8")
    else:
        for (commands, written), (_same, now) in zip(blocks(text), blocks(told)):
            assert now == written, "after " + "; ".join(commands)
        assert told == text, "write the story anew with --rewrite and read the diff"


def test_there_are_stories_and_each_names_its_rule():
    assert len(STORIES) >= 8
    for path in STORIES:
        assert path.read_text("utf-8").startswith("# "), f"{path.name} does not say what it is about"


@pytest.mark.compiled
@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_the_compiled_engine_tells_the_same_story(path, request):
    if request.config.getoption("--rewrite", default=False):
        pytest.skip("the plain form writes")
    assert perform(path.read_text("utf-8"), "compiled")[0] == path.read_text("utf-8")
