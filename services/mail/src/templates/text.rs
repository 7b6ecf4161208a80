//! Mails as text.

use super::Page;
use super::money::shown;

/// The text of a mail.
pub(super) fn write(page: &Page<'_>) -> String {
    let words = page.words;
    let mut text = String::new();
    let mut say = |line: &str| {
        text.push_str(line);
        text.push('\n');
    };
    say(&page.greeting);
    say("");
    say(page.sentence);
    if let Some(reason) = page.reason {
        say(reason);
    }
    if !page.lines.is_empty() {
        say("");
    }
    for line in page.lines {
        let price = shown(line.unit_price, page.tongue);
        say(&format!("  {} × {}, {price}", line.quantity, line.name));
    }
    if let Some(total) = page.total {
        say(&format!("  {}: {}", words.total, shown(total, page.tongue)));
    }
    if let Some(refunded) = page.refunded {
        say(&format!("{}: {}", words.refunded, shown(refunded, page.tongue)));
    }
    if let Some(number) = page.tracking_number {
        say(&format!("{}: {number}", words.tracking));
    }
    if let Some(order_page) = &page.order_page {
        say("");
        say(&format!("{}: {order_page}", words.see_order));
    }
    say("");
    say("--");
    say(words.why_told);
    say(&format!("{}: {}", words.preferences, page.preferences_page));
    text
}
