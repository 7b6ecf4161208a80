//! What the page about coupons, promotions and taxes says, in every language that it may be shown in.

tradewind_pages::messages! {
    TITLE = "Offers and taxes", "Angebote und Steuern";
    COUPONS = "Coupons, by code", "Gutscheine, nach Code";
    PROMOTIONS = "Promotions, by name; of several in force the greatest counts",
        "Aktionen, nach Name; von mehreren gültigen zählt die größte";
    TAXES = "Rates of tax, by country to which goods are sent", "Steuersätze, nach Land, in das geliefert wird";
    CODE = "Code", "Code";
    NAME = "Name", "Name";
    COUNTRY = "Country", "Land";
    DISCOUNT = "Discount", "Rabatt";
    RATE = "Rate", "Satz";
    REDEEMED = "Redeemed", "Eingelöst";
    OF_LIMIT = "{redeemed} of {limit}", "{redeemed} von {limit}";
    VALID = "Valid", "Gültig";
    ALWAYS = "always", "immer";
    FROM = "from {from}", "ab {from}";
    UNTIL = "until {until}", "bis {until}";
    FROM_UNTIL = "from {from} until {until}", "ab {from} bis {until}";
    NO_COUPONS = "There are no coupons.", "Es gibt keine Gutscheine.";
    NO_PROMOTIONS = "There are no promotions.", "Es gibt keine Aktionen.";
    FOR_ADMINS = "Offers and taxes are changed by admins.", "Angebote und Steuern ändern Admins.";
    SET_COUPON = "Make a coupon or change it", "Gutschein anlegen oder ändern";
    SET_PROMOTION = "Make a promotion or change it", "Aktion anlegen oder ändern";
    SET_TAX = "Set the tax of a country", "Steuer eines Landes setzen";
    DISCOUNT_FIELD = "Discount in percent", "Rabatt in Prozent";
    DISCOUNT_HINT = "0 to 100, such as 12.5. What is 0 takes nothing off.", "0 bis 100, etwa 12,5. Was 0 ist, nimmt nichts weg.";
    RATE_FIELD = "Rate in percent", "Satz in Prozent";
    RATE_HINT = "0 to 100, such as 19. Prices that were quoted stay as they were.",
        "0 bis 100, etwa 19. Preise, die zugesagt wurden, bleiben.";
    LIMIT_FIELD = "How often it can be redeemed", "Wie oft er eingelöst werden kann";
    LIMIT_HINT = "Nothing means as often as people like.", "Nichts heißt: so oft man will.";
    FROM_FIELD = "First day", "Erster Tag";
    UNTIL_FIELD = "First day on which it is over", "Erster Tag, an dem sie vorbei ist";
    DAY_HINT = "Such as 2026-12-24; days begin at midnight UTC.", "Etwa 2026-12-24; Tage beginnen um Mitternacht UTC.";
    COUNTRY_HINT = "Two capital letters, such as GB. Goods are sent to every country that has a rate.",
        "Zwei große Buchstaben, etwa GB. Geliefert wird in jedes Land, das einen Satz hat.";
    NAME_HINT = "Letters, digits, dots, hyphens and underscores.", "Buchstaben, Ziffern, Punkte, Binde- und Unterstriche.";
    SET = "Set", "Setzen";
    CONFIRM_TITLE = "Change this?", "Das ändern?";
    CONFIRM_COUPON = "Coupon {code}: {discount} off, redeemed at most {limit}, {valid}?",
        "Gutschein {code}: {discount} Rabatt, höchstens {limit} eingelöst, {valid}?";
    AS_OFTEN = "as often as people like", "so oft man will";
    TIMES = "{n} times", "{n}-mal";
    CONFIRM_PROMOTION = "Promotion {name}: {discount} off everything, {valid}?", "Aktion {name}: {discount} Rabatt auf alles, {valid}?";
    CONFIRM_TAX = "Tax of {country}: {rate}?", "Steuer von {country}: {rate}?";
    YES = "Yes, set it", "Ja, setzen";
    RULE_PERCENT = "enter a number from 0 to 100, such as 12.5", "eine Zahl von 0 bis 100 eingeben, etwa 12,5";
    RULE_DAY = "enter a day, such as 2026-12-24", "einen Tag eingeben, etwa 2026-12-24";
    RULE_END = "enter a day after the first one", "einen Tag nach dem ersten eingeben";
    RULE_COUNTRY = "enter two capital letters, such as GB", "zwei große Buchstaben eingeben, etwa GB";
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
