"""What the adapters share, as that of Ray has it: a table in and a table out, without an engine."""

import pytest

pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")

import cleaner
from cleaner.ray import Clean

# Nothing in it tells whose it is.
PAGE = "She came.\n\nAdvertisement"


@pytest.mark.parametrize(
    "form", [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string())]
)
def test_outlets_of_every_type_of_string(form):
    outlets = pa.array(["vice", "none", None]).cast(form)
    done = Clean()(pa.table({"text": [PAGE] * 3, "outlet": outlets}))
    assert done["text"].to_pylist() == ["She came.", PAGE, PAGE]


@pytest.mark.parametrize("values", [[1], [["vice"]], [None], [{"vice": 1}]])
def test_what_is_no_string_tells_no_outlet(values):
    table = pa.table({"text": [PAGE], "url": values, "outlet": values})
    assert Clean()(table).equals(table)


def test_empty_batch_has_no_columns():
    table = pa.table({})
    assert Clean()(table) is table


def test_texts_that_are_all_missing():
    table = pa.table({"text": [None, None]})
    assert Clean()(table).equals(table)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"text": "body"}, "expected one column `body`, found none among text, a, a"),
        ({"url": "uri"}, "expected one column `uri`, found none among text, a, a"),
        ({"outlet": "a"}, "expected one column `a`, found 2 of them among text, a, a"),
    ],
)
def test_columns_asked_for_have_to_be_there(options, message):
    table = pa.Table.from_arrays([pa.array(["x"])] * 3, ["text", "a", "a"])
    with pytest.raises(ValueError) as raised:
        Clean(**options)(table)
    assert str(raised.value) == message


def test_wrong_options_are_told_at_once(tmp_path):
    with pytest.raises(ValueError, match='^on_error: expected "fail" or "keep", found \'skip\'$'):
        Clean(on_error="skip")
    with pytest.raises(ValueError, match="there is no category `navigaton`"):
        Clean(keep="navigaton")
    with pytest.raises(cleaner.RuleError, match="nowhere"):
        Clean(rules=tmp_path / "nowhere")


def test_texts_that_are_no_strings_are_refused():
    with pytest.raises(TypeError, match="expected Arrow data of type string, large_string or string_view; found Int64"):
        Clean(on_error="keep")(pa.table({"text": [1]}))


@pytest.mark.parametrize("wrong", [[0], [6], [2, 3], range(7)])
@pytest.mark.parametrize("chunks", [1, 3])
def test_every_other_row_is_cleaned_where_one_is_kept(wrong, chunks):
    texts = [b"\xff" if row in wrong else PAGE.encode() for row in range(7)]
    expected = [b"\xff" if row in wrong else b"She came." for row in range(7)]
    column = pa.array(texts).view(pa.string())
    ends = [0, *([2, 2] if chunks == 3 else []), 7]
    column = pa.chunked_array([column[start:end] for start, end in zip(ends, ends[1:])])
    table = pa.table({"text": column, "outlet": ["vice"] * 7, "row": range(7)})
    done = Clean(on_error="keep")(table)
    assert done["text"].cast(pa.binary(), safe=False).to_pylist() == expected
    assert done["row"].to_pylist() == list(range(7))
    with pytest.raises(ValueError, match=f"^row {min(wrong)}: this is not UTF-8: 0xff at byte 0$"):
        Clean()(table)


def test_categories():
    text = "Accessibility links\n\nShe came.\n\nWith reporting by AP"
    page = pa.table({"text": [text], "outlet": ["rferl"]})
    options = [{}, {"keep": "navigation"}, {"also": ["credit"]}]
    assert [Clean(**option)(page)["text"][0].as_py() for option in options] == [
        "She came.\n\nWith reporting by AP",
        text,
        "She came.",
    ]
