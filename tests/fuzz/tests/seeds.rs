//! The seeds hold in every run of the tests.

use std::fs;
use std::path::Path;

#[test]
fn every_seed_holds() {
    for (name, check) in tradewind_fuzz::TARGETS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(name);
        let mut count = 0;
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            println!("{}", path.display());
            check(&fs::read(path).unwrap());
            count += 1;
        }
        assert!(count >= 3, "{name} has {count} seeds");
    }
}

#[test]
fn every_folder_of_seeds_has_a_target() {
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(tradewind_fuzz::target(&name).is_some(), "{name}");
    }
    assert!(tradewind_fuzz::target("").is_none());
}
