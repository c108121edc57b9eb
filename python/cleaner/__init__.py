"""Takes the boilerplate out of extracted news text, by declarative rule files, one per outlet.

>>> import cleaner
>>> page = "COVID-19 Latest\\n\\nAKIPRESS.COM - The school was opened on Monday.\\n"
>>> cleaned = cleaner.clean(page, url="https://akipress.com/news:1/")
>>> cleaned.text
'The school was opened on Monday.\\n'
>>> [(removal.rule, removal.text) for removal in cleaned.removals]
[('akipress/covid-bar', 'COVID-19 Latest\\n'), (None, '\\n'), ('akipress/agency-prefix', 'AKIPRESS.COM - ')]

Whose a text is says its outlet's id, else its address, else signs in the text itself; a text whose outlet stays
unknown is left as it is. :func:`clean` cleans one text, :func:`clean_array` a whole column of Arrow data on all cores.
"""

from cleaner._native import (
    CATEGORIES,
    Cleaned,
    Outlets,
    RuleError,
    __version__,
    check,
    clean,
    clean_array,
    restore,
    suggest,
    unified_diff,
)
from cleaner._records import Draft, Flag, HeldOut, Outlet, Probe, Problem, Proposal, Removal
from cleaner._types import Category

__all__ = [
    "CATEGORIES",
    "Category",
    "Cleaned",
    "Draft",
    "Flag",
    "HeldOut",
    "Outlet",
    "Outlets",
    "Probe",
    "Problem",
    "Proposal",
    "Removal",
    "RuleError",
    "__version__",
    "check",
    "clean",
    "clean_array",
    "restore",
    "suggest",
    "unified_diff",
]
