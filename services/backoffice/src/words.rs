//! Everything that the back office says, in English and in German.

tradewind_pages::messages! {
    OFFICE = "Tradewind back office", "Tradewind-Verwaltung";
    OF_OFFICE = "{title} – back office", "{title} – Verwaltung";
    SKIP = "Skip to what the page shows", "Zum Inhalt der Seite springen";
    PARTS = "Back office", "Verwaltung";
    PRODUCTS = "Products", "Produkte";
    ORDERS = "Orders", "Bestellungen";
    REFUNDS = "Refunds", "Erstattungen";
    CUSTOMERS = "Customers", "Kunden";
    OFFERS = "Offers and taxes", "Angebote und Steuern";
    AUDIT = "Audit", "Protokoll";
    LANGUAGE = "Language", "Sprache";
    APPLY = "Apply", "Übernehmen";
    SIGNED_IN_AS = "Signed in as {name} ({role})", "Angemeldet als {name} ({role})";
    ROLE_ADMIN = "admin", "Leitung";
    ROLE_STAFF = "staff", "Personal";
    SIGN_OUT = "Sign out", "Abmelden";
    MAY_ADMIN = "You can take goods in, call orders off, give money back, and change products, prices and credit limits.",
        "Sie können Ware annehmen, Bestellungen stornieren, Geld zurückgeben und Produkte, Preise und Kreditlimits ändern.";
    MAY_STAFF = "You can take goods in, call orders off and give money back. Prices and credit limits are for admins.",
        "Sie können Ware annehmen, Bestellungen stornieren und Geld zurückgeben. Preise und Kreditlimits ändert die Leitung.";
    ALL_RECORDED = "Whatever is changed here is recorded, with who did it.",
        "Was hier geändert wird, wird aufgezeichnet, und auch, wer es war.";
    TO_BEGINNING = "To the beginning", "Zum Anfang";
    NEXT_PAGE = "Next page", "Nächste Seite";
    OPTIONAL = "(optional)", "(freiwillig)";
    GO_BACK = "No, go back", "Nein, zurück";
    UNKNOWN = "unknown", "unbekannt";

    DID_NOT_WORK = "That did not work.", "Das hat nicht geklappt.";
    NOT_YOURS = "You may not do this", "Das dürfen Sie nicht";
    NOT_YOURS_TEXT = "This is for others. Nothing was changed.", "Das ist Sache anderer. Nichts wurde geändert.";
    NOTHING_CHANGED = "Nothing was changed.", "Nichts wurde geändert.";
    USED_FORM = "This form was sent before with something else in it. Load the page again and fill it in once more.",
        "Dieses Formular wurde schon einmal mit anderem Inhalt gesendet. Laden Sie die Seite neu und füllen Sie es noch einmal aus.";
    UNDER_WAY = "This form is being carried out already. Load the page again to see what became of it.",
        "Dieses Formular wird schon ausgeführt. Laden Sie die Seite neu, um zu sehen, was daraus wurde.";
    ORDER_NOT_OPEN = "The order is not open any more, so that it cannot be called off.",
        "Die Bestellung ist nicht mehr offen und kann nicht mehr storniert werden.";
    NOT_CAPTURED = "Nothing was taken for this order yet that could be given back.",
        "Für diese Bestellung wurde noch nichts eingezogen, das zurückgegeben werden könnte.";
    TOO_MUCH_BACK = "That is more than is left of what was taken. Give less back.",
        "Das ist mehr, als vom Eingezogenen übrig ist. Geben Sie weniger zurück.";
    NOTE_DIFFERS = "This delivery note was taken in with another quantity of the product. Correct one of them.",
        "Dieser Lieferschein wurde mit einer anderen Menge des Produkts angenommen. Berichtigen Sie eine davon.";
    REFUSED = "It was refused, and nothing was changed. Load the page again and look whether it still fits.",
        "Es wurde abgelehnt, und nichts wurde geändert. Laden Sie die Seite neu und sehen Sie nach, ob es noch passt.";
    FAULT = "{field}: {fault}", "{field}: {fault}";
    MISSING = "enter something", "geben Sie etwas ein";
    TOO_LONG = "enter at most {max} characters", "geben Sie höchstens {max} Zeichen ein";
    UNFIT = "this does not fit", "das passt nicht";
    UNFIT_NAME = "use 1 to 64 letters, digits, hyphens, dots and underscores",
        "nehmen Sie 1 bis 64 Buchstaben, Ziffern, Bindestriche, Punkte und Unterstriche";
    UNFIT_TEXT = "there are characters in it that cannot be used", "darin sind Zeichen, die nicht gehen";
    UNFIT_QUANTITY = "enter a whole number from 1 to 1,000,000", "geben Sie eine ganze Zahl von 1 bis 1.000.000 ein";
    UNFIT_AMOUNT = "enter an amount in {currency} that is not negative, such as {example}",
        "geben Sie einen Betrag in {currency} ein, der nicht negativ ist, wie {example}";
    UNFIT_REFUND = "enter more than nothing", "geben Sie mehr als nichts ein";
    UNFIT_CURRENCY = "enter a currency by its three letters, such as GBP",
        "geben Sie eine Währung mit ihren drei Buchstaben ein, wie GBP";
    UNFIT_KEY = "load the page again and send the form once more",
        "laden Sie die Seite neu und senden Sie das Formular noch einmal";
    NUMBER_TAKEN = "there is a product with this number; change that one",
        "mit dieser Nummer gibt es ein Produkt; ändern Sie jenes";
    FORM = "Form", "Formular";

    SIGN_IN = "Sign in", "Anmelden";
    FOR_STAFF = "For those who work for the shop.", "Für alle, die für den Laden arbeiten.";
    EMAIL = "E-mail address", "E-Mail-Adresse";
    PASSWORD = "Password", "Passwort";
    SIGN_IN_REFUSED = "The address and the password do not belong together.",
        "Die Adresse und das Passwort gehören nicht zusammen.";
    SIGN_IN_LATER = "There were too many attempts. Wait a minute and try again.",
        "Es waren zu viele Versuche. Warten Sie eine Minute und versuchen Sie es noch einmal.";

    PRODUCTS_CAPTION = "Products, by number", "Produkte, nach Nummer";
    NUMBER = "Number", "Nummer";
    NAME = "Name", "Name";
    PRICE = "Price", "Preis";
    PRICE_IN = "Price in {currency}", "Preis in {currency}";
    AVAILABLE = "Available", "Verfügbar";
    LIST_NEW = "List a new product", "Ein neues Produkt anlegen";
    LIST_IT = "List the product", "Produkt anlegen";
    PRODUCT_NUMBER = "Number of the product", "Nummer des Produkts";
    STAYS = "It stays for good.", "Sie bleibt für immer.";
    SKU = "Stock keeping unit", "Artikelnummer im Lager";
    DESCRIPTION = "Description", "Beschreibung";
    CURRENCY = "Currency", "Währung";
    CURRENCY_HINT = "Such as GBP.", "Wie GBP.";
    PRODUCT = "Product {id}: {name}", "Produkt {id}: {name}";
    TAKE_IN = "Take goods in", "Ware annehmen";
    TAKE_IT_IN = "Take in", "Annehmen";
    TAKE_IN_ASKED = "Take goods in?", "Ware annehmen?";
    TAKE_IN_QUESTION = "Take in {quantity} of product {id}? What was taken in cannot be taken out again here.",
        "{quantity} von Produkt {id} annehmen? Was angenommen ist, lässt sich hier nicht wieder herausnehmen.";
    TAKE_IN_YES = "Yes, take in", "Ja, annehmen";
    QUANTITY = "Quantity", "Menge";
    QUANTITY_HINT = "A whole number from 1 to 1,000,000.", "Eine ganze Zahl von 1 bis 1.000.000.";
    NOTE = "Number of the delivery note", "Nummer des Lieferscheins";
    NOTE_HINT = "Each product of a note is taken in once.", "Jedes Produkt eines Scheins wird einmal angenommen.";
    CHANGE_PRODUCT = "Change what is said of it", "Ändern, was über es gesagt wird";
    CHANGE = "Change", "Ändern";
    TRAIL_PRODUCT = "Who changed what of this product", "Wer was an diesem Produkt geändert hat";

    ORDERS_CAPTION = "Orders, the newest first", "Bestellungen, die neueste zuerst";
    PLACED = "Placed", "Aufgegeben";
    ORDER_ID = "Order", "Bestellung";
    STATE = "State", "Stand";
    TOTAL = "Total", "Summe";
    NO_ORDERS = "There are no orders.", "Es gibt keine Bestellungen.";
    STATE_NEW = "new", "neu";
    STATE_CANCELLING = "being called off", "wird storniert";
    STATE_OPEN = "open", "offen";
    STATE_REJECTED = "rejected", "abgelehnt";
    STATE_CANCELLED = "cancelled", "storniert";
    STATE_COMPLETED = "completed", "abgeschlossen";
    ORDER = "Order {id}", "Bestellung {id}";
    CUSTOMER = "Customer", "Kunde";
    REASON = "Reason", "Grund";
    PAID = "Paid", "Bezahlt";
    BY_CARD = "by card", "mit Karte";
    ON_ACCOUNT = "on account", "auf Rechnung";
    PAYMENT = "Payment", "Zahlung";
    GIVEN_BACK = "Given back", "Zurückgegeben";
    ORDERED = "What was ordered", "Was bestellt wurde";
    PRODUCT_COLUMN = "Product", "Produkt";
    PRICE_OF_ONE = "Price of one", "Einzelpreis";
    CALL_OFF = "Call it off", "Stornieren";
    CALL_IT_OFF = "Call the order off", "Bestellung stornieren";
    CALL_OFF_ASKED = "Call the order off?", "Bestellung stornieren?";
    CALL_OFF_QUESTION = "Call order {id} off? The customer gets nothing, and pays nothing.",
        "Bestellung {id} stornieren? Die Kundin oder der Kunde bekommt nichts und zahlt nichts.";
    CALL_OFF_YES = "Yes, call it off", "Ja, stornieren";
    GIVE_BACK = "Give money back", "Geld zurückgeben";
    GIVE_IT_BACK = "Give back", "Zurückgeben";
    GIVE_BACK_ASKED = "Give money back?", "Geld zurückgeben?";
    GIVE_BACK_QUESTION = "Give {amount} of order {id} back? It cannot be taken again.",
        "{amount} von Bestellung {id} zurückgeben? Es lässt sich nicht noch einmal einziehen.";
    GIVE_BACK_YES = "Yes, give back", "Ja, zurückgeben";
    AMOUNT_IN = "Amount in {currency}", "Betrag in {currency}";
    AMOUNT = "Amount", "Betrag";
    AMOUNT_HINT = "At most what was taken, {amount}, less what was given back.",
        "Höchstens was eingezogen wurde, {amount}, ohne was schon zurückgegeben ist.";
    TRAIL_ORDER = "Who changed what of this order", "Wer was an dieser Bestellung geändert hat";
    PAYMENT_STATE = "{state}, {amount}", "{state}, {amount}";
    PAYMENT_REQUESTED = "asked for", "angefragt";
    PAYMENT_AUTHORISED = "authorised", "genehmigt";
    PAYMENT_DECLINED = "declined", "abgelehnt";
    PAYMENT_CAPTURED = "taken", "eingezogen";
    PAYMENT_RELEASED = "let go", "freigegeben";
    PAYMENT_OTHER = "in a state that is not known here", "in einem Stand, der hier nicht bekannt ist";

    CREDIT_LIMIT = "Credit limit", "Kreditlimit";
    LEFT_OF_IT = "Left of it", "Davon übrig";
    NO_NAME = "no name", "ohne Namen";
    RESERVED = "Reserved", "Reserviert";
    OWED = "Owed", "Offen";
    LEFT = "Left", "Übrig";
    CHANGE_LIMIT = "Change the credit limit", "Kreditlimit ändern";
    CHANGE_LIMIT_ASKED = "Change the credit limit?", "Kreditlimit ändern?";
    CHANGE_LIMIT_QUESTION = "Change the credit limit from {before} to {after}?",
        "Kreditlimit von {before} auf {after} ändern?";
    CHANGE_LIMIT_YES = "Yes, change it", "Ja, ändern";
    LIMITS_FOR_ADMINS = "Credit limits are for admins.", "Kreditlimits ändert die Leitung.";
    LIMIT_IN = "Credit limit in {currency}", "Kreditlimit in {currency}";
    LIMIT_HINT = "A limit below what is reserved takes nothing back; it only refuses what comes next.",
        "Ein Limit unter dem, was reserviert ist, nimmt nichts zurück; es lehnt nur ab, was danach kommt.";
    TRAIL_CUSTOMER = "Who changed what of this customer", "Wer was an diesem Konto geändert hat";

    SILENT = "Did not answer, and is not shown: {names}.", "Hat nicht geantwortet und fehlt hier: {names}.";
    NO_RECORDS = "There are no such records.", "Es gibt keine solchen Einträge.";
    ASK_ACTOR = "Who: the id of a person, the name of a service",
        "Wer: die Kennung einer Person, der Name eines Dienstes";
    ASK_ACTION = "What, such as stock.goods-received", "Was, wie stock.goods-received";
    ASK_KIND = "Kind of what it was done to, such as product", "Art dessen, womit es geschah, wie product";
    ASK_ID = "Its id", "Seine Kennung";
    SHOW = "Show", "Anzeigen";
    SHOW_ALL = "Show all", "Alle anzeigen";
    RECORDS = "Records", "Einträge";
    RECORDS_CAPTION = "What was done, the newest first", "Was getan wurde, das Neueste zuerst";
    WHEN = "When", "Wann";
    RECORD = "Record", "Eintrag";
    WHO = "Who", "Wer";
    WHAT = "What", "Was";
    TO_WHAT = "To what", "Woran";
    BEFORE = "Before", "Vorher";
    AFTER = "After", "Nachher";
    OUTCOME = "Outcome", "Ergebnis";
    ON_BEHALF_OF = "for", "für";
    CHANGED = "Changed", "Geändert";
    IT_WAS_DONE = "It was done, and this is recorded of it.", "Es ist getan, und das wurde darüber aufgezeichnet.";
    RECORD_LATER = "The record cannot be shown right now; it is in the audit.",
        "Der Eintrag kann gerade nicht gezeigt werden; er steht im Protokoll.";
    GO_ON = "Go on", "Weiter";
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
