//! What services keep secret beside their data.

use tradewind_kernel::Secret;

use crate::plan::Init;

/// The name under which the data folder keeps a secret of a service.
pub(crate) fn secret_file(service: &str, secret: &str) -> String {
    format!("{service}-{secret}")
}

impl<C> Init<C> {
    /// The secret that the definition keeps under this name, see [`Definition::keeps_secret`].
    ///
    /// [`Definition::keeps_secret`]: crate::Definition::keeps_secret
    ///
    /// # Errors
    /// That the definition does not say so.
    pub fn secret(&self, name: &str) -> Result<Secret, String> {
        let found = self.secrets.get(name).cloned();
        found.ok_or_else(|| format!("it keeps no secret {name}: add .keeps_secret({name:?})"))
    }
}
