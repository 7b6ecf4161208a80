//! The files of an identity.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use rustls::RootCertStore;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

use crate::certificate::{Leaf, LeafError, is_authority};
use crate::error::IdentityError;
use crate::store;

/// Where an identity is found. Certificate and key may be one file, which is then replaced in one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityFiles {
    /// PEM: the certificate of the process, then those between it and the authority.
    pub certificate: PathBuf,
    /// PEM: its key; readable for nobody else.
    pub key: PathBuf,
    /// PEM: the certificates of all authorities that are trusted; several while one takes the place of another.
    pub authority: PathBuf,
}

impl IdentityFiles {
    /// The same as settings, `identity.certificate=…` and so on, for `--set`.
    #[must_use]
    pub fn settings(&self) -> [String; 3] {
        [("certificate", &self.certificate), ("key", &self.key), ("authority", &self.authority)]
            .map(|(key, path)| format!("identity.{key}={}", path.display()))
    }
}

/// What was read, and fits together.
pub(crate) struct Material {
    pub(crate) leaf: Leaf,
    pub(crate) certified: Arc<CertifiedKey>,
    pub(crate) roots: Arc<RootCertStore>,
}

/// How files look from outside: another look means that somebody may have changed them. The kubelet swaps a link above
/// them, so it is what the links lead to that is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Look([Option<(SystemTime, u64, u64)>; 3]);

impl Look {
    pub(crate) fn at(files: &IdentityFiles) -> Self {
        Self([look(&files.certificate), look(&files.key), look(&files.authority)])
    }
}

fn look(path: &Path) -> Option<(SystemTime, u64, u64)> {
    let metadata = std::fs::metadata(path).ok()?;
    #[cfg(unix)]
    let file = std::os::unix::fs::MetadataExt::ino(&metadata);
    #[cfg(not(unix))]
    let file = 0;
    Some((metadata.modified().ok()?, metadata.len(), file))
}

/// The bytes of the files.
#[derive(PartialEq, Eq)]
pub(crate) struct Content {
    certificate: Vec<u8>,
    key: Vec<u8>,
    authority: Vec<u8>,
}

impl Content {
    pub(crate) fn read(files: &IdentityFiles) -> Result<Self, IdentityError> {
        Ok(Self {
            certificate: store::read(&files.certificate)?,
            key: store::read_secret(&files.key)?,
            authority: store::read(&files.authority)?,
        })
    }

    /// Makes sure that the key is the certificate's. Whether an authority vouches for it is asked elsewhere.
    pub(crate) fn understand(
        &self,
        files: &IdentityFiles,
        provider: &CryptoProvider,
    ) -> Result<Material, IdentityError> {
        let chain = certificates(&files.certificate, &self.certificate)?;
        let of_certificate = |error: LeafError| IdentityError::new(&files.certificate, error);
        let first = chain.first().ok_or_else(|| of_certificate(LeafError::NoName))?;
        let leaf = Leaf::read(first).map_err(of_certificate)?;
        let key = PrivateKeyDer::from_pem_slice(&self.key)
            .map_err(|_| IdentityError::new(&files.key, "holds no private key in PEM"))?;
        let of_key = |_: rustls::Error| {
            let certificate = files.certificate.display();
            IdentityError::new(&files.key, format!("the key is of no use, or not that of {certificate}"))
        };
        let certified = CertifiedKey::from_der(chain, key, provider).map_err(of_key)?;
        let roots = roots(&files.authority, &self.authority)?;
        Ok(Material { leaf, certified: Arc::new(certified), roots: Arc::new(roots) })
    }
}

fn roots(path: &Path, pem: &[u8]) -> Result<RootCertStore, IdentityError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path, pem)? {
        let refused = || IdentityError::new(path, "holds a certificate that is no authority's");
        if !is_authority(&certificate) {
            return Err(refused());
        }
        roots.add(certificate).map_err(|_| refused())?;
    }
    Ok(roots)
}

fn certificates(path: &Path, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, IdentityError> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let read = read.map_err(|_| IdentityError::new(path, "is no PEM"))?;
    if read.is_empty() {
        return Err(IdentityError::new(path, "holds no certificate in PEM"));
    }
    Ok(read)
}
