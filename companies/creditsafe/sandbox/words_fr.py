"""French raw material for the directory: trades, places and names. The companies made of it are invented."""

from typing import NamedTuple


class Trade(NamedTuple):
    """One line of business: INSEE activity code, its wording in both languages, and names that fit it."""

    code: str
    english: str
    french: str
    kernels: tuple[str, ...]
    sector: str


class Form(NamedTuple):
    """One legal form: what follows the name, INSEE legal category, wordings, share among companies in percent."""

    short: str
    code: str
    english: str
    french: str
    share: int


class Town(NamedTuple):
    name: str
    postcode: str
    department: str
    dialling: str


def _each(words: str) -> tuple[str, ...]:
    return tuple(words.split())


TRADES = (
    Trade("2562B", "Industrial mechanics", "Mécanique industrielle", ("Mécanique", "Usinage", "Ateliers"), "Metal"),
    Trade("2550A", "Forging and stamping", "Forge, estampage, matriçage", ("Forges", "Estampage"), "Metal"),
    Trade("2451Z", "Casting of iron", "Fonderie de fonte", ("Fonderie", "Fonderies"), "Metal"),
    Trade(
        "2511Z", "Metal structures", "Structures métalliques", ("Charpentes", "Métallerie", "Constructions"), "Metal"
    ),
    Trade("2561Z", "Metal treatment and coating", "Traitement des métaux", ("Traitements", "Galvanisation"), "Metal"),
    Trade("2572Z", "Locks and hinges", "Serrures et ferrures", ("Serrurerie", "Ferrures"), "Metal"),
    Trade("2573A", "Moulds and patterns", "Moules et modèles", ("Moules", "Outillage"), "Metal"),
    Trade(
        "2594Z", "Fasteners and screw products", "Vis et boulons", ("Boulonnerie", "Visserie", "Décolletage"), "Metal"
    ),
    Trade("2813Z", "Pumps and compressors", "Pompes et compresseurs", ("Pompes", "Compresseurs"), "Machinery"),
    Trade("2822Z", "Lifting equipment", "Levage et manutention", ("Levage", "Manutention"), "Machinery"),
    Trade(
        "2712Z", "Electrical distribution", "Matériel de distribution électrique", ("Électro", "Tableaux"), "Electrical"
    ),
    Trade(
        "2229A", "Technical plastic parts", "Pièces techniques en plastique", ("Plastiques", "Injection"), "Plastics"
    ),
    Trade("2222Z", "Plastic packing goods", "Emballages en plastique", ("Emballages", "Films"), "Plastics"),
    Trade("1721A", "Corrugated cardboard", "Carton ondulé", ("Cartonnerie", "Cartonnages"), "Paper"),
    Trade("1610A", "Sawmilling of wood", "Sciage et rabotage du bois", ("Scierie", "Bois"), "Wood"),
    Trade("1624Z", "Wooden packaging", "Emballages en bois", ("Palettes", "Caisserie"), "Wood"),
    Trade("2361Z", "Concrete products", "Éléments en béton", ("Bétons", "Préfabrication"), "Building materials"),
    Trade("2312Z", "Flat glass", "Verre plat", ("Verrerie", "Miroiterie", "Vitrages"), "Building materials"),
    Trade("2030Z", "Paints and varnishes", "Peintures et vernis", ("Peintures", "Couleurs"), "Chemicals"),
    Trade("2013B", "Basic inorganic chemicals", "Produits chimiques de base", ("Chimie", "Produits"), "Chemicals"),
    Trade("1330Z", "Finishing of textiles", "Ennoblissement textile", ("Teintures", "Tissages"), "Textile"),
    Trade("1089Z", "Other food products", "Autres produits alimentaires", ("Conserverie", "Délices"), "Food"),
    Trade(
        "4674A",
        "Wholesale of hardware",
        "Commerce de gros de quincaillerie",
        ("Quincaillerie", "Comptoir"),
        "Wholesale",
    ),
    Trade(
        "4669B",
        "Wholesale of industrial supplies",
        "Fournitures industrielles",
        ("Fournitures", "Équipement"),
        "Wholesale",
    ),
    Trade(
        "4673A",
        "Wholesale of building materials",
        "Commerce de gros de matériaux",
        ("Matériaux", "Négoce"),
        "Wholesale",
    ),
    Trade("4672Z", "Wholesale of metals", "Commerce de gros de minerais et métaux", ("Aciers", "Métaux"), "Wholesale"),
    Trade("4321A", "Electrical installation", "Installation électrique", ("Électricité", "Énergies"), "Construction"),
    Trade("4322B", "Heating installation", "Équipements thermiques", ("Thermique", "Climatisation"), "Construction"),
    Trade("4399C", "General masonry", "Maçonnerie générale", ("Bâtiment", "Maçonnerie"), "Construction"),
    Trade("4941A", "Road haulage", "Transports routiers de fret", ("Transports", "Messageries"), "Transport"),
    Trade("5210B", "Warehousing", "Entreposage et stockage", ("Logistique", "Entrepôts"), "Transport"),
    Trade("7112B", "Engineering studies", "Ingénierie, études techniques", ("Ingénierie", "Études"), "Services"),
    Trade("3312Z", "Repair of machinery", "Réparation de machines", ("Maintenance", "Rectification"), "Services"),
)

FORMS = (
    Form("SAS", "5710", "Simplified joint stock company", "Société par actions simplifiée", 44),
    Form("SARL", "5499", "Private limited company", "Société à responsabilité limitée", 30),
    Form("SASU", "5720", "Simplified joint stock company, sole shareholder", "SAS à associé unique", 8),
    Form("SA", "5599", "Public limited company with board", "Société anonyme à conseil d'administration", 8),
    Form("EURL", "5498", "Private limited company, sole shareholder", "SARL unipersonnelle", 6),
    Form("SNC", "5202", "General partnership", "Société en nom collectif", 2),
    Form("SCOP", "5458", "Workers' co-operative company", "SARL coopérative ouvrière de production", 2),
)

TOWNS = tuple(
    Town(*row.split("|"))
    for row in """\
Lille|59000|Nord (59)|03 20
Roubaix|59100|Nord (59)|03 20
Tourcoing|59200|Nord (59)|03 20
Dunkerque|59140|Nord (59)|03 28
Valenciennes|59300|Nord (59)|03 27
Douai|59500|Nord (59)|03 27
Maubeuge|59600|Nord (59)|03 27
Lens|62300|Pas-de-Calais (62)|03 21
Béthune|62400|Pas-de-Calais (62)|03 21
Arras|62000|Pas-de-Calais (62)|03 21
Amiens|80000|Somme (80)|03 22
Saint-Quentin|02100|Aisne (02)|03 23
Compiègne|60200|Oise (60)|03 44
Beauvais|60000|Oise (60)|03 44
Reims|51100|Marne (51)|03 26
Charleville-Mézières|08000|Ardennes (08)|03 24
Troyes|10000|Aube (10)|03 25
Metz|57000|Moselle (57)|03 87
Thionville|57100|Moselle (57)|03 82
Nancy|54000|Meurthe-et-Moselle (54)|03 83
Épinal|88000|Vosges (88)|03 29
Strasbourg|67000|Bas-Rhin (67)|03 88
Haguenau|67500|Bas-Rhin (67)|03 88
Mulhouse|68100|Haut-Rhin (68)|03 89
Colmar|68000|Haut-Rhin (68)|03 89
Belfort|90000|Territoire de Belfort (90)|03 84
Montbéliard|25200|Doubs (25)|03 81
Besançon|25000|Doubs (25)|03 81
Dijon|21000|Côte-d'Or (21)|03 80
Le Creusot|71200|Saône-et-Loire (71)|03 85
Chalon-sur-Saône|71100|Saône-et-Loire (71)|03 85
Lyon|69007|Rhône (69)|04 78
Villeurbanne|69100|Rhône (69)|04 78
Vénissieux|69200|Rhône (69)|04 78
Saint-Étienne|42000|Loire (42)|04 77
Roanne|42300|Loire (42)|04 77
Grenoble|38000|Isère (38)|04 76
Bourgoin-Jallieu|38300|Isère (38)|04 74
Annecy|74000|Haute-Savoie (74)|04 50
Cluses|74300|Haute-Savoie (74)|04 50
Oyonnax|01100|Ain (01)|04 74
Bourg-en-Bresse|01000|Ain (01)|04 74
Valence|26000|Drôme (26)|04 75
Clermont-Ferrand|63000|Puy-de-Dôme (63)|04 73
Thiers|63300|Puy-de-Dôme (63)|04 73
Limoges|87000|Haute-Vienne (87)|05 55
Brive-la-Gaillarde|19100|Corrèze (19)|05 55
Bordeaux|33000|Gironde (33)|05 56
Mérignac|33700|Gironde (33)|05 56
Toulouse|31000|Haute-Garonne (31)|05 61
Blagnac|31700|Haute-Garonne (31)|05 61
Tarbes|65000|Hautes-Pyrénées (65)|05 62
Pau|64000|Pyrénées-Atlantiques (64)|05 59
Montpellier|34000|Hérault (34)|04 67
Nîmes|30000|Gard (30)|04 66
Vitrolles|13127|Bouches-du-Rhône (13)|04 42
Marseille|13008|Bouches-du-Rhône (13)|04 91
Toulon|83000|Var (83)|04 94
Avignon|84000|Vaucluse (84)|04 90
Nantes|44000|Loire-Atlantique (44)|02 40
Saint-Nazaire|44600|Loire-Atlantique (44)|02 40
Cholet|49300|Maine-et-Loire (49)|02 41
Angers|49000|Maine-et-Loire (49)|02 41
Le Mans|72000|Sarthe (72)|02 43
Laval|53000|Mayenne (53)|02 43
Rennes|35000|Ille-et-Vilaine (35)|02 99
Vitré|35500|Ille-et-Vilaine (35)|02 99
Brest|29200|Finistère (29)|02 98
Lorient|56100|Morbihan (56)|02 97
Vannes|56000|Morbihan (56)|02 97
Caen|14000|Calvados (14)|02 31
Rouen|76000|Seine-Maritime (76)|02 35
Le Havre|76600|Seine-Maritime (76)|02 35
Évreux|27000|Eure (27)|02 32
Chartres|28000|Eure-et-Loir (28)|02 37
Orléans|45000|Loiret (45)|02 38
Blois|41000|Loir-et-Cher (41)|02 54
Tours|37000|Indre-et-Loire (37)|02 47
Poitiers|86000|Vienne (86)|05 49
Niort|79000|Deux-Sèvres (79)|05 49
La Roche-sur-Yon|85000|Vendée (85)|02 51
Paris|75011|Paris (75)|01 43
Nanterre|92000|Hauts-de-Seine (92)|01 47
Saint-Denis|93200|Seine-Saint-Denis (93)|01 48
Créteil|94000|Val-de-Marne (94)|01 49
Melun|77000|Seine-et-Marne (77)|01 64
Versailles|78000|Yvelines (78)|01 39""".splitlines()
)

STREETS = (
    "rue de l'Industrie",
    "avenue de la République",
    "rue des Forgerons",
    "zone industrielle Nord",
    "rue Jean Jaurès",
    "boulevard de l'Europe",
    "rue du Port",
    "route de Paris",
    "rue Gustave Eiffel",
    "avenue des Frères Lumière",
    "rue Denis Papin",
    "allée des Tilleuls",
    "rue de la Gare",
    "chemin des Prés",
    "rue Ampère",
    "quai des Tanneurs",
    "rue Pasteur",
    "impasse du Moulin",
    "rue Marcel Dassault",
    "avenue du Général Leclerc",
    "rue des Artisans",
    "rue Lavoisier",
)

PLACES = (
    "du Nord",
    "de l'Est",
    "du Rhône",
    "de la Loire",
    "du Hainaut",
    "des Vosges",
    "du Jura",
    "de l'Ouest",
    "du Littoral",
    "des Flandres",
    "de Gascogne",
    "du Dauphiné",
    "de Picardie",
    "d'Armor",
    "de l'Artois",
    "du Forez",
    "de Bourgogne",
    "des Alpes",
    "du Vexin",
    "de la Sambre",
)

SURNAMES = _each(
    "Abgrall Aubertin Auvray Bachelard Barbotin Baudouard Bellanger Berthomieu Bizouard Blanchemain Boisvert Bonnafous "
    "Bourdeleau Brassart Brunelle Cadiou Carlier Casteran Chabrol Champeau Charpin Chauvelot Cornillon Courtebray "
    "Coustenoble Daguerre Danjou Debruyne Decottignies Delacourt Delannay Delmotte Desmarets Devillard Doucelin "
    "Dubreucq Dufresnoy Dumoncel Estivalet Fauquembert Ferrandon Flamencourt Fontanier Fourcade Fromentin Gabillard "
    "Gaillardon Garandeau Gauchet Gillardin Girodet Godefrin Gosselin Grandjacques Guerbois Guilbaut Hannecart "
    "Hautecoeur Hennebelle Herbecourt Houdayer Jacquemard Jamet Jolivard Kerbrat Labourdette Lachambre Lagarrigue "
    "Lancelevée Lapeyronie Larzillière Lebreuilly Leclainche Lefèbure Lemarquis Lepoutre Lescarret Letourmy Loiseleux "
    "Maillebois Malherbe Marchandeau Marquefave Maubuisson Mazurier Ménardeau Mercadal Mignonat Monchaux Montbrun "
    "Morandière Mouchart Nivoche Orsonneau Pasquereau Peltrisot Perronnet Pichonneau Plantevin Poissonnet Ponsardin "
    "Potdevin Quenneville Rabourdin Ravaillon Remilleux Ribaucourt Rochebrune Rondelaire Roussignol Sabourault "
    "Sauvageot Senéchaux Taillandiat Tardivel Thévenard Tourneboeuf Vachonnet Vandamiel Varlotte Verdonnet Vieillard "
    "Villemaret Wattrelin Yvrard"
)

MEN = _each(
    "Jean Pierre Michel Philippe Alain Bernard Claude François Olivier Christophe Laurent Stéphane Nicolas Julien"
)
WOMEN = _each("Nathalie Isabelle Catherine Sylvie Anne Marie Valérie Sandrine Céline Élodie Camille Hélène Agnès")

COINED_HEADS = _each("Valo Méca Ferro Novo Axi Sido Plasti Indus Techni Calo Hydro Trans Opti Velo Proxi Armo")
COINED_TAILS = _each("tec max nox lia ris dyn form pack tral duc mat via sol gaz line gest")
