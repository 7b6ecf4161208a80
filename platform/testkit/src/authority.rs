//! Certificates of services, good and bad, for tests of who may come in.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rcgen::string::Ia5String;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType,
};

const DAY: i64 = 24 * 3600;

/// An authority of a test. Each has a key of its own; two of one name are told apart by nothing else.
#[derive(Debug)]
pub struct TestAuthority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

/// What a certificate says; good unless something is changed.
#[derive(Debug, Clone)]
pub struct TestLeaf {
    /// The URIs among its names.
    pub uris: Vec<String>,
    /// The DNS names among its names.
    pub hosts: Vec<String>,
    /// When it begins, in seconds from now.
    pub from: i64,
    /// When it ends, in seconds from now.
    pub until: i64,
    /// Whether it says that it is an authority's.
    pub is_authority: bool,
    /// Whether it says that its key signs certificates.
    pub signs: bool,
    /// Whether it is for servers only.
    pub servers_only: bool,
}

impl TestLeaf {
    /// A good certificate with this SPIFFE id, valid from ten days ago for twenty.
    #[must_use]
    pub fn of(id: &str) -> Self {
        Self {
            uris: vec![id.to_owned()],
            hosts: Vec::new(),
            from: -10 * DAY,
            until: 10 * DAY,
            is_authority: false,
            signs: false,
            servers_only: false,
        }
    }

    /// That of the service `name` in the usual trust domain.
    #[must_use]
    pub fn service(name: &str) -> Self {
        Self::of(&format!("spiffe://tradewind.local/service/{name}"))
    }
}

impl TestAuthority {
    /// A new authority.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let pem = params.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// Its own certificate, as PEM.
    #[must_use]
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// A certificate and its key, as PEM.
    #[must_use]
    pub fn issue(&self, leaf: &TestLeaf) -> String {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(leaf.hosts.clone()).unwrap();
        params.distinguished_name.push(DnType::CommonName, "leaf");
        let uris = leaf.uris.iter().map(|uri| SanType::URI(Ia5String::try_from(uri.as_str()).unwrap()));
        params.subject_alt_names.extend(uris);
        params.not_before = at(leaf.from).into();
        params.not_after = at(leaf.until).into();
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        if !leaf.servers_only {
            params.extended_key_usages.push(ExtendedKeyUsagePurpose::ClientAuth);
        }
        if leaf.is_authority {
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        }
        if leaf.signs {
            params.key_usages.push(KeyUsagePurpose::KeyCertSign);
        }
        format!("{}{}", params.signed_by(&key, &self.issuer).unwrap().pem(), key.serialize_pem())
    }

    /// Writes a certificate with its key into the file `name` of a folder, in one step; gives the file.
    pub fn issue_into(&self, folder: &Path, name: &str, leaf: &TestLeaf) -> PathBuf {
        write_private(folder, name, &self.issue(leaf))
    }
}

fn at(seconds: i64) -> SystemTime {
    let away = Duration::from_secs(seconds.unsigned_abs());
    if seconds < 0 { SystemTime::now() - away } else { SystemTime::now() + away }
}

/// Puts a file that only its owner may read in the place of `name`, in one step.
pub fn write_private(folder: &Path, name: &str, text: &str) -> PathBuf {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;

    let (path, temporary) = (folder.join(name), folder.join(format!(".{name}.new")));
    let options =
        std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary);
    options.unwrap().write_all(text.as_bytes()).unwrap();
    std::fs::rename(temporary, &path).unwrap();
    path
}
