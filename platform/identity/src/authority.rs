//! An authority of one's own, for the fleet on one machine: files in a folder.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rcgen::string::Ia5String;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, SanType, SerialNumber,
};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tradewind_kernel::{Clock, Entropy, Timestamp};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;
use x509_parser::time::ASN1Time;

use crate::certificate::Leaf;
use crate::error::IdentityError;
use crate::files::IdentityFiles;
use crate::name::{Member, SpiffeId, TrustDomain};
use crate::store;

/// How long a certificate of a member is valid. It is renewed at half of it.
const LEAF_LIFE: Duration = Duration::from_secs(24 * 3600);

/// How long the authority's own certificate is valid.
const ROOT_LIFE: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// An authority that is valid for less than this is replaced when it is opened.
const ROOT_LEAST: Duration = Duration::from_secs(30 * 24 * 3600);

/// Certificates begin so long ago: the clock of the machine may be set back a little.
const BACKDATED: Duration = Duration::from_secs(300);

/// The file of the authority's certificate.
const ROOT: &str = "authority.pem";

/// The file of its key.
const ROOT_KEY: &str = "authority.key";

/// Makes certificates for the members of a fleet on one machine, and keeps them fresh.
///
/// Its key lies in the same folder as what it issues, and whoever may read the folder can be any member. It is for
/// processes of one user; elsewhere certificates are given.
pub struct Authority {
    folder: PathBuf,
    domain: TrustDomain,
    clock: Clock,
    entropy: Entropy,
    issuer: Issuer<'static, KeyPair>,
    root: String,
    /// Who was given a certificate in this life.
    members: Mutex<BTreeSet<Member>>,
}

/// What [`Authority::renew_when_due`] did.
#[derive(Debug, Default)]
pub struct Renewal {
    /// Whose certificates are new.
    pub renewed: Vec<Member>,
    /// What went wrong; it is tried again the next time.
    pub failed: Vec<IdentityError>,
}

impl Authority {
    /// The authority whose files are in `folder`, such as `identity` in the data folder; made when there is none, and
    /// made anew when it expires within a month or is for another trust domain. One process at a time has it.
    ///
    /// # Errors
    /// When files cannot be read or written, or others may read its key.
    pub fn open(
        folder: &Path,
        domain: TrustDomain,
        clock: Clock,
        entropy: Entropy,
    ) -> Result<Self, IdentityError> {
        store::create_folder(folder)?;
        let making = Making { clock: &clock, entropy: &entropy };
        let (issuer, root) = match kept(folder, &domain, clock.now())? {
            Some(kept) => kept,
            None => making.root(folder, &domain)?,
        };
        let members = Mutex::default();
        Ok(Self { folder: folder.to_owned(), domain, clock, entropy, issuer, root, members })
    }

    /// Where the certificate of `member` is; made now, unless there is one that is fresh. It is renewed from now on.
    ///
    /// # Errors
    /// When files cannot be written.
    pub fn issue(&self, member: &Member) -> Result<IdentityFiles, IdentityError> {
        let files = self.files(member);
        if !self.is_fresh(&files.certificate, member) {
            self.write(member)?;
        }
        self.members.lock().unwrap_or_else(PoisonError::into_inner).insert(member.clone());
        Ok(files)
    }

    /// Renews what was issued in this life and has passed half of its own. Ask every minute or so: a machine that slept
    /// wakes up with certificates that have expired.
    #[must_use]
    pub fn renew_when_due(&self) -> Renewal {
        let members = self.members.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut renewal = Renewal::default();
        for member in members {
            if self.is_fresh(&self.files(&member).certificate, &member) {
                continue;
            }
            match self.write(&member) {
                Ok(()) => renewal.renewed.push(member),
                Err(error) => renewal.failed.push(error),
            }
        }
        renewal
    }

    /// Issues the certificate of `member` again, however fresh the present one is: its key may have been seen.
    ///
    /// # Errors
    /// When files cannot be written.
    pub fn reissue(&self, member: &Member) -> Result<IdentityFiles, IdentityError> {
        self.write(member)?;
        self.issue(member)
    }

    /// The files of the operator in `folder`, whether they are there or not; for the command line.
    #[must_use]
    pub fn operator_files(folder: &Path) -> IdentityFiles {
        files(folder, &Member::Operator)
    }

    fn files(&self, member: &Member) -> IdentityFiles {
        files(&self.folder, member)
    }

    fn is_fresh(&self, path: &Path, member: &Member) -> bool {
        let Ok(pem) = store::read_secret(path) else { return false };
        let Ok(der) = CertificateDer::from_pem_slice(&pem) else { return false };
        let Ok(leaf) = Leaf::read(&der) else { return false };
        let is_ours = is_issued_by(&der, &self.root) && leaf.id == self.domain.member(member);
        let now = self.clock.now();
        is_ours && leaf.not_before <= now && leaf.expires.since(now) > LEAF_LIFE / 2
    }

    /// Certificate and key go into one file: a reader never sees the one without the other.
    fn write(&self, member: &Member) -> Result<(), IdentityError> {
        let making = Making { clock: &self.clock, entropy: &self.entropy };
        let path = self.files(member).certificate;
        let failed = |error: rcgen::Error| IdentityError::new(&path, error);
        let id = self.domain.member(member);
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(failed)?;
        let mut params = making.params(&id, member.name(), LEAF_LIFE).map_err(failed)?;
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        params.use_authority_key_identifier_extension = true;
        let certificate = params.signed_by(&key, &self.issuer).map_err(failed)?;
        let text = format!("{}{}", certificate.pem(), key.serialize_pem());
        store::replace(&self.folder, &file_name(member), &text)
    }
}

fn files(folder: &Path, member: &Member) -> IdentityFiles {
    let own = folder.join(file_name(member));
    IdentityFiles { certificate: own.clone(), key: own, authority: folder.join(ROOT) }
}

fn file_name(member: &Member) -> String {
    match member {
        Member::Service(name) => format!("service-{name}.pem"),
        Member::Operator => "operator.pem".to_owned(),
    }
}

/// The authority in the folder, if there is one that is of use.
fn kept(
    folder: &Path,
    domain: &TrustDomain,
    now: Timestamp,
) -> Result<Option<(Issuer<'static, KeyPair>, String)>, IdentityError> {
    let (path, key_path) = (folder.join(ROOT), folder.join(ROOT_KEY));
    if !path.exists() || !key_path.exists() {
        return Ok(None);
    }
    let unreadable =
        || IdentityError::new(&path, "is no certificate; remove it to have a new authority made");
    let pem = store::read(&path)?;
    let der = CertificateDer::from_pem_slice(&pem).map_err(|_| unreadable())?;
    let (_, certificate) = X509Certificate::from_der(&der).map_err(|_| unreadable())?;
    let expires = certificate.validity().not_after.timestamp().saturating_mul(1_000_000);
    let id = domain.id().to_string();
    if Timestamp::from_micros(expires).since(now) < ROOT_LEAST || !names(&certificate, &id) {
        return Ok(None);
    }
    let name = common_name(&certificate).ok_or_else(unreadable)?.to_owned();
    let key = store::read_secret(&key_path)?;
    let key = std::str::from_utf8(&key).ok().and_then(|text| KeyPair::from_pem(text).ok());
    let key = key.ok_or_else(|| {
        IdentityError::new(&key_path, "holds no key; remove it to have a new authority made")
    })?;
    if certificate.public_key().subject_public_key.data.as_ref() != key.public_key_raw() {
        let reason = format!("the key is not that of {ROOT}; remove both to have a new authority made");
        return Err(IdentityError::new(&key_path, reason));
    }
    let failed = |error: rcgen::Error| IdentityError::new(&path, error);
    let params = issuer_params(&name).map_err(failed)?;
    Ok(Some((Issuer::new(params, key), name)))
}

fn names(certificate: &X509Certificate<'_>, id: &str) -> bool {
    use x509_parser::extensions::GeneralName;

    let names = certificate.subject_alternative_name().ok().flatten();
    names.is_some_and(|names| {
        names.value.general_names.iter().any(|name| matches!(name, GeneralName::URI(uri) if *uri == id))
    })
}

fn common_name<'a>(certificate: &'a X509Certificate<'_>) -> Option<&'a str> {
    certificate.subject().iter_common_name().next()?.as_str().ok()
}

fn is_issued_by(der: &CertificateDer<'_>, root: &str) -> bool {
    let Ok((_, certificate)) = X509Certificate::from_der(der) else { return false };
    let issuer = certificate.issuer().iter_common_name().next();
    issuer.and_then(|name| name.as_str().ok()) == Some(root)
}

/// What of an authority shows in what it signs.
fn issuer_params(name: &str) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(Vec::<String>::new())?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(params)
}

/// What new certificates are made of.
struct Making<'a> {
    clock: &'a Clock,
    entropy: &'a Entropy,
}

impl Making<'_> {
    fn root(
        &self,
        folder: &Path,
        domain: &TrustDomain,
    ) -> Result<(Issuer<'static, KeyPair>, String), IdentityError> {
        let failed = |error: rcgen::Error| IdentityError::new(&folder.join(ROOT), error);
        // A name of its own: what another authority signed is then told apart at once.
        let name = format!("Tradewind local authority {}", hexadecimal(&self.random::<4>()));
        let usual = issuer_params(&name).map_err(failed)?;
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(failed)?;
        let mut params = self.params(&domain.id(), &name, ROOT_LIFE).map_err(failed)?;
        params.is_ca = usual.is_ca;
        params.key_usages.clone_from(&usual.key_usages);
        let certificate = params.self_signed(&key).map_err(failed)?;
        // The key first: a certificate without it would be taken for an authority by those who trust it.
        store::replace(folder, ROOT_KEY, &key.serialize_pem())?;
        store::replace(folder, ROOT, &certificate.pem())?;
        Ok((Issuer::new(usual, key), name))
    }

    fn params(&self, id: &SpiffeId, name: &str, life: Duration) -> Result<CertificateParams, rcgen::Error> {
        let mut params = CertificateParams::new(Vec::<String>::new())?;
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        params.subject_alt_names = vec![SanType::URI(Ia5String::try_from(id.to_string())?)];
        params.serial_number = Some(self.serial());
        let now = self.clock.now();
        let time = |at: Timestamp| {
            let time = ASN1Time::from_timestamp(at.as_micros().div_euclid(1_000_000));
            time.map(|time| time.to_datetime()).map_err(|_| rcgen::Error::Time)
        };
        params.not_before = time(now.minus(BACKDATED))?;
        params.not_after = time(now.plus(life))?;
        Ok(params)
    }

    /// 16 random bytes, positive and not 0 (RFC 5280 §4.1.2.2).
    fn serial(&self) -> SerialNumber {
        let mut bytes = self.random::<16>();
        bytes[0] = (bytes[0] & 0x7f) | 0x40;
        SerialNumber::from_slice(&bytes)
    }

    fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.entropy.fill(&mut bytes);
        bytes
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl fmt::Debug for Authority {
    /// Nothing of its key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority")
            .field("folder", &self.folder)
            .field("domain", &self.domain)
            .finish_non_exhaustive()
    }
}
