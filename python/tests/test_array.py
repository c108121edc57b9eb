"""A column of texts: `clean_array`."""

import signal
import threading
import time
from collections.abc import Callable
from typing import Any

import nanoarrow
import pandas
import polars
import pyarrow
import pytest

import cleaner
from conftest import Page

PAGE = "COVID-19 Latest\n\nAKIPRESS.COM - The school was opened on Monday.\n"
CLEAN = "The school was opened on Monday.\n"
TEXTS = [PAGE, None, "", "Nobody.", "Мектеп\n\nAll rights reserved\n", PAGE, None]
CLEANED = [CLEAN, None, "", "Nobody.", "Мектеп\n", CLEAN, None]
TYPES = [pyarrow.string(), pyarrow.large_string(), pyarrow.string_view()]


@pytest.mark.parametrize("of", TYPES, ids=str)
def test_array_comes_back_as_it_was(of: Any) -> None:
    array = pyarrow.array(TEXTS, of)
    cleaned = cleaner.clean_array(array, "akipress")
    cleaned.validate(full=True)
    assert cleaned.equals(pyarrow.array(CLEANED, of))
    assert array.equals(pyarrow.array(TEXTS, of))


@pytest.mark.parametrize("of", TYPES, ids=str)
def test_every_slice_is_cleaned(of: Any) -> None:
    array = pyarrow.array(TEXTS, of)
    for start in range(len(TEXTS) + 1):
        for end in range(start, len(TEXTS) + 1):
            cleaned = cleaner.clean_array(array.slice(start, end - start), "akipress")
            if start < end:
                # An empty slice of string_view that has gone through Arrow's C data interface pyarrow refuses by itself.
                cleaned.validate(full=True)
            assert cleaned.type == of
            assert cleaned.to_pylist() == CLEANED[start:end]


@pytest.mark.parametrize("of", TYPES, ids=str)
def test_chunks_stay(of: Any) -> None:
    array = pyarrow.array(TEXTS, of)
    chunks = [array.slice(2, 3), array.slice(0, 0), array, array.slice(5)]
    cleaned = cleaner.clean_array(pyarrow.chunked_array(chunks), "akipress")
    cleaned.validate(full=True)
    assert cleaned.type == of
    assert [chunk.to_pylist() for chunk in cleaned.chunks] == [CLEANED[2:5], [], CLEANED, CLEANED[5:]]
    empty = cleaner.clean_array(pyarrow.chunked_array([], of), "akipress")
    assert (empty.type, empty.num_chunks) == (of, 0)


def test_bytes_below_nulls_are_no_texts() -> None:
    validity = pyarrow.py_buffer(bytes([0b101]))
    offsets = pyarrow.array([0, 3, 6, 9], pyarrow.int32()).buffers()[1]
    array = pyarrow.Array.from_buffers(pyarrow.string(), 3, [validity, offsets, pyarrow.py_buffer(b"one\xff\xfe\xfdtwo")])
    assert cleaner.clean_array(array, "akipress").to_pylist() == ["one", None, "two"]


def test_chunk_of_which_nothing_goes_is_not_copied() -> None:
    for of in TYPES:
        array = pyarrow.array(["A line that stays as it is."] * 9, of).slice(2)
        cleaned = cleaner.clean_array(array, "akipress")
        ours, theirs = cleaned.buffers(), array.buffers()
        assert [buffer and buffer.address for buffer in ours] == [buffer and buffer.address for buffer in theirs]


def test_array_of_nulls_alone() -> None:
    cleaned = cleaner.clean_array(pyarrow.nulls(3), "akipress")
    assert cleaned.equals(pyarrow.nulls(3))
    assert cleaner.clean_array(pyarrow.nulls(3, pyarrow.string())).equals(pyarrow.nulls(3, pyarrow.string()))


def test_metadata_of_the_type_stays() -> None:
    table = pyarrow.table({"text": pyarrow.array([PAGE])})
    assert cleaner.clean_array(table["text"]).type == pyarrow.string()
    assert cleaner.clean_array(table.to_batches()[0].column(0)).to_pylist() == [CLEAN]


def test_series_of_polars_comes_back_as_one() -> None:
    series = polars.Series("text", TEXTS)
    cleaned = cleaner.clean_array(series, "akipress")
    assert isinstance(cleaned, polars.Series) and cleaned.name == "text"
    assert cleaned.dtype == polars.String and cleaned.to_list() == CLEANED
    chunked = polars.concat([series, series.slice(1, 3)], rechunk=False)
    cleaned = cleaner.clean_array(chunked, "akipress")
    assert cleaned.to_list() == CLEANED + CLEANED[1:4] and cleaned.n_chunks() == 2
    assert cleaner.clean_array(polars.Series("none", [], dtype=polars.String)).to_list() == []


def test_series_of_pandas_comes_back_as_one() -> None:
    frame = pandas.DataFrame({"text": TEXTS, "n": range(7)}, index=list("gfedcba"))
    cleaned = cleaner.clean_array(frame["text"], "akipress")
    assert isinstance(cleaned, pandas.Series) and cleaned.name == "text"
    assert list(cleaned.index) == list("gfedcba")
    frame["text"] = cleaned
    texts = [None if pandas.isna(text) else text for text in frame["text"]]
    assert texts == CLEANED and frame["n"].tolist() == list(range(7))


def test_column_of_a_frame_of_polars() -> None:
    frame = polars.DataFrame({"n": range(7), "text": TEXTS, "url": ["https://akipress.com/news:1/"] * 7})
    cleaned = frame.with_columns(cleaner.clean_array(frame["text"], url=frame["url"]))
    assert cleaned.equals(frame.with_columns(polars.Series("text", CLEANED)))
    lazy = frame.lazy().with_columns(
        polars.col("text").map_batches(
            lambda texts: cleaner.clean_array(texts, "akipress"), return_dtype=polars.String, is_elementwise=True
        )
    )
    assert lazy.collect(engine="streaming").equals(cleaned)


def test_other_arrow_data_comes_back_as_arrow_data() -> None:
    array = nanoarrow.c_array(TEXTS, nanoarrow.string())
    cleaned = cleaner.clean_array(array, "akipress")
    assert len(cleaned) == len(TEXTS)
    assert nanoarrow.Array(cleaned).to_pylist() == CLEANED
    stream = nanoarrow.c_array_stream(pyarrow.chunked_array([TEXTS, TEXTS[:2]]))
    cleaned = cleaner.clean_array(stream, "akipress")
    assert len(cleaned) == len(TEXTS) + 2
    for _ in range(2):
        assert pyarrow.chunked_array(cleaned).to_pylist() == CLEANED + CLEANED[:2]
    assert nanoarrow.ArrayStream(cleaned).read_all().to_pylist() == CLEANED + CLEANED[:2]
    assert nanoarrow.c_schema(cleaned).format == "u"
    again = cleaner.clean_array(cleaner.clean_array(stream_of(TEXTS), "akipress"), "akipress")
    assert pyarrow.chunked_array(again).to_pylist() == CLEANED


def stream_of(texts: list[str | None]) -> Any:
    return nanoarrow.c_array_stream(pyarrow.chunked_array([texts]))


def test_stream_that_nobody_reads_is_freed() -> None:
    cleaned = cleaner.clean_array(stream_of(TEXTS), "akipress")
    capsule = cleaned.__arrow_c_stream__()
    del cleaned, capsule


OUTLETS = ["akipress", None, "vice", None, "akipress", None, "voa"]
URLS = [None, None, None, "https://www.vice.com/", None, "https://akipress.com/news:1/", "no address"]


@pytest.mark.parametrize("of", [*TYPES, pyarrow.dictionary(pyarrow.int8(), pyarrow.string())], ids=str)
def test_outlets_and_addresses_of_the_rows(of: Any) -> None:
    array = pyarrow.array(TEXTS)
    outlets, urls = pyarrow.array(OUTLETS).cast(of), pyarrow.array(URLS).cast(of)
    expected = [
        text if text is None else cleaner.clean(text, outlet, url).text
        for text, outlet, url in zip(TEXTS, OUTLETS, URLS, strict=True)
    ]
    assert expected == CLEANED
    assert cleaner.clean_array(array, outlets, urls).to_pylist() == expected
    split = pyarrow.chunked_array([urls.slice(0, 1), urls.slice(1, 0), urls.slice(1)])
    assert cleaner.clean_array(array, outlets, split).to_pylist() == expected
    texts = pyarrow.chunked_array([array.slice(0, 4), array.slice(4)])
    assert cleaner.clean_array(texts, outlets, urls).to_pylist() == expected
    assert cleaner.clean_array(texts, polars.Series(OUTLETS), split).to_pylist() == expected


def test_outlet_or_address_of_all_rows() -> None:
    array = pyarrow.array(TEXTS)
    for cleaned in [
        cleaner.clean_array(array, "akipress"),
        cleaner.clean_array(array, "akipress", "https://www.vice.com/"),
        cleaner.clean_array(array, url="https://akipress.com/news:1/"),
        cleaner.clean_array(array, pyarrow.nulls(7), "https://akipress.com/news:1/"),
        cleaner.clean_array(array, pyarrow.array([None, "akipress"] * 3 + [None]), "https://akipress.com/news:1/"),
    ]:
        assert cleaned.to_pylist() == CLEANED
    # Without them the texts' own signs tell.
    assert cleaner.clean_array(array).to_pylist() == [text and cleaner.clean(text).text for text in TEXTS]
    assert cleaner.clean_array(array, url="https://unknown.example/").equals(cleaner.clean_array(array))


def test_column_is_cleaned_as_its_texts_are(pages: list[Page]) -> None:
    expected = [cleaner.clean(page.text, page.outlet).text for page in pages]
    outlets = pyarrow.array([page.outlet for page in pages])
    texts = [page.text for page in pages]
    for of in TYPES:
        for threads in [1, 2, 7, None]:
            cleaned = cleaner.clean_array(pyarrow.array(texts, of), outlets, threads=threads)
            assert cleaned.to_pylist() == expected
    also = [cleaner.clean(page.text, page.outlet, keep="legal", also="credit").text for page in pages]
    assert also != expected
    cleaned = cleaner.clean_array(pyarrow.array(texts), outlets, keep="legal", also="credit")
    assert cleaned.to_pylist() == also


def test_rows_stay_in_order_however_many_threads() -> None:
    texts = [f"COVID-19 Latest\n\n{row} {'a line that stays ' * (row % 50)}\n" for row in range(5_000)]
    expected = [text.removeprefix("COVID-19 Latest\n\n") for text in texts]
    for of in TYPES:
        for threads in [1, 3, 16]:
            assert cleaner.clean_array(pyarrow.array(texts, of), "akipress", threads=threads).to_pylist() == expected


def test_texts_at_the_border_of_a_view() -> None:
    texts = ["COVID-19 Latest\n\n" + "x" * length for length in range(30)]
    cleaned = cleaner.clean_array(pyarrow.array(texts, pyarrow.string_view()), "akipress")
    cleaned.validate(full=True)
    # A page of which nothing would be left stays.
    assert cleaned.to_pylist() == [texts[0]] + ["x" * length for length in range(1, 30)]


def broken_text() -> Any:
    offsets = pyarrow.array([0, 2, 5], pyarrow.int32()).buffers()[1]
    return pyarrow.Array.from_buffers(pyarrow.string(), 2, [None, offsets, pyarrow.py_buffer(b"ok\xd0\xbf\xff")])


def broken_offsets() -> Any:
    offsets = pyarrow.array([0, 5, 2], pyarrow.int32()).buffers()[1]
    return pyarrow.Array.from_buffers(pyarrow.string(), 2, [None, offsets, pyarrow.py_buffer(b"hello")])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: cleaner.clean_array([PAGE]),  # type: ignore[arg-type]
            TypeError,
            "array: expected Arrow data, such as an array of pyarrow or a series of polars, which has __arrow_c_array__ or "
            "__arrow_c_stream__; found <class 'list'>",
        ),
        (
            lambda: cleaner.clean_array(pyarrow.array([1, 2])),
            TypeError,
            "array: expected Arrow data of type string, large_string or string_view; found Int64",
        ),
        (
            lambda: cleaner.clean_array(polars.Series([[1]])),
            TypeError,
            "array: expected Arrow data of type string, large_string or string_view; found LargeList(Int64)",
        ),
        (
            lambda: cleaner.clean_array(pyarrow.table({"text": TEXTS})),
            TypeError,
            "array: expected Arrow data of type string, large_string or string_view; found a table or a struct; name one column of it",
        ),
        (
            lambda: cleaner.clean_array(pyarrow.array(TEXTS).dictionary_encode()),
            TypeError,
            "array: expected Arrow data of type string, large_string or string_view; found Dictionary(Int32, Utf8); decode the "
            "dictionary before",
        ),
        (
            lambda: cleaner.clean_array(pyarrow.array(TEXTS), url=["x"]),  # type: ignore[arg-type]
            TypeError,
            "url: expected a str, or Arrow data of strings with a row for each text; found <class 'list'>",
        ),
        (
            lambda: cleaner.clean_array(pyarrow.array(TEXTS), pyarrow.array([1] * 7)),
            TypeError,
            "outlet: expected a str, or Arrow data of strings with a row for each text; found Int64",
        ),
        (
            lambda: cleaner.clean_array(pyarrow.array(TEXTS), url=pyarrow.array(["x"])),
            ValueError,
            "url: expected 7 rows, as many as there are texts; found 1",
        ),
        (
            lambda: cleaner.clean_array(pyarrow.array(TEXTS), threads=0),
            ValueError,
            "threads is 1 or more; found 0",
        ),
        (
            lambda: cleaner.clean_array(pyarrow.array(TEXTS), "vicee"),
            ValueError,
            "there is no outlet `vicee`; did you mean `vice`? (`cleaner rules list` shows all)",
        ),
        (
            lambda: cleaner.clean_array(
                pyarrow.chunked_array([TEXTS[:4], TEXTS[4:]]), pyarrow.array([None] * 4 + ["vicee", "vocie", None])
            ),
            ValueError,
            "row 4: there is no outlet `vicee`; did you mean `vice`? (`cleaner rules list` shows all)",
        ),
        (lambda: cleaner.clean_array(broken_text()), ValueError, "row 1: this is not UTF-8: 0xff at byte 2"),
        (
            lambda: cleaner.clean_array(pyarrow.array(["a", "b"]), url=broken_text()),
            ValueError,
            "row 1: this is not UTF-8: 0xff at byte 2",
        ),
    ],
)
def test_bad_arguments_are_told(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error) as raised:
        call()
    assert type(raised.value) is error
    assert str(raised.value) == message


def test_broken_offsets_are_no_crash() -> None:
    with pytest.raises(ValueError, match="^the Arrow data is broken: "):
        cleaner.clean_array(broken_offsets())


def test_first_bad_row_is_told_however_many_threads() -> None:
    texts = pyarrow.array(["A line that stays.\n" * 1000] * 400)
    outlets = pyarrow.array(["vice"] * 123 + ["none-such"] * 277)
    for threads in [1, 2, 8] * 5:
        with pytest.raises(ValueError, match="^row 123: there is no outlet `none-such`"):
            cleaner.clean_array(texts, outlets, threads=threads)


def test_other_threads_go_on() -> None:
    texts = pyarrow.array([PAGE + "A line that stays.\n" * 2000] * 3000)
    counted = 0
    over = threading.Event()

    def count() -> None:
        nonlocal counted
        while not over.is_set():
            counted += 1
            time.sleep(0.0005)

    other = threading.Thread(target=count)
    other.start()
    begun = time.perf_counter()
    before = counted
    cleaner.clean_array(texts, "akipress", threads=1)
    gone, took = counted - before, time.perf_counter() - begun
    over.set()
    other.join()
    # A thread that has to wait for the end of the call would count once or twice.
    assert took > 0.05 and gone > 10


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="there are no timers that signal on Windows")
@pytest.mark.parametrize("threads", [None, 1])
def test_signal_ends_the_call(threads: int | None) -> None:
    class Late(Exception):
        pass

    def late(*_: object) -> None:
        raise Late

    texts = pyarrow.array([PAGE + "A line that stays.\n" * 2000] * 4000, pyarrow.large_string())
    # Who looks for signals only behind the last row finds this row first.
    outlets = ["akipress"] * 3999 + ["there-is-none"]
    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, 0.02)
    try:
        with pytest.raises(Late):
            cleaner.clean_array(texts, pyarrow.array(outlets), threads=threads)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
