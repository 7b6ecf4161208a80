//! Everything that the shop says, in English and in German.

tradewind_pages::messages! {
    SHOP_NAME = "Tradewind", "Tradewind";
    SHOP_ABOUT = "A shop for good tools and parts, with honest stock and prices.",
        "Ein Laden für gutes Werkzeug und Teile, mit ehrlichen Beständen und Preisen.";
    SKIP = "Skip to the content", "Zum Inhalt springen";
    SEARCH_LABEL = "Search products", "Produkte suchen";
    SEARCH = "Search", "Suchen";
    SHOP_NAV = "Shop", "Laden";
    ALL_PRODUCTS = "All products", "Alle Produkte";
    YOUR_ORDERS = "Your orders", "Ihre Bestellungen";
    YOUR_ACCOUNT = "Your account", "Ihr Konto";
    SIGN_IN = "Sign in", "Anmelden";
    SIGN_OUT = "Sign out", "Abmelden";
    CREATE_ACCOUNT = "Create account", "Konto anlegen";
    CART = "Cart", "Warenkorb";
    CLOSE_CART = "Close the cart", "Warenkorb schließen";
    PREFERENCES = "Language and currency", "Sprache und Währung";
    LANGUAGE = "Language", "Sprache";
    CURRENCY = "Currency", "Währung";
    APPLY = "Apply", "Übernehmen";
    FOOTNOTE = "A demonstration: nothing here is really sold, and no real card is charged.",
        "Eine Vorführung: Hier wird nichts wirklich verkauft und keine echte Karte belastet.";
    TO_HOME = "Go to the home page", "Zur Startseite";
    HOME = "Home", "Startseite";
    HOME_TITLE = "Good things, honestly counted", "Gute Dinge, ehrlich gezählt";
    HOME_TEXT = "What we show is in the warehouse, and the price you agree to is the price you pay.",
        "Was wir zeigen, liegt im Lager, und der Preis, dem Sie zustimmen, ist der Preis, den Sie zahlen.";
    BROWSE = "Browse the products", "Produkte ansehen";
    CATEGORIES = "Categories", "Kategorien";
    NEWEST = "New in the shop", "Neu im Laden";
    NOTHING_YET = "There are no products yet. Please come back later.",
        "Es gibt noch keine Produkte. Bitte kommen Sie später wieder.";
    FOUND_FOR = "Results for “{words}”", "Ergebnisse für „{words}“";
    RESULTS = "Results", "Ergebnisse";
    NOTHING_FOUND = "Nothing fits. Try other words or fewer filters.",
        "Nichts passt. Versuchen Sie andere Wörter oder weniger Filter.";
    ONE_FOUND = "1 product", "1 Produkt";
    MANY_FOUND = "{n} products", "{n} Produkte";
    CORRECTED = "We looked for “{words}”.", "Wir haben nach „{words}“ gesucht.";
    PAGES = "Pages", "Seiten";
    FIRST_PAGE = "First page", "Erste Seite";
    NEXT_PAGE = "Next page", "Nächste Seite";
    FILTERS = "Filter and sort", "Filtern und sortieren";
    SORT_BY = "Sort by", "Sortieren nach";
    SORT_RELEVANCE = "Best fit", "Passendste zuerst";
    SORT_NAME = "Name", "Name";
    SORT_CHEAP = "Price, lowest first", "Preis, niedrigster zuerst";
    SORT_DEAR = "Price, highest first", "Preis, höchster zuerst";
    SORT_NEWEST = "Newest first", "Neueste zuerst";
    CATEGORY = "Category", "Kategorie";
    ALL_CATEGORIES = "All categories", "Alle Kategorien";
    PRICE_IN = "Price in {currency}", "Preis in {currency}";
    LEAST = "From at least", "Mindestens";
    MOST = "At most", "Höchstens";
    ONLY_AVAILABLE = "Only what is in stock", "Nur was vorrätig ist";
    SHOW_THESE = "Show these", "Anzeigen";
    FROM = "from", "ab";
    AVAILABLE = "In stock", "Vorrätig";
    FEW_LEFT = "Only {n} left", "Nur noch {n} da";
    SOLD_OUT = "Sold out", "Ausverkauft";
    SOLD_OUT_TEXT = "There are none left at the moment.", "Zurzeit ist nichts mehr da.";
    LEVEL_UNKNOWN = "We cannot say right now whether it is in stock", "Ob es vorrätig ist, können wir gerade nicht sagen";
    TRAIL = "Where this belongs", "Wohin das gehört";
    CHOOSE_ONE = "Choose one", "Bitte wählen";
    QUANTITY = "Quantity", "Menge";
    ADD_TO_CART = "Add to cart", "In den Warenkorb";
    NO_PRICE = "It has no price in {currency}.", "Es hat keinen Preis in {currency}.";
    DETAILS = "Details", "Einzelheiten";
    CART_EMPTY = "There is nothing in your cart.", "In Ihrem Warenkorb ist nichts.";
    CART_FULL = "The cart is full. Take something out first.", "Der Warenkorb ist voll. Nehmen Sie erst etwas heraus.";
    CHANGE_CART = "See and change the cart", "Warenkorb ansehen und ändern";
    QUANTITY_OF = "Quantity of {name}", "Menge von {name}";
    UPDATE_OF = "Update {name}", "{name} ändern";
    REMOVE_OF = "Remove {name}", "{name} entfernen";
    UPDATE = "Update", "Ändern";
    REMOVE = "Remove", "Entfernen";
    COUPON = "Coupon", "Gutschein";
    COUPON_IN = "Coupon {code} is in.", "Gutschein {code} ist eingetragen.";
    ENTER_COUPON = "Enter coupon", "Gutschein einlösen";
    REMOVE_COUPON = "Remove coupon", "Gutschein entfernen";
    SUBTOTAL = "Subtotal", "Zwischensumme";
    DISCOUNT = "Discount", "Rabatt";
    TAX = "Tax, {rate} ({country})", "Steuer, {rate} ({country})";
    TAX_PAID = "Tax", "Steuer";
    TOTAL = "Total", "Gesamt";
    CHECK_OUT = "Check out", "Zur Kasse";
    CHOOSE_FIRST = "Choose one of the products first.", "Wählen Sie erst eines der Produkte.";
    QUANTITY_UNFIT = "A quantity is a whole number from 1 to 10,000. Nothing was changed.",
        "Eine Menge ist eine ganze Zahl von 1 bis 10.000. Nichts wurde geändert.";
    ADDED = "It is in your cart.", "Es ist in Ihrem Warenkorb.";
    REMOVED = "It was taken out of your cart.", "Es wurde aus Ihrem Warenkorb genommen.";
    CHANGED = "Your cart was changed.", "Ihr Warenkorb wurde geändert.";
    COUPON_ENTERED = "The coupon was entered.", "Der Gutschein wurde eingetragen.";
    COUPON_REMOVED = "The coupon was removed.", "Der Gutschein wurde entfernt.";
    COUPON_NOT_VALID = "This coupon is not valid. Check how it is written.",
        "Dieser Gutschein gilt nicht. Prüfen Sie die Schreibweise.";
    COUPON_USED_UP = "This coupon was used as often as it can be.",
        "Dieser Gutschein wurde so oft eingelöst, wie es geht.";
    NOT_SOLD = "Something in your cart is not sold any more. Take it out to go on.",
        "Etwas in Ihrem Warenkorb wird nicht mehr verkauft. Nehmen Sie es heraus, um weiterzugehen.";
    NOT_PRICED = "Something in your cart has no price in this currency. Choose another currency or take it out.",
        "Etwas in Ihrem Warenkorb hat in dieser Währung keinen Preis. Wählen Sie eine andere oder nehmen Sie es heraus.";
    COUNTRY_NOT_SERVED = "We do not send to this country.", "In dieses Land liefern wir nicht.";
    TOO_LARGE = "That is more than we can add up. Order less at a time.",
        "Das ist mehr, als wir zusammenrechnen können. Bestellen Sie weniger auf einmal.";
    QUOTE_OVER = "Your cart or its prices have changed. Please look at it once more.",
        "Ihr Warenkorb oder seine Preise haben sich geändert. Bitte sehen Sie noch einmal hin.";
    TRY_AGAIN = "We cannot say right now what this costs. Please try again in a moment.",
        "Was das kostet, können wir gerade nicht sagen. Bitte versuchen Sie es gleich noch einmal.";
    NOT_DONE = "That could not be done. Check what you entered.",
        "Das ging nicht. Prüfen Sie Ihre Eingaben.";
    COUNTRY = "Send to", "Lieferung nach";
    COUNTRY_GB = "United Kingdom", "Vereinigtes Königreich";
    COUNTRY_IE = "Ireland", "Irland";
    COUNTRY_DE = "Germany", "Deutschland";
    COUNTRY_AT = "Austria", "Österreich";
    COUNTRY_CH = "Switzerland", "Schweiz";
    COUNTRY_FR = "France", "Frankreich";
    COUNTRY_NL = "Netherlands", "Niederlande";
    COUNTRY_ES = "Spain", "Spanien";
    COUNTRY_IT = "Italy", "Italien";
    COUNTRY_US = "United States", "Vereinigte Staaten";
    PAY_IN = "Pay in", "Zahlen in";
    HOW_TO_PAY = "How would you like to pay?", "Wie möchten Sie zahlen?";
    HOW_TO_PAY_FIRST = "Choose how you would like to pay.", "Wählen Sie, wie Sie zahlen möchten.";
    ON_ACCOUNT = "On account", "Auf Rechnung";
    ON_ACCOUNT_HELP = "We send an invoice, within your credit limit.",
        "Wir schicken eine Rechnung, im Rahmen Ihres Kreditlimits.";
    BY_CARD = "By card", "Mit Karte";
    BY_CARD_HELP = "You enter it with the payment provider. We never see it.",
        "Sie geben sie beim Zahlungsanbieter ein. Wir sehen sie nie.";
    CONTINUE = "Continue", "Weiter";
    REVIEW = "Review your order", "Bestellung prüfen";
    CHANGE_THIS = "Change delivery or payment", "Lieferung oder Zahlung ändern";
    PLACE_ORDER = "Place order", "Zahlungspflichtig bestellen";
    PAID_BY_CARD = "Paid by card, ending {digits}.", "Bezahlt mit Karte, Endziffern {digits}.";
    PAID_ON_ACCOUNT = "Paid on account.", "Bezahlt auf Rechnung.";
    HOLDS_UNTIL = "This price holds until {time}.", "Dieser Preis gilt bis {time}.";
    PRICE_CHANGED = "The price has changed since you looked. Nothing was ordered. Please check the new total and place the order again.",
        "Der Preis hat sich geändert, seit Sie hingesehen haben. Nichts wurde bestellt. Bitte prüfen Sie den neuen Betrag und bestellen Sie noch einmal.";
    ORDER_PLACED = "Thank you. We have your order.", "Vielen Dank. Wir haben Ihre Bestellung.";
    NO_ORDERS = "You have not ordered anything yet.", "Sie haben noch nichts bestellt.";
    ORDER_OF = "Order of {time}", "Bestellung vom {time}";
    YOUR_ORDER = "Your order", "Ihre Bestellung";
    ORDER_NUMBER = "Number {number}", "Nummer {number}";
    PROGRESS = "How far your order has come", "Wie weit Ihre Bestellung ist";
    STEP_PLACED = "Placed", "Aufgegeben";
    STEP_CONFIRMED = "Confirmed", "Bestätigt";
    STEP_SENT = "Completed", "Abgeschlossen";
    STATE_NEW = "We are checking it", "Wir prüfen sie";
    STATE_OPEN = "Confirmed", "Bestätigt";
    STATE_CANCELLING = "Being cancelled", "Wird storniert";
    STATE_REJECTED = "Not accepted", "Nicht angenommen";
    STATE_CANCELLED = "Cancelled", "Storniert";
    STATE_COMPLETED = "Completed", "Abgeschlossen";
    MEANS_NEW = "We are reserving the goods and the payment.", "Wir reservieren die Ware und die Zahlung.";
    MEANS_OPEN = "The goods are reserved and are about to be sent.", "Die Ware ist reserviert und wird gleich verschickt.";
    MEANS_CANCELLING = "Nothing is sent, unless it has just left.", "Es wird nichts verschickt, wenn es nicht gerade schon unterwegs ist.";
    MEANS_REJECTED = "Nothing is sent and nothing is charged.", "Es wird nichts verschickt und nichts berechnet.";
    MEANS_CANCELLED = "Nothing is sent, and what was paid is given back.", "Es wird nichts verschickt, und was bezahlt war, wird erstattet.";
    MEANS_COMPLETED = "It is paid or invoiced, and on its way.", "Sie ist bezahlt oder berechnet und unterwegs.";
    LOAD_AGAIN = "Load this page again", "Seite neu laden";
    PARCEL = "Your parcel", "Ihr Paket";
    TRACKING = "Tracking number {number}", "Sendungsnummer {number}";
    PARCEL_BOOKED = "Packed", "Gepackt";
    PARCEL_HANDED_OVER = "On its way", "Unterwegs";
    PARCEL_DELIVERED = "Delivered", "Zugestellt";
    PARCEL_CANCELLED = "Called back", "Zurückgerufen";
    WHAT_YOU_ORDERED = "What you ordered", "Was Sie bestellt haben";
    HOW_PAID = "Payment:", "Zahlung:";
    REFUNDED = "Given back: {amount}", "Erstattet: {amount}";
    REFUND = "Money back", "Geld zurück";
    REFUND_ASK = "Ask for a refund", "Um Erstattung bitten";
    REFUND_AMOUNT = "How much, in {currency}", "Wie viel, in {currency}";
    REFUND_AMOUNT_HELP = "At most {amount}, which is everything. If you want a refund for a part only, enter what that cost.",
        "Höchstens {amount}, das ist alles. Wenn es nur um einen Teil geht, geben Sie ein, was der gekostet hat.";
    REFUND_AMOUNT_RULE = "Enter an amount of more than nothing and at most {amount}.",
        "Geben Sie einen Betrag ein, der mehr als nichts und höchstens {amount} ist.";
    REFUND_REASON = "Why?", "Warum?";
    REFUND_REASON_FIRST = "Choose why you would like it back.", "Wählen Sie, warum Sie es zurück möchten.";
    REFUND_NOTE = "Anything else we should know (optional)", "Was wir noch wissen sollten (freiwillig)";
    REFUND_NOTE_RULE = "Write at most {max} characters, without control characters.",
        "Schreiben Sie höchstens {max} Zeichen, ohne Steuerzeichen.";
    REFUND_SEND = "Send the request", "Anfrage senden";
    REFUND_CHANGED_MIND = "I do not want it any more", "Ich möchte es nicht mehr";
    REFUND_DAMAGED = "It is broken or does not work", "Es ist kaputt oder geht nicht";
    REFUND_WRONG_ITEM = "It is not what I ordered", "Es ist nicht das, was ich bestellt habe";
    REFUND_NOT_ARRIVED = "It did not arrive", "Es ist nicht angekommen";
    REFUND_SOMETHING_ELSE = "Something else", "Etwas anderes";
    REFUND_ASKED = "We have your request and will look at it.", "Wir haben Ihre Anfrage und sehen sie uns an.";
    REFUND_ASKED_BEFORE = "We have a request for this order already. See below what became of it.",
        "Zu dieser Bestellung haben wir schon eine Anfrage. Was daraus wurde, steht unten.";
    REFUND_TOO_EARLY = "Nothing has been charged for this order, so there is nothing to give back.",
        "Für diese Bestellung wurde nichts belastet, also gibt es nichts zu erstatten.";
    REFUND_ASKED_FOR = "On {time} you asked for {amount}:", "Am {time} haben Sie um {amount} gebeten:";
    REFUND_STATE_ASKED = "We are looking at your request.", "Wir sehen uns Ihre Anfrage an.";
    REFUND_STATE_GRANTED = "Granted: {amount} is on its way back to your card.", "Bewilligt: {amount} ist auf dem Weg zurück auf Ihre Karte.";
    REFUND_STATE_RETURNED = "Money returned: {amount} was given back to your card.",
        "Geld zurück: {amount} wurde Ihrer Karte gutgeschrieben.";
    REFUND_STATE_FAILED = "We granted {amount}, but your card did not take it. Please ask once more and tell us where to send it.",
        "Wir haben {amount} bewilligt, aber Ihre Karte hat es nicht angenommen. Bitte fragen Sie noch einmal und sagen Sie uns, wohin es gehen soll.";
    REFUND_STATE_REFUSED = "We cannot give this back.", "Das können wir nicht erstatten.";
    REFUND_STATE_OTHER = "We are working on it.", "Wir arbeiten daran.";
    REFUSED_TOO_LATE = "It was too long after the goods came.", "Es war zu lange, nachdem die Ware kam.";
    REFUSED_NOT_SENT_BACK = "The goods have not come back to us.", "Die Ware ist nicht bei uns zurück.";
    REFUSED_USED = "The goods were used or damaged.", "Die Ware wurde benutzt oder beschädigt.";
    REFUSED_GIVEN_BACK = "The money was given back already.", "Das Geld wurde schon erstattet.";
    REFUSED_SOMETHING_ELSE = "There is another reason.", "Es gibt einen anderen Grund.";
    CANCEL_ORDER = "Cancel this order", "Diese Bestellung stornieren";
    CANCEL_ASKED = "We are cancelling your order.", "Wir stornieren Ihre Bestellung.";
    CANCEL_TOO_LATE = "It cannot be cancelled any more.", "Sie kann nicht mehr storniert werden.";
    ALL_ORDERS = "Back to the list", "Zurück zur Liste";
    REASON_SOLD_OUT = "Something was sold out before we could reserve it.",
        "Etwas war ausverkauft, bevor wir es reservieren konnten.";
    REASON_CREDIT = "It would have exceeded your credit limit. You can pay by card instead.",
        "Ihr Kreditlimit hätte nicht gereicht. Sie können stattdessen mit Karte zahlen.";
    REASON_CURRENCY = "Your account is in another currency. Pay in that one, or by card.",
        "Ihr Konto ist in einer anderen Währung. Zahlen Sie in dieser oder mit Karte.";
    REASON_CUSTOMER = "Your account for invoices is not ready. You can pay by card instead.",
        "Ihr Konto für Rechnungen ist nicht bereit. Sie können stattdessen mit Karte zahlen.";
    REASON_CARD = "The card was declined. Nothing was charged. You can order again with another card.",
        "Die Karte wurde abgelehnt. Nichts wurde belastet. Sie können mit einer anderen Karte neu bestellen.";
    REASON_EXPIRED = "It took too long to confirm, and the reservation ended. Please order again.",
        "Die Bestätigung hat zu lange gedauert, und die Reservierung ist abgelaufen. Bitte bestellen Sie neu.";
    REASON_OTHER = "It could not be accepted.", "Sie konnte nicht angenommen werden.";
    EMAIL = "E-mail address", "E-Mail-Adresse";
    PASSWORD = "Password", "Passwort";
    NAME = "Name", "Name";
    PASSWORD_RULE = "12 to 256 characters; a few words are fine.", "12 bis 256 Zeichen; ein paar Wörter sind gut.";
    NO_ACCOUNT_YET = "No account yet?", "Noch kein Konto?";
    HAVE_ACCOUNT = "Have an account already?", "Haben Sie schon ein Konto?";
    SIGN_IN_REFUSED = "The e-mail address or the password is not right.", "Die E-Mail-Adresse oder das Passwort stimmt nicht.";
    SIGN_IN_LATER = "There were too many attempts. Please wait {seconds} s.", "Es waren zu viele Versuche. Bitte warten Sie {seconds} s.";
    SIGNED_IN = "You are signed in.", "Sie sind angemeldet.";
    SIGNED_OUT = "You are signed out.", "Sie sind abgemeldet.";
    WELCOME = "Welcome. Your account is ready.", "Willkommen. Ihr Konto ist bereit.";
    CART_NOT_MERGED = "You are signed in. What you put into the cart before could not be taken over.",
        "Sie sind angemeldet. Was vorher im Warenkorb war, konnte nicht übernommen werden.";
    EMAIL_TAKEN = "There is an account with this e-mail address. Sign in instead.",
        "Mit dieser E-Mail-Adresse gibt es ein Konto. Melden Sie sich an.";
    EMAIL_UNFIT = "Enter an e-mail address such as ada@example.com.", "Geben Sie eine E-Mail-Adresse ein wie ada@example.com.";
    FAULT_MISSING = "Please fill this in.", "Bitte füllen Sie das aus.";
    FAULT_LONG = "At most {max} characters.", "Höchstens {max} Zeichen.";
    FAULT_INVALID = "There are characters in it that cannot be used.", "Darin sind Zeichen, die nicht gehen.";
    CREDIT_LIMIT = "Credit limit", "Kreditlimit";
    CREDIT_AVAILABLE = "Available", "Verfügbar";
    CREDIT_OWED = "Owed", "Offen";
    CREDIT_UNKNOWN = "We cannot show your credit right now.", "Ihren Kredit können wir gerade nicht zeigen.";
    PREFERENCES_BELOW = "Language and currency can be chosen at the bottom of every page.",
        "Sprache und Währung können Sie unten auf jeder Seite wählen.";
    PREFERENCES_KEPT = "Your choice was kept.", "Ihre Wahl wurde übernommen.";
}
