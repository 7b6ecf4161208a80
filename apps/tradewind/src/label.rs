//! Names in languages, on the command line.

use tradewind_catalogue_contract::Label;

/// A name in a language, from `de=Garten`.
pub(crate) fn label(text: &str) -> Result<Label, String> {
    let (language, text) = text.split_once('=').ok_or("write language=text, such as de=Garten")?;
    let language =
        language.parse().map_err(|_| format!("{language:?} is no language; write one such as de"))?;
    Ok(Label { language, text: text.to_owned() })
}
