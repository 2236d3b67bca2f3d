"""Raw material for the companies outside France."""

from typing import NamedTuple


class Land(NamedTuple):
    """What a country needs to make a company: forms, currency, towns (name, postcode, province), words of its names."""

    currency: str
    forms: tuple[tuple[str, str], ...]
    towns: tuple[tuple[str, str, str], ...]
    streets: tuple[str, ...]
    kernels: tuple[tuple[str, str], ...]
    surnames: tuple[str, ...]
    classification: str


LANDS: dict[str, Land] = {
    "GB": Land(
        "GBP",
        (
            ("Ltd", "Private limited with Share Capital"),
            ("Ltd", "Private limited company"),
            ("PLC", "Public limited company"),
        ),
        (
            ("Leeds", "LS1 4AP", "West Yorkshire"),
            ("Sheffield", "S9 2UL", "South Yorkshire"),
            ("Birmingham", "B7 5ES", "West Midlands"),
            ("Cardiff", "CF24 5EN", "South Glamorgan"),
            ("Bristol", "BS3 2LE", "Avon"),
        ),
        ("Foundry Lane", "Station Road", "Mill Street", "Canal Wharf", "Kingsway"),
        (
            ("2562B", "Engineering"),
            ("2550A", "Forgings"),
            ("4674A", "Hardware Supplies"),
            ("2222Z", "Packaging"),
            ("4941A", "Haulage"),
        ),
        ("Ashcombe", "Barrowby", "Hathersgill", "Penhallick", "Thornbeck", "Wexcombe", "Oldershaw", "Ridgethorpe"),
        "SIC07",
    ),
    "BE": Land(
        "EUR",
        (("SRL", "Société à responsabilité limitée"), ("NV", "Naamloze vennootschap"), ("BV", "Besloten vennootschap")),
        (
            ("Charleroi", "6000", "Hainaut"),
            ("Kortrijk", "8500", "West-Vlaanderen"),
            ("Liège", "4000", "Liège"),
            ("Gent", "9000", "Oost-Vlaanderen"),
            ("Tournai", "7500", "Hainaut"),
        ),
        ("rue de la Station", "Industrielaan", "rue des Usines", "Kanaalstraat"),
        (
            ("2511Z", "Constructions métalliques"),
            ("1330Z", "Textiel"),
            ("4672Z", "Staal"),
            ("2361Z", "Beton"),
            ("5210B", "Logistics"),
        ),
        ("Vandevoorde", "Lambrecourt", "Deketelaere", "Hoornaertz", "Wauterlot", "Claessinne", "Meulenbroek"),
        "NACE-BEL",
    ),
    "DE": Land(
        "EUR",
        (
            ("GmbH", "Gesellschaft mit beschränkter Haftung"),
            ("GmbH & Co. KG", "Kommanditgesellschaft"),
            ("AG", "Aktiengesellschaft"),
        ),
        (
            ("Stuttgart", "70327", "Baden-Württemberg"),
            ("Dortmund", "44147", "Nordrhein-Westfalen"),
            ("Nürnberg", "90431", "Bayern"),
            ("Leipzig", "04347", "Sachsen"),
            ("Saarbrücken", "66117", "Saarland"),
        ),
        ("Industriestraße", "Hafenweg", "Schillerstraße", "Bahnhofstraße", "Am Werkhof"),
        (
            ("2562B", "Maschinenbau"),
            ("2594Z", "Schraubenwerk"),
            ("2229A", "Kunststofftechnik"),
            ("2573A", "Werkzeugbau"),
            ("4669B", "Industriebedarf"),
        ),
        ("Albersmeier", "Brinkhorst", "Degenhardt", "Hallbauer", "Köttering", "Rautenstrauch", "Steinmöller"),
        "WZ2008",
    ),
    "IT": Land(
        "EUR",
        (("S.r.l.", "Società a responsabilità limitata"), ("S.p.A.", "Società per azioni")),
        (
            ("Torino", "10154", "TO"),
            ("Brescia", "25125", "BS"),
            ("Modena", "41126", "MO"),
            ("Vicenza", "36100", "VI"),
            ("Bergamo", "24126", "BG"),
        ),
        ("Via dell'Industria", "Via Roma", "Via Galileo Galilei", "Viale Europa"),
        (
            ("2550A", "Officine"),
            ("2813Z", "Pompe"),
            ("2030Z", "Vernici"),
            ("1330Z", "Tessitura"),
            ("2312Z", "Vetreria"),
        ),
        ("Bertagnoni", "Calderaro", "Fornasetti", "Lamberducci", "Morandelli", "Passerini", "Tagliavacca"),
        "ATECO 2007",
    ),
    "ES": Land(
        "EUR",
        (("S.L.", "Sociedad limitada"), ("S.A.", "Sociedad anónima")),
        (
            ("Bilbao", "48002", "Vizcaya"),
            ("Zaragoza", "50014", "Zaragoza"),
            ("Vitoria-Gasteiz", "01013", "Álava"),
            ("Sabadell", "08203", "Barcelona"),
            ("Valencia", "46024", "Valencia"),
        ),
        ("Calle de la Industria", "Polígono Norte", "Avenida de la Constitución", "Calle Mayor"),
        (
            ("2511Z", "Estructuras"),
            ("2229A", "Plásticos"),
            ("1089Z", "Alimentaria"),
            ("4941A", "Transportes"),
            ("4673A", "Materiales"),
        ),
        ("Arizmendieta", "Bengoetxeaga", "Carrascosa", "Echanobe", "Lasarguren", "Montesinosa", "Urdangarena"),
        "CNAE 2009",
    ),
    "SE": Land(
        "SEK",
        (("AB", "Aktiebolag"),),
        (
            ("Göteborg", "411 04", "Västra Götaland"),
            ("Västerås", "721 30", "Västmanland"),
            ("Malmö", "211 24", "Skåne"),
            ("Eskilstuna", "632 20", "Södermanland"),
        ),
        ("Industrigatan", "Verkstadsgatan", "Hamngatan", "Storgatan"),
        (("2562B", "Mekaniska"), ("1610A", "Sågverk"), ("2822Z", "Lyftteknik"), ("1721A", "Kartong")),
        ("Almgrensson", "Bergqvistad", "Hallstensson", "Lindforsell", "Nyströmmen", "Sandbergius"),
        "SNI2007",
    ),
    "US": Land(
        "USD",
        (("Inc.", "Corporation"), ("LLC", "Limited liability company")),
        (
            ("Cleveland", "44114", "OH"),
            ("Milwaukee", "53202", "WI"),
            ("Pittsburgh", "15222", "PA"),
            ("Grand Rapids", "49503", "MI"),
        ),
        ("Industrial Parkway", "Main Street", "Commerce Drive", "Lakeshore Avenue"),
        (
            ("2562B", "Precision Machining"),
            ("2813Z", "Pump Works"),
            ("4669B", "Industrial Supply"),
            ("2222Z", "Packaging"),
        ),
        ("Ackerdale", "Brookmeyer", "Cottenham", "Halvorwood", "Lindenhurst", "Stonebridger"),
        "SIC",
    ),
}
# Shares of the companies outside France, in percent.
SHARES = {"GB": 24, "BE": 22, "DE": 20, "IT": 12, "ES": 10, "SE": 6, "US": 6}
