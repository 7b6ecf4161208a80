//! How an API server is reached, as far as a configuration says.

use std::path::{Path, PathBuf};

use http::Uri;
use kube::Config;

/// Where a pod finds the files of its service account.
const ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// The API server of the cluster that this pod runs in.
///
/// # Errors
/// Why it is not known.
pub(crate) fn in_pod() -> Result<Config, String> {
    let variable = |name: &str| std::env::var(name).map_err(|_| format!("{name} is not set"));
    let (host, port) = (variable("KUBERNETES_SERVICE_HOST")?, variable("KUBERNETES_SERVICE_PORT")?);
    of_account(address(&host, &port)?, Path::new(ACCOUNT))
}

fn address(host: &str, port: &str) -> Result<Uri, String> {
    // An address of IP version 6 needs brackets.
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    let wrong =
        |_| format!("KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT: {host}:{port} is no address");
    format!("https://{host}:{port}").parse().map_err(wrong)
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_made_of_a_host_and_a_port() {
        let shown = |host, port| address(host, port).map(|address| address.to_string());
        assert_eq!(shown("10.0.0.1", "443"), Ok("https://10.0.0.1:443/".to_owned()));
        assert_eq!(shown("fd00::1", "6443"), Ok("https://[fd00::1]:6443/".to_owned()));
        assert!(shown("10.0.0.1", "tcp://10.0.0.1").unwrap_err().contains("KUBERNETES_SERVICE_PORT"));
    }
}
