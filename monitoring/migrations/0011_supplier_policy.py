"""Backtests with their results; and a policy for suppliers as a draft, in the reference's words (domain 4.4, "Supplier
variant"). The cells that the reference leaves out are filled in the same spirit."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# code, severity, review, colour, icon, label, posture, credit, watch, marketing; texts as (French, English)
CELLS = [
    ("HIGH-FAV", 1, 365, "green", "heart-handshake",
     ("Partenaire", "Partner"),
     ("Construire un partenariat durable", "Build a lasting partnership"),
     ("Négocier des conditions à long terme\nPayer à l’échéance : rester un client de référence",
      "Negotiate long-term terms\nPay on the due date: stay a customer of reference"),
     ("Surveillance défaillance\nSuivre la dépendance dans les deux sens", "Watch for failure\nFollow the dependency both ways"),
     ("Associer le fournisseur aux projets", "Bring the supplier into projects")),
    ("LOW-FAV", 2, 365, "teal", "plant-2",
     ("Conserver", "Keep"),
     ("Conserver le fournisseur", "Keep the supplier"),
     ("Maintenir les conditions\nPayer à l’échéance", "Keep the terms\nPay on the due date"),
     ("Surveillance légère : changement de classe, procédure", "Light watch: band change, proceeding"),
     ("Candidat pour reprendre des volumes", "Candidate to take over volume")),
    ("LOW-MOD", 3, 180, "yellow", "eye",
     ("Suivre", "Follow"),
     ("Garder le fournisseur sous les yeux", "Keep an eye on the supplier"),
     ("Limiter les avances\nVérifier les avoirs à recevoir", "Limit advances\nCheck the credit notes to receive"),
     ("Suivre l’évolution de la solvabilité", "Track the solvency trend"),
     ("Repérer des remplaçants", "Spot substitutes")),
    ("HIGH-MOD", 4, 90, "orange", "shield-half",
     ("Préparer la relève", "Prepare a second source"),
     ("Réduire la dépendance avant qu’elle ne coûte", "Lower the dependency before it costs"),
     ("Qualifier une deuxième source\nAvances contre garantie seulement", "Qualify a second source\nAdvances against a guarantee only"),
     ("Analyser les signaux faibles\nVisiter le site", "Read weak signals\nVisit the site"),
     ("Lisser les volumes entre les sources", "Spread the volume over the sources")),
    ("LOW-DEF", 5, 30, "red", "refresh",
     ("Remplacer", "Replace"),
     ("Remplacer le fournisseur", "Replace the supplier"),
     ("Aucune avance nouvelle\nSolder les avoirs à recevoir", "No new advance\nSettle the credit notes to receive"),
     ("Repérer les jugements, privilèges, procédures", "Spot judgments, privileges, proceedings"),
     ("Transférer les volumes", "Move the volume")),
    ("HIGH-DEF", 6, 15, "red", "lock",
     ("Sécuriser l’approvisionnement", "Secure the supply"),
     ("Sécuriser l’approvisionnement sans attendre", "Secure the supply without waiting"),
     ("Deuxième source\nStock de sécurité\nAucune avance nouvelle\nGarantie bancaire\nInventaire des outillages",
      "Second source\nSafety stock\nNo new advance\nBank guarantee\nTooling inventory"),
     ("Revue hebdomadaire\nPrivilèges, jugements, incidents de paiement", "Weekly review\nPrivileges, judgments, payment incidents"),
     ("Replanifier les commandes sensibles", "Plan the sensitive orders anew")),
    ("FAIL", 7, 30, "dark", "gavel",
     ("Défaillance", "Failed"),
     ("Récupérer ce qui est à nous et assurer la continuité", "Get back what is ours and keep production going"),
     ("Revendiquer outillages et pièces déposés\nDéclarer les avances et avoirs à recevoir\nObtenir la position de l’administrateur sur les commandes",
      "Claim back tooling and parts left there\nLodge advances and credit notes to receive\nGet the administrator’s word on open orders"),
     ("Suivre la procédure", "Follow the proceeding"),
     ("Basculer sur la deuxième source", "Switch to the second source")),
    ("NR", 4, 90, "grey", "help-hexagon",
     ("Non noté", "Not rated"),
     ("Ouvrir une enquête avant de dépendre", "Investigate before depending on them"),
     ("Demander les comptes\nAucune avance sans garantie", "Ask for accounts\nNo advance without a guarantee"),
     ("Commander une enquête\nRevoir à 90 jours", "Order an investigation\nReview in 90 days"),
     ("Commandes d’essai", "Trial orders")),
]
WORDS = ("label", "posture", "credit", "watch", "marketing")


def create(apps, schema_editor):
    cells, actions = apps.get_model("monitoring", "MatrixCell"), apps.get_model("monitoring", "CellAction")
    policy = apps.get_model("monitoring", "MatrixPolicy").objects.create(
        name="SUPP-DEFAULT", version=1, role="supplier", state="draft", measure="payable", high_from=10_000,
        reason="Variante fournisseur livrée : à adapter puis à faire approuver",
    )
    for code, severity, review, colour, icon, *texts in CELLS:
        words = {f"{name}_{language}": text[at] for name, text in zip(WORDS, texts) for at, language in enumerate(("fr", "en"))}
        cell = cells.objects.create(
            policy=policy, code=code, severity=severity, review_days=review, colour=colour, icon=icon,
            reminders="none", origin="reconstructed", **words,
        )
        lines = zip(cell.credit_fr.splitlines(), cell.credit_en.splitlines())
        days = 30 if severity < 3 else 14 if severity < 6 else 3
        actions.objects.bulk_create(
            actions(cell=cell, order=order, text_fr=french, text_en=english, due_days=days)
            for order, (french, english) in enumerate(lines, 1)
        )


def remove(apps, schema_editor):
    apps.get_model("monitoring", "MatrixPolicy").objects.filter(name="SUPP-DEFAULT", version=1, state="draft").delete()


class Migration(migrations.Migration):

    dependencies = [
        ('monitoring', '0010_our_company'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Backtest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('as_of', models.DateField(verbose_name='outcomes known until')),
                ('react_days', models.PositiveSmallIntegerField(default=0, verbose_name='days needed to react')),
                ('scorecard_changed_on', models.DateField(blank=True, null=True, verbose_name='scorecard changed on')),
                ('asked_at', models.DateTimeField(verbose_name='asked')),
                ('finished_at', models.DateTimeField(blank=True, null=True, verbose_name='finished')),
                ('bounds', models.JSONField(default=dict, help_text='A draft may be edited afterwards.', verbose_name='bounds judged')),
                ('result', models.JSONField(blank=True, default=dict, verbose_name='result')),
                ('error', models.CharField(blank=True, max_length=400, verbose_name='why there is no result')),
                ('against', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='monitoring.matrixpolicy', verbose_name='compared with')),
                ('asked_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='asked by')),
                ('policy', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='backtests', to='monitoring.matrixpolicy', verbose_name='policy')),
            ],
            options={
                'verbose_name': 'backtest',
                'verbose_name_plural': 'backtests',
                'ordering': ['-asked_at', '-pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('policy', models.F('against')), _negated=True), name='backtest_against_another')],
            },
        ),
        migrations.RunPython(create, remove),
    ]
