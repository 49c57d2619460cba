//! What `DB` means in the example repositories.

use std::path::Path;

use walbound::config::Config;
use walbound::io::{Disk, find_yaml};
use walbound::project::{Database, DatabaseError, Input, Project, load};

fn example(name: &str) -> Project {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/examples");
    let root = std::path::absolute(root.join(name)).unwrap();
    let files = find_yaml(std::slice::from_ref(&root), &|_| false).unwrap();
    load(&Disk, &root, &Input::Files(&files.files))
}

fn names(project: &Project, config: &Config) -> Vec<String> {
    let all = project.all_databases(config);
    all.iter().map(Database::described).collect()
}

const BASE: &str = "infrastructure/database/cloudnative-pg";

#[test]
fn overlays_over_one_base_are_one_database() {
    let project = example("overlay-switch");
    let config = Config::default();
    assert_eq!(
        names(&project, &config),
        [
            format!("`bookshelf/bookshelf-database` in {BASE}/bookshelf"),
            format!("`guestbook/guestbook-database` in {BASE}/guestbook"),
        ]
    );
    let found = project
        .find_database(&config, "bookshelf-database", None)
        .unwrap();
    assert_eq!(found.live().len(), 1);
    assert_eq!(found.dormant().count(), 1);
    assert_eq!(
        found.archives_to().unwrap().server_name.value,
        "bookshelf-database-v5"
    );
    assert_eq!(found.recovers_from(), None, "the recovery is not in use");
    let delivery = found.delivery.unwrap();
    assert_eq!(delivery.name, "db-bookshelf");
}

#[test]
fn a_database_is_found_by_short_name_title_and_directory() {
    let project = example("overlay-switch");
    let text = format!("databases:\n  - name: books\n    path: ./{BASE}/bookshelf/\n");
    let config = Config::parse(&text, &[]).unwrap();
    let overlay = format!("{BASE}/bookshelf/overlays/recovery");
    for (asked, directory) in [
        ("books", None),
        ("bookshelf/bookshelf-database", None),
        ("x", Some(overlay.as_str())),
    ] {
        let found = project.find_database(&config, asked, directory).unwrap();
        assert_eq!(found.name, "bookshelf-database", "{asked}");
        assert_eq!(found.configured.unwrap().name, "books");
    }
    let error = project.find_database(&config, "bocks", None).unwrap_err();
    assert!(
        error.to_string().contains("did you mean `books`?"),
        "{error}"
    );
    assert!(error.remedy().contains("guestbook/guestbook-database"));
    let many = DatabaseError::Unknown {
        asked: "x".into(),
        suggestion: None,
        candidates: (1..=12).map(|n| format!("`db{n}` in .")).collect(),
    };
    let remedy = many.remedy();
    assert!(remedy.contains("`db10` in .; and 2 more"), "{remedy}");
    assert!(!remedy.contains("db11"), "{remedy}");
    assert!(matches!(
        project.find_database(&config, "x", Some(BASE)),
        Err(DatabaseError::Ambiguous { candidates, .. }) if candidates.len() == 2
    ));
    assert!(
        project
            .find_database(&config, "other/bookshelf-database", None)
            .is_err()
    );
}

#[test]
fn each_application_of_a_component_is_a_database() {
    let project = example("component-in-place");
    let config = Config::default();
    let titles: Vec<String> = project
        .all_databases(&config)
        .iter()
        .map(Database::title)
        .collect();
    assert_eq!(
        titles,
        [
            "default/photos-postgres",
            "default/recipes-postgres",
            "default/tracker-postgres"
        ]
    );
    let photos = project
        .find_database(&config, "photos-postgres", None)
        .unwrap();
    assert_eq!(
        photos.archives_to().unwrap().server_name.value,
        "photos-postgres"
    );
    assert_eq!(photos.directory(), "apps/photos/app");
}
