//! What a large shop sells: kinds of things in three levels of categories, and the words that tell them apart.

/// A word in English and German.
pub(super) type Word = (&'static str, &'static str, &'static str);

/// A topmost category with the sections below it; each is a slug, an English and a German name.
pub(super) struct Department {
    pub(super) name: Word,
    pub(super) sections: &'static [Section],
}

/// A category of the second level with those below it.
pub(super) struct Section {
    pub(super) name: Word,
    pub(super) shelves: &'static [Shelf],
}

/// A category of the third level: what stands in it, of what it is made, what is chosen, and what it costs at least and
/// at most, in pence.
pub(super) struct Shelf {
    pub(super) name: Word,
    pub(super) things: &'static [(&'static str, &'static str)],
    pub(super) materials: &'static [Word],
    pub(super) choice: Choice,
    pub(super) prices: (i64, i64),
}

/// What is chosen of a thing that has variants.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Choice {
    Colour,
    Size,
}

const WOOD: &[Word] = &[
    ("oak", "Oak", "Eiche"),
    ("beech", "Beech", "Buche"),
    ("ash", "Ash", "Esche"),
    ("walnut", "Walnut", "Nussbaum"),
    ("bamboo", "Bamboo", "Bambus"),
];
const METAL: &[Word] = &[
    ("steel", "Steel", "Stahl"),
    ("stainless-steel", "Stainless Steel", "Edelstahl"),
    ("aluminium", "Aluminium", "Aluminium"),
    ("brass", "Brass", "Messing"),
    ("cast-iron", "Cast Iron", "Gusseisen"),
];
const CLOTH: &[Word] = &[
    ("cotton", "Cotton", "Baumwolle"),
    ("linen", "Linen", "Leinen"),
    ("wool", "Wool", "Wolle"),
    ("hemp", "Hemp", "Hanf"),
    ("fleece", "Fleece", "Fleece"),
];
const VESSEL: &[Word] = &[
    ("stoneware", "Stoneware", "Steinzeug"),
    ("porcelain", "Porcelain", "Porzellan"),
    ("glass", "Glass", "Glas"),
    ("enamel", "Enamel", "Emaille"),
];

/// By which names things of one make are known.
pub(super) const SERIES: &[&str] = &[
    "Harrow",
    "Brindle",
    "Kestrel",
    "Larkfield",
    "Moorland",
    "Northwind",
    "Osprey",
    "Penrose",
    "Quarry",
    "Ridgeway",
    "Saltmarsh",
    "Thornbury",
    "Umber",
    "Vale",
    "Westerly",
    "Yarrow",
    "Alder",
    "Beacon",
    "Cinder",
    "Dunmore",
    "Elmhurst",
    "Fallow",
    "Granite",
    "Heron",
    "Inkwell",
    "Juniper",
    "Kingsway",
    "Lantern",
    "Meadow",
    "Nettle",
    "Orchard",
    "Plover",
    "Quill",
    "Rowan",
    "Sorrel",
    "Tarn",
    "Upland",
    "Verity",
    "Wharf",
    "Yeoman",
];

pub(super) const BRANDS: &[(&str, &str)] = &[
    ("acme", "ACME"),
    ("fairhaven", "Fairhaven"),
    ("gruenwald", "Grünwald"),
    ("holm-and-sons", "Holm & Sons"),
    ("lumiere", "Lumière"),
    ("northgate", "Northgate"),
    ("osterby", "Østerby"),
    ("pemberton", "Pemberton"),
];

pub(super) const COLOURS: &[Word] = &[
    ("red", "Red", "Rot"),
    ("blue", "Blue", "Blau"),
    ("green", "Green", "Grün"),
    ("black", "Black", "Schwarz"),
    ("white", "White", "Weiß"),
    ("natural", "Natural", "Natur"),
];

pub(super) const SIZES: &[Word] = &[
    ("s", "Small", "Klein"),
    ("m", "Medium", "Mittel"),
    ("l", "Large", "Groß"),
    ("xl", "Extra large", "Sehr groß"),
];

pub(super) const DEPARTMENTS: &[Department] = &[
    Department {
        name: ("garden", "Garden", "Garten"),
        sections: &[
            Section {
                name: ("garden-tools", "Garden tools", "Gartengeräte"),
                shelves: &[
                    Shelf {
                        name: ("digging", "Digging", "Graben"),
                        things: &[
                            ("Spade", "Spaten"),
                            ("Fork", "Grabegabel"),
                            ("Trowel", "Pflanzkelle"),
                            ("Hoe", "Hacke"),
                        ],
                        materials: METAL,
                        choice: Choice::Size,
                        prices: (600, 6_500),
                    },
                    Shelf {
                        name: ("watering", "Watering", "Bewässerung"),
                        things: &[
                            ("Watering Can", "Gießkanne"),
                            ("Rain Gauge", "Regenmesser"),
                            ("Sprinkler", "Regner"),
                        ],
                        materials: METAL,
                        choice: Choice::Colour,
                        prices: (900, 5_500),
                    },
                ],
            },
            Section {
                name: ("garden-furniture", "Garden furniture", "Gartenmöbel"),
                shelves: &[
                    Shelf {
                        name: ("garden-seats", "Garden seats", "Gartensitze"),
                        things: &[
                            ("Garden Bench", "Gartenbank"),
                            ("Deckchair", "Liegestuhl"),
                            ("Stool", "Hocker"),
                        ],
                        materials: WOOD,
                        choice: Choice::Colour,
                        prices: (3_500, 45_000),
                    },
                    Shelf {
                        name: ("garden-tables", "Garden tables", "Gartentische"),
                        things: &[("Garden Table", "Gartentisch"), ("Bistro Table", "Bistrotisch")],
                        materials: WOOD,
                        choice: Choice::Size,
                        prices: (6_000, 60_000),
                    },
                ],
            },
        ],
    },
    Department {
        name: ("workshop", "Workshop", "Werkstatt"),
        sections: &[
            Section {
                name: ("hand-tools", "Hand tools", "Handwerkzeug"),
                shelves: &[
                    Shelf {
                        name: ("striking", "Striking", "Schlagen"),
                        things: &[
                            ("Hammer", "Hammer"),
                            ("Mallet", "Holzhammer"),
                            ("Sledgehammer", "Vorschlaghammer"),
                        ],
                        materials: METAL,
                        choice: Choice::Size,
                        prices: (800, 7_000),
                    },
                    Shelf {
                        name: ("turning", "Turning", "Drehen"),
                        things: &[
                            ("Screwdriver", "Schraubendreher"),
                            ("Spanner", "Schraubenschlüssel"),
                            ("Socket Set", "Steckschlüsselsatz"),
                        ],
                        materials: METAL,
                        choice: Choice::Size,
                        prices: (300, 12_000),
                    },
                    Shelf {
                        name: ("cutting", "Cutting", "Schneiden"),
                        things: &[
                            ("Chisel", "Stechbeitel"),
                            ("Handsaw", "Handsäge"),
                            ("Plane", "Hobel"),
                            ("File", "Feile"),
                        ],
                        materials: METAL,
                        choice: Choice::Size,
                        prices: (700, 15_000),
                    },
                ],
            },
            Section {
                name: ("workshop-fittings", "Fittings", "Einrichtung"),
                shelves: &[
                    Shelf {
                        name: ("benches", "Benches", "Werkbänke"),
                        things: &[
                            ("Workbench", "Werkbank"),
                            ("Sawhorse", "Sägebock"),
                            ("Vice", "Schraubstock"),
                        ],
                        materials: WOOD,
                        choice: Choice::Size,
                        prices: (4_000, 80_000),
                    },
                    Shelf {
                        name: ("boxes", "Boxes", "Kisten"),
                        things: &[
                            ("Toolbox", "Werkzeugkiste"),
                            ("Parts Tray", "Teileschale"),
                            ("Cabinet", "Schrank"),
                        ],
                        materials: METAL,
                        choice: Choice::Colour,
                        prices: (1_200, 35_000),
                    },
                ],
            },
        ],
    },
    Department {
        name: ("kitchen", "Kitchen", "Küche"),
        sections: &[
            Section {
                name: ("cookware", "Cookware", "Kochgeschirr"),
                shelves: &[
                    Shelf {
                        name: ("pots-and-pans", "Pots and pans", "Töpfe und Pfannen"),
                        things: &[
                            ("Saucepan", "Kochtopf"),
                            ("Frying Pan", "Bratpfanne"),
                            ("Casserole", "Schmortopf"),
                            ("Kettle", "Wasserkessel"),
                        ],
                        materials: METAL,
                        choice: Choice::Size,
                        prices: (1_500, 22_000),
                    },
                    Shelf {
                        name: ("baking", "Baking", "Backen"),
                        things: &[
                            ("Crème Brûlée Dish", "Crème-brûlée-Form"),
                            ("Loaf Tin", "Kastenform"),
                            ("Mixing Bowl", "Rührschüssel"),
                        ],
                        materials: VESSEL,
                        choice: Choice::Size,
                        prices: (500, 6_000),
                    },
                ],
            },
            Section {
                name: ("tableware", "Tableware", "Tafelgeschirr"),
                shelves: &[
                    Shelf {
                        name: ("cups-and-mugs", "Cups and mugs", "Tassen und Becher"),
                        things: &[
                            ("Mug", "Becher"),
                            ("Café au Lait Bowl", "Milchkaffeeschale"),
                            ("Espresso Cup", "Espressotasse"),
                        ],
                        materials: VESSEL,
                        choice: Choice::Colour,
                        prices: (400, 3_500),
                    },
                    Shelf {
                        name: ("plates", "Plates", "Teller"),
                        things: &[
                            ("Dinner Plate", "Speiseteller"),
                            ("Side Plate", "Kuchenteller"),
                            ("Serving Platter", "Servierplatte"),
                        ],
                        materials: VESSEL,
                        choice: Choice::Colour,
                        prices: (600, 7_000),
                    },
                ],
            },
        ],
    },
    Department {
        name: ("home", "Home", "Wohnen"),
        sections: &[
            Section {
                name: ("textiles", "Textiles", "Heimtextilien"),
                shelves: &[
                    Shelf {
                        name: ("blankets", "Blankets", "Decken"),
                        things: &[("Blanket", "Wolldecke"), ("Throw", "Überwurf"), ("Cushion", "Kissen")],
                        materials: CLOTH,
                        choice: Choice::Colour,
                        prices: (1_500, 18_000),
                    },
                    Shelf {
                        name: ("towels", "Towels", "Handtücher"),
                        things: &[("Bath Towel", "Badetuch"), ("Tea Towel", "Geschirrtuch")],
                        materials: CLOTH,
                        choice: Choice::Colour,
                        prices: (600, 5_000),
                    },
                ],
            },
            Section {
                name: ("lighting", "Lighting", "Beleuchtung"),
                shelves: &[
                    Shelf {
                        name: ("lamps", "Lamps", "Lampen"),
                        things: &[
                            ("Desk Lamp", "Schreibtischlampe"),
                            ("Floor Lamp", "Stehlampe"),
                            ("Lantern Light", "Laterne"),
                        ],
                        materials: METAL,
                        choice: Choice::Colour,
                        prices: (2_000, 40_000),
                    },
                    Shelf {
                        name: ("candles", "Candles", "Kerzen"),
                        things: &[("Candlestick", "Kerzenständer"), ("Tealight Holder", "Teelichthalter")],
                        materials: VESSEL,
                        choice: Choice::Size,
                        prices: (400, 6_000),
                    },
                ],
            },
        ],
    },
    Department {
        name: ("clothing", "Clothing", "Kleidung"),
        sections: &[
            Section {
                name: ("workwear", "Workwear", "Arbeitskleidung"),
                shelves: &[
                    Shelf {
                        name: ("aprons", "Aprons", "Schürzen"),
                        things: &[("Apron", "Schürze"), ("Smock", "Kittel")],
                        materials: CLOTH,
                        choice: Choice::Size,
                        prices: (1_800, 9_000),
                    },
                    Shelf {
                        name: ("jackets", "Jackets", "Jacken"),
                        things: &[
                            ("Work Jacket", "Arbeitsjacke"),
                            ("Waistcoat", "Weste"),
                            ("Overalls", "Latzhose"),
                        ],
                        materials: CLOTH,
                        choice: Choice::Size,
                        prices: (3_500, 22_000),
                    },
                ],
            },
            Section {
                name: ("accessories", "Accessories", "Zubehör"),
                shelves: &[
                    Shelf {
                        name: ("hats", "Hats", "Hüte"),
                        things: &[
                            ("Sun Hat", "Sonnenhut"),
                            ("Beanie", "Mütze"),
                            ("Flat Cap", "Schiebermütze"),
                        ],
                        materials: CLOTH,
                        choice: Choice::Size,
                        prices: (1_200, 7_500),
                    },
                    Shelf {
                        name: ("gloves", "Gloves", "Handschuhe"),
                        things: &[("Garden Gloves", "Gartenhandschuhe"), ("Mittens", "Fäustlinge")],
                        materials: CLOTH,
                        choice: Choice::Size,
                        prices: (700, 5_000),
                    },
                ],
            },
        ],
    },
];
