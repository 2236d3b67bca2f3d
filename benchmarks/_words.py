"""Words for the names and addresses of invented companies, others than those of the sandbox."""


def each(words: str) -> list[str]:
    """What stands between the marks of a text."""
    return [" ".join(piece.split()) for piece in words.split("|")]


HEADS = each(
    """
    Ab| Al| An| Ar| Au| Ba| Bar| Beau| Bel| Ber| Bert| Blan| Bois| Bon| Bou| Bour| Bre| Bru| Ca| Cam| Car| Chab|
    Cham| Char| Chau| Che| Clé| Col| Cor| Cou| Cour| Cros| Da| Dar| De| Del| Des| Di| Do| Dor| Du| Dub| Dur| Es| Fa|
    Fau| Fer| Fla| Fon| Fou| Four| Fro| Ga| Gal| Gar| Gau| Ger| Gil| Gra| Gri| Gué| Gui| Ha| Her| Hu| Ja| Jo| Jou|
    La| Lam| Lan| Lau| Le| Leb| Lef| Leg| Lem| Lo| Ma| Mal| Mar| Mas| Mau| Mer| Mi| Mo| Mon| Mou| Na| No| Or| Pa|
    Pel| Per| Pi| Plan| Pou| Pra| Pré| Qué| Ra| Re| Ri| Ro| Rou| Sa| Sau| Ser| Si| Sou| Ta| Tes| Thi| To| Tou| Tra|
    Va| Ver| Vi| Vil| Vin
    """
)
TAILS = each(
    """
    bert| card| caud| chard| cier| cot| court| deau| din| dier| don| doux| dry| faut| fond| gard| gnon| got| guet|
    land| lard| lat| laud| leau| let| lier| lin| lon| loux| mard| mier| min| mont| nard| naud| net| neau| nier| non|
    pard| pel| pin| quet| quin| rand| rat| reau| ret| rier| rin| rot| roux| sac| sard| sin| son| tard| teau| tel|
    tier| tin| ton| tot| vain| vel| vet| vier| vin| ville
    """
)
TRADES = each(
    """
    Transports| Maçonnerie| Menuiserie| Boulangerie| Garage| Pharmacie| Plomberie| Électricité| Mécanique|
    Chaudronnerie| Imprimerie| Ambulances| Taxis| Couverture| Peinture| Charpente| Serrurerie| Carrelage| Paysages|
    Pépinières| Domaine| Caves| Moulin| Abattoirs| Salaisons| Laiterie| Biscuiterie| Confiserie| Scierie| Papeterie|
    Cartonnages| Tissages| Confection| Tanneries| Fonderie| Tôlerie| Tournage| Décolletage| Robinetterie| Levage|
    Pompage| Terrassement| Carrières| Granulats| Bétons| Isolation| Étanchéité| Climatisation| Chauffage| Sanitaire|
    Ascenseurs| Sécurité| Nettoyage| Propreté| Conseil| Ingénierie| Informatique| Logiciels| Édition| Publicité|
    Formation| Logistique| Messagerie| Déménagements| Stockage| Négoce| Distribution| Matériaux| Quincaillerie|
    Outillage| Fournitures| Équipements| Automobiles| Carrosserie| Pneus| Cycles| Optique| Laboratoire| Clinique
    """
)
BRANDS = each(
    """
    Atlas| Phénix| Horizon| Axiome| Solaris| Novatis| Altéa| Oméga| Delta| Sigma| Orion| Vega| Polaris| Mistral|
    Alizé| Zénith| Alliance| Avenir| Concorde| Excelsior| Fidelia| Galaxie| Harmonie| Idéal| Jupiter| Kalys| Lumina|
    Mercure| Neptune| Optima| Panorama| Quantum| Renaissance| Saphir| Tempo| Univers| Vectra| Winner| Xylème|
    Ymeris| Zéphyr| Arkos| Belvia| Cadrex| Domia| Elvior
    """
)
PLACES = each(
    """
    du Nord| du Midi| de l'Ouest| de l'Est| du Centre| du Littoral| des Alpes| du Jura| du Val de Loire| du Rhône|
    d'Artois| de Bretagne| de Provence| du Béarn| du Vexin| de Lorraine| du Marais| des Plaines| du Bocage| de la
    Vallée| du Lac| de la Plage
    """
)
GROUP = each(
    """
    France| Industries| Services| Holding| International| Développement| Immobilier| Transports Nord| Transports
    Sud| Énergie| Distribution| Participations| Est| Ouest| Environnement| Logistique| Travaux| 2| Rhône-Alpes|
    Île-de-France
    """
)
SAINTS = each(
    """
    Martin| Pierre| Jean| Étienne| Germain| Aubin| Hilaire| Laurent| Léger| Maurice| Ouen| Rémy| Sauveur| Vaast|
    Yrieix
    """
)
RIVERS = each(
    """
    Loire| Seine| Marne| Oise| Somme| Aisne| Meuse| Moselle| Saône| Rhône| Isère| Drôme| Garonne| Dordogne| Vienne
    """
)
STREET_NAMES = each(
    """
    de la Gare| Victor Hugo| Jean Jaurès| des Écoles| de la Mairie| du Moulin| Pasteur| de Paris| du Général de
    Gaulle| des Lilas| de l'Église| Jean Moulin| de Verdun| du 8 Mai 1945| Émile Zola| des Peupliers| du Stade| de
    l'Industrie| Carnot| Gambetta| de la Fontaine| Saint-Michel| du Château| des Prés| de la République| du Canal|
    Ampère| Marie Curie| Louis Blériot| de Lyon| Nationale| du Commerce| des Tilleuls| Jules Ferry| de Bellevue| des
    Acacias| du Parc| de Lattre de Tassigny| des Artisans| du Bois| des Vignes| de la Liberté| Notre-Dame|
    Alsace-Lorraine| des Frères Montgolfier
    """
)
