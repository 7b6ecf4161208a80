//! Two sides that meet in memory.

use std::path::Path;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tradewind_identity::{
    Demand, Identity, IdentityError, IdentityFiles, Outcome, Protocol, Refusal, TlsStream,
};
use tradewind_kernel::Clock;
use tradewind_testkit::{Folder, TestAuthority, TestLeaf, within, write_private};

/// A handshake takes this long at most.
pub const LIMIT: Duration = Duration::from_secs(10);

/// What is written after the handshake.
pub const WORD: &[u8] = b"word";

/// Files of one process.
pub struct Place {
    folder: Folder,
}

impl Place {
    pub fn new() -> Self {
        Self { folder: Folder::new("identity") }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The identity that `authority` vouches for with `leaf`, which trusts `trusted`.
    pub fn files(
        &self,
        authority: &TestAuthority,
        leaf: &TestLeaf,
        trusted: &[&TestAuthority],
    ) -> IdentityFiles {
        let own = authority.issue_into(self.path(), "own.pem", leaf);
        IdentityFiles { certificate: own.clone(), key: own, authority: self.trust(trusted) }
    }

    pub fn trust(&self, trusted: &[&TestAuthority]) -> std::path::PathBuf {
        let bundle: String = trusted.iter().map(|authority| authority.pem()).collect();
        write_private(self.path(), "authority.pem", &bundle)
    }
}

pub fn load(files: IdentityFiles) -> Result<Identity, IdentityError> {
    load_at(files, Clock::system())
}

pub fn load_at(files: IdentityFiles, clock: Clock) -> Result<Identity, IdentityError> {
    Identity::load(files, "tradewind.local".parse().unwrap(), clock)
}

/// A member of the usual trust domain, whose certificate is good.
pub fn member(place: &Place, authority: &TestAuthority, name: &str) -> Identity {
    load(place.files(authority, &TestLeaf::service(name), &[authority])).unwrap()
}

/// What both sides saw: the server's end of the handshake, and what the caller got for its word.
pub struct Met {
    pub server: Result<TlsStream, Refusal>,
    pub caller: Result<Vec<u8>, String>,
}

/// `caller` calls `service`, and `server` is at the other end.
pub async fn meet(server: &Identity, caller: &Identity, service: &str) -> Met {
    let (theirs, ours) = tokio::io::duplex(64 * 1024);
    let calling = async {
        let stream = caller.connect(ours, service, Protocol::Http1, LIMIT).await;
        exchange(stream.map_err(|refusal| refusal.to_string())?).await
    };
    let (server, caller) =
        within("a handshake", async { tokio::join!(serve(server, theirs), calling) }).await;
    Met { server, caller }
}

/// Answers a word with the same one.
pub async fn serve(server: &Identity, stream: tokio::io::DuplexStream) -> Result<TlsStream, Refusal> {
    let mut stream = server.accept(stream, Demand::Required, &[Protocol::Http1], LIMIT).await?;
    let mut word = [0; WORD.len()];
    // A caller that does not like the server says nothing.
    if stream.read_exact(&mut word).await.is_ok() {
        stream.write_all(&word).await.unwrap();
    }
    Ok(stream)
}

/// Says a word and reads what comes back.
pub async fn exchange(mut stream: impl AsyncReadExt + AsyncWriteExt + Unpin) -> Result<Vec<u8>, String> {
    stream.write_all(WORD).await.map_err(|error| error.to_string())?;
    let mut answer = [0; WORD.len()];
    stream.read_exact(&mut answer).await.map_err(|error| error.to_string())?;
    Ok(answer.to_vec())
}

pub fn outcome(met: &Met) -> (Outcome, &str) {
    met.server
        .as_ref()
        .map_or_else(|refusal| (refusal.outcome, refusal.reason.as_str()), |_| (Outcome::Done, ""))
}
