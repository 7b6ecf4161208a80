//! Static files that are part of the program.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Write;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::StatusCode;
use http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use sha2::{Digest, Sha256};
use tradewind_chassis::http::{Call, Reply};
use tradewind_problem::{NOT_FOUND, Problem};

/// What an address with a digest in it stands for never changes (RFC 8246).
const FOR_GOOD: &str = "public, max-age=31536000, immutable";

/// A drawing that is opened by itself runs and loads nothing.
const NOTHING: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

/// A file: its name, its media type and what is in it, by `include_bytes!`.
#[derive(Debug, Clone, Copy)]
pub struct Asset {
    /// Its name, such as `lamp.css`.
    pub name: &'static str,
    /// Its media type.
    pub media_type: &'static str,
    /// What is in it.
    pub bytes: &'static [u8],
}

struct Kept {
    media_type: &'static str,
    plain: Bytes,
    /// The same compressed, where that is shorter.
    gzip: Option<Bytes>,
}

/// Files under addresses that change with what is in them, so that browsers may keep them for good.
pub struct Assets {
    /// By the last part of their address.
    kept: BTreeMap<String, Kept>,
    /// Whole addresses by name.
    addresses: BTreeMap<&'static str, String>,
}

impl Assets {
    /// These files below `prefix`, such as `/lamps/assets`. They are compressed here, once.
    #[must_use]
    pub fn new(prefix: &str, assets: &[Asset]) -> Self {
        let mut made = Self { kept: BTreeMap::new(), addresses: BTreeMap::new() };
        for asset in assets {
            let file = hashed(asset);
            made.addresses.insert(asset.name, format!("{prefix}/{file}"));
            made.kept.insert(file, Kept::new(asset));
        }
        made
    }

    /// The address of a file. For a name that is unknown, which is a mistake of the program, it leads nowhere.
    #[must_use]
    pub fn address(&self, name: &str) -> &str {
        self.addresses.get(name).map_or("/", String::as_str)
    }

    /// How many bytes a browser loads for a file when it takes compressed ones; for tests.
    #[must_use]
    pub fn weight(&self, name: &str) -> usize {
        let file = self.address(name).rsplit('/').next().unwrap_or_default();
        self.kept.get(file).map_or(0, |kept| kept.gzip.as_ref().unwrap_or(&kept.plain).len())
    }

    /// Answers a request for the file that the path parameter `parameter` names.
    ///
    /// # Errors
    /// [`NOT_FOUND`] when there is none.
    pub fn serve(&self, call: &Call, parameter: &str) -> Result<Reply, Problem> {
        let file: String = call.parameter(parameter)?;
        let accepted = call.headers().get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
        self.file(&file, accepted.is_some_and(takes_gzip))
    }

    fn file(&self, file: &str, takes_gzip: bool) -> Result<Reply, Problem> {
        let none = || Problem::new(&NOT_FOUND).detail("There is no such file.");
        let kept = self.kept.get(file).ok_or_else(none)?;
        let gzip = kept.gzip.as_ref().filter(|_| takes_gzip);
        let bytes = gzip.unwrap_or(&kept.plain).clone();
        let reply = Reply::bytes(StatusCode::OK, kept.media_type, bytes)
            .header(CACHE_CONTROL, FOR_GOOD)?
            .header(VARY, "Accept-Encoding")?
            .header(CONTENT_SECURITY_POLICY, NOTHING)?
            .header(X_CONTENT_TYPE_OPTIONS, "nosniff")?;
        if gzip.is_some() { reply.header(CONTENT_ENCODING, "gzip") } else { Ok(reply) }
    }
}

impl Kept {
    fn new(asset: &Asset) -> Self {
        let gzip = compressed(asset.bytes).filter(|gzip| gzip.len() < asset.bytes.len());
        Self { media_type: asset.media_type, plain: Bytes::from_static(asset.bytes), gzip }
    }
}

fn compressed(bytes: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).ok()?;
    encoder.finish().ok().map(Bytes::from)
}

/// `lamp.css` → `lamp.0123456789abcdef.css`.
fn hashed(asset: &Asset) -> String {
    let digest = Sha256::digest(asset.bytes);
    let digest: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    match asset.name.rsplit_once('.') {
        Some((stem, extension)) => format!("{stem}.{digest}.{extension}"),
        None => format!("{}.{digest}", asset.name),
    }
}

/// Whether `gzip` is among what is taken, and not ruled out.
fn takes_gzip(accepted: &str) -> bool {
    accepted.split(',').any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let ruled_out =
            weight.trim().strip_prefix("q=").is_some_and(|q| q.trim_matches(['0', '.']).is_empty());
        name.trim().eq_ignore_ascii_case("gzip") && !ruled_out
    })
}

impl fmt::Debug for Assets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.kept.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    const CSS: &[u8] =
        b"p{color:red}p{color:red}p{color:red}p{color:red}p{color:red}p{color:red}p{color:red}";

    fn assets(bytes: &'static [u8]) -> Assets {
        Assets::new("/a", &[Asset { name: "lamp.css", media_type: "text/css", bytes }])
    }

    #[test]
    fn an_address_changes_with_what_is_in_the_file() {
        let (one, other) = (assets(CSS), assets(b"p{}"));
        let address = one.address("lamp.css");
        assert!(
            address.starts_with("/a/lamp.") && address.ends_with(".css") && address.len() == 28,
            "{address}"
        );
        assert_ne!(address, other.address("lamp.css"));
        assert_eq!(one.address("other.css"), "/");
        assert!(one.file("lamp.css", false).is_err() && one.file("", false).is_err());
    }

    #[test]
    fn it_comes_compressed_to_those_who_take_that() {
        let assets = assets(CSS);
        let file = assets.address("lamp.css").trim_start_matches("/a/").to_owned();
        let kept = &assets.kept[&file];
        let mut text = Vec::new();
        flate2::read::GzDecoder::new(&kept.gzip.as_ref().unwrap()[..]).read_to_end(&mut text).unwrap();
        assert_eq!(text, CSS);
        assert!(assets.weight("lamp.css") < CSS.len() && assets.weight("none") == 0);
        assert!(assets.file(&file, true).is_ok() && assets.file(&file, false).is_ok());
        for accepted in ["gzip", "br, gzip", "GZIP;q=0.5", "deflate,gzip;q=1.0"] {
            assert!(takes_gzip(accepted), "{accepted}");
        }
        for accepted in ["", "br", "gzip;q=0", "gzip;q=0.000", "x-gzip2"] {
            assert!(!takes_gzip(accepted), "{accepted}");
        }
    }
}
