//! Certificates for servers of tests.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Folder;

/// What a server shows to its clients: PEM files of a certificate for `localhost` and 127.0.0.1 and of its key.
#[derive(Debug)]
pub struct Certificate {
    certificate: PathBuf,
    key: PathBuf,
    authority: PathBuf,
    /// Of those that were generated.
    _folder: Option<Folder>,
}

/// What the certificate is for; an authority's own could not be a server's.
const EXTENSIONS: &str = "basicConstraints=critical,CA:FALSE\nsubjectAltName=DNS:localhost,IP:127.0.0.1\n";

impl Certificate {
    /// A certificate and its key from PEM files; `authority` is the file that clients are to trust.
    #[must_use]
    pub fn from_files(certificate: &Path, key: &Path, authority: &Path) -> Self {
        let [certificate, key, authority] = [certificate, key, authority].map(Path::to_path_buf);
        Self { certificate, key, authority, _folder: None }
    }

    /// A new certificate for two days, signed by a new authority, through the command `openssl`.
    ///
    /// # Panics
    /// When there is no such command, or it fails.
    #[must_use]
    pub fn generate() -> Self {
        let folder = Folder::new("certificate");
        let path = folder.path();
        std::fs::write(path.join("extensions"), EXTENSIONS).unwrap();
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
        openssl(path, &format!("req -x509 {key} -keyout ca.key -out ca.pem -days 2 -subj /CN=tests"));
        openssl(path, &format!("req {key} -keyout server.key -out server.csr -subj /CN=localhost"));
        let signed = "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2";
        openssl(path, &format!("{signed} -extfile extensions -out server.pem"));
        let [certificate, key, authority] =
            ["server.pem", "server.key", "ca.pem"].map(|name| path.join(name));
        Self { certificate, key, authority, _folder: Some(folder) }
    }

    /// The file of the certificate.
    #[must_use]
    pub fn certificate(&self) -> &Path {
        &self.certificate
    }

    /// The file of its key.
    #[must_use]
    pub fn key(&self) -> &Path {
        &self.key
    }

    /// The file of the authority that clients are to trust.
    #[must_use]
    pub fn authority(&self) -> &Path {
        &self.authority
    }
}

fn openssl(folder: &Path, arguments: &str) {
    let mut command = Command::new("openssl");
    command.args(arguments.split(' ')).current_dir(folder).stdin(Stdio::null());
    let output = command.output().unwrap_or_else(|error| {
        panic!("a certificate needs the command openssl ({error}): run `apt-get install openssl`")
    });
    assert!(output.status.success(), "openssl {arguments}: {}", String::from_utf8_lossy(&output.stderr));
}
