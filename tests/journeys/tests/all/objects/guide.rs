//! Does what `docs/guides/store-objects.md` says, word for word.

use std::process::Stdio;

use tradewind_journeys::{Fleet, staff};
use tradewind_testkit::Folder;

const GUIDE: &str = include_str!("../../../../../docs/guides/store-objects.md");
const GATEWAY: &str = "http://127.0.0.1:8080";

/// The blocks for a shell, one after the other.
fn commands() -> String {
    let blocks = GUIDE.split("```bash\n").skip(1);
    blocks.filter_map(|block| block.split("```").next()).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn what_the_guide_says_can_be_done() {
    let (fleet, folder) = (Fleet::start().await, Folder::new("guide"));
    assert!(commands().contains(GATEWAY));
    let script = commands().replace(GATEWAY, &format!("http://{}", fleet.gateway()));
    let shell = tokio::process::Command::new("bash")
        .args(["-e", "-u", "-o", "pipefail", "-c", &script])
        .current_dir(folder.path())
        .env("TOKEN", staff())
        .stdin(Stdio::null())
        .output();
    let output = shell.await.unwrap();
    let (said, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && errors.is_empty(), "{said}{errors}");
    let expected = [
        "\"name\":\"dot.svg\"",
        "<circle cx=\"4\" cy=\"4\" r=\"4\"/></svg>\n",
        "200 OK\r\n",
        "content-disposition: inline; filename=\"dot.svg\"\r\n",
        "{\"items\":[{\"bucket\":\"products\",\"name\":\"dot.svg\"",
        "1\n2\n304\n412\n",
    ];
    let mut rest = said.as_ref();
    for part in expected {
        let (_, after) = rest.split_once(part).unwrap_or_else(|| panic!("no {part:?} in {rest}: {said}"));
        rest = after;
    }
    assert_eq!(rest, "");
    fleet.shutdown().await;
}
