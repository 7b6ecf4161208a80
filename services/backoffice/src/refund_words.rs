//! What the pages about refunds say, in every language that they may be shown in.

tradewind_pages::messages! {
    TITLE = "Refunds", "Erstattungen";
    CAPTION = "Refunds that customers ask for", "Erstattungen, um die Kunden bitten";
    ASKED_AT = "Asked", "Angefragt";
    ORDER = "Order", "Bestellung";
    AMOUNT = "Amount", "Betrag";
    WHY = "Why", "Warum";
    NONE_OPEN = "There is nothing to decide.", "Es gibt nichts zu entscheiden.";
    OF_ORDER = "What the customer asks back", "Was der Kunde zurück möchte";
    CHANGED_MIND = "does not want it any more", "möchte es nicht mehr";
    DAMAGED = "broken, or does not work", "kaputt oder geht nicht";
    WRONG_ITEM = "not what was ordered", "nicht das, was bestellt war";
    NOT_ARRIVED = "did not arrive", "nicht angekommen";
    SOMETHING_ELSE = "something else", "etwas anderes";
    STATE_ASKED = "to be decided", "zu entscheiden";
    STATE_GRANTED = "granted {amount}, on its way", "{amount} bewilligt, unterwegs";
    STATE_RETURNED = "{amount} given back", "{amount} erstattet";
    STATE_FAILED = "granted {amount}, which the provider did not give back", "{amount} bewilligt, vom Anbieter nicht erstattet";
    STATE_REFUSED = "refused: {reason}", "abgelehnt: {reason}";
    STATE_OTHER = "in a state that is not known here", "in einem Zustand, den diese Version nicht kennt";
    TOO_LATE = "too long after the goods came", "zu lange, nachdem die Ware kam";
    NOT_SENT_BACK = "the goods did not come back", "die Ware kam nicht zurück";
    USED = "the goods were used or damaged", "die Ware wurde benutzt oder beschädigt";
    GIVEN_BACK_ALREADY = "the money was given back already", "das Geld wurde schon erstattet";
    GRANT_AMOUNT = "Give back, in {currency}", "Erstatten, in {currency}";
    GRANT_HINT = "At most the {amount} asked for.", "Höchstens die {amount}, um die gebeten wurde.";
    GRANT = "Grant", "Bewilligen";
    GRANT_TITLE = "Grant the refund?", "Erstattung bewilligen?";
    GRANT_QUESTION = "Give {amount} of order {order} back? It cannot be taken again.",
        "{amount} von Bestellung {order} erstatten? Es kann nicht zurückgenommen werden.";
    GRANT_YES = "Yes, give back", "Ja, erstatten";
    REFUSAL_REASON = "Why not", "Warum nicht";
    REFUSAL_NOTE = "What to tell the customer", "Was dem Kunden zu sagen ist";
    REFUSE = "Refuse", "Ablehnen";
    REFUSE_TITLE = "Refuse the refund?", "Erstattung ablehnen?";
    REFUSE_QUESTION = "Give nothing back for this request of order {order}, because {reason}? The customer is told.",
        "Auf diese Anfrage zu Bestellung {order} nichts erstatten, weil: {reason}? Der Kunde erfährt es.";
    REFUSE_YES = "Yes, refuse", "Ja, ablehnen";
    RULE_AMOUNT = "grant more than nothing, and at most the {amount} asked for",
        "mehr als nichts bewilligen, und höchstens die {amount}, um die gebeten wurde";
    DECIDED = "This was decided before, perhaps by somebody else. Load the page again.",
        "Darüber wurde schon entschieden, vielleicht von jemand anderem. Laden Sie die Seite neu.";
    RULE_REASON = "choose why", "wählen, warum";
    RULE_NOTE = "enter at most {max} characters, without control characters",
        "höchstens {max} Zeichen, ohne Steuerzeichen";
}

#[cfg(test)]
mod tests {
    #[test]
    fn everything_is_said_in_every_language() {
        for (name, message) in super::ALL {
            assert_eq!(message.lacks(), None, "{name}");
        }
    }
}
