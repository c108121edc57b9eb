//! The rules are in order, and every page is cleaned as it was reviewed.
//!
//! A page is `pages/<outlet>/<name>.txt`, its snapshot `snapshots/<outlet>__<name>.snap`.

use std::path::{Path, PathBuf};

use cleaner::Outlets;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn outlets() -> Outlets {
    Outlets::with_folder(&folder("rules")).unwrap_or_else(|error| panic!("{error}"))
}

/// What is in a folder, in order.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries =
        std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap().to_string_lossy().into_owned()
}

#[test]
fn rules_are_in_order() {
    let outlets = outlets();
    outlets.check().unwrap_or_else(|error| panic!("{error}"));
    let rules = folder("rules");
    let is_ours = |outlet: &cleaner::Outlet| Path::new(&outlet.file).starts_with(&rules);
    let findings = outlets
        .lint(is_ours)
        .unwrap_or_else(|error| panic!("{error}"));
    let reports: Vec<String> = findings
        .iter()
        .map(|finding| finding.render(false))
        .collect();
    assert!(reports.is_empty(), "{}", reports.join("\n\n"));
}

#[test]
fn every_page_is_as_reviewed() {
    let outlets = outlets();
    for outlet in entries(&folder("pages")) {
        let id = stem(&outlet);
        let cleaner = outlets
            .cleaner(&id)
            .unwrap_or_else(|error| panic!("{error}"));
        let cleaner = cleaner.unwrap_or_else(|| panic!("pages/{id} is named as no outlet"));
        for path in entries(&outlet) {
            let page = std::fs::read_to_string(&path)
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let snapshot = cleaner.clean(&page).snapshot(&page);
            insta::with_settings!({
                snapshot_path => folder("snapshots"),
                prepend_module_to_snapshot => false,
                omit_expression => true,
            }, {
                insta::assert_snapshot!(format!("{id}__{}", stem(&path)), snapshot);
            });
        }
    }
}
