//! Documents: any text gives documents and refusals that say where, and whatever documents there are go into a table.

use std::sync::LazyLock;

use tradewind_gateway_api::{Definitions, DocumentError};
use tradewind_http_validation::path::CanonicalPath;
use tradewind_routing::{Asked, BackendId, Documents, Table};

const FILE: &str = "routes/some.yaml";
const PORT: u16 = 8080;

pub(crate) fn check(bytes: &[u8]) {
    static DEFINITIONS: LazyLock<Definitions> = LazyLock::new(|| {
        Definitions::standard().unwrap_or_else(|reason| panic!("the definitions cannot be read: {reason}"))
    });
    // Files that are not UTF-8 are not read at all; here they become texts with letters beyond ASCII.
    let text = &*String::from_utf8_lossy(bytes);
    let reading = DEFINITIONS.read(FILE, text);
    for error in &reading.errors {
        says_where(error, text);
    }
    let mut documents = Documents::default();
    for document in reading.documents {
        let (line, column) = document.position();
        says_where(&document.error("metadata.name", "is here"), text);
        assert!(line >= 1 && column >= 1 && document.file() == FILE);
        if let Err(error) = documents.add(document) {
            says_where(&error, text);
        }
    }
    for refused in reading.refused {
        documents.add_refused(refused);
    }
    tabled(&documents, text);
}

fn says_where(error: &DocumentError, text: &str) {
    let lines = text.split(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']).count();
    assert_eq!(error.file, FILE);
    assert!((1..=lines + 1).contains(&error.line), "line {} of {lines}: {error}", error.line);
    assert!((1..=text.len() + 1).contains(&error.column), "column {}: {error}", error.column);
    assert!(!error.reason.trim().is_empty(), "nothing is said");
    assert!(error.reason.len() <= text.len() + 4_096, "{} bytes are said", error.reason.len());
}

fn tabled(documents: &Documents, text: &str) {
    let built = Table::build(documents, PORT, &|backend: &BackendId| backend.service.len() != 3);
    for error in &built.errors {
        says_where(error, text);
    }
    let (path, headers) = (CanonicalPath::root(), http::HeaderMap::new());
    for port in built.table.ports() {
        for host in ["", "a", "shop.example"] {
            let asked = Asked { host, path: &path, query: Some("a=b"), method: "GET", headers: &headers };
            if let Some(found) = built.table.find(port, &asked) {
                assert!(found.entry < built.table.entries());
            }
        }
        assert!(built.table.listener_policy(port).limits.max_connections > 0);
    }
}
