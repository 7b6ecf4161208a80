//! Who did what.

use maud::html;
use tradewind_audit::Record;
use tradewind_pages::Html;

use crate::reader::Reader;
use crate::words::*;

/// What the page is asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asked {
    pub(crate) actor: String,
    pub(crate) action: String,
    pub(crate) kind: String,
    pub(crate) id: String,
}

pub(crate) fn list(reader: &Reader, asked: &Asked, records: &[(&str, Record)], silent: &[&str]) -> Html {
    Html::new(html! {
        (filter(reader, asked))
        @if !silent.is_empty() {
            p.wrong role="status" { (reader.say_with(SILENT, &[("names", &silent.join(", "))])) }
        }
        @if records.is_empty() { p { (reader.say(NO_RECORDS)) } } @else { (table(reader, records)) }
    })
}

fn filter(reader: &Reader, asked: &Asked) -> Html {
    let fields = [
        ("actor", ASK_ACTOR, &asked.actor),
        ("action", ASK_ACTION, &asked.action),
        ("kind", ASK_KIND, &asked.kind),
        ("id", ASK_ID, &asked.id),
    ];
    Html::new(html! {
        form.filter method="get" action="/admin/audit" role="search" {
            @for (name, label, value) in fields {
                p.field {
                    label for={ "filter-" (name) } { (reader.say(label)) }
                    input type="text" id={ "filter-" (name) } name=(name) value=(value) maxlength="200" dir="auto";
                }
            }
            p { button type="submit" { (reader.say(SHOW)) } " " a href="/admin/audit" { (reader.say(SHOW_ALL)) } }
        }
    })
}

pub(crate) fn table(reader: &Reader, records: &[(&str, Record)]) -> Html {
    Html::new(html! {
        div.wide tabindex="0" role="region" aria-label=(reader.say(RECORDS)) {
            table {
                caption { (reader.say(RECORDS_CAPTION)) }
                thead {
                    tr {
                        @for title in [WHEN, RECORD, WHO, WHAT, TO_WHAT, BEFORE, AFTER, OUTCOME] {
                            th scope="col" { (reader.say(title)) }
                        }
                    }
                }
                tbody { @for (service, record) in records { (row(reader, service, record)) } }
            }
        }
    })
}

fn row(reader: &Reader, service: &str, record: &Record) -> Html {
    let document = |document: &Option<tradewind_audit::Document>| {
        document.as_ref().map(|document| document.as_str().to_owned()).unwrap_or_default()
    };
    Html::new(html! {
        tr {
            td { (reader.moment(record.at)) }
            td { (service) " " (record.sequence) }
            td {
                (record.actor.role.name()) " " (Html::name(&record.actor.id))
                @if let Some(person) = record.actor.on_behalf_of { " " (reader.say(ON_BEHALF_OF)) " " (person) }
            }
            td { (record.action) }
            td { (record.target.kind) " " (Html::name(&record.target.id)) }
            td { code dir="ltr" { (Html::text(&document(&record.before))) } }
            td { code dir="ltr" { (Html::text(&document(&record.after))) } }
            td { (record.outcome) }
        }
    })
}

/// What was changed just now: its record, and where to go on.
pub(crate) fn changed(reader: &Reader, records: &[(&str, Record)], back: &str) -> Html {
    Html::new(html! {
        p role="status" { (reader.say(IT_WAS_DONE)) }
        @if records.is_empty() {
            p { (reader.say(RECORD_LATER)) }
        } @else {
            (table(reader, records))
        }
        p { a href=(back) { (reader.say(GO_ON)) } }
    })
}
