//! What a person is told of a bad rule file: where, what was expected, what to do.

use std::path::Path;

use cleaner::{Error, Outlets};

const HEAD: &str = "outlet = \"made\"\nname = \"Made\"\n";

/// A line rule of which all is right but what `keys` say.
fn rule(keys: &str) -> String {
    format!(
        "{HEAD}\n[[line]]\nid = \"some-notice\"\ncategory = \"legal\"\nnote = \"n\"\nremoves = [\"Some notice\"]\nkeeps = [\"Some notice of it\"]\n{keys}\n"
    )
}

fn block(lines: &str) -> String {
    format!(
        "{HEAD}\n[[block]]\nid = \"some-box\"\ncategory = \"bio\"\nnote = \"n\"\nremoves = [\"Box\"]\nkeeps = [\"b\"]\nlines = [{lines}]\n"
    )
}

fn duplicate(keys: &str) -> String {
    format!(
        "{HEAD}\n[[duplicate]]\nid = \"twice\"\ncategory = \"duplicate\"\nnote = \"n\"\nremoves = [\"\"\"\nThe boat at its pier\n[-The boat at its pier-]\"\"\"]\nkeeps = [\"The boat\"]\n{keys}\n"
    )
}

fn refused(files: &[(&str, String)]) -> Error {
    let files = files
        .iter()
        .map(|(name, text)| (format!("rules/{name}.toml"), text.clone()));
    Outlets::with_files(files).expect_err("the files are wrong")
}

#[test]
fn a_value_of_a_wrong_type_is_told_once() {
    let wanted = "found an integer";
    for (key, file) in [
        ("outlet", "outlet = 1\nname = \"Made\"\n".to_owned()),
        ("family", "family = 1\nname = \"Made\"\n".to_owned()),
        ("name", "outlet = \"made\"\nname = 1\n".to_owned()),
        ("domains", format!("{HEAD}domains = 1\n")),
        ("extends", format!("{HEAD}extends = 1\n")),
        ("signs", format!("{HEAD}signs = 1\n")),
        ("text", format!("{HEAD}signs = [{{ text = 1 }}]\n")),
        ("text", rule("text = 1")),
        ("pattern", rule("pattern = 1")),
        ("list", rule("list = 1")),
        ("zone", rule("text = \"Some notice\"\nzone = 1")),
        ("lines", block("1")),
        ("text", block("{ text = 1 }")),
        ("title", block("{ title = 1 }")),
        ("rest", block("{ text = \"Box\" }, { rest = 1 }")),
        ("keep", block("{ text = \"Box\", keep = 1 }")),
        ("gap", duplicate("gap = 1")),
        (
            "removes",
            rule("text = \"Some notice\"").replace("removes = [", "removes = 1 # ["),
        ),
        (
            "keeps",
            rule("text = \"Some notice\"").replace("keeps = [", "keeps = 1 # ["),
        ),
        (
            "id",
            rule("text = \"Some notice\"").replace("id = \"some-notice\"", "id = 1"),
        ),
        ("note", rule("text = \"Some notice\"").replace("\"n\"", "1")),
        (
            "category",
            rule("text = \"Some notice\"").replace("\"legal\"", "1"),
        ),
    ] {
        let error = refused(&[("made", file.clone())]);
        let told: Vec<_> = error
            .problems()
            .iter()
            .map(|problem| (problem.key(), problem.message()))
            .collect();
        assert!(
            matches!(told[..], [(Some(of), message)] if of == key && message.contains(wanted)),
            "{key}: {told:?} of\n{file}"
        );
    }
}

#[test]
fn a_misspelt_key_is_told_once() {
    for (name, help, file) in [
        (
            "outlets",
            "outlet",
            "outlets = \"made\"\nname = \"Made\"\n".to_owned(),
        ),
        (
            "nam",
            "name",
            "outlet = \"made\"\nnam = \"Made\"\n".to_owned(),
        ),
        ("texts", "text", rule("texts = \"Some notice\"")),
        (
            "catagory",
            "category",
            rule("text = \"Some notice\"").replace("category", "catagory"),
        ),
        (
            "remove",
            "removes",
            rule("text = \"Some notice\"").replace("removes", "remove"),
        ),
        (
            "line",
            "lines",
            block("").replace("lines = []", "line = []"),
        ),
        (
            "rests",
            "rest",
            block("{ text = \"Box\" }, { rests = true }"),
        ),
        (
            "tex",
            "text",
            format!("{HEAD}signs = [{{ tex = \"a\" }}]\n"),
        ),
    ] {
        let error = refused(&[("made", file.clone())]);
        let told: Vec<_> = error
            .problems()
            .iter()
            .map(|problem| (problem.key(), problem.help()))
            .collect();
        let help = format!("did you mean `{help}`?");
        assert_eq!(told, [(Some(name), Some(help.as_str()))], "{name}: {error}");
    }
}

#[test]
fn a_misspelt_key_hides_no_other_that_is_missing() {
    let error = refused(&[("made", "nam = \"Made\"\n".to_owned())]);
    let told: Vec<_> = error
        .problems()
        .iter()
        .map(|problem| problem.key())
        .collect();
    assert_eq!(told, [Some("outlet"), Some("nam")], "{error}");
}

#[test]
fn marks_in_what_stays_are_refused() {
    let file = rule("text = \"Some notice\"").replace("Some notice of it", "[-Some notice-] of it");
    let error = refused(&[("made", file)]);
    let [problem] = error.problems() else {
        panic!("{error}")
    };
    assert_eq!((problem.line(), problem.key()), (9, Some("keeps")));
    assert_eq!(
        problem.message(),
        "an example of what stays loses nothing, so it has no marks"
    );
}

#[test]
fn what_is_never_closed_is_told_once() {
    let error = refused(&[("made", format!("{HEAD}x = {}", "[".repeat(1000)))]);
    assert!(error.problems().len() <= 3, "{error}");
}

#[test]
fn every_error_of_a_rule_file_names_its_place() {
    let notice = rule("text = \"Some notice\"");
    let one = |text: &str| vec![("made", text.to_owned())];
    let cases: Vec<(&str, Vec<(&str, String)>)> = vec![
        (
            "merge-conflict",
            one(&(notice.clone()
                + "<<<<<<< ours\n[[line]]\nid = \"a\"\n=======\n[[line]]\nid = \"b\"\n>>>>>>> theirs\n")),
        ),
        (
            "escape-is-not-folded",
            one(&rule(r"pattern = 'Some\u{a0}notice'")
                .replace("[\"Some notice\"]", "[\"Some\u{a0}notice\"]")),
        ),
        ("not-toml", one(&format!("{HEAD}signs = [\n"))),
        (
            "unknown-key",
            one(&rule("text = \"Some notice\"\nkeps = [\"a\"]")),
        ),
        ("unknown-category", one(&notice.replace("legal", "leagl"))),
        ("wrong-type", one(&rule("text = 3"))),
        (
            "missing-keys",
            one(&format!("{HEAD}[[line]]\nid = \"a\"\n")),
        ),
        (
            "several-at-once",
            one(&notice
                .replace("legal", "x")
                .replace("note =", "notes =")
                .replace("some-notice", "Some Notice")),
        ),
        (
            "family-is-no-id",
            one(&notice.replace("outlet = \"made\"", "family = \"Made_Up\"")),
        ),
        ("doubled-id", one(&(notice.clone() + &notice[HEAD.len()..]))),
        (
            "doubled-key",
            one(&rule("text = \"Some notice\"\ntext = \"Some notice\"")),
        ),
        (
            "no-examples",
            one(&notice
                .replace("[\"Some notice\"]", "[]")
                .replace("[\"Some notice of it\"]", "[]")),
        ),
        (
            "stray-mark",
            one(&notice.replace("[\"Some notice\"]", "[\"[-Some notice\"]")),
        ),
        (
            "example-not-removed",
            one(&notice.replace("[\"Some notice\"]", "[\"Some notices\"]")),
        ),
        (
            "example-not-kept",
            one(&notice.replace("Some notice of it", "  Some  notice")),
        ),
        ("bad-pattern", one(&rule("pattern = 'Some (notice'"))),
        (
            "look-around",
            one(&rule("pattern = 'Some (?=notice)notice'")),
        ),
        ("empty-pattern", one(&rule("pattern = '(Some notice)?'"))),
        (
            "impossible-pattern",
            one(&rule(r"pattern = 'Some notice[^\s\S]'")),
        ),
        ("any-line-pattern", one(&rule("pattern = '.+'"))),
        (
            "huge-repetition",
            one(&rule("pattern = '(Some notice|a{1000}){1000}'")),
        ),
        (
            "bad-zone",
            one(&rule(
                "text = \"Some notice\"\nzone = { tial = 3, head = 0 }",
            )),
        ),
        (
            "unknown-list",
            one(
                &(rule("list = [\"ntices\", \"notices\", \"more\"]\ntext = \"Some notice\"")
                    + "[[list]]\nid = \"notices\"\ntext = [\"Some notice\"]\n[[list]]\nid = \"notices\"\n"
                    + "[[list]]\nid = \"more\"\ntext = \"More\"\nlines = 1\n"),
            ),
        ),
        (
            "vague-block",
            one(&block("{ title = true }, { line = 80 }")),
        ),
        (
            "optional-block",
            one(&block("{ text = \"Box\", optional = true }")),
        ),
        ("whole-of-equal-copies", one(&duplicate("whole = true"))),
        ("false-flag", one(&duplicate("alike = 0.8\nwhole = false"))),
        (
            "bad-steps",
            one(&block(
                "{ text = \"Box\", title = true }, { rest = true }, { same = 4 }, { optional = true }",
            )),
        ),
        (
            "unknown-extends",
            one(&format!("{HEAD}extends = [\"pangae\"]\n")),
        ),
        (
            "cycle",
            vec![
                ("made", format!("{HEAD}extends = [\"other\"]\n")),
                (
                    "other",
                    "family = \"other\"\nname = \"O\"\nextends = [\"made\"]\n".to_owned(),
                ),
            ],
        ),
        (
            "unknown-off",
            one(&format!(
                "{HEAD}extends = [\"crawl\"]\noff = [{{ rule = \"crawl/glued-crawl-dat\", reason = \"r\" }}]\n"
            )),
        ),
        (
            "id-is-not-the-stem",
            one("outlet = \"mad\"\nname = \"Made\"\n"),
        ),
        (
            "both-outlet-and-family",
            one(&format!("{HEAD}family = \"made\"\n")),
        ),
        (
            "bad-domain",
            one(&format!("{HEAD}domains = [\"https://made.example/\"]\n")),
        ),
        (
            "taken-domain",
            vec![
                ("made", format!("{HEAD}domains = [\"made.example\"]\n")),
                (
                    "twin",
                    "outlet = \"twin\"\nname = \"T\"\ndomains = [\"made.example\"]\n".to_owned(),
                ),
            ],
        ),
        (
            "bad-sign",
            one(&format!(
                "{HEAD}signs = [{{ text = \"a\", part = \"b\" }}, {{ pattern = '[' }}]\n"
            )),
        ),
        ("escape-in-pattern", one(&rule("pattern = \"\\d+ notice\""))),
        ("cut-in-line", one(&rule("pattern = 'Some (?<cut>notice)'"))),
        (
            "pattern-is-not-folded",
            one(&rule("pattern = '“Some” — notice'")),
        ),
        ("key-of-another-kind", one(&rule("lines = []"))),
        (
            "terminal-escapes",
            one(&rule("\"\\u001b[31m\" = 1\ntext = \"Some notice\"")),
        ),
    ];
    for (name, files) in cases {
        let error = refused(&files);
        insta::with_settings!({
            snapshot_path => "../../snapshots",
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, {
            insta::assert_snapshot!(format!("error__{name}"), error);
        });
    }
}

#[test]
fn columns_count_code_points_and_rules_have_their_file_s_id() {
    let text = rule("pattern = 'Жж [('").replace("Some notice", "Жж");
    let error = refused(&[("made", text)]);
    let [problem] = error.problems() else {
        panic!("{error}")
    };
    let place = (problem.file(), problem.line(), problem.column());
    assert_eq!(place, ("rules/made.toml", 10, 15));
    assert_eq!(
        (problem.rule(), problem.key()),
        (Some("made/some-notice"), Some("pattern"))
    );
}

#[test]
fn rules_that_can_be_read_are_checked_beside_those_that_cannot() {
    let wrong = rule("text = \"Some notice\"\nzone = { head = 0 }")
        + &rule("pattern = 'Other (notice'").replace("some-notice", "other")[HEAD.len()..];
    let other = rule("text = \"Some notices\"").replace("made", "more");
    let error = refused(&[("made", wrong), ("more", other)]);
    let problems = error.problems().iter();
    let keys: Vec<_> = problems
        .map(|problem| (problem.rule().unwrap(), problem.key().unwrap()))
        .collect();
    let expected = [
        ("made/some-notice", "head"),
        ("made/other", "pattern"),
        ("more/some-notice", "removes"),
    ];
    assert_eq!(keys, expected);
}

#[test]
fn hidden_files_beside_rule_files_are_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("good.toml"),
        "outlet = \"good\"\nname = \"G\"\n",
    )
    .unwrap();
    std::fs::write(folder.path().join(".#good.toml"), "x").unwrap();
    let outlets = Outlets::of_folder(folder.path()).unwrap();
    assert_eq!(outlets.outlets().count(), 1);
}

#[test]
fn a_folder_is_refused_for_any_file_that_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("good.toml"),
        "outlet = \"good\"\nname = \"G\"\n",
    )
    .unwrap();
    assert!(
        Outlets::with_folder(folder.path())
            .unwrap()
            .outlet("good")
            .is_some()
    );
    std::fs::write(folder.path().join("bad.toml"), b"outlet = \"bad\xff\"\n").unwrap();
    let error = Outlets::with_folder(folder.path()).unwrap_err();
    let [problem] = error.problems() else {
        panic!("{error}")
    };
    assert_eq!(
        (problem.line(), problem.column(), problem.message()),
        (1, 14, "this is not UTF-8")
    );
    // The rules of a file are read when they are asked for.
    let wrong = rule("text = \"Some notice\"\nkeps = 1").replace("made", "bad");
    std::fs::write(folder.path().join("bad.toml"), wrong).unwrap();
    let outlets = Outlets::with_folder(folder.path()).unwrap();
    assert!(outlets.cleaner("good").unwrap().is_some());
    assert!(outlets.cleaner("none").unwrap().is_none());
    let refused = [
        outlets.cleaner("bad").unwrap_err(),
        outlets.cleaner("bad").unwrap_err(),
        outlets.check().unwrap_err(),
    ];
    for error in refused {
        let [problem] = error.problems() else {
            panic!("{error}")
        };
        assert_eq!((problem.line(), problem.key()), (11, Some("keps")));
    }
    let error = Outlets::with_folder(Path::new("no/such/folder")).unwrap_err();
    assert_eq!(error.problems()[0].file(), "no/such/folder");
}

#[test]
fn a_folder_s_file_replaces_the_bundled_one_and_goes_before_its_domains() {
    let file = "outlet = \"vice\"\nname = \"Mine\"\ndomains = [\"vice.com\"]\n";
    let outlets = Outlets::with_files([("vice.toml".to_owned(), file.to_owned())]).unwrap();
    assert_eq!(outlets.outlet("vice").unwrap().name, "Mine");
    let file = "outlet = \"mine\"\nname = \"Mine\"\ndomains = [\"vice.com\"]\n";
    let outlets = Outlets::with_files([("mine.toml".to_owned(), file.to_owned())]).unwrap();
    assert_eq!(
        outlets.by_address("https://www.vice.com/x").unwrap().id,
        "mine"
    );
    assert_ne!(outlets.hash(), Outlets::bundled().hash());
}
