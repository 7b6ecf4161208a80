//! Where those who work here sign in.

use maud::html;
use tradewind_pages::{FORM_TOKEN, Html, LocalPath};

use crate::reader::Reader;
use crate::words::*;

pub(crate) fn form(reader: &Reader, to: &LocalPath, email: &str) -> Html {
    Html::new(html! {
        p { (reader.say(FOR_STAFF)) }
        form method="post" action="/admin/sign-in" {
            input type="hidden" name=(FORM_TOKEN) value=(reader.form_token);
            input type="hidden" name="to" value=(to.as_str());
            p.field {
                label for="email" { (reader.say(EMAIL)) }
                input type="email" id="email" name="email" value=(email) autocomplete="username" required maxlength="254";
            }
            p.field {
                label for="password" { (reader.say(PASSWORD)) }
                input type="password" id="password" name="password" autocomplete="current-password" required
                    maxlength="256";
            }
            p { button type="submit" { (reader.say(SIGN_IN)) } }
        }
    })
}
