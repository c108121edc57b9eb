"""The module and the program of one wheel, on the documents that the engines get."""

import pytest

pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")

import cleaner
from documents import CHANGED, REMOVED, cleaned, documents, table


def known(outlet: str | None) -> str | None:
    """What is an outlet's id: the program passes over others in a record."""
    return outlet if outlet in {known.id for known in cleaner.Outlets()} else None


def test_documents_are_as_they_should_be():
    pairs = [(record["text"], text) for record, text in zip(documents(), cleaned(), strict=True)]
    assert [text is None for text, _ in pairs] == [text is None for _, text in pairs]
    changed = [(text.encode(), clean.encode()) for text, clean in pairs if text != clean]
    assert len(changed) == CHANGED
    assert sum(len(text) - len(clean) for text, clean in changed) == REMOVED


def test_one_by_one():
    texts = [
        record["text"] and cleaner.clean(record["text"], known(record["outlet"]), record["url"]).text
        for record in documents()
    ]
    assert texts == cleaned()


@pytest.mark.parametrize("form", [pa.string(), pa.large_string(), pa.string_view()])
@pytest.mark.parametrize("threads", [None, 1, 7])
def test_in_a_batch(form, threads):
    urls, outlets = table()["url"], pa.array([known(record["outlet"]) for record in documents()], pa.string())
    texts = pa.array([record["text"] for record in documents()], form)
    assert cleaner.clean_array(texts, outlets, urls, threads=threads).equals(pa.array(cleaned(), form))
    chunks = pa.chunked_array([texts[:1], texts[1:700], texts[700:700], texts[700:]])
    done = cleaner.clean_array(chunks, outlets, urls, threads=threads)
    assert done.equals(pa.chunked_array([pa.array(cleaned(), form)]))
    assert [len(chunk) for chunk in done.chunks] == [1, 699, 0, 300]
