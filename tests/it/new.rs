//! What `cleaner rules new` writes, and that it works as it stands.

use std::path::Path;
use std::process::Command;

use cleaner::{Category, Outlets};

use crate::place::{Place, check};

#[test]
fn a_new_rule_file_is_in_order_and_runs_no_rule() {
    let place = Place::new();
    let args = [
        "rules",
        "new",
        "valley",
        "--name",
        "The \"Valley\" <id>",
        "--domain",
        "valley.example",
        "--domain",
        "dale.example",
    ];
    let run = place.run(&args);
    assert_eq!((run.status, run.err.as_str()), (0, ""), "{run:?}");
    let head = "
outlet = \"valley\"
# The name for people.
name = \"The \\\"Valley\\\" <id>\"
# Its hosts, bare and in small letters. Their sub-domains belong to them.
domains = [\"valley.example\", \"dale.example\"]
";
    assert!(run.out.contains(head), "{}", run.out);
    let categories = Category::ALL.iter().map(|category| category.name());
    let categories = categories.collect::<Vec<_>>().join(", ");
    assert!(
        run.out.contains(&format!("# One of: {categories}.\n")),
        "{}",
        run.out
    );
    let outlets = Outlets::with_files([("valley.toml".to_owned(), run.out.clone())]).unwrap();
    assert_eq!(
        outlets.outlet("valley").unwrap().name,
        "The \"Valley\" <id>"
    );
    let rules = outlets.cleaner("valley").unwrap().unwrap();
    let rules: Vec<&str> = rules.rules().iter().map(|rule| rule.id.as_str()).collect();
    assert_eq!(rules, ["crawl/crawl-date"]);
    assert!(
        outlets
            .lint(|outlet| outlet.id == "valley")
            .unwrap()
            .is_empty()
    );
    // As it is when the examples run.
    let is_off = |line: &&str| {
        line.starts_with("disabled = ") || line.starts_with("# This rule does not run.")
    };
    let file: Vec<&str> = run.out.lines().filter(|line| !is_off(line)).collect();
    let outlets = Outlets::with_files([("valley.toml".to_owned(), file.join("\n"))]).unwrap();
    assert_eq!(outlets.cleaner("valley").unwrap().unwrap().rules().len(), 4);
    assert!(
        outlets
            .lint(|outlet| outlet.id == "valley")
            .unwrap()
            .is_empty()
    );
    // Without domains and a name.
    let bare = place.run(&["rules", "new", "valley"]).out;
    assert!(
        bare.contains("\nname = \"valley\"\n")
            && bare.contains("\n# domains = [\"news.example\"]\n")
    );
    assert!(Outlets::with_files([("valley.toml".to_owned(), bare)]).is_ok());
}

#[test]
fn a_new_rule_file_is_never_written_over_another() {
    let place = Place::new();
    let args = ["rules", "new", "valley", "-o", "new"];
    let path = Path::new("new").join("valley.toml").display().to_string();
    check(place.run(&args), 0, &format!("{path}\n"), "");
    let written = place.read("new/valley.toml");
    assert_eq!(written, place.run(&["rules", "new", "valley"]).out);
    place.put("new/valley.toml", "mine");
    let err = format!("cleaner: error: {path} is there already; nothing is written over it\n");
    check(place.run(&args), 2, "", &err);
    assert_eq!(place.read("new/valley.toml"), "mine");
    // The file itself may be named, as for a draft.
    let file = place.run(&["rules", "new", "dale", "-o", "other/dale.toml"]);
    assert_eq!((file.status, file.out.trim_end()), (0, "other/dale.toml"));
    let err = "cleaner: error: a rule file is named as its outlet; expected hill.toml, found other/dale.toml\n";
    let hill = ["rules", "new", "hill", "-o", "other/dale.toml"];
    check(place.run(&hill), 2, "", err);
    let printed = place.run(&["rules", "new", "valley", "-o", "-"]);
    assert_eq!((printed.status, printed.out), (0, written));
    std::fs::remove_dir_all(place.path("other")).unwrap();
    let wrong = place.run(&["rules", "new", "Valley", "-o", "new"]);
    assert!(
        wrong.status == 2 && wrong.err.contains("`Valley` is no id"),
        "{wrong:?}"
    );
    let wrong = place.run(&[
        "rules",
        "new",
        "dale",
        "--domain",
        "https://x.example",
        "-o",
        "new",
    ]);
    assert!(
        wrong.status == 2 && wrong.err.contains("is no host"),
        "{wrong:?}"
    );
    assert_eq!(place.names(), ["new/valley.toml"]);
    let known = place.run(&["rules", "new", "vice", "-o", "new"]);
    assert_eq!(known.status, 0);
    assert!(
        known.err.contains("a built-in outlet has this id"),
        "{known:?}"
    );
    let family = place.run(&["rules", "new", "pangea", "-o", "new"]);
    assert_eq!(family.status, 0);
    let told = "pangea: note: a built-in family has this id; the file replaces it, and rferl and voa lose its rules\n";
    assert_eq!(family.err, told);
}

#[test]
fn a_new_collection_has_all_that_its_test_needs() {
    let place = Place::new();
    let args = ["rules", "new", "valley", "--collection", "coll"];
    let run = place.run(&args);
    assert_eq!((run.status, run.err.as_str()), (0, ""), "{run:?}");
    let names = [
        "coll/.gitignore",
        "coll/Cargo.toml",
        "coll/README.md",
        "coll/pages/valley/first.txt",
        "coll/rules/schema.json",
        "coll/rules/valley.toml",
        "coll/snapshots/valley__first.snap",
        "coll/tests/pages.rs",
    ];
    assert_eq!(place.names(), names);
    assert_eq!(run.out.lines().count(), names.len());
    assert_eq!(place.read("coll/rules/schema.json"), cleaner::RULE_SCHEMA);
    assert!(
        place
            .read("coll/rules/valley.toml")
            .starts_with("#:schema schema.json\n")
    );
    let fine = "1 rule file, 3 rules: fine\n";
    check(
        place.run(&["rules", "check", "--strict", "coll/rules"]),
        0,
        fine,
        "",
    );
    let snapshot = "\
---
source: tests/pages.rs
---
-[valley/menu] Home | News | Contact␊
-[seam] ␊
= The bridge is open again␊
= ␊
~[valley/agency-mark] [-GAZETTE - -]The bridge over the Tolma was opened on Friday.␊
= ␊
= \"I walked across it first,\" said Vera Holm, 81.␊
-[seam] ␊
-[valley/more-stories] More from the Gazette␊
-[seam] ␊
-[valley/more-stories] Snow closes the pass␊
-[valley/more-stories] Market moves to the square␊
";
    assert_eq!(place.read("coll/snapshots/valley__first.snap"), snapshot);
    check(
        place.run(&args),
        2,
        "",
        "cleaner: error: coll is not empty\n",
    );
}

/// Builds a collection and runs its test, in the folder that CLEANER_COLLECTION_TARGET names: it
/// takes minutes the first time, so without the variable nothing is done.
#[test]
fn a_new_collection_s_test_runs() {
    let Some(target) = std::env::var_os("CLEANER_COLLECTION_TARGET") else {
        return;
    };
    let place = Place::new();
    assert_eq!(
        place
            .run(&["rules", "new", "valley", "--collection", "coll"])
            .status,
        0
    );
    let root = env!("CARGO_MANIFEST_DIR");
    let manifest = place.read("coll/Cargo.toml");
    let here = manifest.replace("\"../cleaner\"", &format!("{root:?}"));
    assert_ne!(manifest, here);
    place.put("coll/Cargo.toml", here);
    place.put(
        "coll/Cargo.lock",
        std::fs::read(Path::new(root).join("Cargo.lock")).unwrap(),
    );
    let test = || {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
        cargo
            .args(["test", "--offline"])
            .current_dir(place.path("coll"));
        cargo
            .env("CARGO_TARGET_DIR", &target)
            .env("INSTA_UPDATE", "no");
        let output = cargo.output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (
            output.status.success(),
            String::from_utf8_lossy(&text).into_owned(),
        )
    };
    let (passes, text) = test();
    assert!(passes && text.contains("2 passed"), "{text}");
    // A page that is cleaned otherwise than it was reviewed, and a rule that is not in order, fail it.
    let page = place.read("coll/pages/valley/first.txt");
    place.put(
        "coll/pages/valley/first.txt",
        page.replace("Contact", "Imprint"),
    );
    let rules = place.read("coll/rules/valley.toml");
    place.put(
        "coll/rules/valley.toml",
        rules.replace("# domains = [\"news.example\"]", "domains = [\"co.uk\"]"),
    );
    let (passes, text) = test();
    assert!(!passes && text.contains("0 passed; 2 failed"), "{text}");
    assert!(
        text.contains("= Home | News | Imprint␊") && text.contains("warning[public-suffix]"),
        "{text}"
    );
}
