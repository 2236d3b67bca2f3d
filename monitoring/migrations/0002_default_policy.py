"""The first matrix policy, with the words of each cell (domain 4.4). From here on they are data, edited in the admin."""

from datetime import date

from django.db import migrations

CELLS = [
    {
        "code": "HIGH-FAV",
        "severity": 1,
        "review_days": 365,
        "origin": "seed",
        "label_fr": "Confiance",
        "label_en": "Trust",
        "posture_fr": "Maintenir la confiance – identifier les opportunités",
        "posture_en": "Keep the trust; look for more business",
        "credit_fr": "Réduction des relances amiables\nLimite revue une fois par an ou sur événement\nPremier rappel courtois à J+10",
        "credit_en": "Fewer friendly reminders\nYearly or event-driven review\nFirst courteous reminder at D+10",
        "watch_fr": "Surveillance défaillance\nSurveillance privilèges / jugement / sanction\nAlerte si perte de 10 points ou d’une classe",
        "watch_en": "Watch for failure, privileges, judgments and sanctions\nAlert on −10 points or one band",
        "marketing_fr": "Proposer une hausse de plafond motivée\nBase de référence pour « look alike »",
        "marketing_en": "Offer a reasoned higher limit\nSeed list for look-alike prospecting",
    },
    {
        "code": "LOW-FAV",
        "severity": 2,
        "review_days": 365,
        "origin": "seed-reading1",
        "label_fr": "Développement",
        "label_en": "Development",
        "posture_fr": "Développer la relation d’affaires",
        "posture_en": "Grow the relationship",
        "credit_fr": "Maintenir le suivi\nRelance standard\nÉtudier un plafond supérieur si l’utilisation dépasse 70 %",
        "credit_en": "Keep normal follow-up\nStandard reminders\nStudy a higher limit when use exceeds 70 %",
        "watch_fr": "Surveillance légère : changement de classe, procédure, dépôt de comptes",
        "watch_en": "Light watch: band change, proceeding, accounts filed",
        "marketing_fr": "Prospecter « look alike »",
        "marketing_en": "Prospect companies that resemble them",
    },
    {
        "code": "LOW-MOD",
        "severity": 3,
        "review_days": 180,
        "origin": "seed-reading1",
        "label_fr": "Vigilance active",
        "label_en": "Active watch",
        "posture_fr": "Développer la relation d’affaires, à l’intérieur du plafond",
        "posture_en": "Grow, but inside the limit",
        "credit_fr": "Renforcement du suivi des encours\nAdaptation des processus de suivi et de relance",
        "credit_en": "Closer follow-up of exposure\nAdapt follow-up and reminders to the customer’s habits",
        "watch_fr": "Surveillance de l’évolution de la solvabilité\nSuivre l’impact sectoriel et le comportement de paiement",
        "watch_en": "Track solvency, the sector and the payment behaviour",
        "marketing_fr": "Ventes ciblées, acompte sur premières commandes",
        "marketing_en": "Targeted sales, deposit on first orders",
    },
    {
        "code": "HIGH-MOD",
        "severity": 4,
        "review_days": 90,
        "origin": "seed",
        "label_fr": "Sécurisation",
        "label_en": "Secure",
        "posture_fr": "Maintenir la relation – sécuriser le volume d’affaires",
        "posture_en": "Keep the relationship, secure the volume",
        "credit_fr": "Renforcement du suivi des encours\nDemander ou augmenter la garantie assureur\nDélai LME strict\nRelance préventive avant échéance",
        "credit_en": "Closer follow-up of exposure\nAsk for or raise insurer cover\nStrict legal terms\nPre-due reminder",
        "watch_fr": "Surveillance de l’évolution de la solvabilité\nAnalyser les signaux faibles – anticiper le risque de déviance négative\nRenforcer le suivi « être parmi les premiers »\nDétecter les jugements, privilèges, sanctions",
        "watch_en": "Track the solvency trend\nRead weak signals before the drift\nBe among the first creditors to know and to act\nDetect judgments, privileges, sanctions",
        "marketing_fr": "Pas de hausse de volume sans garantie",
        "marketing_en": "No added volume without cover",
    },
    {
        "code": "LOW-DEF",
        "severity": 5,
        "review_days": 30,
        "origin": "seed",
        "label_fr": "Réduction ou arrêt",
        "label_en": "Reduce or stop",
        "posture_fr": "Réduire ou stopper le volume d’affaires",
        "posture_en": "Reduce or stop the business",
        "credit_fr": "Réduction des délais de relance amiable\nPassage rapide en phase pré contentieuse\nPaiement d’avance",
        "credit_en": "Shorter friendly phase\nEarly pre-litigation\nCash in advance",
        "watch_fr": "Analyse approfondie de la situation\nRepérer les jugements, privilèges, sanctions\nMettre sous suivi",
        "watch_en": "Thorough analysis\nSpot judgments, privileges, sanctions\nPut on the watch list",
        "marketing_fr": "Identifier le volume d’affaires à compenser",
        "marketing_en": "Find the volume to replace",
    },
    {
        "code": "HIGH-DEF",
        "severity": 6,
        "review_days": 15,
        "origin": "reconstructed",
        "label_fr": "Désengagement piloté",
        "label_en": "Managed exit",
        "posture_fr": "Réduire l’exposition par paliers datés sans rompre la relation",
        "posture_en": "Bring exposure down in dated steps without breaking the relationship",
        "credit_fr": "Blocage des commandes au-delà de la garantie\nComptant ou acompte\nÉchéancier signé\nRéserve de propriété\nRelance dès J+1",
        "credit_en": "Block orders above cover\nCash or deposit\nSigned plan\nRetention of title\nReminder at D+1",
        "watch_fr": "Revue hebdomadaire\nPrivilèges, jugements, incidents\nDécision du directeur financier",
        "watch_en": "Weekly review\nPrivileges, judgments, incidents\nCFO decision",
        "marketing_fr": "Identifier le volume d’affaires à compenser",
        "marketing_en": "Find the volume to replace",
    },
    {
        "code": "FAIL",
        "severity": 7,
        "review_days": 30,
        "origin": "reconstructed",
        "label_fr": "Défaillance",
        "label_en": "Failed",
        "posture_fr": "Protéger la créance : arrêter les livraisons hors accord écrit de l’administrateur",
        "posture_en": "Protect the debt: stop deliveries without the administrator’s written order",
        "credit_fr": "Arrêt des relances sur les créances antérieures\nDéclaration de créance\nRevendication",
        "credit_en": "Stop reminders on earlier debt\nLodge the claim\nClaim back goods",
        "watch_fr": "Information assureur\nSuivi de la procédure",
        "watch_en": "Tell the insurer\nFollow the proceeding",
        "marketing_fr": "Identifier le volume d’affaires à compenser",
        "marketing_en": "Find the volume to replace",
    },
    {
        "code": "NR",
        "severity": 4,
        "review_days": 90,
        "origin": "reconstructed",
        "label_fr": "Non noté",
        "label_en": "Not rated",
        "posture_fr": "Ouvrir une enquête avant d’accorder du crédit",
        "posture_en": "Investigate before granting credit",
        "credit_fr": "Demander les comptes\nPlafond d’ouverture faible (1 000 € par défaut) ou comptant",
        "credit_en": "Ask for accounts\nSmall opening limit (1 000 € by default) or cash",
        "watch_fr": "Commander une enquête\nRevoir à 90 jours",
        "watch_en": "Order an investigation\nReview in 90 days",
        "marketing_fr": "Acompte sur premières commandes",
        "marketing_en": "Deposit on first orders",
    },
]


def create(apps, schema_editor):
    policy = apps.get_model("monitoring", "MatrixPolicy").objects.create(
        name="CUST-DEFAULT", version=1, state="active", valid_from=date(2026, 1, 1)
    )
    cell = apps.get_model("monitoring", "MatrixCell")
    cell.objects.bulk_create(cell(policy=policy, **words) for words in CELLS)


def remove(apps, schema_editor):
    apps.get_model("monitoring", "MatrixPolicy").objects.filter(name="CUST-DEFAULT", version=1).delete()


class Migration(migrations.Migration):
    dependencies = [("monitoring", "0001_initial")]
    operations = [migrations.RunPython(create, remove)]
