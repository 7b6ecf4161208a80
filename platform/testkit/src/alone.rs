//! A service's own program, without the rest of its fleet.

use crate::{Folder, Process, Request};

/// The exit status of a program whose settings are wrong.
const WRONG_SETTINGS: i32 = 78;

/// Starts the program of `service` on free ports while the services `beside` it are away, asks whether it is ready, and
/// ends it; then once more with a setting that nobody knows.
///
/// # Panics
/// When it does not start, does not say where it is, does not drain, or takes the setting.
pub async fn serves_alone(program: &str, service: &str, beside: &[&str]) {
    let folder = Folder::new("alone");
    let names = beside.join(",");
    // Nobody listens there: what it asks of the others has to wait.
    let peers = beside
        .iter()
        .flat_map(|peer| ["public", "internal"].map(|kind| format!("peers.{peer}.{kind}=127.0.0.1:9")));
    let settings: Vec<String> = peers.flat_map(|setting| ["--set".to_owned(), setting]).collect();
    let mut arguments = vec!["--port", "0", "--data", "data"];
    if !beside.is_empty() {
        arguments.extend(["--beside", &names]);
    }
    arguments.extend(settings.iter().map(String::as_str));
    let mut process = Process::start(program, &arguments, folder.path(), &[]);
    process.says("serving after").await;
    let (said, door) = (process.output(), format!("{service}: internal door at http://"));
    let address = said.lines().find_map(|line| line.strip_prefix(&door));
    let address = address.unwrap_or_else(|| panic!("no {door} in {said}")).parse().unwrap();
    assert_eq!(Request::new("GET", "/readyz").send(address).await.status, 200);
    process.signal("TERM").await;
    let ended = process.ended().await;
    assert_eq!(ended.code, Some(0), "{}", ended.errors);
    arguments.extend(["--set", "http.attic=1"]);
    let refused = Process::start(program, &arguments, folder.path(), &[]).ended().await;
    assert_eq!(refused.code, Some(WRONG_SETTINGS), "{}", refused.errors);
    let is_told = refused.errors.contains(&format!("{service}: ")) && refused.errors.contains("http.attic");
    assert!(is_told, "{}", refused.errors);
}
