//! The words of mails.

use tradewind_notification_contract::Occasion;

use crate::domain::Tongue;

/// A headline, and the sentence that says what it means for the reader.
pub(super) type Said = (&'static str, &'static str);

/// The words of a language.
pub(super) struct Words {
    /// With `{name}` for the reader's name.
    pub(super) greeting: &'static str,
    pub(super) order: &'static str,
    pub(super) total: &'static str,
    pub(super) refunded: &'static str,
    pub(super) tracking: &'static str,
    pub(super) see_order: &'static str,
    pub(super) why_told: &'static str,
    pub(super) preferences: &'static str,
    pub(super) test: Said,
    placed: Said,
    confirmed: Said,
    shipped: Said,
    completed: Said,
    rejected: Said,
    cancelled: Said,
    order_refunded: Said,
    refund_granted: Said,
    refund_refused: Said,
    /// By the code of a problem.
    reasons: [(&'static str, &'static str); 14],
    other_reason: &'static str,
}

impl Words {
    pub(super) fn of(&self, occasion: Occasion) -> Option<Said> {
        match occasion {
            Occasion::OrderPlaced => Some(self.placed),
            Occasion::OrderConfirmed => Some(self.confirmed),
            Occasion::OrderShipped => Some(self.shipped),
            Occasion::OrderCompleted => Some(self.completed),
            Occasion::OrderRejected => Some(self.rejected),
            Occasion::OrderCancelled => Some(self.cancelled),
            Occasion::OrderRefunded => Some(self.order_refunded),
            Occasion::RefundGranted => Some(self.refund_granted),
            Occasion::RefundRefused => Some(self.refund_refused),
            Occasion::Other => None,
        }
    }

    /// A reason in words; a code that is not known is told as what it is for the reader, not as a code.
    pub(super) fn reason(&self, code: &str) -> &'static str {
        self.reasons.iter().find(|(known, _)| *known == code).map_or(self.other_reason, |(_, words)| words)
    }
}

pub(super) fn of(tongue: Tongue) -> &'static Words {
    match tongue {
        Tongue::English => &ENGLISH,
        Tongue::German => &GERMAN,
    }
}

const ENGLISH: Words = Words {
    greeting: "Hello {name},",
    order: "order",
    total: "Total",
    refunded: "You get back",
    tracking: "The carrier calls your parcel",
    see_order: "See your order",
    why_told: "You get this mail because you have an account with us.",
    preferences: "Choose what we write to you",
    test: ("A test mail", "It works: this mail was sent by your shop."),
    placed: (
        "We have your order",
        "Thank you. We have your order and are looking whether everything is there.",
    ),
    confirmed: ("Your order is confirmed", "Everything is reserved for you, and we are getting it ready."),
    shipped: ("Your parcel is on its way", "The carrier has your parcel."),
    completed: (
        "Your order is complete",
        "Your order is paid or invoiced, and nothing is left for you to do.",
    ),
    rejected: (
        "We could not accept your order",
        "We are sorry: we could not accept your order. Nothing was charged.",
    ),
    cancelled: (
        "Your order was cancelled",
        "Your order was cancelled. If something was paid for it, you get it back.",
    ),
    order_refunded: ("You get money back", "We have given back money for your order."),
    refund_granted: (
        "Your refund is granted",
        "We have looked at your request, and the money is on its way back to your card.",
    ),
    refund_refused: (
        "We cannot give this money back",
        "We have looked at your request, and cannot give the money back. Your order's page says more.",
    ),
    reasons: [
        ("sold-out", "Something that you ordered is sold out."),
        ("credit-limit-exceeded", "It would have gone beyond what you can buy on account."),
        ("other-currency", "Your account is in another currency than the order."),
        ("unknown-customer", "You cannot buy on account yet."),
        ("card-declined", "Your card was declined. Please try another card, or ask your bank."),
        ("unknown-card", "Your card is not known any more. Please enter it again."),
        ("unknown-product", "Something that you ordered is not sold any more."),
        ("reservation-expired", "It took too long, and what was reserved for you is gone."),
        ("country-not-served", "We do not deliver to the country of the order."),
        ("too-late", "It was too long after the goods came."),
        ("not-sent-back", "The goods have not come back to us."),
        ("used", "The goods were used or damaged."),
        ("given-back-already", "The money was given back already."),
        ("something-else", "You find the reason on the page of your order."),
    ],
    other_reason: "Something went wrong on our side. Please try again, or ask us.",
};

const GERMAN: Words = Words {
    greeting: "Hallo {name},",
    order: "Bestellung",
    total: "Summe",
    refunded: "Zurück erhältst du",
    tracking: "Dein Paket heißt beim Versand",
    see_order: "Bestellung ansehen",
    why_told: "Du bekommst diese Mail, weil du ein Konto bei uns hast.",
    preferences: "Auswählen, was wir dir schreiben",
    test: ("Eine Testmail", "Es klappt: Diese Mail hat dein Shop verschickt."),
    placed: (
        "Deine Bestellung ist da",
        "Danke. Deine Bestellung ist da, und wir sehen nach, ob alles vorrätig ist.",
    ),
    confirmed: ("Deine Bestellung ist bestätigt", "Alles ist für dich reserviert, und wir packen es ein."),
    shipped: ("Dein Paket ist unterwegs", "Der Versand hat dein Paket."),
    completed: (
        "Deine Bestellung ist fertig",
        "Deine Bestellung ist bezahlt oder in Rechnung gestellt, und du musst nichts mehr tun.",
    ),
    rejected: (
        "Deine Bestellung ging nicht",
        "Es tut uns leid: Wir konnten deine Bestellung nicht annehmen. Es wurde nichts abgebucht.",
    ),
    cancelled: (
        "Deine Bestellung ist storniert",
        "Deine Bestellung ist storniert. Was dafür bezahlt wurde, bekommst du zurück.",
    ),
    order_refunded: ("Du bekommst Geld zurück", "Wir haben dir Geld für deine Bestellung zurückgegeben."),
    refund_granted: (
        "Deine Erstattung ist bewilligt",
        "Wir haben uns deine Anfrage angesehen, und das Geld ist auf dem Weg zurück auf deine Karte.",
    ),
    refund_refused: (
        "Das Geld können wir nicht erstatten",
        "Wir haben uns deine Anfrage angesehen und können das Geld nicht erstatten. Mehr steht auf der Seite deiner Bestellung.",
    ),
    reasons: [
        ("sold-out", "Etwas aus deiner Bestellung ist ausverkauft."),
        ("credit-limit-exceeded", "Damit würdest du mehr auf Rechnung kaufen, als du kannst."),
        ("other-currency", "Dein Konto hat eine andere Währung als die Bestellung."),
        ("unknown-customer", "Du kannst noch nicht auf Rechnung kaufen."),
        ("card-declined", "Deine Karte wurde abgelehnt. Nimm eine andere oder frag deine Bank."),
        ("unknown-card", "Deine Karte ist nicht mehr bekannt. Bitte gib sie noch einmal ein."),
        ("unknown-product", "Etwas aus deiner Bestellung wird nicht mehr verkauft."),
        ("reservation-expired", "Es hat zu lange gedauert; was reserviert war, ist weg."),
        ("country-not-served", "In das Land der Bestellung liefern wir nicht."),
        ("too-late", "Es war zu lange, nachdem die Ware kam."),
        ("not-sent-back", "Die Ware ist nicht bei uns zurück."),
        ("used", "Die Ware wurde benutzt oder beschädigt."),
        ("given-back-already", "Das Geld wurde schon erstattet."),
        ("something-else", "Den Grund findest du auf der Seite deiner Bestellung."),
    ],
    other_reason: "Bei uns ging etwas schief. Versuch es noch einmal oder frag uns.",
};
