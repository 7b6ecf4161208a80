//! How an API server is reached, as far as a configuration says.

use std::path::{Path, PathBuf};

use http::Uri;
use kube::Config;

/// An API server, and the service account whose files are in a folder.
///
/// # Errors
/// Which file is missing.
pub(crate) fn of_account(address: Uri, folder: &Path) -> Result<Config, String> {
    let path = |name: &str| folder.join(name);
    let read = |name: &str| {
        std::fs::read_to_string(path(name)).map_err(|error| format!("{}: {error}", path(name).display()))
    };
    let namespace = read("namespace")?;
    // It is not needed yet, but who reads it later does not say which file is missing.
    read("ca.crt")?;
    let mut config = Config::new(address);
    namespace.trim().clone_into(&mut config.default_namespace);
    // Read again while it is in use, as the token is.
    config.root_cert_file = Some(path("ca.crt"));
    // Certificates of the machine are of no use here, and an image from scratch has none.
    config.root_cert = Some(Vec::new());
    config.auth_info.token_file = Some(path("token").display().to_string());
    Ok(config)
}

/// The file of the token, where that is how requests say who asks. It is taken out: reading it again is for us, who hear
/// when a token is refused.
pub(crate) fn token_file(config: &mut Config) -> Option<PathBuf> {
    let auth = &mut config.auth_info;
    let is_other = auth.auth_provider.is_some() || auth.token.is_some() || auth.username.is_some();
    auth.token_file.take_if(|_| !is_other).map(PathBuf::from)
}
