//! In which language the back office is shown.

use std::sync::Arc;

use tradewind_chassis::http::{Call, Reply, Routes};
use tradewind_pages::{Language, LocalPath, Visit, see_other};
use tradewind_problem::Problem;

use super::{keeping, own_fields, told};
use crate::reader::Reader;
use crate::state::Office;
use crate::worker::COOKIE;

pub(super) fn add_to(routes: Routes<Office>) -> Routes<Office> {
    routes.post("/admin/language", choose).for_people()
}

/// Whoever is not signed in chooses as well: the page on which they do has words, too. What is no language changes nothing.
async fn choose(office: Arc<Office>, mut call: Call) -> Result<Reply, Problem> {
    let visit = Visit::of(&call, COOKIE);
    let fields = match own_fields(&mut call, &visit).await {
        Ok(fields) => fields,
        Err(problem) => return told(&office, &Reader::of(&call, &visit), None, &problem),
    };
    let back = LocalPath::below("/admin", fields.raw("back").unwrap_or_default(), "/admin");
    let reply = see_other(&back)?;
    match fields.raw("language").and_then(Language::parse) {
        Some(language) => keeping(reply, Visit::language_cookie(&call, language)),
        None => Ok(reply),
    }
}
