use super::*;

use std::sync::atomic::{AtomicU32, Ordering};

/// A place of its own for a data folder, removed at the end.
struct Place(PathBuf);

impl Place {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("tradewind-data-folder-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn data(&self) -> PathBuf {
        self.0.join("data")
    }

    fn open(&self) -> DataFolder {
        DataFolder::open(&self.data()).unwrap()
    }

    /// Writes a secret's file with these permissions.
    fn put_secret(&self, text: &str, mode: u32) -> PathBuf {
        let path = self.data().join("secrets/lamps");
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        set_mode(&path, mode);
        path
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap_or_default();
    }
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[cfg(not(unix))]
fn set_mode(_path: &Path, _mode: u32) {}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn a_folder_in_use_is_refused_until_it_is_released() {
    let place = Place::new();
    let first = place.open();
    let error = DataFolder::open(&place.data()).unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, DataFolderError::InUse { .. }), "{text}");
    assert!(text.contains(&place.data().display().to_string()), "{text}");
    assert!(text.contains("--data"), "{text}");
    #[cfg(unix)]
    assert!(text.contains(&format!("process {}", std::process::id())), "{text}");
    drop(first);
    place.open();
}

#[test]
fn parts_are_taken_side_by_side_and_never_beside_the_whole() {
    let place = Place::new();
    let lamps = DataFolder::open_part(&place.data(), "lamps", 1).unwrap();
    let second = DataFolder::open_part(&place.data(), "lamps", 2).unwrap();
    let floors = DataFolder::open_part(&place.data(), "floors", 1).unwrap();
    assert!(matches!(
        DataFolder::open_part(&place.data(), "lamps", 1),
        Err(DataFolderError::InUse { process: Some(_), .. })
    ));
    assert!(matches!(DataFolder::open(&place.data()), Err(DataFolderError::InUse { process: None, .. })));
    let entropy = Entropy::seeded(1);
    let name = lamps.instance(&entropy).unwrap();
    assert_eq!(second.instance(&entropy).unwrap(), format!("{name}-2"));
    assert_eq!(floors.instance(&entropy).unwrap(), name);
    drop((lamps, second, floors));
    let whole = place.open();
    let refused = DataFolder::open_part(&place.data(), "lamps", 1);
    assert!(matches!(refused, Err(DataFolderError::InUse { process: Some(_), .. })));
    drop(whole);
    assert!(DataFolder::open_part(&place.data(), "lamps", 1).is_ok());
}

#[test]
fn a_lock_file_without_a_process_is_still_a_lock() {
    let place = Place::new();
    let _first = place.open();
    std::fs::write(place.data().join("lock"), "?").unwrap();
    let text = DataFolder::open(&place.data()).unwrap_err().to_string();
    assert!(text.contains("in use by another process"), "{text}");
}

#[test]
fn a_lock_file_left_by_a_dead_process_is_taken_over() {
    let place = Place::new();
    std::fs::create_dir(place.data()).unwrap();
    std::fs::write(place.data().join("lock"), "4294967295 and more").unwrap();
    let _folder = place.open();
    let text = std::fs::read_to_string(place.data().join("lock")).unwrap();
    assert_eq!(text, format!("{}\n", std::process::id()));
}

#[test]
fn is_new_until_it_holds_a_database() {
    let place = Place::new();
    let folder = place.open();
    assert!(folder.is_new());
    assert_eq!(folder.database("lamps"), place.data().join("lamps.db"));
    std::fs::write(folder.database("lamps"), "").unwrap();
    assert!(folder.is_new(), "what counts is the moment of opening");
    drop(folder);
    assert!(!place.open().is_new());
}

#[test]
fn a_secret_is_stable_private_and_unseen() {
    let place = Place::new();
    let folder = place.open();
    let entropy = Entropy::seeded(1);
    let secret = folder.secret("lamps", &entropy).unwrap();
    assert_eq!(secret.expose().len(), 43);
    assert_eq!(folder.secret("lamps", &entropy).unwrap(), secret);
    assert_ne!(folder.secret("floors", &entropy).unwrap(), secret);
    assert!(!format!("{folder:?} {secret:?}").contains(secret.expose()));
    #[cfg(unix)]
    {
        assert_eq!(mode(&place.data()), 0o700);
        assert_eq!(mode(&place.data().join("secrets")), 0o700);
        assert_eq!(mode(&place.data().join("secrets/lamps")), 0o600);
    }
    drop(folder);
    assert_eq!(place.open().secret("lamps", &Entropy::seeded(2)).unwrap(), secret);
}

#[test]
fn tasks_that_need_a_secret_at_once_get_the_same() {
    let place = Place::new();
    let folder = place.open();
    let entropy = Entropy::seeded(1);
    let secrets: Vec<Secret> = std::thread::scope(|scope| {
        let task = || scope.spawn(|| folder.secret("lamps", &entropy).unwrap());
        let tasks: Vec<_> = (0..8).map(|_| task()).collect();
        tasks.into_iter().map(|task| task.join().unwrap()).collect()
    });
    assert!(secrets.windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn the_rest_of_an_interrupted_write_does_no_harm() {
    let place = Place::new();
    let folder = place.open();
    place.put_secret("half", 0o644);
    std::fs::rename(place.data().join("secrets/lamps"), place.data().join("secrets/.lamps.new")).unwrap();
    let secret = folder.secret("lamps", &Entropy::seeded(1)).unwrap();
    assert_eq!(secret.expose().len(), 43);
}

#[cfg(unix)]
#[test]
fn a_secret_that_others_may_read_is_refused() {
    let place = Place::new();
    let folder = place.open();
    let text = "canary-4711-canary-4711-canary-4711";
    for mode in [0o640, 0o604, 0o700, 0o620] {
        let path = place.put_secret(text, mode);
        let error = folder.secret("lamps", &Entropy::seeded(1)).unwrap_err();
        let words = error.to_string();
        assert!(words.contains(&format!("chmod 600 '{}'", path.display())), "{words}");
        assert!(words.contains(&format!("{mode:03o}")), "{words}");
        assert!(!format!("{words} {error:?}").contains("canary"));
    }
    place.put_secret(text, 0o400);
    let secret = folder.secret("lamps", &Entropy::seeded(1)).unwrap();
    assert_eq!(secret.expose(), text);
}

#[test]
fn a_file_without_a_secret_is_refused() {
    let place = Place::new();
    let folder = place.open();
    let spaced = "canary 4711 ".repeat(4);
    for text in ["", "\n", "canary-4711", spaced.as_str()] {
        let path = place.put_secret(text, 0o600);
        let words = folder.secret("lamps", &Entropy::seeded(1)).unwrap_err().to_string();
        assert!(words.contains(&path.display().to_string()), "{words}");
        assert!(words.contains("remove the file") && !words.contains("canary"), "{words}");
    }
    place.put_secret(&format!("{}\n", "s".repeat(32)), 0o600);
    assert!(folder.secret("lamps", &Entropy::seeded(1)).is_ok());
}

#[test]
fn documents_are_replaced_whole() {
    let place = Place::new();
    let folder = place.open();
    for text in ["{\"lamps\": 8010}", "{}"] {
        folder.write_document("addresses.json", text).unwrap();
        let read = std::fs::read_to_string(folder.path().join("addresses.json")).unwrap();
        assert_eq!(read, text);
    }
    let names = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(names, 2, "the lock and the document");
}

#[test]
fn names_stay_in_the_folder_and_off_its_own_files() {
    let place = Place::new();
    let folder = place.open();
    for name in ["", "..", "../lamps", "a/b", ".lamps", "Lamps", "a b", "lämps"] {
        assert!(folder.secret(name, &Entropy::seeded(1)).is_err(), "{name}");
        assert!(folder.write_document(name, "").is_err(), "{name}");
    }
    for name in ["lock", "secrets", "lamps.db", "lamps.db-wal"] {
        let words = folder.write_document(name, "").unwrap_err().to_string();
        assert!(words.contains(name), "{words}");
    }
}

#[test]
fn a_path_that_cannot_be_a_folder_is_named() {
    let place = Place::new();
    std::fs::write(place.data(), "a file").unwrap();
    for path in [place.data(), place.data().join("below")] {
        let words = DataFolder::open(&path).unwrap_err().to_string();
        assert!(words.contains(&path.display().to_string()), "{words}");
        assert!(words.contains("--data"), "{words}");
    }
}
